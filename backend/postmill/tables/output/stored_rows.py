"""Which objects hold the rows of results that were too large for memory."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class StoredRows(NamedTuple):
    """A finished file of rows."""

    object_key: str
    row_count: int
    size_bytes: int


async def begin(connection: Connection, rows_id: UUID, job_id: UUID, object_key: str) -> None:
    """Notes the object before it is written, so that it goes with its job whatever happens."""
    await connection.execute(QUERIES.begin, rows_id, job_id, object_key)


async def complete(connection: Connection, rows_id: UUID, row_count: int, size_bytes: int) -> None:
    await connection.execute(QUERIES.complete, rows_id, row_count, size_bytes)


async def find(connection: Connection, rows_id: UUID, job_id: UUID) -> StoredRows | None:
    """The finished rows of this job by their id."""
    row = await connection.fetchrow(QUERIES.find, rows_id, job_id)
    return StoredRows(*row) if row else None


async def owner(connection: Connection, rows_id: UUID) -> UUID | None:
    """The job whose rows they are."""
    found: UUID | None = await connection.fetchval(QUERIES.owner, rows_id)
    return found


async def adopt(connection: Connection, rows_id: UUID, job_id: UUID, of: UUID) -> bool:
    """Gives a job the rows of another one, under an id of its own."""
    return bool(await connection.execute(QUERIES.adopt, rows_id, job_id, of) == "INSERT 0 1")


async def forget(connection: Connection, rows_ids: Sequence[UUID]) -> list[str]:
    """Forgets rows; answers the keys of the objects that nothing refers to any more."""
    return [row["object_key"] for row in await connection.fetch(QUERIES.forget, list(rows_ids))]


async def orphans(connection: Connection, limit: int) -> list[UUID]:
    """Rows whose job is gone, or has no result any more."""
    return [row["id"] for row in await connection.fetch(QUERIES.orphans, limit)]
