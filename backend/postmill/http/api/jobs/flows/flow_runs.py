"""Routes about flows that have run or run: restart them, read results of their steps, keep values for their scripts."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.flow_driver.named_results import read_named_result
from postmill.flow_driver.restart import RestartRequest, restart
from postmill.flow_driver.restart_planner import PlanRequest
from postmill.flow_driver.restart_plans import RestartPlan
from postmill.flow_driver.restart_points import RestartStep
from postmill.flow_driver.user_states import get_user_state, set_user_state
from postmill.http.api.jobs.reading.read import ResultQuery, member_at
from postmill.http.api.jobs.request.run_request import StartQuery, run_options
from postmill.http.call import Call
from postmill.http.flow_parts import FLOW_DOCUMENTS, FLOW_LAUNCHER, RESTART_PLANNER
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, raw_json, text
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.queue import jobs

MAX_KEY_LENGTH = 255


class RestartBody(msgspec.Struct, frozen=True, kw_only=True):
    """Where a flow begins again. ``nested_path`` leads on into the turn, branch or flow with which the step begins."""

    step_id: str
    branch_or_iteration_n: int | None = None
    flow_version: int | None = None
    nested_path: list[RestartStep] | None = None


def _id(call: Call, name: str) -> UUID:
    try:
        return UUID(call.path_params[name])
    except ValueError:
        raise InvalidInput(f"Bad request: {call.path_params[name][:60]!r} is not a job id") from None


async def restart_flow(call: Call) -> Response:
    body = await call.json(RestartBody)
    context = call.context
    earlier = await jobs.get_job(context.pool, call.subject, call.workspace, _id(call, "id"), with_code=False)
    asked = RestartRequest(
        step_id=body.step_id,
        branch_or_iteration_n=body.branch_or_iteration_n,
        flow_version=body.flow_version,
        nested_path=tuple(body.nested_path or ()),
    )
    options = run_options(call, call.query(StartQuery))
    job_id = await restart(
        context.pool,
        FLOW_LAUNCHER.of(context),
        FLOW_DOCUMENTS.of(context),
        call.subject,
        earlier,
        asked,
        options,
    )
    return created_text(str(job_id))


class RestartPlanBody(msgspec.Struct, frozen=True, kw_only=True):
    """Where a flow would begin again, with which code. Without ``step_id``: at the first step that has to run.

    ``value`` is a flow that is not deployed; else the code of ``flow_version``, or that of the run itself.
    """

    step_id: str | None = None
    branch_or_iteration_n: int | None = None
    flow_version: int | None = None
    nested_path: list[RestartStep] | None = None
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


async def preview_restart(call: Call) -> Response:
    body = await call.json(RestartPlanBody)
    context = call.context
    earlier = await jobs.get_job(context.pool, call.subject, call.workspace, _id(call, "id"), with_code=False)
    path: tuple[RestartStep, ...] = ()
    if body.step_id is not None:
        path = (RestartStep(body.step_id, body.branch_or_iteration_n), *(body.nested_path or ()))
    has_value = isinstance(body.value, msgspec.Raw) and bytes(body.value) != b"null"
    asked = PlanRequest(
        path=path,
        flow_version=body.flow_version,
        value=body.value if has_value else None,
    )
    return as_json(await RESTART_PLANNER.of(context).plan(call.subject, earlier, asked))


async def result_by_id(call: Call) -> Response:
    flow_job = _id(call, "flow_job")
    await jobs.require_visible(call.context.pool, call.subject, call.workspace, flow_job)
    result = await read_named_result(call.context.pool, flow_job, call.path_params["step"])
    path = call.query(ResultQuery).json_path
    return as_json(member_at(json.decode(result), path)) if path else raw_json(result)


def _key(call: Call) -> str:
    key = call.path_params["key"]
    if not 0 < len(key) <= MAX_KEY_LENGTH or "\0" in key:
        raise InvalidInput(f"Bad request: a key has 1 to {MAX_KEY_LENGTH} characters")
    return key


async def read_user_state(call: Call) -> Response:
    value = await get_user_state(call.context.pool, call.subject, call.workspace, _id(call, "id"), _key(call))
    return raw_json(value)


async def write_user_state(call: Call) -> Response:
    value = await call.json(msgspec.Raw)
    await set_user_state(
        call.context.pool, call.subject, call.workspace, _id(call, "id"), _key(call), bytes(value).decode()
    )
    return text("the value is kept")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "restartFlowAtStep", "POST", "/w/{workspace}/jobs/restart/f/{id}", restart_flow, "jobs:run", ("job",),
        "Run a flow again from a step, a turn or a branch on; answers with the id of the new run", body=RestartBody,
        query=StartQuery, returns=str, status=201,
    ),
    Operation(
        "previewRestart", "POST", "/w/{workspace}/jobs/restart/f/{id}/preview", preview_restart, "jobs:run",
        ("job", "postmill"), "Say what a restart would come to: which results still hold, what runs again, and why",
        body=RestartPlanBody, returns=RestartPlan,
    ),
    Operation(
        "resultById", "GET", "/w/{workspace}/jobs/result_by_id/{flow_job}/{step}", result_by_id, "jobs:read", ("job",),
        "The result of a step of a flow, as its other steps see it", query=ResultQuery, returns=Any,
    ),
    Operation(
        "getFlowUserState", "GET", "/w/{workspace}/jobs/flow/user_states/{id}/{key}", read_user_state, "jobs:read",
        ("job",), "A value that scripts of a flow left for each other", returns=Any,
    ),
    Operation(
        "setFlowUserState", "POST", "/w/{workspace}/jobs/flow/user_states/{id}/{key}", write_user_state, "jobs:write",
        ("job",), "Leave a value for the other scripts of a flow", body=Any, returns=str,
    ),
)  # fmt: skip
