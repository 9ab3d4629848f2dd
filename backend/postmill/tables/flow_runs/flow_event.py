"""Answers to flows that wait for approval."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)

Answer = Literal["approve", "disapprove"]


class FlowEvent(NamedTuple):
    """One answer; ``step_job`` None: to the flow as such. ``payload`` is JSON text."""

    step_job: UUID | None
    resume_id: int
    kind: Answer
    payload: str
    approver: str | None
    created_at: datetime


async def record(
    connection: Connection,
    flow_job: UUID,
    step_job: UUID | None,
    resume_id: int,
    kind: Answer,
    payload: str,
    approver: str | None,
) -> bool:
    """False when the step (or the flow) was answered under this resume id already."""
    row = await connection.fetchval(QUERIES.record, flow_job, step_job, resume_id, kind, payload, approver)
    return row is not None


async def events_of(
    connection: Connection, flow_job: UUID, step_id: str, flow_jobs: Sequence[UUID]
) -> list[FlowEvent]:
    """The answers to a step of a flow and to the flows around it, oldest first."""
    rows = await connection.fetch(QUERIES.events_of, flow_job, step_id, list(flow_jobs))
    return [FlowEvent(*row) for row in rows]


async def answers_within(connection: Connection, flow_job: UUID) -> list[FlowEvent]:
    """The answers to all steps of a flow, oldest first."""
    return [FlowEvent(*row) for row in await connection.fetch(QUERIES.answers_within, flow_job)]
