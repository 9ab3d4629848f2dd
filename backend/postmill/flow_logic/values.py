"""Values that the engine passes on without looking at them: it says where they lie, the driver fetches them."""

import msgspec


class FlowArgs(msgspec.Struct, frozen=True, tag_field="of", tag="args"):
    """The arguments of the flow itself."""


class OfChild(msgspec.Struct, frozen=True, tag_field="of", tag="child"):
    """The result of one child."""

    step: str
    attempt: int
    index: int


class OfChildren(msgspec.Struct, frozen=True, tag_field="of", tag="children"):
    """The list of the results of the children 0 to ``count - 1``."""

    step: str
    attempt: int
    count: int


class Written(msgspec.Struct, frozen=True, tag_field="of", tag="written"):
    """JSON text."""

    text: str


class StopError(msgspec.Struct, frozen=True, tag_field="of", tag="stop"):
    """The error of a flow that was stopped with a message; ``result`` goes with it if given."""

    message: str
    result: FlowArgs | OfChild | OfChildren | Written | None = None


Value = FlowArgs | OfChild | OfChildren | Written | StopError
"""Where a value lies."""


def error(message: str, name: str) -> Written:
    """An error object, as results have it."""
    return Written(msgspec.json.encode({"error": {"message": message, "name": name}}).decode())
