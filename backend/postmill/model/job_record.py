"""A job as readers see it: its definition, where it stands in the queue, and how it ended."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from postmill.model.job import JobKind, JobState, JobStatus

Place = Literal["any", "queue", "completed"]


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One job; exactly one of ``state`` (in the queue) and ``status`` (ended) is set.

    ``args``, ``result`` and the code are JSON and source as text, and None where a list leaves them out.
    ``duration_ms`` and the times of ``completed_at`` belong to the last attempt.
    """

    id: UUID
    workspace_id: str
    kind: JobKind
    created_at: datetime
    created_by: str
    permissioned_as: str
    email: str
    tag: str
    language: str | None
    path: str | None
    script_hash: int | None
    priority: int
    scheduled_for: datetime
    parent_job: UUID | None
    root_job: UUID | None
    trigger_kind: str | None
    trigger: str | None
    visible_to_owner: bool
    preprocessed: bool
    concurrency_key: str | None

    state: JobState | None
    heartbeat_at: datetime | None
    attempt: int
    retries: int
    worker: str | None
    started_at: datetime | None
    canceled_by: str | None
    canceled_reason: str | None
    memory_peak_kb: int

    status: JobStatus | None
    completed_at: datetime | None
    duration_ms: int | None
    labels: tuple[str, ...]
    deleted: bool
    isolation: str | None
    resolved_by: str | None = None  # who has dealt with a run that failed or was canceled
    resolved_at: datetime | None = None
    resolution_note: str | None = None

    flow_step_id: str | None = None  # which step of its parent it is
    awaited: int = 0  # answers that a flow waits for
    args: str | None = None
    raw_code: str | None = None
    raw_lock: str | None = None
    result: str | None = None
    result_is_left_out: bool = False

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended; a flow runs also while a step of it does, or while it waits."""
        return self.state is not None and self.started_at is not None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is, for those who wait; ``result`` is JSON text and None until the job has ended.

    ``long_result`` is where a result is kept that was not asked for as one text.
    """

    status: JobStatus | None
    started: bool
    result: str | None
    long_result: UUID | None = None


class LogPiece(msgspec.Struct, frozen=True):
    """Text from a position on; ``end`` is the position behind it, in characters."""

    text: str
    end: int


class Chosen(msgspec.Struct, frozen=True):
    """Values that a column may have (``wanted``) or may not have (``unwanted``); None: no condition."""

    wanted: tuple[str, ...] | None = None
    unwanted: tuple[str, ...] | None = None


ANY = Chosen()


class JobFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of jobs is narrowed to; every member that is left alone narrows nothing.

    ``workspace_id`` None means all workspaces. With ``wildcards``, ``*`` in tags, workers and labels stands for any
    text. ``args`` and ``result`` are JSON texts that the job's must contain. Jobs come with their arguments where these
    take up to ``args_up_to`` bytes.
    """

    workspace_id: str | None
    place: Place = "any"
    created_by: Chosen = ANY
    kinds: Chosen = ANY
    tags: Chosen = ANY
    workers: Chosen = ANY
    labels: Chosen = ANY
    trigger_kinds: Chosen = ANY
    paths: Chosen = ANY
    path_starts: Chosen = ANY
    schedules: Chosen = ANY
    script_hashes: Chosen = ANY
    trigger: str | None = None
    parent_job: UUID | None = None
    has_null_parent: bool | None = None
    created_before: datetime | None = None
    created_after: datetime | None = None
    started_before: datetime | None = None
    started_after: datetime | None = None
    completed_before: datetime | None = None
    completed_after: datetime | None = None
    created_before_queue: datetime | None = None
    created_after_queue: datetime | None = None
    running: bool | None = None
    due: bool | None = None
    suspended: bool | None = None
    statuses: tuple[JobStatus, ...] | None = None
    is_not_schedule: bool | None = None
    args: str | None = None
    result: str | None = None
    is_flow_step: bool | None = None
    without_entrypoint: bool | None = None
    concurrency_key: str | None = None
    resolved: bool | None = None
    text: str | None = None
    wildcards: bool = False
    newest_first: bool = True
    limit: int = 1000
    offset: int = 0
    args_up_to: int | None = None
