"""What jobs printed, in pieces. Offsets count characters."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class Piece(NamedTuple):
    """Text that a running attempt adds behind ``start_at`` characters."""

    job_id: UUID
    attempt: int
    start_at: int
    content: str


async def append(connection: Connection, pieces: Sequence[Piece]) -> None:
    """Adds pieces of attempts that are still their worker's own; those of others are dropped."""
    if pieces:
        await connection.execute(QUERIES.append, *map(list, zip(*pieces, strict=True)))


async def length(connection: Connection, job_id: UUID) -> int:
    """How many characters the job has printed."""
    return int(await connection.fetchval(QUERIES.length, job_id))


async def note(connection: Connection, job_id: UUID, text: str) -> None:
    """Adds text at the end of the log on behalf of the system."""
    await connection.execute(QUERIES.note, job_id, text)


async def read_from(connection: Connection, job_id: UUID, offset: int) -> str:
    """The log behind the first ``offset`` characters."""
    rows = await connection.fetch(QUERIES.read_from, job_id, offset)
    return "".join(row["content"][max(0, offset - row["start_at"]) :] for row in rows)
