"""Routes for what people do about runs besides ending them: failed ones are dealt with, delayed ones start now."""

from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.access.policy import as_changer_of_jobs
from postmill.http.api.jobs.reading.read import MAX_IDS, job_id_of
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, text
from postmill.kernel.errors import InvalidInput
from postmill.queue import delays, jobs, resolutions

JOBS = "/w/{workspace}/jobs"


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """``superseded_by``: the run that did what these should have done."""

    job_ids: list[UUID]
    note: str | None = None
    superseded_by: UUID | None = None


class Unresolved(msgspec.Struct, frozen=True, kw_only=True):
    job_ids: list[UUID]


def _few(ids: list[UUID]) -> list[UUID]:
    if len(ids) > MAX_IDS:
        raise InvalidInput(f"Bad request: at most {MAX_IDS} jobs can be marked at once")
    return ids


async def resolve(call: Call) -> Response:
    given: Resolved = await call.json(Resolved)
    marked = await resolutions.resolve(
        call.context.pool, call.subject, call.workspace, _few(given.job_ids), given.note, given.superseded_by
    )
    return as_json(marked)


async def unresolve(call: Call) -> Response:
    given: Unresolved = await call.json(Unresolved)
    unmarked = await resolutions.unresolve(
        call.context.pool, call.subject, call.workspace, _few(given.job_ids)
    )
    return as_json(unmarked)


async def run_now(call: Call) -> Response:
    job_id = job_id_of(call)
    await jobs.require_visible(call.context.pool, as_changer_of_jobs(call.subject), call.workspace, job_id)
    await delays.start_now(call.context.pool, call.subject, call.workspace, job_id)
    return text(str(job_id))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "resolveCompletedJobs", "POST", f"{JOBS}/completed/resolve", resolve, "jobs:write", ("job",),
        "Mark failed runs as dealt with", body=Resolved, returns=list[UUID],
    ),
    Operation(
        "unresolveCompletedJobs", "POST", f"{JOBS}/completed/unresolve", unresolve, "jobs:write", ("job",),
        "Take the mark back", body=Unresolved, returns=list[UUID],
    ),
    Operation(
        "runQueuedJobNow", "POST", f"{JOBS}/queue/run_now/{{id}}", run_now, "jobs:write", ("job",),
        "Start a run now that is scheduled for later", returns=str,
    ),
)  # fmt: skip
