"""A job as it is carried from one instance to another."""

from datetime import datetime
from uuid import UUID

import msgspec

from postmill.model.job import JobKind, JobStatus


class JobCopy(msgspec.Struct, frozen=True, kw_only=True):
    """What is carried of a job; ``args`` and ``result`` are JSON as text, and ``status`` is None while it waits."""

    id: UUID
    kind: JobKind
    created_by: str
    created_at: datetime
    permissioned_as: str
    email: str
    tag: str
    args: str
    language: str | None = None
    path: str | None = None
    script_hash: int | None = None
    raw_code: str | None = None
    raw_lock: str | None = None
    priority: int = 0
    scheduled_for: datetime | None = None
    parent_job: UUID | None = None
    root_job: UUID | None = None
    trigger_kind: str | None = None
    trigger: str | None = None
    timeout_seconds: int | None = None
    cache_ttl_seconds: int | None = None
    visible_to_owner: bool = True
    preprocessed: bool = False
    flow_step_id: str | None = None
    status: JobStatus | None = None
    result: str | None = None
    result_blob: UUID | None = None
    duration_ms: int = 0
    started_at: datetime | None = None
    completed_at: datetime | None = None
    worker: str | None = None
    canceled_by: str | None = None
    canceled_reason: str | None = None
    memory_peak_kb: int = 0
    labels: list[str] | None = None
    logs: str = ""
