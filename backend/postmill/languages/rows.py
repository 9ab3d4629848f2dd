"""Rows on their way from a database into a result: what columns hold, and where the rows go.

A result set that stays small is a JSON array of objects in memory. One that grows beyond what the worker wants to
hold goes on to a sink behind the same protocol that writes it elsewhere; the result is then what that sink says.

What a value of a column is, by the column's kind (None is NULL in all of them):

| kind | Python | JSON |
| --- | --- | --- |
| bool | bool | true, false |
| int | int, of any size | number, exact |
| float | float | number; "NaN", "Infinity", "-Infinity" |
| decimal | Decimal | number, exact, with its zeros; "NaN", "Infinity", "-Infinity" |
| text | str | string |
| date, time, timestamp, timestamptz | str, as the language's table of values says | string |
| json | what JSON can hold, or msgspec.Raw of JSON text | itself |
"""

import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

Kind = Literal["bool", "int", "float", "decimal", "text", "date", "time", "timestamp", "timestamptz", "json"]

_WHOLE_NUMBER = re.compile(r"0|[1-9]\d*")

Row = Sequence[Any]
"""The values of one row in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result set; ``type_name`` is the database's own word for its type, "" where it has none."""

    name: str
    kind: Kind
    type_name: str = ""


class RowSink(Protocol):
    """Takes one result set: ``open`` once, ``write`` any number of times, then ``close`` or ``abort``.

    Names of columns may repeat; of columns with one name, the last stands in JSON objects.
    """

    async def open(self, columns: Sequence[Column]) -> None: ...

    async def write(self, batch: Sequence[Row]) -> None:
        """Raises RowsTooLarge where there is a limit."""

    async def close(self) -> str:
        """Keeps the rows and answers the JSON text that stands for them in the job's result."""

    async def abort(self) -> None:
        """Forgets the rows; nothing of them is kept anywhere."""


class StoredRows(RowSink, Protocol):
    """A sink that keeps its rows in a file."""

    async def append(self, path: Path) -> None:
        """Takes the rows of a Parquet file with columns ``c0``, ``c1``, ..., each as stored rows have it."""


@dataclass(frozen=True)
class Export:
    """A result set wanted as a file of the object store (``-- s3``): the result names the file."""

    prefix: str | None = None
    storage: str | None = None
    format: Literal["json", "csv", "parquet"] = "json"


class LargeRows(Protocol):
    """Where the result sets of one job go that are too large for memory."""

    @property
    def beyond_bytes(self) -> int:
        """How many bytes of JSON a result set may have before ``stored`` takes it."""

    def stored(self) -> StoredRows:
        """A sink whose result refers to rows that are kept as long as the job and can be read in pages."""

    def exported(self, export: Export) -> RowSink:
        """A sink whose result names a file of the object store. Raises ValueError with a sentence where it cannot."""


class RowsTooLarge(Exception):
    """The rows have more bytes than a result may have."""


def special_number(value: float | Decimal) -> Any:
    """The number, or the word for one that JSON does not have."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def json_value(column: Column, value: Any) -> Any:
    """One value as ``encode_json`` takes it."""
    if value is None or column.kind not in ("float", "decimal"):
        return value
    return special_number(value)


_encoder = msgspec.json.Encoder(decimal_format="number")


def encode_json(value: Any) -> bytes:
    """JSON with exact decimals; integers of any size."""
    try:
        return _encoder.encode(value)
    except OverflowError:
        return _encoder.encode(_exact_integers(value))


def _exact_integers(value: Any) -> Any:
    """The value with integers beyond 64 bits as decimals, which the encoder writes with all their digits."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return Decimal(value)
    if isinstance(value, dict):
        return {key: _exact_integers(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_exact_integers(item) for item in value]
    return value


def row_objects(columns: Sequence[Column]) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
    """Turns batches of rows into objects with the columns' order, ready for ``encode_json``."""
    names = [column.name for column in columns]
    special = [place for place, column in enumerate(columns) if column.kind in ("float", "decimal")]

    def objects(batch: Sequence[Row]) -> list[dict[str, Any]]:
        if not special:
            return [dict(zip(names, row, strict=True)) for row in batch]
        return [dict(zip(names, _checked(row), strict=True)) for row in batch]

    def _checked(row: Row) -> Row:
        values = list(row)
        for place in special:
            if values[place] is not None:
                values[place] = special_number(values[place])
        return values

    return objects


class JsonRows:
    """Keeps a result set in memory as a JSON array of objects, up to ``most_bytes``."""

    def __init__(self, most_bytes: int) -> None:
        self.size_bytes = 2
        self._most_bytes = most_bytes
        self._parts: list[bytes] = []
        self._objects = row_objects(())
        self.columns: Sequence[Column] = ()

    async def open(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._objects = row_objects(columns)

    async def write(self, batch: Sequence[Row]) -> None:
        if not batch:
            return
        part = encode_json(self._objects(batch))[1:-1]
        self.size_bytes += len(part) + 1
        if self.size_bytes > self._most_bytes:
            await self.abort()
            raise RowsTooLarge
        self._parts.append(part)

    async def close(self) -> str:
        text = b"[" + b",".join(self._parts) + b"]"
        self._parts = []
        return text.decode()

    async def abort(self) -> None:
        self._parts = []


class GrowingRows:
    """Keeps a result set in memory while it is small, and hands all of it to the large sink once it is not."""

    def __init__(self, large: LargeRows) -> None:
        self._large = large
        self._small: JsonRows | None = JsonRows(sys.maxsize)
        self._stored: StoredRows | None = None
        self.columns: Sequence[Column] = ()
        self._so_far: list[Sequence[Row]] = []

    async def open(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        if self._small is not None:
            await self._small.open(columns)

    async def write(self, batch: Sequence[Row]) -> None:
        if self._stored is not None:
            await self._stored.write(batch)
            return
        self._so_far.append(batch)
        if self._small is not None:
            await self._small.write(batch)
            if self._small.size_bytes > self._large.beyond_bytes:
                await self._move()

    @property
    def takes_files(self) -> bool:
        """Whether the rows have become many, so that ``append`` may be called."""
        return self._stored is not None

    async def append(self, path: Path) -> None:
        """See ``StoredRows``."""
        assert self._stored is not None
        await self._stored.append(path)

    async def _move(self) -> None:
        self._small = None
        self._stored = self._large.stored()
        await self._stored.open(self.columns)
        for batch in self._so_far:
            await self._stored.write(batch)
        self._so_far = []

    async def close(self) -> str:
        sink = self._stored or self._small
        assert sink is not None
        self._so_far = []
        return await sink.close()

    async def abort(self) -> None:
        self._so_far = []
        if self._stored is not None:
            await self._stored.abort()


def untold_columns(columns: Sequence[Column], result: str) -> tuple[str, ...]:
    """The names of the columns where a list of row objects does not tell them in their order to every reader.

    It has no rows, or names that are whole numbers, which JavaScript puts before the others.
    """
    names = tuple(dict.fromkeys(column.name for column in columns))
    return names if result == "[]" or any(map(_WHOLE_NUMBER.fullmatch, names)) else ()


def rows_of_result(large: LargeRows | None, most_bytes: int) -> RowSink:
    """The sink for a result set whose rows are the result of the job."""
    return JsonRows(most_bytes) if large is None else GrowingRows(large)
