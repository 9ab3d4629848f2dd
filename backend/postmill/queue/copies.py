"""Jobs carried from one instance to another, and removed where they were."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.job import NewJob
from postmill.model.job_copy import JobCopy
from postmill.model.subject import Subject
from postmill.queue.results import is_long, store_long, whole_result
from postmill.tables.instance import audit
from postmill.tables.jobs import completed_job, job_copy
from postmill.tables.output import blob

MOST_AT_ONCE = 10_000

Push = Callable[[NewJob], Awaitable[object]]
"""Queues one job."""


async def export_completed(
    pool: Pool, subject: Subject, workspace_id: str, limit: int, offset: int
) -> list[JobCopy]:
    """Jobs that have ended, with their results and logs, in the order of their ends."""
    found = await job_copy.completed(pool, workspace_id, limit, offset)
    await audit.record(pool, subject, "jobs.export", "Execute", workspace_id, {"jobs": len(found)})
    return [
        job
        if job.result_blob is None
        else msgspec.structs.replace(job, result=await whole_result(pool, job.result_blob))
        for job in found
    ]


async def export_queued(
    pool: Pool, subject: Subject, workspace_id: str, limit: int, offset: int
) -> list[JobCopy]:
    """Jobs that have not ended, the oldest first."""
    found = await job_copy.queued(pool, workspace_id, limit, offset)
    await audit.record(pool, subject, "jobs.export", "Execute", workspace_id, {"jobs": len(found)})
    return found


async def import_completed(pool: Pool, subject: Subject, workspace_id: str, jobs: Sequence[JobCopy]) -> int:
    """Store jobs that ended elsewhere, all or none; those whose id is taken stay as they are. How many were stored."""
    _require_few(len(jobs))
    async with pool.acquire() as connection, connection.transaction():
        stored = []
        for job in jobs:
            if job.result is not None and is_long(job.result):
                blob_id = await store_long(connection, job.result)
                job = msgspec.structs.replace(job, result=None, result_blob=blob_id)
            stored.append(job)
        added = set(await job_copy.bring_in(connection, workspace_id, stored))
        unused = [job.result_blob for job in stored if job.result_blob and job.id not in added]
        await blob.remove(connection, unused)
        await audit.record(connection, subject, "jobs.import", "Created", workspace_id, {"jobs": len(added)})
    return len(added)


async def import_queued(
    pool: Pool, push: Push, subject: Subject, workspace_id: str, jobs: Sequence[JobCopy]
) -> int:
    """Queue jobs that waited elsewhere, with their ids and times. Raises Conflict at the first whose id is taken."""
    _require_few(len(jobs))
    await audit.record(pool, subject, "jobs.import", "Created", workspace_id, {"jobs": len(jobs)})
    for job in jobs:
        await push(_new_job(workspace_id, job))
    return len(jobs)


async def remove(pool: Pool, subject: Subject, workspace_id: str, job_ids: Sequence[UUID]) -> int:
    """Remove jobs that have ended, with all that belongs to them; that they were started stays in the trail.

    All or none: raises NotFound for an id that the workspace does not have among what has ended.
    """
    _require_few(len(job_ids))
    wanted = set(job_ids)
    async with pool.acquire() as connection, connection.transaction():
        removed, blobs = await completed_job.remove_these(connection, workspace_id, sorted(wanted))
        missing = wanted - set(removed)
        if missing:
            raise NotFound(
                f"Not found: {len(missing)} of the jobs do not exist or have not ended, for instance {min(missing)}"
            )
        await blob.remove(connection, blobs)
        details = {"jobs": len(removed)}
        await audit.record(connection, subject, "jobs.delete", "Delete", workspace_id, details)
    return len(removed)


def _new_job(workspace_id: str, job: JobCopy) -> NewJob:
    shared = {
        name: getattr(job, name)
        for name in JobCopy.__struct_fields__
        if name in NewJob.__struct_fields__ and name != "flow_step_id"
    }
    return NewJob(workspace_id=workspace_id, **shared)


def _require_few(count: int) -> None:
    if count > MOST_AT_ONCE:
        raise InvalidInput(f"Bad request: at most {MOST_AT_ONCE} jobs at once")
