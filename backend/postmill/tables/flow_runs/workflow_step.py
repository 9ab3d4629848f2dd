"""The steps of workflows as code."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.job import JobStatus

QUERIES = load_queries(__file__)

StepKind = Literal["task", "approval", "sleep", "step"]


class StoredStep(NamedTuple):
    """A step as the next round needs it. ``status`` None: it has no child, or one that has not ended."""

    key: str
    kind: StepKind
    child_job: UUID | None
    is_due: bool | None
    result: str | None
    seconds_left: float | None
    status: JobStatus | None
    child_result: str | None
    child_blob: UUID | None


class ShownStep(NamedTuple):
    """A step as people see it. ``key`` None: a task of a script that is no workflow. Durations in milliseconds."""

    key: str | None
    kind: StepKind
    name: str
    child_job: UUID | None
    scheduled_for: datetime | None
    started_at: datetime | None
    duration_ms: int | None
    status: JobStatus | None


class NewStep(NamedTuple):
    """A step that begins (``child_job``, ``seconds`` of a sleep) or that is done (``result``, JSON text)."""

    key: str
    kind: StepKind
    name: str
    child_job: UUID | None = None
    seconds: float | None = None
    result: str | None = None
    started_at: datetime | None = None
    duration_ms: int | None = None


async def done_and_open(connection: Connection, job_id: UUID) -> list[StoredStep]:
    """The steps of a workflow in their order."""
    return [StoredStep(*row) for row in await connection.fetch(QUERIES.done_and_open, job_id)]


async def shown(connection: Connection, job_id: UUID) -> list[ShownStep]:
    """The steps of a workflow, or the tasks of a script, in their order."""
    return [ShownStep(*row[:8]) for row in await connection.fetch(QUERIES.shown, job_id)]


async def add(connection: Connection, job_id: UUID, step: NewStep) -> bool:
    """False when the workflow has a step of that key."""
    return await connection.fetchval(QUERIES.add, job_id, *step) is not None


async def pause(
    connection: Connection,
    job_id: UUID,
    attempt: int,
    *,
    at_once: bool,
    seconds: float | None = None,
    new_args: str | None = None,
) -> bool:
    """Gives the slot away until the workflow is woken, or for so many seconds; False for an attempt given to others."""
    row = await connection.fetchrow(QUERIES.pause, job_id, attempt, at_once, seconds, new_args)
    return row is not None


async def wake(connection: Connection, job_id: UUID) -> None:
    """Lets a workflow go on when all children of its steps have ended; nothing for other jobs."""
    await connection.execute(QUERIES.wake, job_id)


async def forget_failed(connection: Connection, job_id: UUID) -> None:
    """Has the failed steps of a workflow run again; nothing for other jobs."""
    await connection.execute(QUERIES.forget_failed, job_id)


async def forget_messages(connection: Connection, job_id: UUID) -> None:
    await connection.execute(QUERIES.forget_messages, job_id)


async def approvals(connection: Connection, job_id: UUID) -> dict[str, UUID]:
    """The flows that ask for a workflow's approvals, by key."""
    return {row["key"]: row["child_job"] for row in await connection.fetch(QUERIES.approval_keys, job_id)}
