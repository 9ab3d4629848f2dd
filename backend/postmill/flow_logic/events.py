"""What happens to a flow."""

from collections.abc import Mapping

import msgspec


class Begin(msgspec.Struct, frozen=True):
    """The flow starts, or goes on where a restart put it."""


class ChildEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A child has its final result. One about an earlier step or attempt is of no interest and changes nothing."""

    step: str
    attempt: int
    index: int = 0
    success: bool
    skipped: bool = False
    canceled: bool = False
    lost: bool = False  # its worker vanished once too often
    stopped: bool = False  # a flow that one of its own steps stopped
    handled: bool = False  # a failed flow whose failure module has run
    recovered: bool = False  # its result asks to count as a success: {"recover": true}
    superseded: bool = False  # it waited for those of later runs, one of which does for it
    unbuilt: bool = False  # it failed because its arguments could not be made
    chance: float = 0.5  # between 0 and 1; decides the jitter of a retry


class ExpressionError(msgspec.Struct, frozen=True):
    """An expression could not be evaluated."""

    message: str


class Evaluated(msgspec.Struct, frozen=True):
    """The answer to Ask: JSON text, or why there is none, by the names of the question."""

    values: Mapping[str, str | ExpressionError]


class Answers(msgspec.Struct, frozen=True):
    """What has come in for the step that waits. ``refused_by``: set once somebody refused; may be ``unknown``."""

    approvals: int
    refused_by: str | None = None
    timed_out: bool = False


class Prepared(msgspec.Struct, frozen=True):
    """The arguments that a preprocessor made are in use. ``waits``: the flow needs a permit that they name first.

    ``refusal``: why the flow cannot run with them. Comes again when there is a permit.
    """

    waits: bool = False
    refusal: str | None = None


class Canceled(msgspec.Struct, frozen=True):
    """Somebody canceled the flow; ``result`` is the JSON text that it ends with."""

    result: str


Event = Begin | ChildEnded | Evaluated | Answers | Prepared | Canceled
