"""Locks for the inline code of a flow that is not deployed: the command line asks for them."""

import msgspec
from starlette.responses import Response

from postmill.deploy.flow_checked import checked_value
from postmill.deploy.reading import stored_code
from postmill.http.api.jobs.request.run_request import RunQuery, run_options
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import created_text
from postmill.model.run_options import RawFlow

# Files that stand for a language's default requirements, as the command line names them.
DEFAULT_REQUIREMENTS = {"dependencies/requirements.in": "python3", "dependencies/package.json": "bun"}


class FlowDependenciesBody(msgspec.Struct, frozen=True, kw_only=True):
    """``raw_workspace_dependencies`` are files by path, ``temp_script_refs`` the SHA-256 of stored code by path.

    Locks that the steps have are found again, whatever ``use_local_lockfiles`` says.
    """

    flow_value: msgspec.Raw
    path: str | None = None
    use_local_lockfiles: bool | None = None
    raw_workspace_dependencies: dict[str, str] | None = None
    temp_script_refs: dict[str, str] | None = None


async def run_flow_dependencies(call: Call) -> Response:
    body = await call.json(FlowDependenciesBody)
    files = body.raw_workspace_dependencies or {}
    checked_value(bytes(body.flow_value), body.path or "", None, ())
    raw = RawFlow(
        value=body.flow_value,
        path=body.path,
        requirements={
            DEFAULT_REQUIREMENTS[path]: text for path, text in files.items() if path in DEFAULT_REQUIREMENTS
        },
        sources={
            path: await stored_code(call.context.pool, call.workspace, digest)
            for path, digest in (body.temp_script_refs or {}).items()
        },
    )
    options = run_options(call, RunQuery())
    return created_text(str(await call.context.launcher.run_flow_dependencies(call.subject, raw, options)))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "runFlowDependenciesAsync", "POST", "/w/{workspace}/jobs/run/flow_dependencies_async", run_flow_dependencies,
        "developer:jobs:run", ("job",), "Resolve the dependencies of a flow's code; the result holds the locked flow",
        body=FlowDependenciesBody, returns=str, status=201,
    ),
)  # fmt: skip
