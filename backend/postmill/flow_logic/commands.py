"""What a decision asks the driver to do. All of it is done in one transaction with the new state, or nothing."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from postmill.flow_logic.state import End
from postmill.flow_logic.values import Value
from postmill.model.flow import FlowModule, Suspend
from postmill.model.input_transform import InputTransform

ArgsFrom = Literal["transforms", "flow_args", "last_attempt", "event"]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What an expression may read besides ``flow_input``, ``flow_env`` and ``results``.

    ``result`` None: not defined. ``error`` is made of ``previous``. ``answered``: the step whose answers are
    ``resume``, ``resumes`` and ``approvers``; ``refusal`` (JSON text) is one more of them. ``done``: the step that has
    just come to ``all_iters`` or else ``result``, which is what its name in ``results`` means.
    """

    previous: Value
    result: Value | None = None
    all_iters: Value | None = None
    answered: str | None = None
    refusal: str | None = None
    result_text: str | None = None  # instead of result: JSON text
    done: str | None = None


class Ask(msgspec.Struct, frozen=True):
    """Evaluate and come back with Evaluated; the only command of its decision that waits for an event at once."""

    transforms: Mapping[str, InputTransform]
    scope: Scope


class PassOn(msgspec.Struct, frozen=True):
    """A child that needs no process: its result is there."""

    value: Value
    skipped: bool = False


class RunModule(msgspec.Struct, frozen=True):
    """The script, agent or flow that a step names. ``turn``: it is the whole body of a loop.

    ``warm``: turns share a process.
    """

    module: FlowModule
    args: ArgsFrom = "transforms"
    turn: bool = False
    warm: bool = False


class RunSteps(msgspec.Struct, frozen=True):
    """A list of steps inside a step as a flow of its own: which of `model.flow.inner_lists`."""

    module: FlowModule
    inner: int
    path: str  # of the child, below that of the flow: "loop", "forloop", "branchone" or "branchall"


ChildWork = PassOn | RunModule | RunSteps


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Start the children ``first`` to ``first + count - 1`` of a step, ``delay`` seconds from now.

    With ``iterates`` each gets its place and item as ``iter``. ``parallel`` children do not go on in their worker's
    hands. A child whose arguments cannot be made is one that failed at once.
    """

    step: str
    attempt: int
    first: int
    count: int
    work: ChildWork
    scope: Scope
    delay: float = 0
    timeout: float | None = None
    iterates: bool = False
    parallel: bool = False


class KeepItems(msgspec.Struct, frozen=True):
    """Remember what a loop goes over: a JSON list."""

    step: str
    attempt: int
    items: str
    count: int


class Remember(msgspec.Struct, frozen=True, kw_only=True):
    """A step is done; ``branch`` for a chosen one (-1: default), ``children`` for lists of them."""

    step: str
    attempt: int
    success: bool
    value: Value
    skipped: bool = False
    branch: int | None = None
    children: int | None = None


class Wait(msgspec.Struct, frozen=True):
    """Hold the flow until answers to the step come in. ``missing``: how many, as far as is known."""

    step: str
    suspend: Suspend
    missing: int
    begins: bool = (
        False  # the time that answers have starts now; come back with Answers for those already there
    )


class UseArgs(msgspec.Struct, frozen=True):
    """The result of the preprocessor takes the place of the flow's arguments; come back with Prepared."""

    value: Value


class Note(msgspec.Struct, frozen=True):
    """A line for the flow's log."""

    text: str


class Finish(msgspec.Struct, frozen=True):
    """The flow has ended."""

    end: End


Command = Ask | Start | KeepItems | Remember | Wait | UseArgs | Note | Finish
