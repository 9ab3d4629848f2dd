"""A worker as it tells about itself, and the queues that workers serve."""

from datetime import datetime
from uuid import UUID

import msgspec


class WorkerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Occupancies are shares of its slots' time between 0 and 1, ``silent_seconds`` the time since its last word."""

    name: str
    instance: str
    worker_group: str
    tags: tuple[str, ...]
    slots: int
    busy: int
    version: str
    ip: str
    isolation: str
    isolation_reasons: tuple[str, ...]
    started_at: datetime
    ping_at: datetime
    silent_seconds: float
    jobs_executed: int
    last_job_id: UUID | None
    last_job_workspace_id: str | None
    occupancy: float
    occupancy_15s: float
    occupancy_5m: float
    occupancy_30m: float
    cpus: int | None
    memory_total_bytes: int | None
    memory_used_bytes: int | None
    draining: bool


class TagLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one tag: ``waiting`` may start now, ``oldest_seconds`` is how long the first of them has waited."""

    tag: str
    waiting: int
    running: int
    oldest_seconds: float
