"""The route that runs ended jobs again, several at once."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.http.api.jobs.request.run_request import RunQuery, run_options
from postmill.http.call import Call
from postmill.http.flow_parts import FLOW_LAUNCHER
from postmill.http.operation import Operation
from postmill.http.responses import sse
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, PostmillError
from postmill.model.job_record import JobRecord
from postmill.queue.jobs import get_job

MAX_RERUNS = 10_000


class StaticTransform(msgspec.Struct, frozen=True, tag_field="type", tag="static"):
    value: Any = None


class JavascriptTransform(msgspec.Struct, frozen=True, tag_field="type", tag="javascript"):
    expr: str


class RerunOptions(msgspec.Struct, frozen=True, kw_only=True):
    input_transforms: dict[str, StaticTransform | JavascriptTransform] = {}
    use_latest_version: bool = False


class RerunBody(msgspec.Struct, frozen=True, kw_only=True):
    job_ids: list[UUID]
    script_options_by_path: dict[str, RerunOptions] = {}
    flow_options_by_path: dict[str, RerunOptions] = {}


async def rerun_jobs(call: Call) -> Response:
    """Runs jobs again, one line of the answer each: the new id, or why there is none."""
    body = await call.json(RerunBody)
    if len(body.job_ids) > MAX_RERUNS:
        raise InvalidInput(f"Bad request: at most {MAX_RERUNS} jobs can be run again at once")
    response = sse(_reruns(call, body))
    response.status_code = 201
    return response


async def _reruns(call: Call, body: RerunBody) -> AsyncIterator[bytes]:
    for job_id in body.job_ids:
        try:
            line = str(await _rerun(call, job_id, body))
        except PostmillError as error:
            line = f"Error: {job_id}: {error.message}"
        yield f"{line}\n".encode()


async def _rerun(call: Call, job_id: UUID, body: RerunBody) -> UUID:
    job = await get_job(call.context.pool, call.subject, call.workspace, job_id, with_code=False)
    if job.kind not in ("script", "flow") or job.path is None or job.script_hash is None:
        raise InvalidInput("only runs of deployed scripts and flows can be run again together")
    by_path = body.flow_options_by_path if job.kind == "flow" else body.script_options_by_path
    chosen = by_path.get(job.path, RerunOptions())
    args = {**_args_of(job), **_transformed(chosen)}
    options = run_options(call, RunQuery(skip_preprocessor=job.preprocessed))
    if job.kind == "flow":
        flows = FLOW_LAUNCHER.of(call.context)
        if chosen.use_latest_version:
            return await flows.run_path(call.subject, job.path, args, options)
        return await flows.run_version(call.subject, job.script_hash, args, options)
    scripts = call.context.launcher
    if chosen.use_latest_version:
        return await scripts.run_script_path(call.subject, job.path, args, options)
    return await scripts.run_script_hash(call.subject, job.script_hash, args, options)


def _args_of(job: JobRecord) -> dict[str, Any]:
    if job.deleted or job.args is None:
        raise InvalidInput("its arguments were deleted")
    args = json.decode(job.args)
    return args if isinstance(args, dict) else {}


def _transformed(options: RerunOptions) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, transform in options.input_transforms.items():
        if isinstance(transform, JavascriptTransform):
            raise InvalidInput(f"the argument {name} is an expression; only static values can be given here")
        values[name] = transform.value
    return values


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "batchReRunJobs", "POST", "/w/{workspace}/jobs/run/batch_rerun_jobs", rerun_jobs, "jobs:run", ("job",),
        "Run jobs again, with the same or changed arguments", body=RerunBody, returns=str, status=201,
    ),
)  # fmt: skip
