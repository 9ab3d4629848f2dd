"""Files of rows: Parquet with the names and kinds of the columns in its metadata. Blocking; for threads.

Values that JSON must repeat digit by digit (decimals, dates, JSON itself) are stored as text; ``kind`` tells what they
are. Columns are called ``c0``, ``c1``, ... inside, because the names of a result set may repeat.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

GROUP_BYTES = 16 * 1024**2
_GROUP_ROWS = 50_000
_METADATA = b"postmill"
_READ_ROWS = 5_000
# Dictionaries cost more time than they save space where compression follows.
_FORM: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "use_dictionary": False}


@dataclass(frozen=True)
class StoredColumn:
    """``type`` is the database's own word."""

    name: str
    kind: str
    type: str = ""


@dataclass(frozen=True)
class Written:
    """What a finished file holds."""

    rows: int
    size_bytes: int


class RowFileWriter:
    """Writes rows in batches; what it holds in memory stays below GROUP_BYTES and one batch."""

    def __init__(self, path: Path, columns: Sequence[StoredColumn]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path = path
        self.rows = 0
        self.json_bytes = 2
        self._pa, self._pq = pa, pq
        self._columns = list(columns)
        self._types = [_arrow_type(pa, column.kind) for column in columns]
        self._pending: list[Any] = []
        self._pending_rows = self._pending_bytes = 0
        self._writer: Any = None

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Raises OverflowError for nothing: integers of any size widen their column."""
        if not rows:
            return
        values = list(zip(*rows, strict=True))
        arrays = [self._array(place, column) for place, column in enumerate(values)]
        self._take(self._pa.RecordBatch.from_arrays(arrays, schema=self._schema()))

    def append(self, path: Path) -> None:
        """Takes the rows of another file with the same columns in the same form; integers may be texts there."""
        text = self._pa.string()
        with self._pq.ParquetFile(path) as file:
            for place, field in enumerate(file.schema_arrow):
                if field.type == text and self._types[place] != text:
                    self._widen(place)
            for batch in file.iter_batches(batch_size=_GROUP_ROWS):
                arrays = [array.cast(kind) for array, kind in zip(batch.columns, self._types, strict=True)]
                self._take(self._pa.RecordBatch.from_arrays(arrays, schema=self._schema()))

    def _take(self, batch: Any) -> None:
        self.rows += batch.num_rows
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        self._pending_bytes += batch.nbytes
        if self._pending_bytes >= GROUP_BYTES or self._pending_rows >= _GROUP_ROWS:
            self._flush()

    def close(self) -> Written:
        """Completes the file."""
        self._flush(end=True)
        self._writer.close()
        return Written(self.rows, self.path.stat().st_size)

    def abort(self) -> None:
        """Ends without a file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._pending.clear()
        self.path.unlink(missing_ok=True)

    def _array(self, place: int, values: Sequence[Any]) -> Any:
        kind = self._columns[place].kind
        if kind == "decimal":
            values = [None if value is None else str(value) for value in values]
        elif kind == "json":
            values = [None if value is None else _json_text(value) for value in values]
        try:
            return self._pa.array(values, self._types[place])
        except (OverflowError, UnicodeEncodeError, self._pa.ArrowInvalid, self._pa.ArrowTypeError):
            if kind == "int" and self._types[place] != self._pa.string():
                self._widen(place)
            texts = [None if value is None else _storable(str(value)) for value in values]
            return self._pa.array(texts, self._pa.string())

    def _widen(self, place: int) -> None:
        """An integer came that has more than 64 bits: the column becomes text, also where it is written already."""
        pa, pq = self._pa, self._pq
        self._flush()
        self._types[place] = pa.string()
        if self._writer is None:
            return
        self._writer.close()
        before = self.path.with_suffix(".before")
        self.path.rename(before)
        self._writer = pq.ParquetWriter(self.path, self._schema(), **_FORM)
        with pq.ParquetFile(before) as file:
            for number in range(file.num_row_groups):
                self._writer.write_table(file.read_row_group(number).cast(self._schema()))
        before.unlink()

    def _flush(self, end: bool = False) -> None:
        pa, pq = self._pa, self._pq
        if self._writer is None and (self._pending or end):
            self._writer = pq.ParquetWriter(
                self.path, self._schema(), compression="zstd", compression_level=1
            )
        if self._pending:
            table = pa.Table.from_batches(self._pending, self._schema())
            self._writer.write_table(table, row_group_size=_GROUP_ROWS)
        self._pending = []
        self._pending_rows = self._pending_bytes = 0

    def _schema(self) -> Any:
        pa = self._pa
        described = [[column.name, column.kind, column.type] for column in self._columns]
        fields = [pa.field(f"c{place}", kind) for place, kind in enumerate(self._types)]
        return pa.schema(fields, metadata={_METADATA: json.dumps(described)})


def _arrow_type(pa: Any, kind: str) -> Any:
    return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}.get(kind, pa.string())


def _json_text(value: Any) -> str:
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode("utf-8", "replace")
    try:
        return msgspec.json.encode(value, order=None).decode()
    except OverflowError:  # an integer of more than 64 bits
        return json.dumps(value, ensure_ascii=False)


def _storable(text: str) -> str:
    """A lone surrogate has no place in a file."""
    return text.encode("utf-8", "replace").decode()


def stored_columns(path: Path) -> list[StoredColumn]:
    """The columns of a file that a ``RowFileWriter`` wrote."""
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    return [StoredColumn(*column) for column in json.loads(metadata[_METADATA])]


def json_pieces(path: Path) -> Iterator[bytes]:
    """The rows as the JSON text of an array of objects, in pieces of some thousand rows."""
    import pyarrow.parquet as pq

    columns = stored_columns(path)
    # Of columns with one name, the last stands in JSON objects.
    kept = list({column.name: place for place, column in enumerate(columns)}.values())
    names = [columns[place].name for place in kept]
    opening = b"["
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_READ_ROWS, columns=[f"c{place}" for place in kept]):
            values = [
                [json_value(columns[place].kind, value) for value in batch.column(f"c{place}").to_pylist()]
                for place in kept
            ]
            objects = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
            if objects:
                yield opening + msgspec.json.encode(objects)[1:-1]
                opening = b","
    yield b"[]" if opening == b"[" else b"]"


def json_value(kind: str, value: Any) -> Any:
    """A stored value as msgspec encodes it for JSON."""
    if value is None or kind in ("bool", "text", "date", "time", "timestamp", "timestamptz"):
        return value
    if kind == "float":
        return _special(value)
    if kind in ("int", "decimal"):
        return value if isinstance(value, int) else _number(value)
    if kind == "json":
        return msgspec.Raw(value.encode())
    return value


def _number(text: str) -> Any:
    """The digits as they are, or the word for a number that JSON does not have."""
    if text.lower().lstrip("+-") in ("nan", "snan", "infinity", "inf"):
        return {"n": "NaN", "s": "NaN", "i": "Infinity", "+": "Infinity", "-": "-Infinity"}[text[0].lower()]
    if "e" in text.lower():
        text = _plain(text)
    return msgspec.Raw(text.encode())


def _plain(text: str) -> str:
    return format(Decimal(text), "f")


def _special(value: float) -> Any:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value
