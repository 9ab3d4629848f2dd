"""Long texts in chunks, so that every server can serve them and no folder has to be shared."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel.ids import new_id

QUERIES = load_queries(__file__)
CHUNK_BYTES = 512 * 1024
CHUNK_CHARACTERS = CHUNK_BYTES
CHUNKS_PER_STATEMENT = 16


async def put(connection: Connection, content: str) -> UUID:
    """Stores the text and answers its id; to be called inside the transaction that refers to it.

    A text may be half of what the process may hold: only the pieces of one statement are made at a time.
    """
    blob_id = new_id()
    starts = range(0, len(content), CHUNK_CHARACTERS)
    size = len(content) if content.isascii() else sum(len(_piece(content, start)) for start in starts)
    await connection.execute(QUERIES.add, blob_id, size)
    for first in range(0, len(starts), CHUNKS_PER_STATEMENT):
        pieces = [_piece(content, start) for start in starts[first : first + CHUNKS_PER_STATEMENT]]
        await connection.execute(QUERIES.add_chunks, blob_id, pieces, first)
    return blob_id


def _piece(content: str, start: int) -> bytes:
    return content[start : start + CHUNK_CHARACTERS].encode()


async def size_of(connection: Connection, blob_id: UUID) -> int | None:
    """How many bytes it has; None for an unknown id."""
    size: int | None = await connection.fetchval(QUERIES.size_of, blob_id)
    return size


async def pieces(connection: Connection, blob_id: UUID) -> AsyncIterator[bytes]:
    """The content piece by piece, for those who hand it on; nothing for an unknown id."""
    first = 0
    while rows := await connection.fetch(QUERIES.some_chunks, blob_id, first, first + CHUNKS_PER_STATEMENT):
        for row in rows:
            yield row["content"]
        first += CHUNKS_PER_STATEMENT


async def get(connection: Connection, blob_id: UUID) -> bytes:
    """The whole content; empty for an unknown id."""
    return b"".join([row["content"] for row in await connection.fetch(QUERIES.chunks, blob_id)])


async def remove(connection: Connection, blob_ids: Sequence[UUID]) -> None:
    if blob_ids:
        await connection.execute(QUERIES.remove, list(blob_ids))
