"""What jobs streamed as their result while they ran, in pieces. Offsets count characters."""

from collections.abc import Sequence
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.tables.output.job_log import Piece

QUERIES = load_queries(__file__)


async def append(connection: Connection, pieces: Sequence[Piece]) -> None:
    """Adds pieces of attempts that are still their worker's own; those of others are dropped."""
    if pieces:
        await connection.execute(QUERIES.append, *map(list, zip(*pieces, strict=True)))


async def forget(connection: Connection, job_id: UUID) -> None:
    """Removes what an earlier attempt streamed."""
    await connection.execute(QUERIES.forget, job_id)


async def read_from(connection: Connection, job_id: UUID, offset: int) -> str:
    """The stream behind the first ``offset`` characters."""
    rows = await connection.fetch(QUERIES.read_from, job_id, offset)
    return "".join(row["content"][max(0, offset - row["start_at"]) :] for row in rows)
