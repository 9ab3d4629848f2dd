"""Requests that fit an operation, made from what it declares."""

from typing import Any, Literal, get_args, get_origin

import msgspec

from postmill.http.operation import Operation

WITH_BODY = ("POST", "PUT", "PATCH")
_BY_NAME = {
    "path": "u/admin/made",
    "email": "made@example.com",
    "language": "bash",
    "hash": "0" * 16,
    "owner": "u/admin",
    "resource_type": "any",
}
_BY_TYPE: dict[Any, Any] = {int: 1, float: 1.0, bool: False}


def sound_body(operation: Operation) -> Any:
    """A body that the operation can read: an object with its required members; None where it takes none."""
    if operation.method not in WITH_BODY:
        return None
    kind = operation.body
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return sound_members(kind)
    return "made" if kind is str else [] if str(kind).startswith("list") else {}


def members_of(kind: Any) -> list[str]:
    """The names of the members of a body; none where it is no object of a declared type."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def sound_members(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The required members of a Struct with values of their types."""
    fields = msgspec.structs.fields(kind)
    return {field.encode_name: _value(field.encode_name, field.type) for field in fields if field.required}


def _value(name: str, kind: Any) -> Any:
    if kind is str:
        return _BY_NAME.get(name, "made")
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return _BY_NAME[name] if _BY_NAME.get(name) in choices else choices[0]
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    text = str(kind)
    return [] if text.startswith(("list", "tuple", "frozenset")) else {} if "dict" in text else None
