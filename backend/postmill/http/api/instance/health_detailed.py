"""The parts of the instance one by one, for those who watch over it."""

import time
from datetime import datetime
from typing import Literal

import msgspec

import postmill
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.identity import liveness
from postmill.queue import fleet

WORKER_SILENCE_SECONDS = 60.0

Status = Literal["healthy", "degraded", "unhealthy"]


class PoolStats(msgspec.Struct, frozen=True, kw_only=True):
    """The connections of this server to the database."""

    size: int
    idle: int
    max_connections: int


class DatabaseHealth(msgspec.Struct, frozen=True, kw_only=True):
    healthy: bool
    latency_ms: int
    pool: PoolStats


class WorkersHealth(msgspec.Struct, frozen=True, kw_only=True):
    healthy: bool
    active_count: int
    worker_groups: list[str]
    min_version: str
    versions: list[str]


class QueueHealth(msgspec.Struct, frozen=True, kw_only=True):
    """``pending_jobs`` may start now."""

    pending_jobs: int
    running_jobs: int


class ReadinessHealth(msgspec.Struct, frozen=True, kw_only=True):
    healthy: bool


class HealthChecks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Without a database nothing is known of workers and queue."""

    database: DatabaseHealth
    readiness: ReadinessHealth
    workers: WorkersHealth | None = None
    queue: QueueHealth | None = None


class DetailedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """``degraded``: the database answers, but no worker is there."""

    status: Status
    checked_at: datetime
    version: str
    checks: HealthChecks


async def detailed(call: Call) -> Response:
    context = call.context
    began = time.monotonic()
    answers = await liveness.database_answers(context.pool)
    database = DatabaseHealth(
        healthy=answers,
        latency_ms=round((time.monotonic() - began) * 1000),
        pool=PoolStats(
            size=context.pool.get_size(),
            idle=context.pool.get_idle_size(),
            max_connections=context.pool.get_max_size(),
        ),
    )
    readiness = ReadinessHealth(healthy=answers and not context.stopping)
    workers = await _workers(call) if answers else None
    status: Status = (
        "unhealthy" if not answers else "healthy" if workers is not None and workers.healthy else "degraded"
    )
    shown = DetailedHealth(
        status=status,
        checked_at=context.clock(),
        version=postmill.__version__,
        checks=HealthChecks(
            database=database,
            readiness=readiness,
            workers=workers,
            queue=await _queue(call) if answers else None,
        ),
    )
    return as_json(shown, 200 if answers else 503)


async def _workers(call: Call) -> WorkersHealth:
    found = await fleet.list_workers(call.context.pool, silent_seconds=WORKER_SILENCE_SECONDS)
    versions = sorted({worker.version for worker in found})
    return WorkersHealth(
        healthy=bool(found),
        active_count=len(found),
        worker_groups=sorted({worker.worker_group for worker in found}),
        min_version=versions[0] if versions else "",
        versions=versions,
    )


async def _queue(call: Call) -> QueueHealth:
    load = await fleet.load_by_tag(call.context.pool)
    return QueueHealth(
        pending_jobs=sum(tag.waiting for tag in load), running_jobs=sum(tag.running for tag in load)
    )


OPERATIONS = (
    Operation(
        "getHealthDetailed", "GET", "/health/detailed", detailed, "superadmin:health:read", ("health",),
        "Database, workers and queue one by one", returns=DetailedHealth,
    ),
)  # fmt: skip
