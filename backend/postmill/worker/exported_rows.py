"""Writers of files for people: JSON, CSV and Parquet. Blocking; for threads."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from postmill.languages.rows import Column, Row, encode_json, json_value, row_objects
from postmill.objects.row_files import RowFileWriter, StoredColumn
from postmill.objects.typed_parquet import rewrite_typed


class ExportWriter(Protocol):
    """Takes the rows of one result set."""

    content_type: str

    def write(self, batch: Sequence[Row]) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


def export_writer(form: str, path: Path, columns: Sequence[Column]) -> ExportWriter:
    writers: dict[str, Any] = {"json": JsonFile, "csv": CsvFile, "parquet": ParquetFile}
    writer: ExportWriter = writers[form](path, columns)
    return writer


class JsonFile:
    """An array of objects."""

    content_type = "application/json"

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._file = path.open("xb")
        self._objects = row_objects(columns)
        self._opening = b"["

    def write(self, batch: Sequence[Row]) -> None:
        if batch:
            self._file.write(self._opening + encode_json(self._objects(batch))[1:-1])
            self._opening = b",\n"

    def close(self) -> None:
        self._file.write(b"[]" if self._opening == b"[" else b"]")
        self._file.close()

    def abort(self) -> None:
        self._file.close()


class CsvFile:
    """A line of names, then a line a row; NULL is empty."""

    content_type = "text/csv"

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._file = path.open("x", newline="", encoding="utf-8", errors="replace")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow([column.name for column in columns])

    def write(self, batch: Sequence[Row]) -> None:
        columns = self._columns
        self._csv.writerows(
            [[_cell(column, value) for column, value in zip(columns, row, strict=True)] for row in batch]
        )

    def close(self) -> None:
        self._file.close()

    def abort(self) -> None:
        self._file.close()


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind == "json":
        return bytes(value).decode() if isinstance(value, msgspec.Raw) else encode_json(value).decode()
    if column.kind == "bool":
        return "true" if value else "false"
    return json_value(column, value)


class ParquetFile:
    """Columns under their names, with the types that the values allow."""

    content_type = "application/vnd.apache.parquet"

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._path = path
        self._rows = RowFileWriter(
            path.with_suffix(".rows"), [StoredColumn(c.name, c.kind, c.type_name) for c in columns]
        )

    def write(self, batch: Sequence[Row]) -> None:
        self._rows.write(batch)

    def close(self) -> None:
        self._rows.close()
        rewrite_typed(self._rows.path, self._path)
        self._rows.path.unlink()

    def abort(self) -> None:
        self._rows.abort()
