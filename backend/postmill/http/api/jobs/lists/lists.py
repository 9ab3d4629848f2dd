"""Routes that list and count jobs."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from postmill.http.api.jobs.lists.filters import ListQuery, chosen, filters, scope_of
from postmill.http.api.jobs.reading import wire
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json
from postmill.kernel.errors import InvalidInput
from postmill.model.job_record import JobRecord, Place
from postmill.queue import jobs

LONGEST_HORIZON_SECONDS = 10 * 366 * 86_400


class ScopeQuery(msgspec.Struct, frozen=True):
    all_workspaces: bool = False


class CountQuery(msgspec.Struct, frozen=True):
    completed_after_s_ago: int | None = None
    success: bool | None = None
    tags: str | None = None
    all_workspaces: bool = False


class ByTagQuery(msgspec.Struct, frozen=True):
    horizon_secs: int = 3600
    workspace_id: str | None = None


async def _listed(call: Call, place: Place, *, paged: bool = True) -> list[JobRecord]:
    wanted = filters(call.query(ListQuery), call.subject, call.workspace, place, paged=paged)
    return await jobs.list_jobs(call.context.pool, call.subject, wanted)


async def list_jobs(call: Call) -> Response:
    return as_json([wire.job(job) for job in await _listed(call, "any", paged=False)])


async def list_queue(call: Call) -> Response:
    return as_json([wire.job(job) for job in await _listed(call, "queue")])


async def list_completed(call: Call) -> Response:
    return as_json([wire.job(job) for job in await _listed(call, "completed")])


async def list_ids(call: Call) -> Response:
    return as_json([str(job.id) for job in await _listed(call, "any")])


async def list_queue_ids(call: Call) -> Response:
    return as_json([str(job.id) for job in await _listed(call, "queue")])


async def list_extended(call: Call) -> Response:
    """Jobs for the view of a concurrency key; what the reader may not see is left out, not shown without names."""
    shown = [wire.job(job) for job in await _listed(call, "any")]
    return as_json({"jobs": shown, "obscured_jobs": [], "omitted_obscured_jobs": True})


async def count_queue(call: Call) -> Response:
    workspace = scope_of(call.subject, call.workspace, call.query(ScopeQuery).all_workspaces)
    waiting, suspended = await jobs.queue_length(call.context.pool, call.subject, workspace)
    return as_json({"database_length": waiting, "suspended": suspended})


async def count_completed(call: Call) -> Response:
    count = await jobs.completed_count(call.context.pool, call.subject, call.workspace)
    return as_json({"database_length": count})


async def count_completed_jobs(call: Call) -> Response:
    query = call.query(CountQuery)
    seconds = query.completed_after_s_ago
    if seconds is not None and not 0 <= seconds <= LONGEST_HORIZON_SECONDS:
        raise InvalidInput(f"Bad request: completed_after_s_ago must be 0 to {LONGEST_HORIZON_SECONDS}")
    count = await jobs.completed_count(
        call.context.pool,
        call.subject,
        scope_of(call.subject, call.workspace, query.all_workspaces),
        seconds_ago=seconds,
        statuses=None if query.success is None else _ends(query.success),
        tags=chosen(query.tags).wanted,
    )
    return as_json(count)


def _ends(success: bool) -> tuple[Any, ...]:
    return ("success", "skipped") if success else ("failure", "canceled")


async def count_by_tag(call: Call) -> Response:
    query = call.query(ByTagQuery)
    if not 0 <= query.horizon_secs <= LONGEST_HORIZON_SECONDS:
        raise InvalidInput(f"Bad request: horizon_secs must be 0 to {LONGEST_HORIZON_SECONDS}")
    counts = await jobs.completed_by_tag(call.context.pool, query.horizon_secs, query.workspace_id)
    return as_json([{"tag": tag, "count": count} for tag, count in counts])


async def queue_position(call: Call) -> Response:
    text = call.path_params["scheduled_for"]
    try:
        time = datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidInput(f"Bad request: {text!r} is not a time in milliseconds") from None
    return as_json({"position": await jobs.queue_position(call.context.pool, time) + 1})


async def database_clock(call: Call) -> Response:
    time = await jobs.database_clock(call.context.pool)
    return as_json(round(time.timestamp() * 1000))


async def oldest_job(call: Call) -> Response:
    workspace = scope_of(call.subject, call.workspace, call.query(ScopeQuery).all_workspaces)
    created_at = await jobs.oldest(call.context.pool, call.subject, workspace)
    return as_json({} if created_at is None else {"created_at": created_at})


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listJobs", "GET", "/w/{workspace}/jobs/list", list_jobs, "jobs:read", ("job",),
        "Jobs, newest first; page with created_before", query=ListQuery, returns=list,
    ),
    Operation(
        "listQueue", "GET", "/w/{workspace}/jobs/queue/list", list_queue, "jobs:read", ("job",),
        "Jobs that wait or run", query=ListQuery, returns=list,
    ),
    Operation(
        "listCompletedJobs", "GET", "/w/{workspace}/jobs/completed/list", list_completed, "jobs:read", ("job",),
        "Jobs that have ended", query=ListQuery, returns=list,
    ),
    Operation(
        "listFilteredJobsUuids", "GET", "/w/{workspace}/jobs/list_filtered_uuids", list_ids, "jobs:read", ("job",),
        "The ids of jobs", query=ListQuery, returns=list,
    ),
    Operation(
        "listFilteredQueueUuids", "GET", "/w/{workspace}/jobs/queue/list_filtered_uuids", list_queue_ids,
        "jobs:read", ("job",), "The ids of jobs that wait or run", query=ListQuery, returns=list,
    ),
    Operation(
        "getQueueCount", "GET", "/w/{workspace}/jobs/queue/count", count_queue, "jobs:read", ("job",),
        "How many jobs wait or run", query=ScopeQuery, returns=dict,
    ),
    Operation(
        "getCompletedCount", "GET", "/w/{workspace}/jobs/completed/count", count_completed, "jobs:read", ("job",),
        "How many jobs have ended", returns=dict,
    ),
    Operation(
        "countCompletedJobs", "GET", "/w/{workspace}/jobs/completed/count_jobs", count_completed_jobs, "jobs:read",
        ("job",), "How many of the jobs that ended pass the filters", query=CountQuery, returns=int,
    ),
    Operation(
        "countJobsByTag", "GET", "/jobs/completed/count_by_tag", count_by_tag, "superadmin:jobs:read", ("job",),
        "How many jobs ended lately, by tag", query=ByTagQuery, returns=list,
    ),
    Operation(
        "getQueuePosition", "GET", "/w/{workspace}/jobs/queue/position/{scheduled_for}", queue_position,
        "jobs:read", ("job",), "The place in the queue of a time in milliseconds", returns=dict,
    ),
    Operation(
        "getDbClock", "GET", "/jobs/db_clock", database_clock, "public", ("job",),
        "The time of the database, in milliseconds", returns=int,
    ),
    Operation(
        "getOldestJob", "GET", "/w/{workspace}/jobs/oldest", oldest_job, "jobs:read", ("job",),
        "When the oldest job that is kept was created", query=ScopeQuery, returns=dict,
    ),
    Operation(
        "listExtendedJobs", "GET", "/w/{workspace}/concurrency_groups/list_jobs", list_extended,
        "concurrency_groups:read", ("concurrencyGroups",), "The jobs that share a concurrency key",
        query=ListQuery, returns=dict,
    ),
)  # fmt: skip
