"""How a step of a flow gets one of its values: written down, computed, or left to an agent."""

import msgspec

NULL = msgspec.Raw(b"null")


class Static(msgspec.Struct, frozen=True, tag_field="type", tag="static"):
    """A value as JSON text; ``$var:`` and ``$res:`` inside stay references until the step runs."""

    value: msgspec.Raw = NULL

    @property
    def text(self) -> str:
        return bytes(self.value).decode() or "null"


class JavaScript(msgspec.Struct, frozen=True, tag_field="type", tag="javascript"):
    """An expression, see the explanation of flows for what it may read."""

    expr: str


class Ai(msgspec.Struct, frozen=True, tag_field="type", tag="ai"):
    """Left out: an agent fills it in."""


InputTransform = Static | JavaScript | Ai
InputTransforms = dict[str, InputTransform]


def expression_of(transform: InputTransform | None) -> str:
    """What was written, for messages."""
    if isinstance(transform, JavaScript):
        return transform.expr
    return transform.text if isinstance(transform, Static) else ""
