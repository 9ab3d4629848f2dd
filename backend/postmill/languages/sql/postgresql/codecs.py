"""How the values of PostgreSQL arrive: losslessly, as `languages.rows` wants them.

Numbers, booleans and texts are what the driver makes of them. Other types come as PostgreSQL writes them, moments as
ISO 8601 in UTC whatever the time zone of the session.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from asyncpg.pgproto.types import BitString

from postmill.languages.rows import Kind

_EPOCH = datetime(2000, 1, 1)
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_INFINITE = 2**63 - 1
_INFINITE_DAY = 2**31 - 1
_DAY_SECONDS = 24 * 60 * 60

Decoder = Callable[[Any], Any]
Encoder = Callable[[Any], Any]


_LATEST = (datetime.max - _EPOCH) // timedelta(microseconds=1)
_EARLIEST = (datetime.min - _EPOCH) // timedelta(microseconds=1)


def _timestamp(value: tuple[int]) -> str:
    """Called for every value of a column: the usual case has no detours."""
    microseconds = value[0]
    if _EARLIEST <= microseconds <= _LATEST:
        return (_EPOCH + timedelta(0, 0, microseconds)).isoformat()
    return _odd_moment(microseconds, "")


def _timestamptz(value: tuple[int]) -> str:
    microseconds = value[0]
    if _EARLIEST <= microseconds <= _LATEST:
        return (_EPOCH + timedelta(0, 0, microseconds)).isoformat() + "+00:00"
    return _odd_moment(microseconds, "+00:00")


def _odd_moment(microseconds: int, zone: str) -> str:
    if microseconds == _INFINITE:
        return "infinity"
    if microseconds == -_INFINITE - 1:
        return "-infinity"
    days, rest = divmod(microseconds, _DAY_SECONDS * 10**6)
    time = (datetime.min + timedelta(microseconds=rest)).time().isoformat()
    return f"{_odd_day(days)}T{time}{zone}"


def _odd_day(days: int) -> str:
    """The date so many days after 2000-01-01, in years beyond four digits as ISO 8601 extends them; 0000 is 1 BC."""
    cycles = (_EPOCH_DAY + days - 1) // 146097
    inside = date.fromordinal(_EPOCH_DAY + days - cycles * 146097)
    year = inside.year + cycles * 400
    sign = "-" if year < 0 else "" if year < 10000 else "+"
    return f"{sign}{abs(year):04d}-{inside.month:02d}-{inside.day:02d}"


_LAST_DAY = date.max.toordinal() - _EPOCH_DAY
_FIRST_DAY = 1 - _EPOCH_DAY


def _date(value: tuple[int]) -> str:
    days = value[0]
    if _FIRST_DAY <= days <= _LAST_DAY:
        return date.fromordinal(_EPOCH_DAY + days).isoformat()
    if days in (_INFINITE_DAY, -_INFINITE_DAY - 1):
        return "infinity" if days > 0 else "-infinity"
    return _odd_day(days)


def _to_microseconds(text: str) -> tuple[int]:
    """An ISO 8601 moment; without an offset it is one of UTC. Raises ValueError."""
    if (lowered := text.strip().lower()) in ("infinity", "-infinity"):
        return (_INFINITE if lowered[0] == "i" else -_INFINITE - 1,)
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return ((moment - _EPOCH) // timedelta(microseconds=1),)


def _to_days(text: str) -> tuple[int]:
    if (lowered := text.strip().lower()) in ("infinity", "-infinity"):
        return (_INFINITE_DAY if lowered[0] == "i" else -_INFINITE_DAY - 1,)
    return (datetime.fromisoformat(text.strip()).date().toordinal() - _EPOCH_DAY,)


def _local_microseconds(text: str) -> tuple[int]:
    """For a timestamp without time zone: what the clock shows, an offset is left out."""
    if text.strip().lower() in ("infinity", "-infinity"):
        return _to_microseconds(text)
    moment = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    return ((moment - _EPOCH) // timedelta(microseconds=1),)


def _bits(text: str) -> Any:
    return text == "1" if len(text) == 1 else text


def _json(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


# Object id, name, exchange format, encoder, decoder. Object ids of built-in types never change.
CODECS: tuple[tuple[int, str, str, Encoder, Decoder], ...] = (
    (114, "json", "text", str, _json),
    (3802, "jsonb", "text", str, _json),
    (1082, "date", "tuple", _to_days, _date),
    (1114, "timestamp", "tuple", _local_microseconds, _timestamp),
    (1184, "timestamptz", "tuple", _to_microseconds, _timestamptz),
    (700, "float4", "text", repr, float),
    (1560, "bit", "text", str, _bits),
    (17, "bytea", "binary", bytes, lambda data: "\\x" + data.hex()),
    *(
        (oid, name, "text", str, str)
        for oid, name in (
            (1083, "time"), (1266, "timetz"), (1186, "interval"), (1562, "varbit"), (2950, "uuid"), (869, "inet"),
            (650, "cidr"), (829, "macaddr"), (774, "macaddr8"), (790, "money"), (600, "point"), (601, "lseg"),
            (602, "path"), (603, "box"), (604, "polygon"), (628, "line"), (718, "circle"), (142, "xml"),
            (3904, "int4range"), (3926, "int8range"), (3906, "numrange"), (3908, "tsrange"), (3910, "tstzrange"),
            (3912, "daterange"), (27, "tid"), (28, "xid"), (29, "cid"), (5069, "xid8"), (3614, "tsvector"),
            (3615, "tsquery"), (3220, "pg_lsn"), (18, "char"),
        )
    ),
)  # fmt: skip

KINDS: dict[str, Kind] = {
    "bool": "bool", "bit": "json", "int2": "int", "int4": "int", "int8": "int", "oid": "int", "float4": "float",
    "float8": "float", "numeric": "decimal", "date": "date", "time": "time", "timetz": "time", "timestamp": "timestamp",
    "timestamptz": "timestamptz", "json": "json", "jsonb": "json",
}  # fmt: skip
"""By the name of a built-in type; everything else is text, arrays and composites are JSON."""


def plain(value: Any) -> Any:
    """Values inside arrays and composites, as JSON can hold them."""
    if value is None or isinstance(value, bool | int | str | msgspec.Raw):
        return value
    if isinstance(value, float):
        return (
            value if value - value == 0 else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
        )
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "is_finite"):  # a Decimal
        return value if value.is_finite() else str(value)
    if hasattr(value, "items") and hasattr(value, "keys"):  # a composite
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, BitString):
        return value.as_string().replace(" ", "")
    return str(value)
