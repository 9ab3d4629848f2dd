"""Jobs that wait for their time."""

from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.jobs import queue


async def start_now(pool: Pool, subject: Subject, workspace: str, job_id: UUID) -> None:
    """Lets a job start before its time; a concurrency limit holds as ever. Who may do so is the caller's to check.

    Raises InvalidInput for a job that waits for no time.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await queue.start_now(connection, workspace, job_id):
            raise InvalidInput(
                f"Bad request: job {job_id} is not scheduled for later: it is ready, runs, waits for others, has ended "
                "or is the next tick of a schedule"
            )
        await audit.record(connection, subject, "jobs.run_now", "Updated", str(job_id))
