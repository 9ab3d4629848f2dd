"""Figures that jobs report about themselves; today their progress in percent."""

from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)
PROGRESS = "progress_perc"


async def set_progress(connection: Connection, workspace: str, job_id: UUID, percent: int) -> bool:
    """Stores the percentage as it is given; False when the workspace has no such job."""
    row = await connection.fetchrow(QUERIES.set, workspace, job_id, PROGRESS, float(percent))
    return row is not None


async def get_progress(connection: Connection, workspace: str, job_id: UUID) -> int | None:
    """The percentage, held between 0 and 99; None when it was never set."""
    value: float | None = await connection.fetchval(QUERIES.get, workspace, job_id, PROGRESS)
    return None if value is None else max(0, min(99, int(value)))
