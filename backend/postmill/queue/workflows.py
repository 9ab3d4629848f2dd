"""Workflows as code from outside: what their steps came to, and steps that a running round tells at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound, PermissionDenied
from postmill.model.job import JobStatus
from postmill.model.subject import Subject
from postmill.model.workflow_round import InlineCheckpoint, checked_key
from postmill.tables.flow_runs import workflow_step
from postmill.tables.flow_runs.workflow_step import NewStep, StepKind
from postmill.tables.jobs import queue

TASK_KINDS = ("script", "preview")


class ShownStep(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One step, as the clients know it; ``key``, ``kind`` and ``status`` are ours. Durations in milliseconds."""

    name: str
    scheduled_for: datetime | UnsetType = UNSET
    started_at: datetime | UnsetType = UNSET
    duration_ms: int | UnsetType = UNSET
    key: str | UnsetType = UNSET
    kind: StepKind | UnsetType = UNSET
    status: JobStatus | UnsetType = UNSET


async def shown_steps(pool: Pool, job_id: UUID) -> dict[str, ShownStep]:
    """The steps by the id of their job, those that have none by ``_step/`` and their key; {} for other jobs."""
    found: dict[str, ShownStep] = {}
    for step in await workflow_step.shown(pool, job_id):
        found[str(step.child_job) if step.child_job is not None else f"_step/{step.key}"] = ShownStep(
            name=step.name,
            scheduled_for=_given(step.scheduled_for),
            started_at=_given(step.started_at),
            duration_ms=_given(step.duration_ms),
            key=_given(step.key),
            kind=step.kind,
            status=_given(step.status),
        )
    return found


def _given(value: Any) -> Any:
    return UNSET if value is None else value


async def tell_step(
    pool: Pool, subject: Subject, workspace: str, job_id: UUID, step: InlineCheckpoint
) -> None:
    """Keeps what a step came to that the running round of this job has taken; telling it again changes nothing.

    Raises PermissionDenied unless the subject is that job, NotFound once it does not run any more.
    """
    if subject.job_id != job_id:
        raise PermissionDenied("Permission denied: only the workflow itself may tell what its steps came to")
    checked_key(step.key)
    running = await queue.running_job(pool, job_id)
    if running is None or running.workspace_id != workspace:
        raise NotFound(f"Not found: job {job_id} does not run")
    result = bytes(step.result).decode()
    told = NewStep(step.key, "step", step.key, None, None, result, step.started_at, step.duration_ms)
    await workflow_step.add(pool, job_id, told)
