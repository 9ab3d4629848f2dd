"""Flows that wait for answers, as those who answer see them. Rights are the business of callers, but for the list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from postmill.access.visibility import job_filter
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.subject import Subject
from postmill.tables.items.visible import where_visible

QUERIES = load_queries(__file__)


class FlowFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A flow job. ``flow_state`` and ``origin`` are the engine's JSON; None before it looked at the flow."""

    id: UUID
    workspace_id: str
    kind: str
    path: str | None
    script_hash: int | None
    parent_job: UUID | None
    created_by: str
    permissioned_as: str
    email: str
    flow_step_id: str | None
    root_job: UUID
    started_by: str | None
    started_by_email: str | None
    root_path: str | None
    root_summary: str | None
    extra_perms: str
    flow_state: str | None
    origin: str | None
    place: str | None
    awaited: int | None
    suspend_until: datetime | None
    is_queued: bool


class StepFacts(msgspec.Struct, frozen=True):
    """A job that may be a step: the flow that holds it, which step it is, and the run that it belongs to."""

    kind: str
    parent_job: UUID | None
    flow_step_id: str | None
    root_job: UUID


class StepResult(msgspec.Struct, frozen=True):
    """What the last try of a step came to; None: it has not ended."""

    job_id: UUID | None
    result: str | None
    result_blob: UUID | None
    completed_at: datetime | None


async def flow(connection: Connection, workspace: str, flow_job: UUID) -> FlowFacts | None:
    row: Record | None = await connection.fetchrow(QUERIES.flow, flow_job, workspace)
    return None if row is None else FlowFacts(**dict(row))


async def step(connection: Connection, workspace: str, job_id: UUID) -> StepFacts | None:
    row = await connection.fetchrow(QUERIES.step, job_id, workspace)
    return None if row is None else StepFacts(*row)


async def step_result(connection: Connection, flow_job: UUID, step_id: str) -> StepResult | None:
    row = await connection.fetchrow(QUERIES.step_result, flow_job, step_id)
    return None if row is None else StepResult(*row)


async def waiting_below(connection: Connection, workspace: str, job_id: UUID, limit: int) -> list[UUID]:
    """The flows that wait for answers in the run of a job."""
    rows = await connection.fetch(QUERIES.waiting_below, job_id, workspace, limit)
    return [row["job_id"] for row in rows]


async def waiting(
    connection: Connection, subject: Subject, workspace: str, limit: int, before: UUID | None = None
) -> list[FlowFacts]:
    """Flows that wait for answers and that the subject may see or that ask one of their groups, the newest first.

    ``before``: only older ones than this.
    """
    rule, values = job_filter(subject, "j", 5)
    groups: Sequence[Any] = [*sorted(subject.groups), "all"]
    rows = await connection.fetch(
        where_visible(QUERIES.waiting, rule), workspace, groups, limit, before, *values
    )
    return [FlowFacts(**dict(row)) for row in rows]


async def answered(connection: Connection, flow_jobs: Sequence[UUID], resume_id: int) -> frozenset[UUID]:
    """Those of the flows that were answered under this number, for whatever step."""
    rows = await connection.fetch(QUERIES.answered, list(flow_jobs), resume_id)
    return frozenset(row["flow_job"] for row in rows)
