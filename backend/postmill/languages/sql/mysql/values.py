"""Values of MySQL: what arguments become, and what columns hold. Pure."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from asyncmy.constants import FIELD_TYPE
from asyncmy.converters import conversions

from postmill.languages.rows import Column, Kind, Row
from postmill.languages.sql.given import sent
from postmill.signatures.sql_script import SqlArg

_TEMPORAL = {
    FIELD_TYPE.DATE: "date", FIELD_TYPE.NEWDATE: "date", FIELD_TYPE.TIME: "time", FIELD_TYPE.DATETIME: "timestamp",
    FIELD_TYPE.TIMESTAMP: "timestamp",
}  # fmt: skip
_NUMBERS = {
    FIELD_TYPE.TINY: "int", FIELD_TYPE.SHORT: "int", FIELD_TYPE.LONG: "int", FIELD_TYPE.LONGLONG: "int",
    FIELD_TYPE.INT24: "int", FIELD_TYPE.YEAR: "int", FIELD_TYPE.FLOAT: "float", FIELD_TYPE.DOUBLE: "float",
    FIELD_TYPE.DECIMAL: "decimal", FIELD_TYPE.NEWDECIMAL: "decimal",
}  # fmt: skip
_NAMES = {
    number: name.lower()
    for name, number in vars(FIELD_TYPE).items()
    if isinstance(number, int) and name not in ("CHAR", "INTERVAL")
}

CONVERSIONS: dict[Any, Any] = {
    key: convert for key, convert in conversions.items() if key not in _TEMPORAL and key != FIELD_TYPE.BIT
}
"""The driver's own, but dates and times stay the texts of the server, which may hold dates that Python cannot."""


def bound(arg: SqlArg, value: Any) -> Any:
    """The value for a placeholder: booleans as 0 and 1. Raises SqlFailed for what the type does not allow."""
    return int(value) if isinstance(value, bool) else sent(arg, value)


def columns_of(description: Sequence[Any]) -> tuple[list[Column], Callable[[Row], Row] | None]:
    """The columns, and what has to be done to each row."""
    columns: list[Column] = []
    changed: list[tuple[int, Callable[[Any], Any]]] = []
    for place, (name, code, *_) in enumerate(description):
        kind = _kind(code)
        columns.append(Column(name, kind, _NAMES.get(code, "")))
        if kind == "json":
            changed.append((place, _json))
        elif kind == "text":
            changed.append((place, _text))
    if not changed:
        return columns, None

    def shape(row: Row) -> Row:
        values = list(row)
        for place, change in changed:
            if values[place] is not None:
                values[place] = change(values[place])
        return values

    return columns, shape


def _kind(code: int) -> Kind:
    if code == FIELD_TYPE.JSON:
        return "json"
    kind: Any = _NUMBERS.get(code) or _TEMPORAL.get(code) or "text"
    return kind  # type: ignore[no-any-return]


def _text(value: Any) -> str:
    """Binary data, bits included, as base64."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _json(value: Any) -> Any:
    return msgspec.Raw(value if isinstance(value, bytes) else value.encode())
