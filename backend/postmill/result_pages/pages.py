"""Pages of results: the file of the rows on this machine, a query in a child, the answer with its columns."""

import asyncio
import contextlib
import hashlib
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal
from uuid import UUID

from postmill.db.pool import Connection
from postmill.kernel.errors import InvalidInput, NotFound, Unavailable
from postmill.kernel.settings import Settings
from postmill.languages.duckdb.pool import converse, duckdb_spec
from postmill.languages.spares import SparePool
from postmill.model.limits import Limits
from postmill.objects.contract import Objects
from postmill.objects.row_files import json_value, stored_columns
from postmill.objects.store import copy_to_file
from postmill.objects.typed_parquet import rewrite_typed
from postmill.queue.stored_rows import Reference, reference_in, rows_of
from postmill.result_pages.query import Asked, ColumnFacts, Query, query_of
from postmill.sandbox.folders import ClaimedFolder, claim_folder
from postmill.sandbox.levels import IsolationUnavailable, probe
from postmill.sandbox.memory import Watcher
from postmill.sandbox.zygote import ZygoteFailed, ZygoteSpec

MOST_CACHED_BYTES = 4 * 1024**3
_LIMITS = Limits(
    wall_seconds=30, memory_bytes=1024**3, result_bytes=256 * 1024**2, processes=64, file_bytes=8 * 1024**3
)


@dataclass(frozen=True)
class Table:
    """A file of the object store that holds a table; ``mark`` changes with its content.

    ``separator`` of a CSV file: one character, None where the file itself has to tell.
    """

    object_key: str
    mark: str
    format: Literal["csv", "parquet"]
    separator: str | None = None

    def cached_name(self, kind: str) -> str:
        whole = "\0".join([self.object_key, self.mark, self.format, self.separator or ""])
        return f"{hashlib.sha256(whole.encode()).hexdigest()}.{kind}"


@dataclass(frozen=True)
class RowFile:
    """The rows of one result on this machine."""

    path: Path
    columns: list[ColumnFacts]
    rows: int


class ResultPages:
    """One per server process; the children start with the first page that is asked for."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._settings = settings
        self._objects = objects
        self._cache = settings.data_dir / "cache" / "rows"
        self._pool: SparePool | None = None
        self._folder: ClaimedFolder | None = None
        self._starting = asyncio.Lock()
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def page(
        self, connection: Connection, job_id: UUID, result: str, asked: Asked, rows_id: UUID | None = None
    ) -> dict[str, Any]:
        """The answer of the route, for a result whose reader was let in.

        Raises InvalidInput for a result that is no table, and NotFound for rows that are gone.
        """
        file = await self._file(connection, job_id, result, rows_id)
        if file is None:
            return {"columns": [], "rows": [], "total": 0, "offset": asked.offset, "limit": asked.limit}
        query = query_of(asked, file.columns)
        total, rows = await self._ask(file, query)
        return {
            "columns": file.columns,
            "rows": _shown(file.columns, rows),
            "total": file.rows if total is None else total,
            "offset": asked.offset,
            "limit": asked.limit,
        }

    async def table_page(self, table: Table, asked: Asked) -> tuple[list[ColumnFacts], list[list[Any]], int]:
        """Columns, rows and how many rows there are, of a file that its reader may read.

        Raises InvalidInput for a file that is no table, and NotFound for one that is gone.
        """
        file = await self._read_table(table)
        total, rows = await self._ask(file, query_of(asked, file.columns))
        return file.columns, _shown(file.columns, rows), file.rows if total is None else total

    async def table_as_csv(self, table: Table) -> BinaryIO:
        """The rows of a Parquet file as CSV; raises as ``table_page``. It is open, as that of ``typed_file``."""

        async def convert(target: Path) -> None:
            await self._convert_table(table, target, to="csv")

        path = await self._cached(table.cached_name("csv"), convert)
        with _still_there():
            return await asyncio.to_thread(path.open, "rb")

    async def _read_table(self, table: Table) -> RowFile:
        async def convert(target: Path) -> None:
            columns = await self._convert_table(table, target, to="parquet")
            await asyncio.to_thread(_columns_path(target).write_text, columns)

        path = await self._cached(table.cached_name("parquet"), convert)
        with _still_there():
            columns, rows = await asyncio.to_thread(_described, path)
        return RowFile(path, columns, rows)

    async def _convert_table(self, table: Table, target: Path, *, to: str) -> str:
        source = target.with_suffix(".source")
        name = table.object_key.rpartition("/")[2]
        header = {"mode": "convert", "format": table.format, "separator": table.separator or None, "to": to}
        try:
            try:
                await copy_to_file(self._objects, table.object_key, source)
            except FileNotFoundError:
                raise NotFound(f"Not found: file {name} was removed in this moment") from None
            with _opened(source, os.O_RDONLY) as given, _opened(target, os.O_RDWR | os.O_CREAT) as taken:
                said = await self._converse(header, [given, taken])
        finally:
            source.unlink(missing_ok=True)
        if b"C" not in said:
            words = said.get(b"E", b"").decode("utf-8", "replace").split("\n")[0]
            raise InvalidInput(f"Bad request: {name} cannot be read as {table.format.upper()}: {words}")
        return said[b"C"].decode()

    async def typed_file(
        self, connection: Connection, job_id: UUID, result: str, rows_id: UUID | None = None
    ) -> BinaryIO:
        """A Parquet file of stored rows for other programs: the columns' own names and types. It is open, so that
        it stays whole when the cache drops it.

        Raises InvalidInput for a result that is not stored as rows, and NotFound for rows that are gone.
        """
        if reference_in(result) is None:
            raise InvalidInput(
                f"Bad request: the result of job {job_id} is not stored as rows; get_result has it as JSON"
            )
        file = await self._file(connection, job_id, result, rows_id)
        assert file is not None

        async def rewrite(target: Path) -> None:
            with _still_there():
                await asyncio.to_thread(rewrite_typed, file.path, target)

        path = await self._cached(f"{file.path.stem}.typed.parquet", rewrite)
        with _still_there():
            return await asyncio.to_thread(path.open, "rb")

    async def close(self) -> None:
        for task in list(self._fetching.values()):
            task.cancel()
        if self._pool is not None:
            await self._pool.close()
        if self._folder is not None:
            self._folder.release()

    async def _file(
        self, connection: Connection, job_id: UUID, result: str, rows_id: UUID | None
    ) -> RowFile | None:
        reference = reference_in(result)
        if reference is None:
            if rows_id is not None:
                raise NotFound(f"Not found: job {job_id} has no stored rows {rows_id}")
            return await self._converted(job_id, result)
        if rows_id not in (None, reference.postmill_rows):
            raise NotFound(f"Not found: job {job_id} has no stored rows {rows_id}")
        return await self._fetched(connection, job_id, reference)

    async def _fetched(self, connection: Connection, job_id: UUID, reference: Reference) -> RowFile:
        stored = await rows_of(connection, job_id, reference)

        async def fetch(target: Path) -> None:
            try:
                await copy_to_file(self._objects, stored.object_key, target)
            except FileNotFoundError:
                raise NotFound(
                    f"Not found: the rows of job {job_id} are gone from the object store"
                ) from None

        path = await self._cached(stored.object_key.rpartition("/")[2], fetch)
        with _still_there():
            columns = await asyncio.to_thread(stored_columns, path)
        return RowFile(path, [ColumnFacts(c.name, c.kind, c.type) for c in columns], stored.row_count)

    async def _converted(self, job_id: UUID, result: str) -> RowFile | None:
        beginning = result[:1000].lstrip()
        if beginning.replace(" ", "").startswith("[]"):
            return None
        if not beginning.startswith("[") or not beginning[1:].lstrip().startswith("{"):
            raise InvalidInput(
                f"Bad request: the result of job {job_id} is no array of objects, so it has no rows"
            )

        async def convert(target: Path) -> None:
            columns = await self._convert(job_id, result, target)
            await asyncio.to_thread(_columns_path(target).write_text, columns)

        path = await self._cached(f"{job_id}.parquet", convert)
        with _still_there():
            columns, rows = await asyncio.to_thread(_described, path)
        return RowFile(path, columns, rows)

    async def _convert(self, job_id: UUID, result: str, target: Path) -> str:
        source = target.with_suffix(".json")
        try:
            await asyncio.to_thread(source.write_text, result, "utf-8")
            with _opened(source, os.O_RDONLY) as given, _opened(target, os.O_RDWR | os.O_CREAT) as taken:
                said = await self._converse({"mode": "convert"}, [given, taken])
        finally:
            source.unlink(missing_ok=True)
        if b"C" not in said:
            raise InvalidInput(
                f"Bad request: the result of job {job_id} is no array of objects, so it has no rows"
            )
        return said[b"C"].decode()

    async def _ask(self, file: RowFile, query: Query) -> tuple[int | None, list[list[Any]]]:
        with _opened(file.path, os.O_RDONLY) as descriptor:
            header = {"mode": "page", "query": query.rows, "count": query.count, "values": query.values}
            said = await self._converse(header, [descriptor])
        if b"R" not in said:
            words = said.get(b"E", b"").decode("utf-8", "replace").split("\n")[0]
            raise InvalidInput(f"Bad request: the rows cannot be read like this: {words}")
        total = int(said[b"T"]) if b"T" in said else None
        return total, json.loads(said[b"R"])

    async def _converse(self, header: dict[str, Any], descriptors: list[int]) -> dict[bytes, bytes]:
        try:
            child = await (await self._children()).take()
            end, said = await converse(child, header, descriptors, _LIMITS)
        except ZygoteFailed as error:
            raise Unavailable(f"This server cannot read rows at the moment: {error}") from None
        if end.cause is not None:
            raise Unavailable(f"Reading the rows was ended: it exceeded the limit of {end.cause}")
        return said

    async def _children(self) -> SparePool:
        async with self._starting:
            if self._pool is None:
                self._folder = self._folder or claim_folder(self._settings.data_dir / "run" / "pages")
                none = self._settings.isolation == "none"
                try:
                    isolation = await probe(self._folder.path, allow_none=none, insist_on_none=none)
                except IsolationUnavailable as error:
                    raise Unavailable(f"This server cannot read rows: {error}") from None
                base = ZygoteSpec(spares=self._folder.path, isolated=isolation.level == "sandbox")
                spec = replace(duckdb_spec(base), network=not isolation.network_namespaces)
                self._pool = SparePool(spec, Watcher(), kept_ready=1)
            return self._pool

    async def _cached(self, name: str, fill: Callable[[Path], Awaitable[None]]) -> Path:
        """The file of the name, made once however many ask."""
        path = self._cache / name
        while not path.exists():
            task = self._fetching.get(name)
            if task is None:
                task = self._fetching[name] = asyncio.create_task(self._fill(path, fill))
                task.add_done_callback(lambda _done: self._fetching.pop(name, None))
            await asyncio.shield(task)
        with contextlib.suppress(OSError):
            os.utime(path)
        return path

    async def _fill(self, path: Path, fill: Callable[[Path], Awaitable[None]]) -> None:
        self._cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        staging = path.with_name(f"{path.stem}-{time.monotonic_ns()}.staging")
        try:
            await fill(staging)
            described = _columns_path(staging)
            if described.exists():
                described.rename(_columns_path(path))
            staging.rename(path)
        finally:
            staging.unlink(missing_ok=True)
        await asyncio.to_thread(_make_room, self._cache, MOST_CACHED_BYTES)


@contextlib.contextmanager
def _still_there() -> Iterator[None]:
    """The cache may drop a file between the look for it and its first reading."""
    try:
        yield
    except FileNotFoundError:
        raise Unavailable("The rows were just removed from this server's cache; ask again") from None


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    with _still_there():
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _columns_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.columns")


def _described(path: Path) -> tuple[list[ColumnFacts], int]:
    import pyarrow.parquet as pq

    columns = [ColumnFacts(*column) for column in json.loads(_columns_path(path).read_text())]
    return columns, int(pq.read_metadata(path).num_rows)


def _make_room(folder: Path, most_bytes: int) -> None:
    """Removes the files that were not asked for longest until the rest fits, and what killed servers left."""
    found = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            facts = path.stat()
            if path.suffix in (".staging", ".source") and time.time() - facts.st_mtime > 3600:
                path.unlink()
            elif path.suffix in (".parquet", ".csv"):
                found.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found)[:-1]:
        if total <= most_bytes:
            return
        path.unlink(missing_ok=True)
        _columns_path(path).unlink(missing_ok=True)
        total -= size


def _shown(columns: list[ColumnFacts], rows: list[list[Any]]) -> list[list[Any]]:
    kinds = [column.kind for column in columns]
    return [[json_value(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in rows]
