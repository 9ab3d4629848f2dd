"""Routes that read one job: its record, result, arguments, logs and what is new about it."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.http.api.jobs.flows.flow_members import flow_members, flow_progress
from postmill.http.api.jobs.reading import wire
from postmill.http.api.jobs.reading.follow import Following, end_members, follow, members
from postmill.http.api.jobs.reading.whole import long_result, streamed_rows, whole_result
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, raw_json, sse, text
from postmill.items import approvals
from postmill.items.approval_links import Link, require_good
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.job_record import JobRecord
from postmill.model.subject import Subject
from postmill.queue import fleet, jobs
from postmill.queue.results import LARGEST_INLINE_BYTES
from postmill.queue.updates import Asked, read_update

# How much of a log a job's own record shows; the log routes have all of it.
SHOWN_LOG_CHARACTERS = 20_000
TAIL_CHARACTERS = 10_000
MAX_IDS = 10_000
LARGEST_POSITION = 2**62


class JobQuery(msgspec.Struct, frozen=True):
    """``max_result_bytes``: a longer result is named, not sent (``WINDMILL_TOO_BIG``); its own route has it."""

    no_logs: bool = False
    no_code: bool = False
    max_result_bytes: int | None = None


class LogQuery(msgspec.Struct, frozen=True):
    """``log_offset``: characters that the reader has already."""

    log_offset: int = 0


class ResultQuery(msgspec.Struct, frozen=True):
    """``json_path``: names and positions with dots between, into the result.

    ``suspended_job``, ``resume_id``, ``secret`` and ``approver`` are the parts of an approval link, which opens the
    results of the run that waits.
    """

    json_path: str | None = None
    suspended_job: UUID | None = None
    resume_id: int | None = None
    secret: str | None = None
    approver: str | None = None


class UpdateQuery(msgspec.Struct, frozen=True):
    """What the reader knows already (``running`` and positions in characters) and what it wants.

    ``max_result_bytes`` is that of ``JobQuery``, for the job in the last update.
    """

    max_result_bytes: int | None = None
    running: bool = False
    log_offset: int = 0
    stream_offset: int = 0
    get_progress: bool = False
    no_logs: bool = False
    only_result: bool = False
    fast: bool = False


def job_id_of(call: Call) -> UUID:
    """The id in the path; raises InvalidInput when it is none."""
    try:
        return UUID(call.path_params["id"])
    except ValueError:
        raise InvalidInput(f"Bad request: {call.path_params['id']!r} is not a job id") from None


async def get_job(call: Call) -> Response:
    query = call.query(JobQuery)
    most = query.max_result_bytes
    job = await jobs.get_job(
        call.context.pool, call.subject, call.workspace, job_id_of(call),
        with_code=not query.no_code, most_result_bytes=LARGEST_INLINE_BYTES if most is None else most,
    )  # fmt: skip
    shown = wire.job(job, None if query.no_logs else await _shown_log(call, job))
    shown |= await flow_members(call, job, with_code=not query.no_code)
    if most is None:
        return await _with_result(call, job, shown)
    return as_json(wire.without_long_result(shown, most))


async def get_completed_job(call: Call) -> Response:
    job = await jobs.get_job(
        call.context.pool, call.subject, call.workspace, job_id_of(call),
        most_result_bytes=LARGEST_INLINE_BYTES,
    )  # fmt: skip
    shown = wire.job(_ended(job), await _shown_log(call, job))
    return await _with_result(call, job, {**shown, **await flow_members(call, job)})


async def _with_result(call: Call, job: JobRecord, shown: dict[str, Any]) -> Response:
    """The job with its result, also with a long one, which passes through in pieces."""
    if not job.result_is_left_out:
        return as_json(shown)
    outcome = await jobs.get_outcome(call.context.pool, call.subject, call.workspace, job.id, with_long=False)
    if outcome.long_result is None:  # removed in the meantime
        return as_json({**shown, "result": None})
    others = {name: value for name, value in shown.items() if name != "result"}
    before = json.encode(others)[:-1] + b',"result":'
    return await long_result(call, outcome.long_result, before=before, after=b"}")


async def _shown_log(call: Call, job: JobRecord) -> str:
    log = await jobs.get_logs(call.context.pool, call.subject, call.workspace, job.id)
    left_out = len(log.text) - SHOWN_LOG_CHARACTERS
    if left_out <= 0:
        return log.text
    return f"[{left_out} earlier characters: see the log itself]\n{log.text[left_out:]}"


def _ended(job: JobRecord) -> JobRecord:
    if job.status is None:
        raise NotFound(f"Not found: job {job.id} has not ended")
    return job


async def get_result(call: Call) -> Response:
    query = call.query(ResultQuery)
    job_id = job_id_of(call)
    reader = await _reader(call, query, job_id)
    outcome = await jobs.get_outcome(
        call.context.pool, reader, call.workspace, job_id, with_long=bool(query.json_path)
    )
    if outcome.long_result is not None:
        return await long_result(call, outcome.long_result)
    if outcome.result is None:
        raise NotFound(f"Not found: job {job_id} has not ended")
    if not query.json_path:
        return await streamed_rows(call, job_id, outcome.result) or raw_json(outcome.result)
    result = await whole_result(call, job_id, outcome.result)
    return as_json(member_at(json.decode(result), query.json_path))


async def _reader(call: Call, query: ResultQuery, job_id: UUID) -> Subject:
    """With whose rights the result is read: the caller's, or where a link vouches those of who started the run."""
    if query.secret is None and query.suspended_job is None:
        return call.subject
    if query.secret is None or query.suspended_job is None or query.resume_id is None:
        raise InvalidInput("Bad request: suspended_job, resume_id and secret belong together")
    context = call.context
    link = Link(call.workspace, query.suspended_job, query.resume_id, query.approver)
    await require_good(context.pool, context.keyring, link, query.secret)
    flow, _ = await approvals.linked_flow(context.pool, link)
    if not await jobs.is_below(context.pool, job_id, flow.facts.id):
        raise jobs.not_found(job_id)
    return Subject(flow.asked.started_by_email, flow.asked.started_by, workspace_id=call.workspace)


def member_at(value: Any, path: str) -> Any:
    """The member of a JSON value that ``a.0.b`` leads to; None where it leads nowhere."""
    for part in path.removeprefix("$").strip(".").split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


async def get_result_maybe(call: Call) -> Response:
    """All members are always there: one of the clients reads them without asking whether they are."""
    job_id = job_id_of(call)
    outcome = await jobs.get_outcome(call.context.pool, call.subject, call.workspace, job_id, with_long=False)
    ended = outcome.status is not None
    members = {
        "completed": ended,
        # A run that ended as skipped has come to nothing that its caller asked for; lists count it as a success.
        "success": outcome.status == "success" if ended else None,
        "started": outcome.started,
    }
    if outcome.long_result is not None:
        before = json.encode(members)[:-1] + b',"result":'
        return await long_result(call, outcome.long_result, before=before, after=b"}")
    result = "null" if outcome.result is None else await whole_result(call, job_id, outcome.result)
    return as_json({**members, "result": msgspec.Raw(result.encode())})


async def get_timing(call: Call) -> Response:
    job = await jobs.get_job(
        call.context.pool, call.subject, call.workspace, job_id_of(call), with_code=False
    )
    shown = wire.job(_ended(job))
    return as_json({name: shown[name] for name in ("created_at", "started_at", "duration_ms")})


async def get_args(call: Call) -> Response:
    return raw_json(await jobs.get_args(call.context.pool, call.subject, call.workspace, job_id_of(call)))


async def get_logs(call: Call) -> Response:
    position = _position(call.query(LogQuery).log_offset)
    log = await jobs.get_logs(call.context.pool, call.subject, call.workspace, job_id_of(call), position)
    return text(log.text)


async def get_logs_tail(call: Call) -> Response:
    log = await jobs.get_logs(call.context.pool, call.subject, call.workspace, job_id_of(call))
    return text(log.text[-TAIL_CHARACTERS:])


async def get_root_job_id(call: Call) -> Response:
    root = await jobs.root_job_id(call.context.pool, call.subject, call.workspace, job_id_of(call))
    return as_json(str(root))


async def get_started_at(call: Call) -> Response:
    ids = await call.json(list[UUID])
    if len(ids) > MAX_IDS:
        raise InvalidInput(f"Bad request: at most {MAX_IDS} ids can be asked for at once")
    return as_json(await jobs.started_at(call.context.pool, call.subject, call.workspace, ids))


async def get_update(call: Call) -> Response:
    query = call.query(UpdateQuery)
    job_id = job_id_of(call)
    asked = _asked(query)
    update = await read_update(call.context.pool, call.subject, call.workspace, job_id, asked)
    shown = {**members(update, asked), **await flow_progress(call, job_id, update.kind)}
    if update.status is not None and query.only_result:
        shown |= await end_members(call, job_id, only_result=True)
    return as_json(shown)


async def follow_job(call: Call) -> Response:
    query = call.query(UpdateQuery)
    following = Following(
        asked=_asked(query), only_result=query.only_result, max_result_bytes=query.max_result_bytes
    )
    return sse(follow(call, job_id_of(call), following))


def _position(given: int) -> int:
    """A place in a text that any text may have: one before or behind it is its beginning or end."""
    return min(max(0, given), LARGEST_POSITION)


def _asked(query: UpdateQuery) -> Asked:
    return Asked(
        log_offset=_position(query.log_offset),
        stream_offset=_position(query.stream_offset),
        with_logs=not query.no_logs,
        with_progress=query.get_progress,
    )


async def get_scheduled_for(call: Call) -> Response:
    time = await jobs.scheduled_for(call.context.pool, call.subject, call.workspace, job_id_of(call))
    return as_json(round(time.timestamp() * 1000))


async def is_worker_draining(call: Call) -> Response:
    """Whether the worker of a running job is about to stop, for scripts that can end early."""
    job_id = job_id_of(call)
    await jobs.require_visible(call.context.pool, call.subject, call.workspace, job_id)
    return as_json(await fleet.is_draining(call.context.pool, job_id))


def _read(
    name: str, path: str, handler: Any, summary: str, query: Any = None, returns: Any = None
) -> Operation:
    """A route that anonymous readers may use for what anonymous callers started."""
    full = f"/w/{{workspace}}/jobs_u/{path}"
    return Operation(
        name, "GET", full, handler, "optional:jobs:read", ("job",), summary, query=query, returns=returns
    )


OPERATIONS: tuple[Operation, ...] = (
    _read("getJob", "get/{id}", get_job, "A job, queued, running or ended", JobQuery, dict),
    _read("getCompletedJob", "completed/get/{id}", get_completed_job, "A job that has ended", None, dict),
    _read("getCompletedJobResult", "completed/get_result/{id}", get_result, "The result", ResultQuery, Any),
    _read(
        "getCompletedJobResultMaybe", "completed/get_result_maybe/{id}", get_result_maybe,
        "The result, if the job has ended", None, dict,
    ),
    _read("getCompletedJobTiming", "completed/get_timing/{id}", get_timing, "When it ran, and how long", None, dict),
    _read("getJobArgs", "get_args/{id}", get_args, "The arguments", None, dict),
    _read("getJobLogs", "get_logs/{id}", get_logs, "What the job printed", LogQuery, str),
    _read("getCompletedJobLogsTail", "get_completed_logs_tail/{id}", get_logs_tail, "The end of the log", None, str),
    _read("getRootJobId", "get_root_job_id/{id}", get_root_job_id, "Where a chain of jobs began", None, str),
    _read("getJobUpdates", "getupdate/{id}", get_update, "What is new about a job", UpdateQuery, dict),
    _read("getJobUpdatesSSE", "getupdate_sse/{id}", follow_job, "Follow a job, as events", UpdateQuery, str),
    Operation(
        "getStartedAtByIds", "POST", "/w/{workspace}/jobs_u/queue/get_started_at_by_ids", get_started_at,
        "optional:jobs:read", ("job",), "When jobs started", body=list[UUID], returns=list,
    ),
    Operation(
        "getScheduledFor", "GET", "/w/{workspace}/jobs/queue/scheduled_for/{id}", get_scheduled_for, "jobs:read",
        ("job",), "When a queued job is to start, in milliseconds", returns=int,
    ),
    Operation(
        "workerIsDraining", "GET", "/w/{workspace}/jobs/worker_is_draining/{id}", is_worker_draining, "jobs:read",
        ("job",), "Whether the worker of a running job is about to stop", returns=bool,
    ),
)  # fmt: skip
