"""Where the result sets of one job go that are too large for memory: files of the object store."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from postmill.access.files import require_write_file
from postmill.db.pool import Pool
from postmill.kernel.errors import PostmillError
from postmill.kernel.ids import new_id
from postmill.languages.rows import Column, Export, Row, RowSink, StoredRows
from postmill.model.job import ClaimedJob
from postmill.model.subject import Subject
from postmill.objects.contract import Objects, checked_key
from postmill.objects.row_files import RowFileWriter, StoredColumn
from postmill.tables.output import stored_rows
from postmill.worker.exported_rows import ExportWriter, export_writer

RESULTS_PREFIX = "results/"
_ROWS_AT_ONCE = 5000
_BYTES_AT_ONCE = 8 * 1024**2


@dataclass(frozen=True)
class RowPlaces:
    """What all jobs of a worker have in common. ``folder`` is for files while they are written."""

    pool: Pool
    objects: Objects
    folder: Path
    beyond_bytes: int


class JobRows(msgspec.Struct, frozen=True):
    """See ``languages.rows.LargeRows``."""

    places: RowPlaces
    job: ClaimedJob
    subject: Subject

    @property
    def beyond_bytes(self) -> int:
        return self.places.beyond_bytes

    def stored(self) -> StoredRows:
        return _StoredSink(self.places, self.job.id)

    def exported(self, export: Export) -> RowSink:
        if export.storage not in (None, "", "_default_"):
            raise ValueError(
                f"-- s3 storage={export.storage}: this workspace has one storage, without a name"
            )
        key = f"{_prefix(export.prefix)}{self.job.id}.{export.format}"
        try:
            require_write_file(self.subject, checked_key(key))
        except PostmillError as error:
            raise ValueError(f"-- s3: {error}") from None
        full_key = f"w/{self.job.workspace_id}/{key}"
        return _ExportSink(self.places, key, full_key, export)


def _prefix(prefix: str | None) -> str:
    if not prefix:
        return "query_results/"
    return prefix if prefix.endswith(("/", "-", "_")) else f"{prefix}/"


class _StoredSink:
    """Rows that are read in pages and go when the job goes."""

    def __init__(self, places: RowPlaces, job_id: UUID) -> None:
        self._places = places
        self._job_id = job_id
        self._id = new_id()
        self._key = f"{RESULTS_PREFIX}{self._id}.parquet"
        self._columns: list[StoredColumn] = []
        self._writer: RowFileWriter | None = None
        self._waiting: list[Row] = []
        self._waiting_bytes = 0
        self._noted = False

    async def open(self, columns: Sequence[Column]) -> None:
        self._columns = [StoredColumn(column.name, column.kind, column.type_name) for column in columns]
        self._writer = await asyncio.to_thread(
            RowFileWriter, self._places.folder / f"{self._id}.parquet", self._columns
        )

    async def write(self, batch: Sequence[Row]) -> None:
        """Small batches wait for each other: a thread for each would cost more than its work."""
        self._waiting += batch
        self._waiting_bytes += len(batch) * _bytes_of(batch[0]) if batch else 0
        if len(self._waiting) >= _ROWS_AT_ONCE or self._waiting_bytes >= _BYTES_AT_ONCE:
            await self._write_waiting()

    async def append(self, path: Path) -> None:
        await self._write_waiting()
        assert self._writer is not None
        await asyncio.to_thread(self._writer.append, path)

    async def _write_waiting(self) -> None:
        assert self._writer is not None
        rows, self._waiting, self._waiting_bytes = self._waiting, [], 0
        await asyncio.to_thread(self._writer.write, rows)

    async def close(self) -> str:
        writer = self._writer
        assert writer is not None
        await self._write_waiting()
        written = await asyncio.to_thread(writer.close)
        try:
            await stored_rows.begin(self._places.pool, self._id, self._job_id, self._key)
            self._noted = True
            await self._places.objects.put(self._key, writer.path)
            await stored_rows.complete(self._places.pool, self._id, written.rows, written.size_bytes)
        finally:
            writer.path.unlink(missing_ok=True)
        columns = [{"name": c.name, "kind": c.kind, "type": c.type} for c in self._columns]
        return msgspec.json.encode(
            {"postmill_rows": self._id, "rows": written.rows, "bytes": written.size_bytes, "columns": columns}
        ).decode()

    async def abort(self) -> None:
        self._waiting = []
        if self._writer is not None:
            await asyncio.to_thread(self._writer.abort)
        if self._noted:
            keys = await stored_rows.forget(self._places.pool, [self._id])
            with contextlib.suppress(PostmillError):
                await self._places.objects.delete(keys)


def _bytes_of(row: Row) -> int:
    """About how much memory a row takes."""
    return sum(len(value) if isinstance(value, str | bytes) else 50 for value in row)


class _ExportSink:
    """Rows as a file of the workspace, which stays."""

    def __init__(self, places: RowPlaces, key: str, full_key: str, export: Export) -> None:
        self._places = places
        self._key = key
        self._full_key = full_key
        self._export = export
        self._path = places.folder / f"{new_id()}.{export.format}"
        self._writer: ExportWriter | None = None

    async def open(self, columns: Sequence[Column]) -> None:
        self._writer = await asyncio.to_thread(export_writer, self._export.format, self._path, columns)

    async def write(self, batch: Sequence[Row]) -> None:
        assert self._writer is not None
        await asyncio.to_thread(self._writer.write, batch)

    async def close(self) -> str:
        writer = self._writer
        assert writer is not None
        try:
            await asyncio.to_thread(writer.close)
            await self._places.objects.put(self._full_key, self._path, writer.content_type)
        finally:
            self._path.unlink(missing_ok=True)
        answer = {"s3": self._key, **({"storage": self._export.storage} if self._export.storage else {})}
        return msgspec.json.encode(answer).decode()

    async def abort(self) -> None:
        if self._writer is not None:
            await asyncio.to_thread(self._writer.abort)
        self._path.unlink(missing_ok=True)
