"""Workflows as code: a script that runs in rounds, each up to the first step that is not done.

Between rounds the job waits in the queue like a flow does, without slot and process. What is done is read from the
steps and the ends of their jobs, so that whoever claims the job next, on whatever worker, goes on from there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import new_job_id
from postmill.launch.flow_launcher import FLOW_ATTEMPTS, FLOW_TAG, FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.launch.run_settings import cached, limited, seconds
from postmill.model.job import ClaimedJob, NewJob
from postmill.model.run_options import RunOptions
from postmill.model.subject import Subject
from postmill.model.workflow_round import (
    Approval,
    Complete,
    Dispatch,
    InlineCheckpoint,
    Round,
    Sleep,
    Task,
    failure_of,
)
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.push import push_in
from postmill.queue.results import whole_result
from postmill.tables.flow_runs import flow_event, workflow_step
from postmill.tables.flow_runs.workflow_step import NewStep, StoredStep
from postmill.tables.output import job_log
from postmill.tables.output.job_log import Piece

NULL = "null"
_STEP_ID = re.compile(r"[A-Za-z0-9_.-]{1,60}")
APPROVAL_SECONDS = 1800.0


@dataclass(frozen=True)
class Position:
    """How far a workflow is. ``executing``: the step that this job is for, None in the workflow's own job."""

    checkpoint: str
    executing: str | None
    waits: bool = False  # for a child
    seconds: float | None = None  # until a sleep is over


class _Collected:
    """Takes the jobs of a launcher instead of the queue, so that they are pushed with what else a round comes to."""

    def __init__(self) -> None:
        self.jobs: list[NewJob] = []

    async def push(self, job: NewJob) -> None:
        self.jobs.append(job)

    async def take_room(self, workspace: str) -> None:
        """Steps go past the limit of the queue, as those of flows do."""


class Workflows:
    """One per worker process."""

    def __init__(self, pool: Pool, notifications: Notifications) -> None:
        self._pool = pool
        self._collected = _Collected()
        self._launcher = Launcher(pool, self._collected, notifications, joins_runs=False)
        self._flows = FlowLauncher(pool, self._launcher, notifications)

    async def position(self, job: ClaimedJob) -> Position:
        """Where the workflow of a job stands. Raises InvalidInput when it cannot go on."""
        executing = job.flow_step_id if is_task(job) else None
        of = job.parent_job if executing is not None else job.id
        assert of is not None
        if executing is None and job.attempt > 1:
            await workflow_step.forget_messages(self._pool, of)
        steps = await workflow_step.done_and_open(self._pool, of)
        done: dict[str, msgspec.Raw] = {}
        waits, left = False, None
        for step in steps:
            result = await self._result(step)
            if result is not None:
                done[step.key] = msgspec.Raw(result.encode())
            elif step.kind == "sleep":
                left = max(left or 0.0, step.seconds_left or 0.0)
            else:
                waits = True
        checkpoint: dict[str, Any] = {"completed_steps": done}
        if executing is not None:
            return Position(_text({**checkpoint, "_executing_key": executing}), executing)
        return Position(_text(checkpoint), None, waits, left)

    async def _result(self, step: StoredStep) -> str | None:
        """What a step came to, as JSON text; None while it is not done."""
        if step.kind == "step":
            return step.result or NULL
        if step.kind == "sleep":
            return NULL if step.is_due else None
        if step.status is None or step.child_job is None:
            return None
        if step.kind == "approval":
            return await self._answer(step, step.child_job)
        result = step.child_result or NULL
        if step.child_blob is not None:
            result = await whole_result(self._pool, step.child_blob) or NULL
        if step.status in ("success", "skipped"):
            return result
        return failure_of(step.key, str(step.child_job), result)

    async def _answer(self, step: StoredStep, child: UUID) -> str:
        events = await flow_event.answers_within(self._pool, child)
        if not events:
            raise InvalidInput(f"the approval {step.key!r} was not given in time")
        last = events[-1]
        value = msgspec.Raw(last.payload.encode())
        return _text(
            {"value": value, "approver": last.approver or "anonymous", "approved": last.kind == "approve"}
        )

    async def pause(
        self,
        job: ClaimedJob,
        subject: Subject,
        said: Round | Position,
        *,
        tail: Piece | None = None,
        new_args: str | None = None,
    ) -> None:
        """Starts what a round came to, and gives the job's slot away; nothing when the attempt was given to others."""
        job = job if new_args is None else msgspec.structs.replace(job, args=new_args)
        steps, children = await self._begun(job, subject, said)
        at_once = isinstance(said, InlineCheckpoint)
        left = said.seconds if isinstance(said, Position | Sleep) else None

        async def attempt() -> None:
            async with self._pool.acquire() as connection, connection.transaction():
                if not await workflow_step.pause(
                    connection, job.id, job.attempt, at_once=at_once, seconds=left, new_args=new_args
                ):
                    return
                new = [step.key for step in steps if await workflow_step.add(connection, job.id, step)]
                if steps and not new:
                    raise InvalidInput(
                        f"the workflow came to the step {steps[0].key!r} again: its rounds must call the same steps"
                    )
                await push_in(connection, [child for child in children if child.flow_step_id in new])
                if tail is not None:
                    await job_log.note(connection, job.id, tail.content)
                crash_point("workflow.pause.before_commit")

        await again_after_conflict(attempt)
        if isinstance(said, Position) and said.waits:
            # What it waits for may have ended since that was read, and found nobody to wake.
            await self.wake(job.id)

    async def wake(self, job_id: UUID) -> None:
        """Has a workflow go on if all that it waits for has ended."""
        await workflow_step.wake(self._pool, job_id)

    async def _begun(
        self, job: ClaimedJob, subject: Subject, said: Round | Position
    ) -> tuple[list[NewStep], list[NewJob]]:
        match said:
            case Dispatch(steps):
                children = [await self._child(job, subject, task) for task in steps]
                begun = [
                    NewStep(task.key, "task", task.name or task.key, child.id)
                    for task, child in zip(steps, children, strict=True)
                ]
                return begun, children
            case Approval(key):
                child = _asking(job, said)
                return [NewStep(key, "approval", key, child.id)], [child]
            case Sleep(key, duration):
                return [NewStep(key, "sleep", key, seconds=duration)], []
            case InlineCheckpoint(key, result, started_at, duration_ms):
                text = bytes(result).decode()
                return [NewStep(key, "step", key, None, None, text, started_at, duration_ms)], []
        return [], []

    async def _child(self, job: ClaimedJob, subject: Subject, task: Task) -> NewJob:
        if task.dispatch_type == "inline" and "/" not in task.script:
            return _inline(job, task)
        path = _absolute(task.script, job.path)
        options = RunOptions(
            parent_job=job.id,
            root_job=job.root_job or job.id,
            tag=task.tag,
            timeout=seconds(task.timeout, "timeout"),
            cache_ttl=seconds(task.cache_ttl, "cache_ttl"),
            priority=task.priority,
            scopes=job.scopes,
            end_user_email=job.end_user_email,
        )
        if task.dispatch_type == "flow":
            await self._flows.run_path(subject, path, task.args, options)
        else:
            await self._launcher.run_script_path(subject, path, task.args, options)
        child = self._collected.jobs.pop()
        return msgspec.structs.replace(child, flow_step_id=task.key, scheduled_for=None)


def is_task(job: ClaimedJob) -> bool:
    """Whether the job is a step of a workflow as code: those of flows have an attempt."""
    return job.flow_step_id is not None and job.flow_attempt is None and job.parent_job is not None


def as_result(said: Round, position: Position) -> str | None:
    """The result of a job whose round is over; None when the workflow goes on. Raises InvalidInput for a lost task."""
    if isinstance(said, Complete):
        return bytes(said.result).decode()
    if position.executing is None:
        return None
    raise InvalidInput(
        f"the workflow did not come to the step {position.executing!r} again: its rounds must call the same steps"
    )


def _inline(job: ClaimedJob, task: Task) -> NewJob:
    """The same script once more, with the same arguments: it replays up to the step, and runs that."""
    given: Mapping[str, Any] = json.decode_as(job.args, dict[str, Any])
    code = (
        job.script_hash if job.script_hash is not None else sha256((job.raw_code or "").encode()).hexdigest()
    )
    return _step_of(
        job,
        task.key,
        id=new_job_id(),
        kind=job.kind,
        tag=task.tag or job.tag,
        args=job.args,
        language=job.language,
        path=job.path,
        script_hash=job.script_hash,
        raw_code=job.raw_code,
        raw_lock=job.raw_lock,
        timeout_seconds=seconds(task.timeout, "timeout"),
        **({} if task.priority is None else {"priority": task.priority}),
        **cached(
            job.workspace_id,
            f"workflow:{code}:{task.key}",
            job.permissioned_as,
            job.scopes,
            seconds(task.cache_ttl, "cache_ttl"),
            given,
        ),
        **limited(
            task.concurrent_limit,
            seconds(task.concurrency_time_window_s, "concurrency_time_window_s"),
            task.concurrency_key,
            job.workspace_id,
            f"script/{job.path or 'preview'}:{task.name}",
            task.args,
        ),
    )


def _asking(job: ClaimedJob, asked: Approval) -> NewJob:
    """A flow that waits for the answer: so it has the links, pages and rights that every approval has."""
    suspend: dict[str, Any] = {
        "required_events": 1,
        "timeout": asked.timeout if asked.timeout is not None else APPROVAL_SECONDS,
    }
    if isinstance(asked.form, dict):
        suspend["resume_form"] = {"schema": asked.form}
    if asked.self_approval_disabled:
        suspend["self_approval_disabled"] = True
    asking = {"value": {"type": "identity"}, "suspend": suspend, "summary": _summary(asked)}
    if _STEP_ID.fullmatch(asked.key):
        asking["id"] = asked.key
    flow = {"modules": [asking, {"value": {"type": "identity"}}]}
    return _step_of(
        job,
        asked.key,
        id=new_job_id(),
        kind="flowpreview",
        tag=FLOW_TAG,
        path=job.path,
        raw_code=_text(flow),
        max_attempts=FLOW_ATTEMPTS,
    )


def _summary(asked: Approval) -> str:
    """What the page shows above the form: the description, or the key."""
    given = asked.description
    text = given.get("markdown") if isinstance(given, dict) else given
    return text if isinstance(text, str) and text else asked.key


def _step_of(job: ClaimedJob, key: str, **own: Any) -> NewJob:
    shared: dict[str, Any] = {
        "workspace_id": job.workspace_id,
        "created_by": job.created_by,
        "permissioned_as": job.permissioned_as,
        "email": job.email,
        "parent_job": job.id,
        "root_job": job.root_job or job.id,
        "trigger_kind": job.trigger_kind,
        "trigger": job.trigger,
        "visible_to_owner": job.visible_to_owner,
        "scopes": job.scopes,
        "end_user_email": job.end_user_email,
        "flow_step_id": key,
    }
    return NewJob(**{**shared, **own})


def _absolute(path: str, of: str | None) -> str:
    """A path that starts with ``./`` lies beside the workflow's script."""
    if not path.startswith("./"):
        return path
    return f"{(of or '').rpartition('/')[0]}/{path.removeprefix('./')}"


def _text(document: Mapping[str, Any]) -> str:
    return msgspec.json.encode(document).decode()
