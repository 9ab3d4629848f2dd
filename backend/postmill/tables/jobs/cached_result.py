"""Results that a later run of the same runnable with the same arguments may take."""

from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class CachedResult(NamedTuple):
    """``result`` is JSON text, None where it lies in ``result_blob``; ``job_id`` is the run that made it."""

    result: str | None
    result_blob: UUID | None
    job_id: UUID


async def find(connection: Connection, key: str, workspace_id: str) -> CachedResult | None:
    row = await connection.fetchrow(QUERIES.find, key, workspace_id)
    return CachedResult(*row) if row else None


async def forget_old(connection: Connection) -> None:
    await connection.execute(QUERIES.forget_old)
