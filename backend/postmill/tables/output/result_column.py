"""The order of the columns of a result, where the result does not tell it."""

from collections.abc import Sequence
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def put(connection: Connection, job_id: UUID, names: Sequence[str]) -> None:
    await connection.execute(QUERIES.put, job_id, list(names))


async def names_of(connection: Connection, job_id: UUID) -> list[str] | None:
    """None where the result tells its columns itself."""
    names: list[str] | None = await connection.fetchval(QUERIES.names_of, job_id)
    return names
