"""Long texts in chunks, so that every server can serve them and no folder has to be shared."""

from collections.abc import Sequence
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel.ids import new_id

QUERIES = load_queries(__file__)
CHUNK_BYTES = 512 * 1024
CHUNKS_PER_STATEMENT = 16


async def put(connection: Connection, content: bytes) -> UUID:
    """Stores the bytes and answers their id; to be called inside the transaction that refers to them."""
    blob_id = new_id()
    await connection.execute(QUERIES.add, blob_id, len(content))
    chunks = [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)]
    for first in range(0, len(chunks), CHUNKS_PER_STATEMENT):
        await connection.execute(
            QUERIES.add_chunks, blob_id, chunks[first : first + CHUNKS_PER_STATEMENT], first
        )
    return blob_id


async def get(connection: Connection, blob_id: UUID) -> bytes:
    """The whole content; empty for an unknown id."""
    return b"".join([row["content"] for row in await connection.fetch(QUERIES.chunks, blob_id)])


async def remove(connection: Connection, blob_ids: Sequence[UUID]) -> None:
    if blob_ids:
        await connection.execute(QUERIES.remove, list(blob_ids))
