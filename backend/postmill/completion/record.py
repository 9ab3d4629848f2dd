"""Writing down how an attempt ended where that takes more than the worker's shared statement.

Most attempts end in `queue.exchange`, many at once. Those that release a permit, run again, store a long result, are
restarted or deploy something have a transaction of their own here, so that all of it happens or nothing.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from postmill.db.pool import Pool, Session
from postmill.flow_logic.retry_delays import next_delay
from postmill.kernel.crash_points import crash_point
from postmill.kernel.ids import new_job_id
from postmill.model.job import ClaimedJob, Ended, NewJob
from postmill.model.retry_policy import parse_policy
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.permits import promote_in
from postmill.queue.push import push_in
from postmill.queue.results import is_long, store_long
from postmill.tables.flow_runs import workflow_step
from postmill.tables.jobs import concurrency, queue
from postmill.tables.jobs.exchange import complete_and_claim
from postmill.tables.output import job_log

Consequence = Callable[[Session], Awaitable[None]]
"""What else is written in the transaction of the completion, given that it counts."""

RESTART_SECONDS = 1.0


def is_plain(job: ClaimedJob, ended: Ended) -> bool:
    """Whether the worker's shared statement records this end completely."""
    return (
        job.concurrency_key is None
        and not job.restart_unless_canceled
        and not (job.retry is not None and ended.status == "failure")
        and not (ended.result is not None and is_long(ended.result))
    )


async def record(pool: Pool, job: ClaimedJob, ended: Ended, consequence: Consequence | None = None) -> bool:
    """Records the end of an attempt in one transaction; False when it was not its worker's own any more."""

    async def attempt() -> bool:
        async with pool.acquire() as connection, connection.transaction():
            if job.concurrency_key is not None:
                await concurrency.lock_keys(connection, [job.concurrency_key])
            recorded = await _record_in(connection, job, ended, consequence)
            crash_point("completion.record.before_commit")
            return recorded

    return await again_after_conflict(attempt)


def retry_delay(job: ClaimedJob, ended: Ended, chance: float) -> float | None:
    """Seconds until the job runs again under its policy; None when the end is final."""
    if job.retry is None or ended.status != "failure":
        return None
    return next_delay(parse_policy(job.retry), job.retries, chance)


async def _record_in(
    connection: Session, job: ClaimedJob, ended: Ended, consequence: Consequence | None
) -> bool:
    delay = retry_delay(job, ended, random.random())  # noqa: S311 - spreads load
    if delay is not None:
        return await _run_again(connection, job, ended, delay)
    if ended.result is not None and is_long(ended.result):
        blob_id = await store_long(connection, ended.result)
        ended = msgspec.structs.replace(ended, result=None, result_blob=blob_id)
    exchange = await complete_and_claim(connection, [ended], tags=[], limit=0, worker="", served={})
    if ended.id not in exchange.recorded:
        return False
    if consequence is not None:
        await consequence(connection)
    if job.restart_unless_canceled and ended.status != "canceled":
        await push_in(connection, [_restarted(job)])
    if job.concurrency_key is not None:
        await promote_in(connection, [job.concurrency_key])
    return True


async def _run_again(connection: Session, job: ClaimedJob, ended: Ended, delay: float) -> bool:
    if not await queue.retry_later(connection, job.id, job.attempt, delay):
        return False
    await workflow_step.forget_failed(connection, job.id)
    note = f"\n--- this run failed; retry {job.retries + 1} starts in {delay:g} s ---\n"
    await job_log.note(connection, job.id, ended.log_tail + note)
    if job.concurrency_key is not None:
        await promote_in(connection, [job.concurrency_key])
    return True


def _restarted(job: ClaimedJob) -> NewJob:
    """The next run of a perpetual script. The short pause keeps one that ends at once from filling the disk."""
    shared = {
        name: getattr(job, name)
        for name in NewJob.__struct_fields__
        if name in ClaimedJob.__struct_fields__ and name not in ("id", "scheduled_for", "reply_channel")
    }
    return NewJob(
        id=new_job_id(),
        scheduled_for=job.started_at + timedelta(seconds=RESTART_SECONDS),
        **shared,
    )
