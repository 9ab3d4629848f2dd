"""Flows: deploy, read, list, history, archive, delete."""

import msgspec
from starlette.responses import Response

from postmill.access.policy import require_developer
from postmill.deploy import flow_archive, flow_reading
from postmill.deploy.deployed import FLOWS
from postmill.deploy.flow_create import create_flow, update_flow
from postmill.http.api.flows.documents import (
    FlowDeploymentStatus,
    FlowWithDraft,
    ListedFlow,
    SearchedFlow,
    ShownFlow,
    ShownFlowVersion,
    members,
    status_document,
    undeployed_document,
    version_document,
)
from postmill.http.call import Call
from postmill.http.deployed import DeployedCalls, Deploying, DeploymentMessage, Muting, Reading, TriggersCount
from postmill.http.flow_parts import FLOW_LAUNCHER
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, text
from postmill.http.truncated_tokens import TruncatedToken
from postmill.items.paging import Page
from postmill.kernel.errors import NotFound
from postmill.model.flow_document import FlowFilter, NewFlow

WORKSPACE = "/w/{workspace}/flows"
TAGS = ("flow",)
LARGEST_VERSION = 2**63 - 1
CALLS = DeployedCalls(FLOWS, flow_reading.history, version_document)


class FlowListQuery(msgspec.Struct):
    """``without_value`` leaves out what lists of names do not need."""

    page: int | None = None
    per_page: int | None = None
    order_desc: bool = True
    created_by: str | None = None
    path_start: str | None = None
    path_exact: str | None = None
    show_archived: bool = False
    starred_only: bool = False
    include_draft_only: bool = False
    with_deployment_msg: bool = False
    without_description: bool = False
    without_value: bool = False
    dedicated_worker: bool | None = None
    label: str | None = None


class FlowUsersQuery(msgspec.Struct):
    match_path_start: bool = False


class FlowArchiving(msgspec.Struct):
    archived: bool = True


class FlowDeletion(msgspec.Struct):
    keep_captures: bool = False


async def create(call: Call) -> Response:
    require_developer(call.subject)
    flow = await create_flow(call.context.pool, call.subject, call.workspace, await call.json(NewFlow))
    _forget(call, flow.path)
    return created_text(flow.path)


def _forget(call: Call, *paths: str) -> None:
    """Whoever deployed runs the new version at once: the notification of the change may still be on its way here."""
    for path in paths:
        FLOW_LAUNCHER.of(call.context).versions.forget(f"{call.workspace}:{path}")


async def update(call: Call) -> Response:
    """A new version of what is at the path; the body may name another one, to which the flow then moves."""
    require_developer(call.subject)
    path, new = call.path(), await call.json(NewFlow)
    skip = call.query(Deploying).skip_if_noop
    flow = await update_flow(call.context.pool, call.subject, call.workspace, path, new, skip_if_noop=skip)
    _forget(call, path, flow.path)
    return text(flow.path)


async def get_by_path(call: Call) -> Response:
    flow, is_starred, overlay = await CALLS.newest(call)
    return as_json(FlowWithDraft(**members(flow, is_starred=is_starred), **overlay))


async def get_version(call: Call) -> Response:
    flow = await flow_reading.by_version(call.context.pool, call.subject, call.workspace, _version(call))
    return as_json(ShownFlow(**members(flow)))


def _version(call: Call) -> int:
    """The version in the address; raises NotFound for anything that cannot be one."""
    given = call.raw_path("version")
    if not (given.isascii() and given.isdigit()) or int(given[:25]) > LARGEST_VERSION:
        raise NotFound(f"Not found: {given[:40]!r} is not the version of a flow")
    return int(given)


async def list_flows(call: Call) -> Response:
    query = call.query(FlowListQuery)
    wanted = FlowFilter(
        archived=query.show_archived,
        path_start=query.path_start,
        path_exact=query.path_exact,
        created_by=query.created_by,
        dedicated_worker=query.dedicated_worker,
        label=query.label,
        starred_only=query.starred_only,
    )
    page = Page.of(query.page, query.per_page)
    found = await flow_reading.list_heads(
        call.context.pool,
        call.subject,
        call.workspace,
        wanted,
        newest_first=query.order_desc,
        limit=page.limit,
        offset=page.offset,
    )
    listed = await _only_drafted(call, query, wanted) if query.include_draft_only and page.offset == 0 else []
    for flow, is_starred in found:
        shown = members(
            flow,
            is_starred=is_starred,
            with_description=not query.without_description,
            with_value=not query.without_value,
            with_message=query.with_deployment_msg,
        )
        listed.append(ListedFlow(**shown))
    return as_json(listed)


async def _only_drafted(call: Call, query: FlowListQuery, wanted: FlowFilter) -> list[ListedFlow]:
    """Flows of which there are only drafts: before the first page."""
    return [
        undeployed_document(
            one, with_description=not query.without_description, with_value=not query.without_value
        )
        for one in await CALLS.only_drafted(call, wanted)
    ]


async def list_search(call: Call) -> Response:
    found = await flow_reading.list_values(call.context.pool, call.subject, call.workspace)
    return as_json([SearchedFlow(path, msgspec.Raw(value.encode())) for path, value in found])


async def list_users(call: Call) -> Response:
    below = call.query(FlowUsersQuery).match_path_start
    path = call.raw_path() if below else call.path()
    kind = call.raw_path("runnable_kind")
    return as_json(
        await flow_reading.users_of(call.context.pool, call.subject, call.workspace, kind, path, below=below)
    )


async def history_update(call: Call) -> Response:
    body = await call.json(DeploymentMessage)
    path = await flow_reading.set_deployment_message(
        call.context.pool, call.subject, call.workspace, _version(call), body.deployment_msg or ""
    )
    return text(f"history of flow {path} updated")


async def deployment_status(call: Call) -> Response:
    flow = await FLOWS.by_path(call.context.pool, call.subject, call.workspace, call.path())
    return as_json(status_document(flow))


async def archive(call: Call) -> Response:
    body, path = await call.json(FlowArchiving), call.path()
    archived = body.archived
    await flow_archive.set_archived(call.context.pool, call.subject, call.workspace, path, archived=archived)
    _forget(call, path)
    return text(f"flow {path} {'archived' if archived else 'unarchived'}")


async def delete(call: Call) -> Response:
    path = call.path()
    deleted = await flow_archive.delete(call.context.pool, call.subject, call.workspace, path)
    _forget(call, path)
    return text(f"flow {path} deleted" if deleted else f"there is no flow {path} that you may see")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createFlow", "POST", f"{WORKSPACE}/create", create, "developer:flows:write", TAGS,
        "Deploy a flow", NewFlow, returns=str, status=201,
    ),
    Operation(
        "updateFlow", "POST", f"{WORKSPACE}/update/{{path:path}}", update, "developer:flows:write", TAGS,
        "Deploy a new version of a flow, also at another path", NewFlow, Deploying, str,
    ),
    Operation(
        "getFlowByPath", "GET", f"{WORKSPACE}/get/{{path:path}}", get_by_path, "flows:read", TAGS,
        "The newest version of a flow", query=Reading, returns=FlowWithDraft,
    ),
    Operation(
        "getFlowVersion", "GET", f"{WORKSPACE}/get/v/{{version}}", get_version, "flows:read", TAGS,
        "One version of a flow", returns=ShownFlow,
    ),
    Operation(
        "existsFlowByPath", "GET", f"{WORKSPACE}/exists/{{path:path}}", CALLS.exists, "flows:read", TAGS,
        "Whether there is a live flow that the caller may see", returns=bool,
    ),
    Operation(
        "listFlows", "GET", f"{WORKSPACE}/list", list_flows, "flows:read", TAGS,
        "The newest version of every flow that the caller may see", query=FlowListQuery, returns=list[ListedFlow],
    ),
    Operation(
        "listFlowPaths", "GET", f"{WORKSPACE}/list_paths", CALLS.list_paths, "flows:read", TAGS,
        "The paths of all live flows that the caller may see", returns=list[str],
    ),
    Operation(
        "listSearchFlow", "GET", f"{WORKSPACE}/list_search", list_search, "flows:read", TAGS,
        "Paths and values, to search in", returns=list[SearchedFlow],
    ),
    Operation(
        "listFlowPathsFromWorkspaceRunnable", "GET",
        f"{WORKSPACE}/list_paths_from_workspace_runnable/{{runnable_kind}}/{{path:path}}", list_users,
        "flows:read", TAGS, "The flows that use a script or flow", query=FlowUsersQuery, returns=list[str],
    ),
    Operation(
        "getTriggersCountOfFlow", "GET", f"{WORKSPACE}/get_triggers_count/{{path:path}}", CALLS.triggers_count,
        "flows:read", TAGS, "How many triggers start a flow", returns=TriggersCount,
    ),
    Operation(
        "listTokensOfFlow", "GET", f"{WORKSPACE}/list_tokens/{{path:path}}", CALLS.list_tokens, "flows:read", TAGS,
        "The tokens made to run a flow: the caller's own, for admins everybody's", returns=list[TruncatedToken],
    ),
    Operation(
        "getFlowHistory", "GET", f"{WORKSPACE}/history/p/{{path:path}}", CALLS.history, "flows:read", TAGS,
        "The versions of a flow, the newest first", returns=list[ShownFlowVersion],
    ),
    Operation(
        "getFlowLatestVersion", "GET", f"{WORKSPACE}/get_latest_version/{{path:path}}", CALLS.latest_version,
        "flows:read", TAGS, "The newest version of a flow", returns=ShownFlowVersion,
    ),
    Operation(
        "updateFlowHistory", "POST", f"{WORKSPACE}/history_update/v/{{version}}", history_update,
        "developer:flows:write", TAGS, "Change the remark of a version", DeploymentMessage, returns=str,
    ),
    Operation(
        "getFlowDeploymentStatus", "GET", f"{WORKSPACE}/deployment_status/p/{{path:path}}", deployment_status,
        "flows:read", TAGS, "Whether the inline scripts of a flow are locked", returns=FlowDeploymentStatus,
    ),
    Operation(
        "toggleWorkspaceErrorHandlerForFlow", "POST", f"{WORKSPACE}/toggle_workspace_error_handler/{{path:path}}",
        CALLS.toggle_error_handler, "developer:flows:write", TAGS,
        "Keep failed runs from the workspace's error handler", Muting, returns=str,
    ),
    Operation(
        "archiveFlowByPath", "POST", f"{WORKSPACE}/archive/{{path:path}}", archive, "developer:flows:write", TAGS,
        "Take a flow out of use, or back into it", FlowArchiving, returns=str,
    ),
    Operation(
        "deleteFlowByPath", "DELETE", f"{WORKSPACE}/delete/{{path:path}}", delete, "developer:flows:write", TAGS,
        "Remove a flow with all its versions; the trash keeps it for three days", query=FlowDeletion, returns=str,
    ),
)  # fmt: skip
