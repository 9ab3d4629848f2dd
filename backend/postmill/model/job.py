"""A job, from what a caller wants run to what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

JobKind = Literal[
    "script", "preview", "dependencies", "flow", "flowpreview", "flowdependencies", "identity", "noop"
]
JobState = Literal["ready", "scheduled", "parked", "running", "suspended"]
JobStatus = Literal["success", "failure", "canceled", "skipped"]


class NewJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that a job needs to be run, decided at launch and never changed afterwards."""

    id: UUID
    workspace_id: str
    kind: JobKind
    created_by: str
    permissioned_as: str
    email: str
    tag: str
    args: str = "{}"  # a JSON object, as text
    language: str | None = None
    path: str | None = None
    script_hash: int | None = None
    raw_code: str | None = None
    raw_lock: str | None = None
    entrypoint: str | None = None
    priority: int = 0
    scheduled_for: datetime | None = None  # None: now, by the database's clock
    parent_job: UUID | None = None
    root_job: UUID | None = None
    trigger_kind: str | None = None
    trigger: str | None = None  # for instance the schedule's path
    timeout_seconds: int | None = None
    max_attempts: int = 3  # attempts after lost workers; the first counts
    retry: str | None = None  # a JSON retry policy for failed runs
    cache_ttl_seconds: int | None = None
    cache_key: str | None = None
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    concurrency_window_seconds: int | None = None
    warm: bool = False
    preprocess: bool = False
    delete_after_seconds: int | None = None
    visible_to_owner: bool = True
    scopes: tuple[str, ...] | None = None  # what its token may do at most
    end_user_email: str | None = None
    restart_unless_canceled: bool = False
    reply_channel: str | None = None  # the server that waits for the result
    flow_step_id: str | None = None  # which child of its parent's it is
    flow_attempt: int | None = None
    flow_index: int | None = None


class ClaimedJob(msgspec.Struct, frozen=True):
    """A job in the hands of a worker; ``attempt`` fences everything that the worker writes about it."""

    id: UUID
    attempt: int
    workspace_id: str
    kind: JobKind
    created_by: str
    permissioned_as: str
    email: str
    tag: str
    args: str
    language: str | None
    path: str | None
    script_hash: int | None
    raw_code: str | None
    raw_lock: str | None
    entrypoint: str | None
    created_at: datetime
    scheduled_for: datetime
    started_at: datetime
    parent_job: UUID | None
    root_job: UUID | None
    trigger_kind: str | None
    trigger: str | None
    timeout_seconds: int | None
    max_attempts: int
    retry: str | None
    cache_ttl_seconds: int | None
    cache_key: str | None
    concurrency_key: str | None
    concurrency_window_seconds: int | None
    warm: bool
    preprocess: bool
    delete_after_seconds: int | None
    scopes: tuple[str, ...] | None
    end_user_email: str | None
    restart_unless_canceled: bool
    reply_channel: str | None
    canceled_by: str | None
    canceled_reason: str | None
    retries: int = 0  # failed runs that the retry policy ran again
    lost_attempts: int = 0  # earlier attempts whose worker vanished
    concurrency_limit: int | None = None
    visible_to_owner: bool = True
    flow_step_id: str | None = None
    flow_attempt: int | None = None
    flow_index: int | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an attempt ended, as the worker reports it; the members from ``delete_after_seconds`` on copy the job's."""

    id: UUID
    attempt: int
    status: JobStatus
    result: str | None  # JSON text; for a failure {"error": {...}}; None: it lies in ``result_blob``
    duration_ms: int
    memory_peak_kb: int = 0
    labels: tuple[str, ...] = ()
    log_start: int = 0  # how many characters of log are stored before ``log_tail``
    log_tail: str = ""
    new_args: str | None = None  # what a preprocessor made of the arguments
    canceled_by: str | None = None
    canceled_reason: str | None = None
    isolation: str | None = None
    result_blob: UUID | None = None
    delete_after_seconds: int | None = None
    cache_key: str | None = None
    cache_ttl_seconds: int | None = None
    concurrency_key: str | None = None
    inbox: UUID | None = None  # the flow that has to be told
    told_directly: bool = False  # the worker tells the server that waits, without a notification

    @property
    def is_plain(self) -> bool:
        """Whether recording it is all there is to do: no cache, no new arguments, no permit, nobody to tell."""
        return (
            self.cache_key is None
            and self.new_args is None
            and self.concurrency_key is None
            and self.inbox is None
        )


class Completed(msgspec.Struct, frozen=True):
    """What somebody who waits for a job is told; ``result`` is JSON text, None for one that is too long to be told."""

    status: JobStatus
    result: str | None


Args = Mapping[str, Any]
