"""Signatures as the JSON Schema that forms are made of, merged with what people wrote into the previous one."""

from collections.abc import Mapping
from typing import Any

from postmill.signatures.signature import (
    Arg,
    Bool,
    Bytes,
    Date,
    Datetime,
    DynMultiselect,
    DynSelect,
    Email,
    Float,
    Int,
    ListOf,
    Object,
    OneOf,
    Prop,
    Resource,
    Signature,
    Sql,
    Str,
    Type,
    Unknown,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

USER_KEYS = (
    "description", "pattern", "min", "max", "currency", "currencyLocale", "multiselect", "customErrorMessage",
    "required", "showExpr", "password", "order", "dateFormat", "title", "placeholder",
)  # fmt: skip
"""What people set in the form editor; it survives every change of the code."""

_DERIVED_KEYS = frozenset(
    {"type", "format", "items", "contentEncoding", "originalType", "enum", "properties", "oneOf", "default"}
)
_DATE_FORMATS = ("date", "date-time")
# Formats that the code gives; they go away with the type that gave them.
_CODE_FORMATS = ("sql", "email", "date", "date-time", "resource-", "dynselect-", "dynmultiselect-")

_SIMPLE: dict[type[Type], Schema] = {
    Int: {"type": "integer"},
    Float: {"type": "number"},
    Bool: {"type": "boolean"},
    Bytes: {"type": "string", "contentEncoding": "base64", "originalType": "bytes"},
    Datetime: {"type": "string", "format": "date-time"},
    Date: {"type": "string", "format": "date"},
    Email: {"type": "string", "format": "email"},
    Sql: {"type": "string", "format": "sql"},
}


def to_schema(signature: Signature, previous: Mapping[str, Any] | None = None) -> Schema:
    """The schema of the arguments: members of ``properties`` in the signature's order.

    ``previous`` is the schema stored so far (any JSON object); what people added to an argument that
    still exists stays, as does their order of the form.
    """
    before = _mapping((previous or {}).get("properties"))
    schema: Schema = {
        "$schema": DIALECT,
        "type": "object",
        "properties": {arg.name: argument_property(arg, before.get(arg.name)) for arg in signature.args},
        "required": list(dict.fromkeys(arg.name for arg in signature.args if not arg.has_default)),
    }
    order = (previous or {}).get("order")
    if isinstance(order, list):
        names = [arg.name for arg in signature.args]
        kept = [name for name in order if name in names]
        schema["order"] = kept + [name for name in names if name not in kept]
    return schema


def argument_property(arg: Arg, previous: Any = None) -> Schema:
    """The property of one argument, with its default (None when there is none, absent for an implied argument)."""
    described = _property(arg.type, previous)
    if arg.original:
        described["originalType"] = arg.original
    if arg.doc and not described["description"]:
        described["description"] = arg.doc
    if not arg.implied:
        described["default"] = arg.default
    return described


def _property(kind: Type, previous: Any) -> Schema:
    """The schema of a type; ``previous`` is the property of the same name, or anything else for none."""
    old = dict(_mapping(previous))
    if isinstance(kind, Unknown):
        old.pop("default", None)
        return {"description": _description(old), "type": old.pop("type", ""), **_without(old, "description")}
    derived = _derived(kind, old)
    changed = old.get("type") != derived["type"]
    kept = {
        key: value
        for key, value in old.items()
        if key not in _DERIVED_KEYS and key != "description" and (not changed or key in USER_KEYS)
    }
    result: Schema = {"description": _description(old), **derived, **kept}
    if not changed:
        _keep_choices(result, kind, old)
    return result


def _keep_choices(result: Schema, kind: Type, old: Mapping[str, Any]) -> None:
    """Carries over what people chose among the keys that are usually derived."""
    if isinstance(kind, Datetime | Date) and old.get("format") in _DATE_FORMATS:
        result["format"] = old["format"]
    if isinstance(kind, Str) and kind.enum is None:
        if "enum" in old and old.get("originalType") != "enum":
            result["enum"] = old["enum"]
        chosen = old.get("format")
        if isinstance(chosen, str) and not chosen.startswith(_CODE_FORMATS):
            result["format"] = chosen


def _derived(kind: Type, old: Mapping[str, Any]) -> Schema:
    """The keys that a type other than Unknown determines."""
    if simple := _SIMPLE.get(type(kind)):
        return dict(simple)
    match kind:
        case Str(enum):
            if enum is None:
                return {"type": "string", "originalType": "string"}
            return {"type": "string", "originalType": "enum", "enum": list(enum)}
        case Resource(name):
            return {"type": "object", "format": f"resource-{name}"}
        case DynSelect(function):
            return {"type": "object", "format": f"dynselect-{function}"}
        case DynMultiselect(function):
            return {"type": "object", "format": f"dynmultiselect-{function}"}
        case Object(name, props):
            return {"type": "object", **_object_format(name), **_members(props, old)}
        case OneOf(variants):
            choices = [
                {"type": "object", "title": variant.label, **_members(variant.props, {})}
                for variant in variants
            ]
            return {"type": "object", "oneOf": choices}
        case ListOf(item):
            return _list(item, _mapping(old.get("items")))
    raise TypeError(f"no schema for {kind!r}")


def _list(item: Type, old_items: Mapping[str, Any]) -> Schema:
    match item:
        case Int() | Float():
            return _array({"type": "number"}, "number[]")
        case Bytes():
            return _array({"type": "string", "contentEncoding": "base64"}, "bytes[]")
        case Str(enum) if enum is not None:
            return _array({"type": "string", "enum": list(enum)}, "enum[]")
        case Str():
            chosen = (
                {"enum": old_items["enum"]}
                if old_items.get("type") == "string" and "enum" in old_items
                else {}
            )
            return _array({"type": "string", **chosen}, "string[]")
        case Resource(name):
            return _array({"type": "resource", "resourceType": name}, "resource[]")
        case Object(name, props):
            items = {"type": "object", **_members(props, {})} if props else _open_items(old_items)
            return {"type": "array", **_object_format(name), "items": items, "originalType": "record[]"}
    return _array(_open_items(old_items), "object[]")


def _array(items: Schema, original: str) -> Schema:
    return {"type": "array", "items": items, "originalType": original}


def _open_items(old_items: Mapping[str, Any]) -> Schema:
    """Items that the code says nothing about: as people described them, else any object."""
    return dict(old_items) if old_items.get("type") else {"type": "object"}


def _object_format(name: str | None) -> Schema:
    return {"format": f"resource-{name}"} if name else {}


def _members(props: tuple[Prop, ...] | None, old: Mapping[str, Any]) -> Schema:
    if props is None:
        return {}
    before = _mapping(old.get("properties"))
    return {"properties": {prop.name: _property(prop.type, before.get(prop.name)) for prop in props}}


def _description(old: Mapping[str, Any]) -> str:
    text = old.get("description")
    return text if isinstance(text, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _without(mapping: Mapping[str, Any], key: str) -> Schema:
    return {name: value for name, value in mapping.items() if name != key}
