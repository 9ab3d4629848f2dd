"""Jobs as their readers see them: one, many, their results, logs and counts.

What a reader may not see is NotFound, exactly like what does not exist.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import parse_hash
from postmill.model.job import JobStatus
from postmill.model.job_record import JobFilters, JobRecord, LogPiece, Outcome
from postmill.model.subject import Subject
from postmill.queue.deletion import scrub
from postmill.queue.results import long_result_bytes, whole_result
from postmill.tables.instance import audit
from postmill.tables.jobs import job_view, queue

MAX_KIN_DEPTH = 100
LONGEST_LISTED_ARGS = 10_000


def not_found(job_id: UUID) -> NotFound:
    return NotFound(f"Not found: job {job_id} does not exist, or you may not see it")


async def get_job(
    pool: Pool,
    subject: Subject,
    workspace_id: str,
    job_id: UUID,
    *,
    with_code: bool = True,
    most_result_bytes: int | None = None,
) -> JobRecord:
    """A job with its arguments, its code and, once it has ended, its whole result.

    ``most_result_bytes``: a longer result that is kept in chunks is left out, unread.
    """
    found = await job_view.one_job(pool, subject, workspace_id, job_id, with_code=with_code)
    if found is None:
        raise not_found(job_id)
    record, blob = found
    if blob is None:
        return record
    if most_result_bytes is not None and await long_result_bytes(pool, blob) > most_result_bytes:
        return msgspec.structs.replace(record, result_is_left_out=True)
    return msgspec.structs.replace(record, result=await whole_result(pool, blob))


async def list_jobs(pool: Pool, subject: Subject, filters: JobFilters) -> list[JobRecord]:
    """Jobs that pass the filters. Raises InvalidInput for a script hash that is none and for too many bytes."""
    if not 0 <= (filters.args_up_to or 0) <= LONGEST_LISTED_ARGS:
        raise InvalidInput(f"Bad request: max_args_bytes goes from 0 to {LONGEST_LISTED_ARGS}")
    for value in (*(filters.script_hashes.wanted or ()), *(filters.script_hashes.unwanted or ())):
        try:
            parse_hash(value)
        except ValueError as error:
            raise InvalidInput(f"Bad request: {error}") from None
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        return await job_view.list_jobs(connection, subject, filters)


async def get_outcome(
    pool: Pool, subject: Subject, workspace_id: str, job_id: UUID, *, with_long: bool = True
) -> Outcome:
    """How far the job is; with its result when it has ended (``null`` when that was deleted).

    ``with_long``: else one that is kept in chunks is not read, only named.
    """
    row = await job_view.outcome(pool, subject, workspace_id, job_id)
    if row is None:
        raise not_found(job_id)
    result: str | None = row["result"]
    blob: UUID | None = row["result_blob"]
    if blob is not None:
        if not with_long:
            return Outcome(status=row["status"], started=row["started"], result=None, long_result=blob)
        result = await whole_result(pool, blob)
    if row["status"] is not None and result is None:
        result = "null"
    return Outcome(status=row["status"], started=row["started"], result=result)


async def is_below(pool: Pool, job_id: UUID, above: UUID) -> bool:
    """Whether a job is the other one, or was started inside it."""
    return await job_view.is_below(pool, job_id, above)


async def get_args(pool: Pool, subject: Subject, workspace_id: str, job_id: UUID) -> str:
    """The arguments as JSON text, references and all."""
    args = await job_view.args(pool, subject, workspace_id, job_id)
    if args is None:
        raise not_found(job_id)
    return args


async def get_logs(
    pool: Pool, subject: Subject, workspace_id: str, job_id: UUID, position: int = 0
) -> LogPiece:
    """What the job printed behind the first ``position`` characters."""
    await require_visible(pool, subject, workspace_id, job_id)
    return await job_view.log_from(pool, job_id, position)


async def require_visible(pool: Pool, subject: Subject, workspace_id: str, job_id: UUID) -> None:
    """Raises NotFound for a job that is missing or hidden."""
    if not await job_view.visible_ids(pool, subject, workspace_id, [job_id]):
        raise not_found(job_id)


async def require_kin(pool: Pool, subject: Subject, workspace_id: str, job_ids: Sequence[UUID]) -> None:
    """Raises NotFound for a job that a new one may not name as its parent or root.

    Those are jobs that the subject may see; for a running job also itself and what it came from.
    """
    wanted = {job_id for job_id in job_ids if job_id != subject.job_id}
    if wanted and subject.job_id is not None:
        wanted -= set(await queue.kin_of(pool, subject.job_id))
    if not wanted:
        return
    seen = await job_view.visible_ids(pool, subject, workspace_id, sorted(wanted))
    for job_id in job_ids:
        if job_id in wanted and job_id not in seen:
            raise not_found(job_id)


async def visible_ids(
    pool: Pool, subject: Subject, workspace_id: str | None, job_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Those of the jobs that may be seen, with their workspaces, in the order asked for."""
    seen = await job_view.visible_ids(pool, subject, workspace_id, job_ids)
    return {job_id: seen[job_id] for job_id in job_ids if job_id in seen}


async def started_at(
    pool: Pool, subject: Subject, workspace_id: str, job_ids: Sequence[UUID]
) -> list[datetime | None]:
    """When each of the jobs started, in the order asked for; None for those that wait, are missing or hidden."""
    times = await job_view.started_at(pool, subject, workspace_id, job_ids)
    return [times.get(job_id) for job_id in job_ids]


async def root_job_id(pool: Pool, subject: Subject, workspace_id: str, job_id: UUID) -> UUID:
    """Where the chain of jobs that this one belongs to began: its stated root, else the first of its ancestors."""
    found = await job_view.kin(pool, subject, workspace_id, job_id)
    if found is None:
        raise not_found(job_id)
    current = job_id
    for _ in range(MAX_KIN_DEPTH):
        parent, root = found
        if root is not None:
            return root
        if parent is None:
            return current
        current = parent
        found = await job_view.kin(pool, subject, workspace_id, current)
        if found is None:  # the ancestor was removed, or is hidden: it still is where the chain began
            return current
    return current


async def queued_ids_of_path(pool: Pool, subject: Subject, workspace_id: str, path: str) -> list[UUID]:
    """The jobs of a runnable that wait or run, the oldest first."""
    return await job_view.queued_ids_of_path(pool, subject, workspace_id, path)


async def queue_length(pool: Pool, subject: Subject, workspace_id: str | None) -> tuple[int, int]:
    """How many jobs wait or run, and how many wait for an event."""
    return await job_view.queue_length(pool, subject, workspace_id)


async def completed_count(
    pool: Pool,
    subject: Subject,
    workspace_id: str | None,
    *,
    seconds_ago: int | None = None,
    statuses: Sequence[JobStatus] | None = None,
    tags: Sequence[str] | None = None,
) -> int:
    """How many of the jobs that ended, at most so many seconds ago, pass the filters."""
    since = None
    if seconds_ago is not None:
        since = await job_view.database_clock(pool) - timedelta(seconds=seconds_ago)
    return await job_view.completed_count(
        pool, subject, workspace_id, since=since, statuses=statuses, tags=tags
    )


async def completed_by_tag(pool: Pool, seconds: float, workspace_id: str | None) -> list[tuple[str, int]]:
    """How many jobs ended within the last seconds, by tag, the most frequent first."""
    return await job_view.completed_by_tag(pool, seconds, workspace_id)


async def queue_position(pool: Pool, scheduled_for: datetime) -> int:
    """How many jobs that may start now come before one of that time."""
    return await job_view.queue_position(pool, scheduled_for)


async def scheduled_for(pool: Pool, subject: Subject, workspace_id: str, job_id: UUID) -> datetime:
    """When a queued job is to start; raises NotFound for one that has ended."""
    value = await job_view.scheduled_for(pool, subject, workspace_id, job_id)
    if value is None:
        raise NotFound(f"Not found: job {job_id} is not in the queue, or you may not see it")
    return value


async def oldest(pool: Pool, subject: Subject, workspace_id: str | None) -> datetime | None:
    """When the oldest job that is still kept was created."""
    return await job_view.oldest(pool, subject, workspace_id)


async def database_clock(pool: Pool) -> datetime:
    return await job_view.database_clock(pool)


async def metric_values(
    pool: Pool, subject: Subject, workspace_id: str, job_id: UUID
) -> list[tuple[str, float, datetime]]:
    """Name, value and time of each figure of a job."""
    await require_visible(pool, subject, workspace_id, job_id)
    return await job_view.metric_values(pool, job_id)


async def running_attempt(pool: Pool, job_id: UUID) -> int | None:
    """The attempt in which a job runs now; None when it does not run."""
    return await queue.running_attempt(pool, job_id)


async def remove_data(pool: Pool, subject: Subject, job_id: UUID) -> None:
    """Removes arguments, result, log and stream of a job that has ended; that it ran stays on record."""
    async with pool.acquire() as connection, connection.transaction():
        await scrub(connection, job_id)
        await audit.record(connection, subject, "jobs.delete", "Delete", str(job_id))
