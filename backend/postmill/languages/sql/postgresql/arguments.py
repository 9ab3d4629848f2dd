"""Arguments of a job as the values that PostgreSQL's parameters take. Pure."""

import base64
import re
from decimal import Decimal
from typing import Any

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.postgresql.codecs import CODECS

_PLAIN_ELEMENT = re.compile(r'[^\s{},"\\]+')
_INTEGERS = {"int2": 2**15, "int4": 2**31, "int8": 2**63, "oid": 2**32}
_MOMENTS = {name: encoder for _, name, form, encoder, _ in CODECS if form == "tuple"}
_JSON = frozenset({"json", "jsonb"})
_BOOLEANS = {"true": True, "t": True, "1": True, "yes": True, "on": True,
             "false": False, "f": False, "0": False, "no": False, "off": False}  # fmt: skip


def bound(name: str, type_name: str, value: Any) -> Any:
    """The value for a parameter of a type (``int4``, ``text[]``).

    Raises SqlFailed with a sentence that names the argument, never its value.
    """
    if value is None:
        return None
    if type_name.endswith("[]"):
        return [bound(name, type_name.removesuffix("[]"), item) for item in _items(name, value)]
    try:
        return _scalar(type_name, value)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        raise SqlFailed(f"the argument {name} cannot be a value of the type {type_name}") from None


def _scalar(type_name: str, value: Any) -> Any:
    if type_name in _INTEGERS:
        return _integer(type_name, value)
    if type_name in ("float4", "float8"):
        return float(value) if not isinstance(value, bool) else float("x")
    if type_name == "numeric":
        return Decimal(str(value)) if not isinstance(value, bool) else Decimal("x")
    if type_name == "bool":
        return value if isinstance(value, bool) else _BOOLEANS[_as_text(value).strip().lower()]
    if type_name in _JSON:
        return _json(value)
    if type_name == "bytea":
        return base64.b64decode(_text_only(value), validate=True)
    if type_name in _MOMENTS:
        _MOMENTS[type_name](_text_only(value))  # the driver does it again, with other words for what is wrong
        return value
    return _as_text(value)


def _integer(type_name: str, value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(type_name)
    number = int(value.strip()) if isinstance(value, str) else int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(type_name)
    if not -_INTEGERS[type_name] <= number < _INTEGERS[type_name]:
        raise ValueError(type_name)
    return number


def _json(value: Any) -> str:
    """JSON text. A text that holds an object or a list is taken as that: forms and templates send it so."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            json.decode(value)
            return value
        except InvalidInput:
            pass
    return json.encode_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.encode_text(value)


def _text_only(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _items(name: str, value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.decode(value)
        except InvalidInput:
            value = None
    if not isinstance(value, list):
        raise SqlFailed(f"the argument {name} must be a list")
    return value


def as_literal(value: Any) -> str:
    """A bound value as PostgreSQL reads it in text form."""
    if isinstance(value, list):
        return "{" + ",".join(_element(item) for item in value) + "}"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return str(value)


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return as_literal(value)
    text = as_literal(value)
    if _PLAIN_ELEMENT.fullmatch(text) and text.lower() != "null":
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
