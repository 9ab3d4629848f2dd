"""Changes OpenFlow JSON where it has to and nowhere else: numbers keep their spelling, unknown members their place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from postmill.kernel.errors import InvalidInput

Members = dict[str, msgspec.Raw]

MOST_LEVELS = 100
_encode = msgspec.json.encode
_NULL = msgspec.Raw(b"null")


@dataclass
class Step:
    """One step as JSON: its members and those of its value, to be changed in place.

    ``role`` says where it stands: in a list of steps, or as the flow's ``failure`` or ``preprocessor``.
    """

    members: Members
    value: Members
    role: str

    @property
    def id(self) -> str:
        return str(self.text("id") or "")

    @property
    def kind(self) -> str:
        return str(plain(self.value.get("type", _NULL)) or "")

    def text(self, name: str) -> Any:
        """The value of a member, decoded; None for a missing one."""
        return plain(self.members.get(name, _NULL))


Change = Callable[[Step], None]


def plain(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))


def rewrite_steps(flow: bytes | str, change: Change) -> str:
    """Applies the change to every step at every depth, an outer one before those inside it.

    What does not look like a step stays as it is: judging is the reader's business. Raises InvalidInput for text
    that is no JSON object.
    """
    members = _object(msgspec.Raw(flow.encode() if isinstance(flow, str) else flow))
    if members is None:
        raise InvalidInput("Bad request: the value of the flow must be a JSON object")
    for name, role in (("preprocessor_module", "preprocessor"), ("failure_module", "failure")):
        if name in members:
            members[name] = _rewritten(members[name], change, role, 0)
    if "modules" in members:
        members["modules"] = _list(members["modules"], change, 0)
    return _encode(members).decode()


def steps_of(flow: bytes | str) -> Iterator[Step]:
    """Every step at every depth, as JSON."""
    found: list[Step] = []
    rewrite_steps(flow, found.append)
    return iter(found)


def _list(given: msgspec.Raw, change: Change, level: int) -> msgspec.Raw:
    items = _items(given)
    if items is None or level > MOST_LEVELS:
        return given
    return raw([_rewritten(item, change, "step", level) for item in items])


def _rewritten(given: msgspec.Raw, change: Change, role: str, level: int) -> msgspec.Raw:
    members = _object(given)
    value = None if members is None else _object(members.get("value", _NULL))
    if members is None or value is None:
        return given
    step = Step(members, value, role)
    change(step)
    for name in ("modules", "default"):
        if name in step.value:
            step.value[name] = _list(step.value[name], change, level + 1)
    if "branches" in step.value:
        step.value["branches"] = _branches(step.value["branches"], change, level + 1)
    step.members["value"] = raw(step.value)
    return raw(step.members)


def _branches(given: msgspec.Raw, change: Change, level: int) -> msgspec.Raw:
    items = _items(given)
    if items is None:
        return given
    rewritten: list[msgspec.Raw] = []
    for item in items:
        members = _object(item)
        if members is None or "modules" not in members:
            rewritten.append(item)
        else:
            members["modules"] = _list(members["modules"], change, level)
            rewritten.append(raw(members))
    return raw(rewritten)


def _object(given: msgspec.Raw) -> Members | None:
    try:
        return msgspec.json.decode(given, type=Members)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _items(given: msgspec.Raw) -> list[msgspec.Raw] | None:
    try:
        return msgspec.json.decode(given, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
