"""Routes that start flows: deployed ones by path or version, and flows that are not deployed."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.flow_driver.restart import RestartRequest, restart_preview
from postmill.flow_driver.restart_points import RestartStep
from postmill.flow_logic.stored_imports import with_stored_imports
from postmill.http.api.jobs.request.run_request import RunQuery, RunRequest, read_run_request, run_options
from postmill.http.api.jobs.request.sealed_inputs import with_sealed_inputs
from postmill.http.api.jobs.starting.run import would_run
from postmill.http.api.jobs.starting.streamed import streamed
from postmill.http.api.jobs.starting.wait import awaited, result_of
from postmill.http.call import Call
from postmill.http.flow_parts import FLOW_LAUNCHER
from postmill.http.operation import Operation
from postmill.http.responses import created_text
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.flow import may_fail_early
from postmill.model.flow_reading import parse_flow
from postmill.model.run_options import FlowPreview, RunOptions
from postmill.queue import jobs
from postmill.queue.results import EarlyStep


class NestedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A step inside another from which it goes on, as ``flow_status.restarted_from`` has it."""

    step_id: str
    branch_or_iteration_n: int | None = None
    nested: "NestedPoint | None" = None


class RestartedFromBody(msgspec.Struct, frozen=True, kw_only=True):
    """The run that gives the results of the steps before ``step_id``."""

    flow_job_id: UUID
    step_id: str
    branch_or_iteration_n: int | None = None
    nested: NestedPoint | None = None


class FlowPreviewBody(msgspec.Struct, frozen=True, kw_only=True):
    """A flow that is run without being deployed.

    ``temp_script_refs``: the SHA-256 of stored code by path, which imports of inline code find before what is deployed.
    """

    value: msgspec.Raw
    args: dict[str, Any] | None = None
    path: str | None = None
    tag: str | None = None
    restarted_from: RestartedFromBody | None = None
    temp_script_refs: dict[str, str] | None = None


def version_of(call: Call) -> int:
    """The number of a flow's version in the path; raises InvalidInput."""
    text = call.path_params["version"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput(f"Bad request: {text[:40]!r} is not a version of a flow: a number is expected")
    return int(text)


def _start(call: Call, request: RunRequest, options: RunOptions) -> Awaitable[UUID]:
    launcher = FLOW_LAUNCHER.of(call.context)
    if "version" in call.path_params:
        return launcher.run_version(
            call.subject, version_of(call), request.args, options, event=request.event
        )
    return launcher.run_path(call.subject, call.path(), request.args, options, event=request.event)


async def run_flow(call: Call) -> Response:
    request = await read_run_request(call)
    return created_text(str(await _start(call, request, request.options)))


async def stream_flow(call: Call) -> Response:
    request = await read_run_request(call)
    return streamed(call, await _start(call, request, request.options), request.poll_delay_ms)


async def wait_for_flow(call: Call) -> Response:
    request = await read_run_request(call)
    options = awaited(call, request.options)
    early_step = await _early_step(call)
    return await result_of(call, options, _start(call, request, options), early_step=early_step)


async def _early_step(call: Call) -> EarlyStep | None:
    versions = FLOW_LAUNCHER.of(call.context).versions
    if "version" in call.path_params:
        loaded = await versions.by_version(call.workspace, version_of(call))
    else:
        loaded = await versions.deployed(call.workspace, call.path())
    if loaded is None or loaded.value.early_return is None:
        return None
    return EarlyStep(loaded.value.early_return, may_fail_early(loaded.value))


async def _start_preview(call: Call, options: RunOptions) -> UUID:
    body = await call.json(FlowPreviewBody)
    context = call.context
    source = call.query(RunQuery).sealed_inputs_of
    args, options = await with_sealed_inputs(call, body.args or {}, options, source)
    value = body.value
    if body.temp_script_refs:
        parse_flow(value)  # what is no flow is refused in words before anything is put into it
        told = with_stored_imports(json.decode(bytes(value)), body.temp_script_refs)
        value = msgspec.Raw(json.encode(told))
    preview = FlowPreview(value=value, args=args, path=body.path, tag=body.tag)
    if body.restarted_from is None:
        return await FLOW_LAUNCHER.of(context).run_preview(call.subject, preview, options)
    earlier = body.restarted_from
    await jobs.require_visible(context.pool, call.subject, call.workspace, earlier.flow_job_id)
    asked = RestartRequest(
        step_id=earlier.step_id,
        branch_or_iteration_n=earlier.branch_or_iteration_n,
        nested_path=_nested_path(earlier.nested),
    )
    return await restart_preview(
        context.pool, FLOW_LAUNCHER.of(context), call.subject, preview, earlier.flow_job_id, asked, options
    )


def _nested_path(point: NestedPoint | None) -> tuple[RestartStep, ...]:
    path: list[RestartStep] = []
    while point is not None:
        path.append(RestartStep(point.step_id, point.branch_or_iteration_n))
        point = point.nested
    return tuple(path)


async def run_flow_preview(call: Call) -> Response:
    return created_text(str(await _start_preview(call, run_options(call, call.query(RunQuery)))))


async def wait_for_flow_preview(call: Call) -> Response:
    options = awaited(call, run_options(call, call.query(RunQuery)))
    return await result_of(call, options, _start_preview(call, options))


async def stream_flow_preview(call: Call) -> Response:
    query = call.query(RunQuery)
    return streamed(call, await _start_preview(call, run_options(call, query)), query.poll_delay_ms)


def _routes(kind: str, parameter: str, name: str) -> tuple[Operation, ...]:
    """The routes that exist both by path (``f``) and by version (``fv``)."""
    run, stream, wait = (
        f"/w/{{workspace}}/jobs/{verb}/{kind}/{parameter}"
        for verb in ("run", "run_and_stream", "run_wait_result")
    )
    return (
        Operation(
            f"run{name}", "POST", run, run_flow, "jobs:run", ("job",),
            "Start a run of a flow; answers with its id", body=Any, query=RunQuery, returns=str, status=201,
        ),
        Operation(
            f"run{name}Get", "GET", run, run_flow, "jobs:run", ("job", "postmill"),
            "Start a run with the arguments of the query's payload", query=RunQuery, returns=str, status=201,
        ),
        Operation(f"run{name}Head", "HEAD", run, would_run, "jobs:run", ("job",), "Ask whether the address is there"),
        Operation(
            f"runAndStream{name}", "POST", stream, stream_flow, "jobs:run", ("job",),
            "Start a run and stream its result", body=Any, query=RunQuery, returns=str,
        ),
        Operation(
            f"runAndStream{name}Get", "GET", stream, stream_flow, "jobs:run", ("job",),
            "Start a run with the arguments of the query's payload and stream its result", query=RunQuery, returns=str,
        ),
        Operation(
            f"runWaitResult{name}", "POST", wait, wait_for_flow, "jobs:run", ("job",),
            "Run a flow and wait for its result", body=Any, query=RunQuery, returns=Any,
        ),
        Operation(
            f"runWaitResult{name}Get", "GET", wait, wait_for_flow, "jobs:run", ("job",),
            "The same, arguments in the query", query=RunQuery, returns=Any,
        ),
        Operation(
            f"runWaitResult{name}Head", "HEAD", wait, would_run, "jobs:run", ("job",),
            "Ask whether the address is there",
        ),
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    *_routes("f", "{path:path}", "FlowByPath"),
    *_routes("fv", "{version}", "FlowByVersion"),
    Operation(
        "runFlowPreview", "POST", "/w/{workspace}/jobs/run/preview_flow", run_flow_preview, "developer:jobs:run",
        ("job",), "Run a flow that is not deployed", body=FlowPreviewBody, query=RunQuery, returns=str, status=201,
    ),
    Operation(
        "runFlowPreviewAndWaitResult", "POST", "/w/{workspace}/jobs/run_wait_result/preview_flow",
        wait_for_flow_preview, "developer:jobs:run", ("job",), "Run a flow that is not deployed and wait for it",
        body=FlowPreviewBody, query=RunQuery, returns=Any,
    ),
    Operation(
        "runAndStreamFlowPreview", "POST", "/w/{workspace}/jobs/run_and_stream/preview_flow", stream_flow_preview,
        "developer:jobs:run", ("job", "postmill"), "Run a flow that is not deployed, and stream its result",
        body=FlowPreviewBody, query=RunQuery, returns=str,
    ),
)  # fmt: skip
