"""Pushes of jobs that differ in their ids and arguments alone; all others go through `tables.queue`."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.job import NewJob

QUERIES = load_queries(__file__)

OWN = ("id", "args")
SHARED = (
    "workspace_id", "kind", "created_by", "permissioned_as", "email", "tag", "language", "path", "script_hash",
    "raw_code", "raw_lock", "entrypoint", "priority", "parent_job", "root_job", "trigger_kind", "trigger",
    "timeout_seconds", "max_attempts", "cache_ttl_seconds", "cache_key", "warm", "preprocess",
    "delete_after_seconds", "visible_to_owner", "scopes", "end_user_email", "restart_unless_canceled", "reply_channel",
)  # fmt: skip
"""$3 to $31."""
NEVER = (
    "scheduled_for", "retry", "concurrency_key", "concurrency_limit", "concurrency_window_seconds", "flow_step_id",
    "flow_attempt", "flow_index",
)  # fmt: skip
"""What these statements do not write."""

Shared = tuple[Any, ...]

_of_all = attrgetter(*SHARED)
_further = attrgetter(*NEVER)


def is_plain(job: NewJob) -> bool:
    """Whether these statements write all of it."""
    return all(value is None for value in _further(job))


def shared_by(jobs: Sequence[NewJob]) -> Shared | None:
    """What the jobs have in common; None where they differ in it, or have more than these statements write."""
    if not jobs:
        return None
    shared: Shared = _of_all(jobs[0])
    for job in jobs:
        if not is_plain(job) or (job is not jobs[0] and _of_all(job) != shared):
            return None
    return shared


async def push(connection: Connection, jobs: Sequence[NewJob], shared: Shared) -> frozenset[UUID]:
    """Stores and queues jobs with distinct ids; answers the ids that were not taken."""
    ids, args = [job.id for job in jobs], [job.args for job in jobs]
    row = await connection.fetchrow(QUERIES.push, ids, args, *shared)
    return frozenset(row["added"]) if row else frozenset()


async def push_running(connection: Connection, job: NewJob, shared: Shared, worker: str) -> Record | None:
    """Stores a job that the worker takes at once; its two times, or None when its id is taken."""
    return await connection.fetchrow(QUERIES.push_running, job.id, job.args, *shared, worker)
