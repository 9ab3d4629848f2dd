"""What scripts that are workflows as code ask while they run."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType
from starlette.responses import Response

from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.api.jobs.request.run_request import StartQuery, run_options
from postmill.http.api.jobs.starting.run import ENTRYPOINT
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text
from postmill.kernel.errors import InvalidInput
from postmill.model.run_options import Preview
from postmill.model.workflow_round import InlineCheckpoint
from postmill.queue.jobs import get_job
from postmill.queue.workflows import TASK_KINDS, tell_step


class TaskBody(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of the task's function, by name."""

    args: dict[str, Any] = {}


class StepBody(msgspec.Struct, frozen=True, kw_only=True):
    """A step that the running round has taken, by its key, and what it came to."""

    key: str
    result: Raw | UnsetType = UNSET
    started_at: datetime | None = None
    duration_ms: int | None = None


class ToldStep(msgspec.Struct, omit_defaults=True):
    """``failure`` is the record of a step that failed, as the workflow's next rounds will read it."""

    failure: Raw | UnsetType = UNSET


async def run_task(call: Call) -> Response:
    """The same script as a job of its own, entered at another function."""
    body = await call.json(TaskBody)
    parent = await get_job(call.context.pool, call.subject, call.workspace, job_id_of(call))
    if parent.kind not in TASK_KINDS:
        raise InvalidInput(f"Bad request: job {parent.id} is no run of a script: it has no tasks")
    if parent.status is not None:
        raise InvalidInput(f"Bad request: job {parent.id} has ended")
    options = msgspec.structs.replace(
        run_options(call, call.query(StartQuery)), parent_job=parent.id, root_job=parent.root_job or parent.id
    )
    args = {**body.args, ENTRYPOINT: call.path_params["entrypoint"]}
    launcher = call.context.launcher
    if parent.script_hash is not None:
        job_id = await launcher.run_script_hash(call.subject, parent.script_hash, args, options)
    else:
        preview = Preview(
            content=parent.raw_code or "",
            language=parent.language or "",
            args=args,
            path=parent.path,
            tag=parent.tag,
            lock=parent.raw_lock,
        )
        job_id = await launcher.run_preview(call.subject, preview, options)
    return created_text(str(job_id))


async def inline_checkpoint(call: Call) -> Response:
    body = await call.json(StepBody)
    result = Raw(b"null") if body.result is UNSET else body.result
    step = InlineCheckpoint(body.key, result, body.started_at, body.duration_ms)
    await tell_step(call.context.pool, call.subject, call.workspace, job_id_of(call), step)
    failed = b'"__wmill_error"' in bytes(result)[:100]
    return as_json(ToldStep(result) if failed else ToldStep())


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "runWorkflowAsCodeTask", "POST", "/w/{workspace}/jobs/run/workflow_as_code/{id}/{entrypoint}", run_task,
        "jobs:run", ("job",), "Run a function of a running script as a job of its own", body=TaskBody,
        query=StartQuery, returns=str, status=201,
    ),
    Operation(
        "runCodeWorkflowTask", "POST", "/w/{workspace}/jobs/workflow_as_code/{id}/{entrypoint}", run_task,
        "jobs:run", ("job",), "The same under the address that generated clients know", body=TaskBody,
        query=StartQuery, returns=str, status=201,
    ),
    Operation(
        "inlineCheckpoint", "POST", "/w/{workspace}/jobs/wac/inline_checkpoint/{id}", inline_checkpoint, "jobs:run",
        ("job",), "Tell what a step of the calling workflow came to", body=StepBody, returns=ToldStep,
    ),
)  # fmt: skip
