"""Resource types: the shapes of the values of resources."""

from typing import Any

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, text
from postmill.items import resource_types
from postmill.model.resource import EditResourceType, NewResourceType, ResourceType

WORKSPACE = "/w/{workspace}/resources"
TAGS = ("resource",)


def document(kind: ResourceType) -> dict[str, Any]:
    """The type as clients know it."""
    shown: dict[str, Any] = {
        "workspace_id": kind.workspace_id,
        "name": kind.name,
        "schema": None if kind.schema is None else msgspec.Raw(kind.schema.encode()),
        "description": kind.description,
        "edited_at": kind.edited_at,
        "is_fileset": kind.is_fileset,
    }
    if kind.created_by is not None:
        shown["created_by"] = kind.created_by
    if kind.format_extension is not None:
        shown["format_extension"] = kind.format_extension
    return shown


async def create(call: Call) -> Response:
    new = await call.json(NewResourceType)
    await resource_types.create(call.context.pool, call.subject, call.workspace, new)
    return created_text(f"resource type {new.name} created")


async def update(call: Call) -> Response:
    edit, name = await call.json(EditResourceType), call.raw_path()
    await resource_types.update(call.context.pool, call.subject, call.workspace, name, edit)
    return text(f"resource type {name} updated")


async def delete(call: Call) -> Response:
    name = call.raw_path()
    await resource_types.delete(call.context.pool, call.subject, call.workspace, name)
    return text(f"resource type {name} deleted")


async def get(call: Call) -> Response:
    return as_json(document(await resource_types.get(call.context.pool, call.workspace, call.raw_path())))


async def exists(call: Call) -> Response:
    return as_json(await resource_types.exists(call.context.pool, call.workspace, call.raw_path()))


async def list_types(call: Call) -> Response:
    return as_json(
        [document(kind) for kind in await resource_types.list_all(call.context.pool, call.workspace)]
    )


async def list_names(call: Call) -> Response:
    return as_json([kind.name for kind in await resource_types.list_all(call.context.pool, call.workspace)])


async def file_extensions(call: Call) -> Response:
    return as_json(await resource_types.file_extensions(call.context.pool, call.workspace))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createResourceType", "POST", f"{WORKSPACE}/type/create", create, "developer:resources:write", TAGS,
        "Create a resource type of the workspace", NewResourceType, returns=str, status=201,
    ),
    Operation(
        "updateResourceType", "POST", f"{WORKSPACE}/type/update/{{path:path}}", update, "developer:resources:write",
        TAGS, "Change a resource type of the workspace", EditResourceType, returns=str,
    ),
    Operation(
        "deleteResourceType", "DELETE", f"{WORKSPACE}/type/delete/{{path:path}}", delete, "admin:resources:write",
        TAGS, "Delete a resource type of the workspace", returns=str,
    ),
    Operation(
        "getResourceType", "GET", f"{WORKSPACE}/type/get/{{path:path}}", get, "resources:read", TAGS,
        "A resource type", returns="ResourceType",
    ),
    Operation(
        "existsResourceType", "GET", f"{WORKSPACE}/type/exists/{{path:path}}", exists, "resources:read", TAGS,
        "Whether there is a resource type of that name", returns=bool,
    ),
    Operation(
        "listResourceType", "GET", f"{WORKSPACE}/type/list", list_types, "resources:read", TAGS,
        "All resource types that the workspace sees", returns="[ResourceType]",
    ),
    Operation(
        "listResourceTypeNames", "GET", f"{WORKSPACE}/type/listnames", list_names, "resources:read", TAGS,
        "Their names", returns=list[str],
    ),
    Operation(
        "fileResourceTypeToFileExtMap", "GET", f"{WORKSPACE}/file_resource_type_to_file_ext_map", file_extensions,
        "resources:read", TAGS, "The types whose values are files, with their extensions", returns=dict[str, Any],
    ),
)  # fmt: skip
