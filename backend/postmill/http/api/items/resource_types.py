"""Resource types: the shapes of the values of resources."""

from datetime import datetime

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, text
from postmill.items import resource_types, type_search
from postmill.kernel.errors import InvalidInput
from postmill.model.resource import EditResourceType, NewResourceType, ResourceType

WORKSPACE = "/w/{workspace}/resources"
MOST_FOUND = 100
LONGEST_TEXT = 200
TAGS = ("resource",)


class ShownResourceType(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A resource type as clients know it."""

    workspace_id: str
    name: str
    schema: msgspec.Raw
    description: str
    edited_at: datetime
    is_fileset: bool
    created_by: str | msgspec.UnsetType = msgspec.UNSET
    format_extension: str | msgspec.UnsetType = msgspec.UNSET


class FileExtension(msgspec.Struct):
    format_extension: str | None
    is_fileset: bool


def shown(kind: ResourceType) -> ShownResourceType:
    """The type as clients know it."""
    return ShownResourceType(
        workspace_id=kind.workspace_id,
        name=kind.name,
        schema=msgspec.Raw(b"null" if kind.schema is None else kind.schema.encode()),
        description=kind.description,
        edited_at=kind.edited_at,
        is_fileset=kind.is_fileset,
        created_by=kind.created_by or msgspec.UNSET,
        format_extension=kind.format_extension or msgspec.UNSET,
    )


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
    return as_json(shown(await resource_types.get(call.context.pool, call.workspace, call.raw_path())))


async def exists(call: Call) -> Response:
    return as_json(await resource_types.exists(call.context.pool, call.workspace, call.raw_path()))


async def list_types(call: Call) -> Response:
    return as_json([shown(kind) for kind in await resource_types.list_all(call.context.pool, call.workspace)])


async def list_names(call: Call) -> Response:
    return as_json([kind.name for kind in await resource_types.list_all(call.context.pool, call.workspace)])


class TypeQuery(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    limit: int = 10


class FoundType(msgspec.Struct, frozen=True, kw_only=True):
    """``score`` says how well the type fits, between 0 and 1."""

    name: str
    score: float
    schema: msgspec.Raw


async def search(call: Call) -> Response:
    asked = call.query(TypeQuery)
    if not 1 <= asked.limit <= MOST_FOUND or len(asked.text) > LONGEST_TEXT:
        raise InvalidInput(
            f"Bad request: limit lies between 1 and {MOST_FOUND}, text has at most {LONGEST_TEXT} characters"
        )
    types = await resource_types.list_all(call.context.pool, call.workspace)
    return as_json(
        [
            FoundType(name=kind.name, score=score, schema=msgspec.Raw((kind.schema or "null").encode()))
            for kind, score in type_search.ranked(asked.text, types, asked.limit)
        ]
    )


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
        "A resource type", returns=ShownResourceType,
    ),
    Operation(
        "existsResourceType", "GET", f"{WORKSPACE}/type/exists/{{path:path}}", exists, "resources:read", TAGS,
        "Whether there is a resource type of that name", returns=bool,
    ),
    Operation(
        "listResourceType", "GET", f"{WORKSPACE}/type/list", list_types, "resources:read", TAGS,
        "All resource types that the workspace sees", returns=list[ShownResourceType],
    ),
    Operation(
        "listResourceTypeNames", "GET", f"{WORKSPACE}/type/listnames", list_names, "resources:read", TAGS,
        "Their names", returns=list[str],
    ),
    Operation(
        "queryResourceTypes", "GET", "/w/{workspace}/embeddings/query_resource_types", search, "resources:read", TAGS,
        "Resource types that answer to some words, the best first", query=TypeQuery, returns=list[FoundType],
    ),
    Operation(
        "fileResourceTypeToFileExtMap", "GET", f"{WORKSPACE}/file_resource_type_to_file_ext_map", file_extensions,
        "resources:read", TAGS, "The types whose values are files, with their extensions",
        returns=dict[str, FileExtension],
    ),
)  # fmt: skip
