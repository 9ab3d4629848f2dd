"""Routes that end jobs that somebody does not want any more."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.access.policy import as_changer_of_jobs
from postmill.http.api.jobs.lists.filters import scope_of
from postmill.http.api.jobs.reading.read import MAX_IDS, job_id_of
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, counted, text
from postmill.kernel.errors import InvalidInput
from postmill.queue import cancel, jobs

LONGEST_REASON = 1000


class CancelBody(msgspec.Struct, frozen=True):
    reason: str | None = None


class SelectionQuery(msgspec.Struct, frozen=True):
    force_cancel: bool = False
    all_workspaces: bool = False


async def cancel_job(call: Call) -> Response:
    job_id, reason = job_id_of(call), await _reason(call)
    await jobs.require_visible(call.context.pool, as_changer_of_jobs(call.subject), call.workspace, job_id)
    subject = call.subject
    ended = await cancel.cancel(
        call.context.pool, call.workspace, job_id, subject.username, reason, subject=subject
    )
    return text(f"job {job_id} has ended already" if ended == "finished" else str(job_id))


async def force_cancel_job(call: Call) -> Response:
    job_id, reason = job_id_of(call), await _reason(call)
    await jobs.require_visible(call.context.pool, as_changer_of_jobs(call.subject), call.workspace, job_id)
    subject = call.subject
    ended = await cancel.force_cancel(
        call.context.pool, call.workspace, job_id, subject.username, reason, subject=subject
    )
    return text(f"job {job_id} has ended already" if ended == "finished" else str(job_id))


async def cancel_all_of_path(call: Call) -> Response:
    """Cancels every job of a runnable that waits or runs, as far as the caller may see them."""
    path, reason = call.path(), await _reason(call)
    pool, subject = call.context.pool, call.subject
    ids = await jobs.queued_ids_of_path(pool, as_changer_of_jobs(subject), call.workspace, path)
    for job_id in ids:
        await cancel.cancel(pool, call.workspace, job_id, subject.username, reason, subject=subject)
    return text(f"{counted(len(ids), 'job')} of {path} canceled")


async def cancel_selection(call: Call) -> Response:
    """Cancels the jobs that the caller may see; answers with the ids of those that had not ended."""
    query = call.query(SelectionQuery)
    ids = await call.json(list[UUID])
    if len(ids) > MAX_IDS:
        raise InvalidInput(f"Bad request: at most {MAX_IDS} jobs can be canceled at once")
    pool, subject = call.context.pool, call.subject
    workspace = scope_of(subject, call.workspace, query.all_workspaces)
    end = cancel.force_cancel if query.force_cancel else cancel.cancel
    canceled = []
    seen = await jobs.visible_ids(pool, as_changer_of_jobs(subject), workspace, ids)
    for job_id, home in seen.items():
        if await end(pool, home, job_id, subject.username, None, subject=subject) != "finished":
            canceled.append(str(job_id))
    return as_json(canceled)


async def _reason(call: Call) -> str | None:
    body: CancelBody = await call.json(CancelBody) if await call.raw_body() else CancelBody()
    if body.reason is not None and (len(body.reason) > LONGEST_REASON or "\0" in body.reason):
        raise InvalidInput(
            f"Bad request: a reason is a text of at most {LONGEST_REASON} characters without NUL"
        )
    return body.reason


def _cancel(name: str, path: str, handler: Any, summary: str) -> Operation:
    full = f"/w/{{workspace}}/jobs_u/queue/{path}"
    return Operation(
        name, "POST", full, handler, "optional:jobs:write", ("job",), summary, body=CancelBody, returns=str
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    _cancel("cancelQueuedJob", "cancel/{id}", cancel_job, "Cancel a job that waits or runs"),
    _cancel("forceCancelQueuedJob", "force_cancel/{id}", force_cancel_job, "Cancel without waiting for the worker"),
    _cancel(
        "cancelPersistentQueuedJobs", "cancel_persistent/{path:path}", cancel_all_of_path,
        "Cancel every job of a script that waits or runs",
    ),
    Operation(
        "cancelSelection", "POST", "/w/{workspace}/jobs/queue/cancel_selection", cancel_selection, "jobs:write",
        ("job",), "Cancel several jobs", body=list[UUID], query=SelectionQuery, returns=list,
    ),
)  # fmt: skip
