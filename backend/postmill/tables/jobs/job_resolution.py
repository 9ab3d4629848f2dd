"""Failed and canceled runs that somebody has dealt with."""

from collections.abc import Sequence
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def resolve(
    connection: Connection,
    workspace_id: str,
    job_ids: Sequence[UUID],
    by: str,
    note: str | None,
    superseded_by: UUID | None,
) -> list[UUID]:
    """Those of the jobs that ended badly and are marked now."""
    rows = await connection.fetch(QUERIES.resolve, workspace_id, list(job_ids), by, note, superseded_by)
    return [row["job_id"] for row in rows]


async def unresolve(connection: Connection, workspace_id: str, job_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the jobs whose mark is gone now."""
    return [row["job_id"] for row in await connection.fetch(QUERIES.unresolve, workspace_id, list(job_ids))]
