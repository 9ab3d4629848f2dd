"""Resources and the values they had."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, UnsetType
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.items import ItemCalls, Paths, list_of
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, raw_json, text
from postmill.items import drafts, resources
from postmill.items.job_variables import variables_of
from postmill.items.paging import Page
from postmill.kernel.errors import InvalidInput
from postmill.model.draft import DraftAuthor
from postmill.model.item_filter import ItemFilter
from postmill.model.resource import (
    UNVERSIONED_TYPES,
    CreateResource,
    EditResource,
    EditResourceValue,
    Resource,
    ResourceFilter,
    ResourceVersion,
)

WORKSPACE = "/w/{workspace}/resources"
TAGS = ("resource",)
CALLS = ItemCalls("resource", resources.exists, resources.delete)
PREVIEW_CHARACTERS = 4_000


class Creating(msgspec.Struct):
    update_if_exists: bool = False


class Reading(msgspec.Struct):
    get_draft: bool = False


class Interpolating(msgspec.Struct):
    """``job_id``: the run whose contextual variables (``$WM_JOB_PATH``) are filled in."""

    job_id: UUID | None = None


class ListQuery(ItemFilter, frozen=True, kw_only=True):
    page: int | None = None
    per_page: int | None = None
    resource_type: str | None = None
    resource_type_exclude: str | None = None


class ListableResource(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A resource as clients know it; references stay inside ``value``."""

    workspace_id: str
    path: str
    value: Raw
    description: str
    resource_type: str
    is_oauth: bool
    is_expired: bool
    is_linked: bool
    is_refreshed: bool
    extra_perms: dict[str, bool]
    created_by: str
    edited_at: datetime
    labels: tuple[str, ...]
    ws_specific: bool


class ResourceWithDraft(ListableResource, kw_only=True, omit_defaults=True):
    """A resource, and what the caller and others have drafted of it."""

    is_draft: bool
    draft_saved_at: datetime | UnsetType = UNSET
    draft: Raw | UnsetType = UNSET
    other_drafts_users: list[DraftAuthor] | UnsetType = UNSET


class SearchedResource(msgspec.Struct):
    """``value`` is a readable rendering of the value, cut after PREVIEW_CHARACTERS."""

    path: str
    value: str
    truncated: bool


class NamedResource(msgspec.Struct):
    name: str
    path: str


class TypeCount(msgspec.Struct):
    resource_type: str
    count: int


class ShownVersion(msgspec.Struct, kw_only=True):
    """``id`` is how a version is addressed, ``version`` which one of its resource it is."""

    id: int
    version: int
    created_at: datetime
    created_by: str


class VersionWithValue(ShownVersion, kw_only=True):
    value: Raw
    missing_references: list[str]


class ResourceHistory(msgspec.Struct):
    versions: list[ShownVersion]
    versioned: bool


def members(resource: Resource) -> dict[str, Any]:
    """The members of a listed resource."""
    return {
        "workspace_id": resource.workspace_id,
        "path": resource.path,
        "value": json_value(resource.value),
        "description": resource.description,
        "resource_type": resource.resource_type,
        "is_oauth": False,
        "is_expired": False,
        "is_linked": False,
        "is_refreshed": False,
        "extra_perms": resource.extra_perms,
        "created_by": resource.created_by,
        "edited_at": resource.edited_at,
        "labels": resource.labels,
        "ws_specific": resource.ws_specific,
    }


def json_value(text_value: str | None) -> Raw:
    """Stored JSON, passed on as it is."""
    return Raw(b"null" if text_value is None else text_value.encode())


def version_members(version: ResourceVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "version": version.number,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def _searched(resource: Resource) -> SearchedResource:
    shown = msgspec.json.format(resource.value or "null", indent=2)
    return SearchedResource(resource.path, shown[:PREVIEW_CHARACTERS], len(shown) > PREVIEW_CHARACTERS)


async def create(call: Call) -> Response:
    new = await call.json(CreateResource)
    replace = call.query(Creating).update_if_exists
    await resources.create(call.context.pool, call.subject, call.workspace, new, replace_existing=replace)
    return created_text(f"resource {new.path} created")


async def update(call: Call) -> Response:
    edit = await call.json(EditResource)
    path = await resources.update(call.context.pool, call.subject, call.workspace, call.path(), edit)
    return text(f"resource {path} updated")


async def update_value(call: Call) -> Response:
    body, path = await call.json(EditResourceValue), call.path()
    await resources.update_value(call.context.pool, call.subject, call.workspace, path, body.value)
    return text(f"value of resource {path} updated")


async def get(call: Call) -> Response:
    path, reading = call.path(), call.query(Reading)
    resource = await resources.get(call.context.pool, call.subject, call.workspace, path)
    overlay = await drafts.overlay(
        call.context.pool, call.subject, call.workspace, "resource", path, with_value=reading.get_draft
    )
    return as_json(ResourceWithDraft(**members(resource), **overlay))


async def get_value(call: Call) -> Response:
    resource = await resources.get(call.context.pool, call.subject, call.workspace, call.path())
    return raw_json(resource.value or "null")


async def get_value_interpolated(call: Call) -> Response:
    context, job_id = call.context, call.query(Interpolating).job_id
    contextual = None
    if job_id is not None:
        contextual = await variables_of(
            context.pool, call.subject, call.workspace, job_id, context.settings.public_url
        )
    return as_json(
        await resources.get_interpolated(
            context.pool, context.keyring, call.subject, call.workspace, call.path(), contextual
        )
    )


async def list_resources(call: Call) -> Response:
    query = call.query(ListQuery)
    wanted = ResourceFilter(
        resource_types=list_of(query.resource_type),
        excluded_types=list_of(query.resource_type_exclude),
        **{name: getattr(query, name) for name in ItemFilter.__struct_fields__},
    )
    page = Page.of(query.page, query.per_page)
    found = await resources.list_visible(call.context.pool, call.subject, call.workspace, wanted, page)
    return as_json([ListableResource(**members(one)) for one in found])


async def list_search(call: Call) -> Response:
    page = Page.of(None, None)
    found = await resources.list_visible(
        call.context.pool, call.subject, call.workspace, ResourceFilter(), page
    )
    return as_json([_searched(one) for one in found])


async def list_names(call: Call) -> Response:
    paths = await resources.list_names(
        call.context.pool, call.subject, call.workspace, call.path_params["name"]
    )
    return as_json([NamedResource(path.rpartition("/")[2], path) for path in paths])


async def counts(call: Call) -> Response:
    found = await resources.counts_by_type(call.context.pool, call.subject, call.workspace)
    return as_json([TypeCount(name, number) for name, number in found.items()])


async def history(call: Call) -> Response:
    resource, versions = await resources.history(call.context.pool, call.subject, call.workspace, call.path())
    is_versioned = resource.resource_type not in UNVERSIONED_TYPES
    return as_json(ResourceHistory([ShownVersion(**version_members(one)) for one in versions], is_versioned))


async def clear_history(call: Call) -> Response:
    path = call.path()
    await resources.clear_history(call.context.pool, call.subject, call.workspace, path)
    return text(f"history of resource {path} cleared")


def _version_number(call: Call) -> int:
    number = call.path_params["version"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise InvalidInput(f"Bad request: {number[:30]!r} is not a version number")
    return int(number)


async def get_version(call: Call) -> Response:
    pool = call.context.pool
    version = await resources.version(pool, call.subject, call.workspace, _version_number(call))
    missing = await resources.missing_references(pool, call.subject, call.workspace, version.value)
    shown = VersionWithValue(
        **version_members(version), value=json_value(version.value), missing_references=missing
    )
    return as_json(shown)


async def restore_version(call: Call) -> Response:
    path = await resources.restore(call.context.pool, call.subject, call.workspace, _version_number(call))
    return text(f"resource {path} restored")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createResource", "POST", f"{WORKSPACE}/create", create, "resources:write", TAGS,
        "Create a resource, or replace it with update_if_exists", CreateResource, Creating, str, 201,
    ),
    Operation(
        "updateResource", "POST", f"{WORKSPACE}/update/{{path:path}}", update, "resources:write", TAGS,
        "Change or move a resource", EditResource, returns=str,
    ),
    Operation(
        "updateResourceValue", "POST", f"{WORKSPACE}/update_value/{{path:path}}", update_value, "resources:write",
        TAGS, "Change the value of a resource", EditResourceValue, returns=str,
    ),
    Operation(
        "deleteResource", "DELETE", f"{WORKSPACE}/delete/{{path:path}}", CALLS.delete, "resources:write", TAGS,
        "Delete a resource", returns=str,
    ),
    Operation(
        "deleteResourcesBulk", "DELETE", f"{WORKSPACE}/delete_bulk", CALLS.delete_bulk, "resources:write", TAGS,
        "Delete several resources, all or none", Paths, returns=list[str],
    ),
    Operation(
        "getResource", "GET", f"{WORKSPACE}/get/{{path:path}}", get, "resources:read", TAGS,
        "A resource; references stay inside its value", query=Reading, returns=ResourceWithDraft,
    ),
    Operation(
        "getResourceValue", "GET", f"{WORKSPACE}/get_value/{{path:path}}", get_value, "resources:read", TAGS,
        "The value of a resource; references stay inside", returns=Any,
    ),
    Operation(
        "getResourceValueInterpolated", "GET", f"{WORKSPACE}/get_value_interpolated/{{path:path}}",
        get_value_interpolated, "resources:read", TAGS,
        "The value of a resource with its references resolved by the caller's rights", query=Interpolating,
        returns=Any,
    ),
    Operation(
        "existsResource", "GET", f"{WORKSPACE}/exists/{{path:path}}", CALLS.exists, "resources:read", TAGS,
        "Whether there is a resource that the caller may see", returns=bool,
    ),
    Operation(
        "listResource", "GET", f"{WORKSPACE}/list", list_resources, "resources:read", TAGS,
        "The resources that the caller may see", query=ListQuery, returns=list[ListableResource],
    ),
    Operation(
        "listSearchResource", "GET", f"{WORKSPACE}/list_search", list_search, "resources:read", TAGS,
        "Paths and values, to search in", returns=list[SearchedResource],
    ),
    Operation(
        "listResourceNames", "GET", f"{WORKSPACE}/list_names/{{name}}", list_names, "resources:read", TAGS,
        "The resources of a type that the caller may see", returns=list[NamedResource],
    ),
    Operation(
        "listResourceCountsByType", "GET", f"{WORKSPACE}/type/resource_counts", counts, "resources:read", TAGS,
        "How many resources of each type the caller sees", returns=list[TypeCount],
    ),
    Operation(
        "getResourceHistory", "GET", f"{WORKSPACE}/history/p/{{path:path}}", history, "resources:read", TAGS,
        "The values that a resource had, the newest first", returns=ResourceHistory,
    ),
    Operation(
        "clearResourceHistory", "DELETE", f"{WORKSPACE}/history/p/{{path:path}}", clear_history,
        "resources:write", TAGS, "Forget the values that a resource had", returns=str,
    ),
    Operation(
        "getResourceVersion", "GET", f"{WORKSPACE}/history/v/{{version}}", get_version, "resources:read", TAGS,
        "One value that a resource had", returns=VersionWithValue,
    ),
    Operation(
        "restoreResourceVersion", "POST", f"{WORKSPACE}/history/restore/v/{{version}}", restore_version,
        "resources:write", TAGS, "Make an earlier value the present one", returns=str,
    ),
)  # fmt: skip
