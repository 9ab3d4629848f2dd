"""Values of databases whose client hands out Python objects: what they are in a result. Pure."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from postmill.languages.rows import Column, Kind, Row, special_number


def shaped(names: Sequence[str], rows: Sequence[Row]) -> tuple[list[Column], Callable[[Row], list[Any]]]:
    """The columns, with kinds as the first rows show them, and what turns a row of objects into their values."""
    columns = [Column(name, _kind(rows, place)) for place, name in enumerate(names)]

    def shape(row: Row) -> list[Any]:
        return [plain(value) for value in row]

    return columns, shape


def plain(value: Any) -> Any:
    """One value: binary data as base64, dates and times as SQL writes them, nested values likewise."""
    if value is None or isinstance(value, bool | int | str | Decimal):
        return value
    if isinstance(value, float):
        return special_number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)


def _duration(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    seconds = abs(value)
    hours, rest = divmod(seconds, timedelta(hours=1))
    return f"{sign}{hours:02d}:{(datetime.min + rest).time().isoformat()[3:]}"


_KINDS: tuple[tuple[type | tuple[type, ...], Kind], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (Decimal, "decimal"),
    (datetime, "timestamp"),
    (date, "date"),
    ((time, timedelta), "time"),
    ((Mapping, list, tuple), "json"),
)


def _kind(rows: Sequence[Row], place: int) -> Kind:
    for row in rows:
        if row[place] is not None:
            return next((kind for types, kind in _KINDS if isinstance(row[place], types)), "text")
    return "text"
