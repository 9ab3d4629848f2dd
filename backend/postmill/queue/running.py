"""What runs now, for those who check job tokens."""

from uuid import UUID

from postmill.db.pool import Pool
from postmill.tables.jobs import queue
from postmill.tables.jobs.queue import RunningJob


async def find_running_job(pool: Pool, job_id: UUID) -> RunningJob | None:
    """The attempt of the job that runs now; None when none does."""
    return await queue.running_job(pool, job_id)
