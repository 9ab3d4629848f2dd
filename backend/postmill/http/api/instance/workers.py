"""Routes about the workers and the work that waits for them."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.languages.registry import LANGUAGES
from postmill.model.subject import Subject
from postmill.model.worker import WorkerRecord
from postmill.queue import fleet

LARGEST_PAGE = 1000
LONGEST_SILENCE_SECONDS = 7 * 86_400
# The clients read a machine's processors as the quota of a cgroup period of this many microseconds.
CPU_PERIOD = 100_000


DEPENDENCY_TAG = "dependency"


class WorkersQuery(msgspec.Struct, frozen=True):
    """``ping_since``: only workers heard of within so many seconds."""

    page: int = 1
    per_page: int = LARGEST_PAGE
    ping_since: int = 300


class TagsQuery(msgspec.Struct, frozen=True):
    tags: str
    workspace: str | None = None


async def list_workers(call: Call) -> Response:
    query = call.query(WorkersQuery)
    if not (1 <= query.page <= 1_000_000 and query.per_page >= 1):
        raise InvalidInput("Bad request: page and per_page start at 1")
    limit = min(query.per_page, LARGEST_PAGE)
    found = await fleet.list_workers(
        call.context.pool,
        silent_seconds=min(max(query.ping_since, 1), LONGEST_SILENCE_SECONDS),
        limit=limit,
        offset=(query.page - 1) * limit,
    )
    return as_json([_shown(worker, call.subject) for worker in found])


def _shown(worker: WorkerRecord, reader: Subject) -> dict[str, Any]:
    values = {
        "worker": worker.name,
        "worker_instance": worker.instance,
        "worker_group": worker.worker_group,
        "custom_tags": list(worker.tags),
        "started_at": worker.started_at,
        "ping_at": worker.ping_at,
        "last_ping": round(worker.silent_seconds),
        "ip": worker.ip,
        "jobs_executed": worker.jobs_executed,
        "wm_version": worker.version,
        "occupancy_rate": worker.occupancy,
        "occupancy_rate_15s": worker.occupancy_15s,
        "occupancy_rate_5m": worker.occupancy_5m,
        "occupancy_rate_30m": worker.occupancy_30m,
        "memory": worker.memory_total_bytes,
        "memory_usage": worker.memory_used_bytes,
        "wm_memory_usage": worker.memory_used_bytes,
        "vcpus": None if worker.cpus is None else worker.cpus * CPU_PERIOD,
        "job_isolation": worker.isolation,
        "isolation_reasons": list(worker.isolation_reasons),
        "native_mode": False,
        "slots": worker.slots,
        "busy": worker.busy,
        "draining": worker.draining,
    }
    if reader.is_superadmin:  # which jobs of which workspaces run is for them alone
        values["last_job_id"] = None if worker.last_job_id is None else str(worker.last_job_id)
        values["last_job_workspace_id"] = worker.last_job_workspace_id
    return {name: value for name, value in values.items() if value is not None}


async def exist_with_tags(call: Call) -> Response:
    asked = [tag.strip() for tag in call.query(TagsQuery).tags.split(",") if tag.strip()]
    served = set(await fleet.served_tags(call.context.pool))
    return as_json({tag: tag in served for tag in asked})


def default_tags() -> list[str]:
    """The tags of jobs that choose none: one for each language, and that of dependency jobs."""
    return [*dict.fromkeys(language.default_tag for language in LANGUAGES), DEPENDENCY_TAG]


async def get_default_tags(_: Call) -> Response:
    return as_json(default_tags())


async def get_custom_tags(call: Call) -> Response:
    """Tags beyond the default ones that a worker or a worker group serves."""
    tags = set(await fleet.served_tags(call.context.pool))
    for _, config in await fleet.list_groups(call.context.pool):
        tags.update(json.decode(config).get("worker_tags") or ())
    return as_json(sorted(tags - set(default_tags())))


async def are_default_tags_per_workspace(_: Call) -> Response:
    return as_json(False)


async def queue_counts(call: Call) -> Response:
    return as_json(
        {load.tag: load.waiting for load in await fleet.load_by_tag(call.context.pool) if load.waiting}
    )


async def running_counts(call: Call) -> Response:
    return as_json(
        {load.tag: load.running for load in await fleet.load_by_tag(call.context.pool) if load.running}
    )


async def queue_metrics(call: Call) -> Response:
    """The present length of each tag's queue and the wait of its first job, one point each."""
    at = datetime.now(UTC)
    metrics = []
    for load in await fleet.load_by_tag(call.context.pool):
        for name, value in (("count", load.waiting), ("delay", load.oldest_seconds)):
            metrics.append({"id": f"queue_{name}_{load.tag}", "values": [{"created_at": at, "value": value}]})
    return as_json(metrics)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listWorkers", "GET", "/workers/list", list_workers, "login:workers:read", ("worker",),
        "The workers that are there", query=WorkersQuery, returns=list,
    ),
    Operation(
        "existsWorkersWithTags", "GET", "/workers/exists_workers_with_tags", exist_with_tags,
        "login:workers:read", ("worker",), "Whether a worker serves each tag", query=TagsQuery, returns=dict,
    ),
    Operation(
        "geDefaultTags", "GET", "/workers/get_default_tags", get_default_tags, "login:workers:read", ("worker",),
        "The tags of jobs that choose none", returns=list,
    ),
    Operation(
        "getCustomTags", "GET", "/workers/custom_tags", get_custom_tags, "login:workers:read", ("worker",),
        "Further tags that are served", returns=list,
    ),
    Operation(
        "getCustomTagsForWorkspace", "GET", "/w/{workspace}/workers/custom_tags", get_custom_tags, "workers:read",
        ("worker",), "Further tags that jobs of the workspace can choose", returns=list,
    ),
    Operation(
        "isDefaultTagsPerWorkspace", "GET", "/workers/is_default_tags_per_workspace",
        are_default_tags_per_workspace, "login:workers:read", ("worker",),
        "Whether each workspace has default tags of its own", returns=bool,
    ),
    Operation(
        "getQueueMetrics", "GET", "/workers/queue_metrics", queue_metrics, "superadmin:workers:read", ("worker",),
        "Length and delay of each tag's queue", returns=list,
    ),
    Operation(
        "getCountsOfJobsWaitingPerTag", "GET", "/workers/queue_counts", queue_counts, "superadmin:workers:read",
        ("worker",), "How many jobs wait, by tag", returns=dict,
    ),
    Operation(
        "getCountsOfRunningJobsPerTag", "GET", "/workers/queue_running_counts", running_counts,
        "superadmin:workers:read", ("worker",), "How many jobs run, by tag", returns=dict,
    ),
)  # fmt: skip
