"""Jobs whose worker fell silent: run again, or, after too many lost workers, end with that reason."""

import logging
from dataclasses import dataclass

from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.crash_points import crash_point
from postmill.model.job import JobStatus
from postmill.queue.cancel import canceled_result
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.lock_failures import note_lock_failure
from postmill.queue.permits import promote_in
from postmill.tables.flow_runs import flow_run
from postmill.tables.instance import alert
from postmill.tables.jobs import queue
from postmill.tables.jobs.queue import LostAttempt
from postmill.tables.output import job_log

AT_ONCE = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rescued:
    """What became of lost attempts; ``failed`` could not be processed and stay for the next round."""

    again: int = 0
    ended: int = 0
    failed: int = 0


async def rescue(pool: Pool, lease_seconds: float) -> Rescued:
    """Looks once for attempts that were silent for longer than the lease, by the database's clock."""
    again = ended = failed = 0
    for lost in await queue.lost(pool, lease_seconds, AT_ONCE):
        try:
            if _may_run_again(lost):
                again += await _run_again(pool, lost, lease_seconds)
            else:
                ended += await _end(pool, lost, lease_seconds)
        except Exception:
            # The others must not wait for a row that cannot be processed.
            _log.exception("the lost job %s cannot be rescued", lost.job_id)
            failed += 1
    return Rescued(again, ended, failed)


def _may_run_again(lost: LostAttempt) -> bool:
    return lost.canceled_by is None and lost.lost_attempts + 1 < lost.max_attempts


async def _run_again(pool: Pool, lost: LostAttempt, lease_seconds: float) -> bool:
    async def attempt() -> bool:
        async with pool.acquire() as connection, connection.transaction():
            if not await queue.run_again(connection, lost.job_id, lost.attempt, lease_seconds):
                return False
            await job_log.note(
                connection,
                lost.job_id,
                f"\n--- worker {lost.worker} was lost during attempt {lost.lost_attempts + 1} "
                f"of {lost.max_attempts}; the job runs again ---\n",
            )
            crash_point("queue.rescue.before_commit")
            return True

    return await again_after_conflict(attempt)


async def _end(pool: Pool, lost: LostAttempt, lease_seconds: float) -> bool:
    status, result = _last_word(lost)

    async def attempt() -> bool:
        async with pool.acquire() as connection, connection.transaction():
            if not await queue.is_silent(connection, lost.job_id, lost.attempt, lease_seconds):
                return False
            ended = await queue.end_from_outside(
                connection, lost.job_id, ("running",), status, result, attempt=lost.attempt
            )
            if ended is not None and ended.flow_job is not None:
                await queue.poke(connection, [ended.flow_job])
            elif ended is not None:
                await flow_run.schedule_deletion(connection, lost.job_id)
            if status == "failure":
                words = f"The run {lost.job_id} was given up: its workers were lost {lost.lost_attempts + 1} times"
                await alert.note_run(connection, "run_lost", lost.job_id, words)
            await note_lock_failure(connection, lost.job_id, result)
            if lost.concurrency_key is not None:
                await promote_in(connection, [lost.concurrency_key])
            crash_point("queue.rescue.before_commit")
            return True

    return await again_after_conflict(attempt)


def _last_word(lost: LostAttempt) -> tuple[JobStatus, str]:
    if lost.canceled_by is not None:
        return "canceled", canceled_result(lost.canceled_by, lost.canceled_reason)
    message = (
        f"execution error:\nthe worker {lost.worker} was lost while it ran this job; it was started "
        f"{lost.lost_attempts + 1} times, which is the limit"
    )
    return "failure", json.encode_text({"error": {"message": message, "name": "WorkerLost"}})
