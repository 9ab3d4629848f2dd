"""Figures that jobs report about themselves."""

from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound
from postmill.tables import job_metric


async def set_progress(pool: Pool, workspace_id: str, job_id: UUID, percent: int) -> None:
    """Stores the percentage as it is given; raises NotFound when the workspace has no such job."""
    if not await job_metric.set_progress(pool, workspace_id, job_id, percent):
        raise NotFound(f"Not found: job {job_id} does not exist, or you may not see it")


async def get_progress(pool: Pool, workspace_id: str, job_id: UUID) -> int | None:
    """The percentage, held between 0 and 99; None when the job never told."""
    return await job_metric.get_progress(pool, workspace_id, job_id)
