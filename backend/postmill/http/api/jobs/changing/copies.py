"""Routes that carry jobs from one instance to another."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import as_json, counted, text
from postmill.identity.tokens import require_unlimited
from postmill.kernel import json, storable
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import format_hash, parse_hash
from postmill.languages.registry import find_language
from postmill.launch.launcher import PLAIN
from postmill.model.job import JobKind, NewJob
from postmill.model.job_copy import JobCopy
from postmill.queue import copies

JOBS = "/w/{workspace}/jobs"
NOT_CARRIED = ("flow", "flowpreview")
LARGEST_NUMBER = (1 << 31) - 1


class ExportableJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A job with arguments, result and log. Members that clients send and that are not here are left out."""

    id: UUID
    created_by: str
    created_at: datetime
    job_kind: str
    permissioned_as: str
    email: str
    visible_to_owner: bool = msgspec.field(default_factory=lambda: True)
    parent_job: UUID | None = None
    root_job: UUID | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    scheduled_for: datetime | None = None
    duration_ms: int | None = None
    script_path: str | None = None
    script_hash: str | None = None
    args: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    result: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    logs: str | None = None
    raw_code: str | None = None
    raw_lock: str | None = None
    raw_flow: msgspec.Raw | None = None
    canceled_by: str | None = None
    canceled_reason: str | None = None
    trigger: str | None = None
    trigger_kind: str | None = None
    language: str | None = None
    is_skipped: bool = False
    is_flow_step: bool = False
    flow_step_id: str | None = None
    status: str | None = None
    mem_peak: int | None = None
    tag: str | None = None
    priority: int | None = None
    labels: list[str] | None = None
    timeout: int | None = None
    cache_ttl: int | None = None
    preprocessed: bool | None = None
    worker: str | None = None


def _shown(job: JobCopy) -> ExportableJob:
    is_flow = job.kind in NOT_CARRIED
    return ExportableJob(
        id=job.id,
        created_by=job.created_by,
        created_at=job.created_at,
        job_kind=job.kind,
        permissioned_as=job.permissioned_as,
        email=job.email,
        visible_to_owner=job.visible_to_owner,
        parent_job=job.parent_job,
        root_job=job.root_job,
        started_at=job.started_at or job.completed_at,
        completed_at=job.completed_at,
        scheduled_for=job.scheduled_for,
        duration_ms=job.duration_ms if job.status else None,
        script_path=job.path,
        script_hash=None if job.script_hash is None else format_hash(job.script_hash),
        args=msgspec.Raw(job.args.encode()),
        result=msgspec.Raw((job.result or "null").encode()),
        logs=job.logs or None,
        raw_code=None if is_flow else job.raw_code,
        raw_lock=job.raw_lock,
        raw_flow=msgspec.Raw(job.raw_code.encode()) if is_flow and job.raw_code else None,
        canceled_by=job.canceled_by,
        canceled_reason=job.canceled_reason,
        trigger=job.trigger,
        trigger_kind=job.trigger_kind,
        language=job.language,
        is_skipped=job.status == "skipped",
        is_flow_step=job.flow_step_id is not None,
        flow_step_id=job.flow_step_id,
        status=job.status,
        mem_peak=job.memory_peak_kb or None,
        tag=job.tag,
        priority=job.priority or None,
        labels=job.labels or None,
        timeout=job.timeout_seconds,
        cache_ttl=job.cache_ttl_seconds,
        preprocessed=job.preprocessed or None,
        worker=job.worker,
    )


def _taken(given: ExportableJob, *, ended: bool) -> JobCopy:
    """The job as it is stored here; raises InvalidInput that names the job and what is wrong with it."""
    kind: Any = given.job_kind
    if kind not in get_args(JobKind):
        raise _wrong(given, f"job_kind {given.job_kind[:40]!r} is not known here")
    if not ended and kind in NOT_CARRIED:
        raise _wrong(given, "a flow that waits is started anew instead of being carried")
    if given.language is not None and find_language(given.language) is None:
        raise _wrong(given, f"language {given.language[:40]!r} is not known here")
    for moment in (given.created_at, given.started_at, given.completed_at, given.scheduled_for):
        if moment is not None:
            storable.checked_moment(moment, f"a time of job {given.id}")
    numbers = (given.duration_ms, given.mem_peak, given.timeout, given.cache_ttl)
    if any(number is not None and not 0 <= number <= LARGEST_NUMBER for number in numbers):
        raise _wrong(given, f"numbers lie between 0 and {LARGEST_NUMBER}")
    if not -1000 <= (given.priority or 0) <= 1000:
        raise _wrong(given, "priority lies between -1000 and 1000")
    if not bytes(given.args).lstrip().startswith(b"{"):
        raise _wrong(given, "args is an object")
    try:
        script_hash = None if given.script_hash is None else parse_hash(given.script_hash)
    except ValueError as error:
        raise _wrong(given, str(error)) from None
    status: Any = given.status if given.status in ("success", "failure", "canceled", "skipped") else None
    if ended and status is None:
        status = _status_of(given)
    return JobCopy(
        id=given.id,
        kind=kind,
        created_by=given.created_by,
        created_at=given.created_at,
        permissioned_as=given.permissioned_as,
        email=given.email,
        tag=given.tag or given.language or "flow",
        args=bytes(given.args).decode(),
        language=given.language,
        path=given.script_path,
        script_hash=script_hash,
        raw_code=bytes(given.raw_flow).decode() if given.raw_flow is not None else given.raw_code,
        raw_lock=given.raw_lock,
        priority=given.priority or 0,
        scheduled_for=given.scheduled_for,
        parent_job=given.parent_job,
        root_job=given.root_job,
        trigger_kind=given.trigger_kind,
        trigger=given.trigger,
        timeout_seconds=given.timeout,
        cache_ttl_seconds=given.cache_ttl,
        visible_to_owner=given.visible_to_owner,
        preprocessed=bool(given.preprocessed),
        flow_step_id=given.flow_step_id,
        status=status if ended else None,
        result=bytes(given.result).decode() if ended else None,
        duration_ms=given.duration_ms or 0,
        started_at=given.started_at,
        completed_at=(given.completed_at or given.started_at or given.created_at) if ended else None,
        worker=given.worker,
        canceled_by=given.canceled_by,
        canceled_reason=given.canceled_reason,
        memory_peak_kb=given.mem_peak or 0,
        labels=given.labels,
        logs=given.logs or "",
    )


def _status_of(given: ExportableJob) -> str:
    """For exports that do not say it."""
    if given.canceled_by is not None:
        return "canceled"
    if given.is_skipped:
        return "skipped"
    failed = bytes(given.result).lstrip().startswith(b'{"error":')
    return "failure" if failed else "success"


def _wrong(given: ExportableJob, what: str) -> InvalidInput:
    return InvalidInput(f"Bad request: job {given.id}: {what}")


async def _read(call: Call, *, ended: bool) -> list[JobCopy]:
    given: list[ExportableJob] = await call.json(list[ExportableJob])
    if "\\u0000" in json.encode_text(given):
        raise InvalidInput("Bad request: a job holds a NUL character")
    return [_taken(one, ended=ended) for one in given]


async def export_completed(call: Call) -> Response:
    page = call.query(Page)
    found = await copies.export_completed(
        call.context.pool, call.subject, call.workspace, page.limit, page.offset
    )
    return as_json([_shown(job) for job in found])


async def export_queued(call: Call) -> Response:
    page = call.query(Page)
    found = await copies.export_queued(
        call.context.pool, call.subject, call.workspace, page.limit, page.offset
    )
    return as_json([_shown(job) for job in found])


async def import_completed(call: Call) -> Response:
    jobs = await _read(call, ended=True)
    count = await copies.import_completed(call.context.pool, call.subject, call.workspace, jobs)
    return text(f"imported {counted(count, 'completed job')}")


async def import_queued(call: Call) -> Response:
    require_unlimited(call.subject)  # a job says as whom it runs
    jobs = await _read(call, ended=False)
    context = call.context

    async def push(job: NewJob) -> None:
        await context.launcher.push(call.subject, job, PLAIN)

    count = await copies.import_queued(context.pool, push, call.subject, call.workspace, jobs)
    return text(f"imported {counted(count, 'queued job')}")


async def delete(call: Call) -> Response:
    ids = await call.json(list[UUID])
    count = await copies.remove(call.context.pool, call.subject, call.workspace, ids)
    return text(f"deleted {counted(count, 'job')}")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "exportCompletedJobs", "GET", f"{JOBS}/completed/export", export_completed, "admin:jobs:read", ("job",),
        "Jobs that have ended, with results and logs, to be carried elsewhere", query=Page,
        returns=list[ExportableJob],
    ),
    Operation(
        "importCompletedJobs", "POST", f"{JOBS}/completed/import", import_completed, "superadmin:jobs:write",
        ("job",), "Store jobs that ended elsewhere", body=list[ExportableJob], returns=str,
    ),
    Operation(
        "exportQueuedJobs", "GET", f"{JOBS}/queue/export", export_queued, "admin:jobs:read", ("job",),
        "Jobs that have not ended, to be carried elsewhere", query=Page, returns=list[ExportableJob],
    ),
    Operation(
        "importQueuedJobs", "POST", f"{JOBS}/queue/import", import_queued, "superadmin:jobs:write", ("job",),
        "Queue jobs that waited elsewhere", body=list[ExportableJob], returns=str,
    ),
    Operation(
        "deleteJobs", "POST", f"{JOBS}/delete", delete, "admin:jobs:write", ("job",),
        "Remove jobs that have ended, with all that belongs to them", body=list[UUID], returns=str,
    ),
)  # fmt: skip
