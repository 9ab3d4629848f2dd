"""Workspace dependencies: requirement files that scripts of a language share."""

from datetime import datetime
from typing import Any

import msgspec
from starlette.responses import Response

from postmill.deploy import workspace_dependencies
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text
from postmill.model.workspace_dependency import NewWorkspaceDependency, WorkspaceDependency

WORKSPACE = "/w/{workspace}/workspace_dependencies"
TAGS = ("workspace_dependencies",)


class Named(msgspec.Struct):
    name: str | None = None


class ShownDependency(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Without ``name`` it is the default file of its language."""

    id: int
    archived: bool
    content: str
    language: str
    workspace_id: str
    created_at: datetime
    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET


def _document(dependency: WorkspaceDependency) -> ShownDependency:
    return ShownDependency(
        id=dependency.id,
        archived=dependency.archived,
        content=dependency.content,
        language=dependency.language,
        workspace_id=dependency.workspace_id,
        created_at=dependency.created_at,
        name=dependency.name or msgspec.UNSET,
        description=dependency.description or msgspec.UNSET,
    )


async def create(call: Call) -> Response:
    new = await call.json(NewWorkspaceDependency)
    number = await workspace_dependencies.create(call.context.pool, call.subject, call.workspace, new)
    return created_text(str(number))


async def archive(call: Call) -> Response:
    name = call.query(Named).name
    await workspace_dependencies.archive(
        call.context.pool, call.subject, call.workspace, call.path_params["language"], name
    )
    return as_json(None)


async def delete(call: Call) -> Response:
    name = call.query(Named).name
    await workspace_dependencies.delete(
        call.context.pool, call.subject, call.workspace, call.path_params["language"], name
    )
    return as_json(None)


async def list_dependencies(call: Call) -> Response:
    return as_json(
        [
            _document(one)
            for one in await workspace_dependencies.list_current(call.context.pool, call.workspace)
        ]
    )


async def get_latest(call: Call) -> Response:
    name = call.query(Named).name
    found = await workspace_dependencies.latest(
        call.context.pool, call.workspace, call.path_params["language"], name
    )
    return as_json(_document(found))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createWorkspaceDependencies", "POST", f"{WORKSPACE}/create", create,
        "developer:workspace_dependencies:write", TAGS, "Set the content of a requirements file",
        NewWorkspaceDependency, returns=str, status=201,
    ),
    Operation(
        "archiveWorkspaceDependencies", "POST", f"{WORKSPACE}/archive/{{language}}", archive,
        "admin:workspace_dependencies:write", TAGS, "Take a requirements file out of force", query=Named, returns=Any,
    ),
    Operation(
        "deleteWorkspaceDependencies", "POST", f"{WORKSPACE}/delete/{{language}}", delete,
        "admin:workspace_dependencies:write", TAGS, "Delete a requirements file", query=Named, returns=Any,
    ),
    Operation(
        "listWorkspaceDependencies", "GET", f"{WORKSPACE}/list", list_dependencies, "workspace_dependencies:read",
        TAGS, "The requirements files in force", returns=list[ShownDependency],
    ),
    Operation(
        "getLatestWorkspaceDependencies", "GET", f"{WORKSPACE}/get_latest/{{language}}", get_latest,
        "workspace_dependencies:read", TAGS, "A requirements file", query=Named, returns=ShownDependency,
    ),
)  # fmt: skip
