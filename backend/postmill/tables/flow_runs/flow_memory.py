"""Which conversation a run of a flow with chat input belongs to."""

from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def keep(connection: Connection, job_id: UUID, memory_id: UUID) -> None:
    await connection.execute(QUERIES.keep, job_id, memory_id)


async def find(connection: Connection, job_id: UUID) -> UUID | None:
    found: UUID | None = await connection.fetchval(QUERIES.find, job_id)
    return found
