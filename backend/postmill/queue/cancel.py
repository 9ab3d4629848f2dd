"""Ending a job that somebody does not want any more. Who may do so is for the caller to check."""

from typing import Literal
from uuid import UUID

from postmill.db.pool import Pool, Session
from postmill.kernel import json
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import NotFound
from postmill.model.job import JobState
from postmill.model.subject import Subject
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.lock_failures import note_lock_failure
from postmill.queue.permits import promote_in
from postmill.tables.flow_runs import flow_run
from postmill.tables.instance import audit
from postmill.tables.jobs import concurrency, queue

CancelOutcome = Literal["canceled", "canceling", "finished"]

WAITING: tuple[JobState, ...] = ("ready", "scheduled", "parked", "suspended")
ANY_STATE: tuple[JobState, ...] = (*WAITING, "running")


def canceled_result(by: str, reason: str | None) -> str:
    """The stored result of a canceled job, as JSON text."""
    because = reason or "no reason given"
    error = {
        "message": f"Job canceled: {because} by {by}",
        "name": "Canceled",
        "reason": because,
        "canceler": by,
    }
    return json.encode_text({"error": error})


async def cancel(
    pool: Pool,
    workspace: str,
    job_id: UUID,
    by: str,
    reason: str | None = None,
    *,
    subject: Subject | None = None,
) -> CancelOutcome:
    """Ends a waiting job at once, or has the worker of a running one end it ("canceling"); likewise what it started.

    Answers "finished" for a job that has ended already; raises NotFound for an unknown one. With the ``subject`` who
    asked for it, the audit trail tells.
    """

    async def attempt() -> CancelOutcome:
        async with pool.acquire() as connection, connection.transaction():
            await _require_known(connection, workspace, job_id)
            await _cancel_descendants(connection, job_id, by, reason, also_running=False)
            if await _end(connection, job_id, WAITING, by, reason):
                outcome: CancelOutcome = "canceled"
            elif await queue.ask_to_cancel(connection, job_id, by, reason):
                outcome = "canceling"
            else:
                return "finished"
            await _note(connection, subject, "jobs.cancel", workspace, job_id)
            return outcome

    return await again_after_conflict(attempt)


async def force_cancel(
    pool: Pool,
    workspace: str,
    job_id: UUID,
    by: str,
    reason: str | None = None,
    *,
    subject: Subject | None = None,
) -> CancelOutcome:
    """Ends a job whatever its state, without waiting for its worker, whose report is then refused.

    A step of a flow takes all of the flow with it, out to the outermost. The worker notices at its next heartbeat, or
    at once by the notification, and kills the run.
    """

    async def attempt() -> CancelOutcome:
        async with pool.acquire() as connection, connection.transaction():
            await _require_known(connection, workspace, job_id)
            top = await queue.topmost_queued(connection, job_id)
            await _cancel_descendants(connection, top, by, reason, also_running=True)
            await queue.ask_to_cancel(connection, top, by, reason)
            if not await _end(connection, top, ANY_STATE, by, reason):
                return "finished"
            await _note(connection, subject, "jobs.force_cancel", workspace, job_id)
            return "canceled"

    return await again_after_conflict(attempt)


async def _cancel_descendants(
    connection: Session, job_id: UUID, by: str, reason: str | None, *, also_running: bool
) -> None:
    result = canceled_result(by, reason)
    keys = await queue.cancel_descendants(connection, [job_id], by, reason, result, also_running=also_running)
    await promote_in(connection, keys)


async def _note(
    connection: Session, subject: Subject | None, action: str, workspace: str, job_id: UUID
) -> None:
    if subject is not None:
        await audit.record(connection, subject, action, "Delete", str(job_id), workspace_id=workspace)


async def _require_known(connection: Session, workspace: str, job_id: UUID) -> None:
    if await queue.workspace_of(connection, job_id) != workspace:
        raise NotFound(f"Not found: job {job_id} does not exist, or you may not see it")


async def _end(
    connection: Session, job_id: UUID, states: tuple[JobState, ...], by: str, reason: str | None
) -> bool:
    # Before the row: whoever gives out permits holds the key while it changes rows.
    key = await queue.key_of(connection, job_id)
    if key is not None:
        await concurrency.lock_keys(connection, [key])
    result = canceled_result(by, reason)
    ended = await queue.end_from_outside(
        connection,
        job_id,
        states,
        "canceled",
        result,
        canceled_by=by,
        canceled_reason=reason,
    )
    if ended is None:
        return False
    await note_lock_failure(connection, job_id, result)
    if ended.flow_job is not None:
        await queue.poke(connection, [ended.flow_job])
    else:
        await flow_run.schedule_deletion(connection, job_id)
    if ended.concurrency_key is not None:
        await promote_in(connection, [ended.concurrency_key])
    crash_point("queue.cancel.before_commit")
    return True
