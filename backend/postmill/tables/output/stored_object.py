"""Objects in chunks in the database: the object store of instances with several machines and no other store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from asyncpg import Record

from postmill.db.pool import Pool
from postmill.db.queries import load_queries
from postmill.kernel.ids import new_id
from postmill.kernel.settings import Settings
from postmill.objects.contract import Body, Listing, ObjectFacts, Objects
from postmill.objects.store import open_store, parse_options
from postmill.tables.output import blob

QUERIES = load_queries(__file__)
CHUNK_BYTES = blob.CHUNK_BYTES


class DatabaseObjects:
    """See ``objects.contract.Objects``."""

    local = False

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def put(self, key: str, body: Body, content_type: str | None = None) -> int:
        blob_id = new_id()
        size = position = 0
        # One transaction over all pieces: what is cut short leaves nothing.
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL idle_in_transaction_session_timeout = '600s'")
            async for chunk in _chunks(body):
                await connection.execute(QUERIES.add_chunk, blob_id, position, chunk)
                size += len(chunk)
                position += 1
            await connection.execute(QUERIES.add_blob, blob_id, size)
            earlier = await connection.fetch(QUERIES.put, key, blob_id, size, content_type)
            await blob.remove(connection, [row["blob_id"] for row in earlier])
        return size

    async def head(self, key: str) -> ObjectFacts | None:
        row = await self._pool.fetchrow(QUERIES.head, key)
        return ObjectFacts(key, row["size_bytes"], row["modified_at"], row["content_type"]) if row else None

    async def pieces(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        row = await self._pool.fetchrow(QUERIES.head, key)
        if row is None:
            raise FileNotFoundError(key)
        last = row["size_bytes"] if end is None else min(end, row["size_bytes"])
        for position in range(start // CHUNK_BYTES, -(-last // CHUNK_BYTES)):
            content = await self._pool.fetchval(QUERIES.chunk, row["blob_id"], position)
            if content is None:
                raise FileNotFoundError(key)  # removed or replaced while it was read
            first = position * CHUNK_BYTES
            yield content[max(0, start - first) : last - first]

    async def under(self, prefix: str, after: str = "", limit: int = 1000) -> list[ObjectFacts]:
        rows = await self._pool.fetch(QUERIES.under, prefix, after, limit)
        return [_facts(row) for row in rows]

    async def level(self, prefix: str) -> Listing:
        folders = await self._pool.fetch(QUERIES.folders, prefix)
        files = await self._pool.fetch(QUERIES.files, prefix)
        return Listing(tuple(row["folder"] for row in folders), tuple(_facts(row) for row in files))

    async def delete(self, keys: Sequence[str]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(QUERIES.delete, list(keys))
            await blob.remove(connection, [row["blob_id"] for row in rows])

    async def move(self, source: str, target: str) -> None:
        if source == target:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            replaced = await connection.fetch(QUERIES.delete, [target])
            await blob.remove(connection, [row["blob_id"] for row in replaced])
            if await connection.execute(QUERIES.move, source, target) == "UPDATE 0":
                raise FileNotFoundError(source)

    async def reading_address(self, key: str, seconds: float) -> str | None:
        """Nobody else can read them."""
        return None


def objects_of(settings: Settings, pool: Pool) -> Objects:
    """The object store that the settings choose. Raises InvalidInput for one that cannot be used."""
    if settings.object_store is None:
        return DatabaseObjects(pool)
    return open_store(settings.object_store, parse_options(settings.object_store_options))


def shared_store_of(settings: Settings) -> Objects | None:
    """A bucket that several machines reach, for what they can prepare for each other; None without one."""
    if settings.object_store is None or settings.object_store.startswith("file://"):
        return None
    return open_store(settings.object_store, parse_options(settings.object_store_options))


def _facts(row: Record) -> ObjectFacts:
    return ObjectFacts(row["key"], row["size_bytes"], row["modified_at"], row["content_type"])


async def _chunks(body: Body) -> AsyncIterator[bytes]:
    """The content in chunks of one size, the last excepted."""
    buffer = bytearray()
    async for piece in _pieces(body):
        buffer += piece
        while len(buffer) >= CHUNK_BYTES:
            yield bytes(memoryview(buffer)[:CHUNK_BYTES])
            del buffer[:CHUNK_BYTES]
    if buffer:
        yield bytes(buffer)


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        yield body
    elif isinstance(body, Path):
        file = await asyncio.to_thread(body.open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, 4 * CHUNK_BYTES):
                yield piece
        finally:
            file.close()
    else:
        async for piece in body:
            yield piece
