"""The folders of a workspace."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json, text
from postmill.identity import folders
from postmill.identity.folders import FolderChange

if TYPE_CHECKING:
    from postmill.identity.folders import FolderRow

TAGS = ("folder",)
BASE = "/w/{workspace}/folders"


class Folder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    display_name: str
    owners: list[str]
    extra_perms: dict[str, bool]
    summary: str | None = None
    created_by: str | None = None
    edited_at: datetime | None = None
    default_permissioned_as: Any = None
    labels: list[str] = []


class DefaultIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs what is deployed at paths of this form."""

    path_glob: str
    permissioned_as: str


class EditFolder(msgspec.Struct, frozen=True, kw_only=True):
    summary: str | None = None
    owners: list[str] | None = None
    extra_perms: dict[str, bool] | None = None
    default_permissioned_as: list[DefaultIdentity] | None = None
    labels: list[str] | None = None


class NewFolder(EditFolder, frozen=True, kw_only=True):
    name: str


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    owner: str
    write: bool | None = None


class NamesQuery(Page, frozen=True, kw_only=True):
    only_member_of: bool = False


def _shown(row: "FolderRow") -> Folder:
    return Folder(
        name=row.name,
        display_name=row.display_name,
        owners=row.owners,
        extra_perms=row.extra_perms,
        summary=row.summary,
        created_by=row.created_by,
        edited_at=row.edited_at,
        default_permissioned_as=row.default_permissioned_as,
        labels=row.labels,
    )


def _change(given: EditFolder) -> FolderChange:
    default = given.default_permissioned_as
    return FolderChange(
        summary=given.summary,
        owners=given.owners,
        extra_perms=given.extra_perms,
        default_permissioned_as=None if default is None else msgspec.to_builtins(default),
        labels=given.labels,
    )


async def list_folders(call: Call) -> Response:
    page = call.query(Page)
    rows = await folders.list_folders(call.context.pool, call.subject, limit=page.limit, offset=page.offset)
    return as_json([_shown(row) for row in rows])


async def names(call: Call) -> Response:
    query = call.query(NamesQuery)
    return as_json(
        await folders.names(
            call.context.pool,
            call.subject,
            only_member_of=query.only_member_of,
            limit=query.limit,
            offset=query.offset,
        )
    )


async def create(call: Call) -> Response:
    new = await call.json(NewFolder)
    await folders.create(call.context.pool, call.subject, new.name, _change(new))
    return text(f"created folder {new.name}")


async def get(call: Call) -> Response:
    return as_json(_shown(await folders.get(call.context.pool, call.subject, call.path("name"))))


async def exists(call: Call) -> Response:
    return as_json(await folders.exists(call.context.pool, call.subject, call.path("name")))


async def update(call: Call) -> Response:
    change = await call.json(EditFolder)
    name = call.path("name")
    await folders.update(call.context.pool, call.subject, name, _change(change))
    return text(f"updated folder {name}")


async def delete(call: Call) -> Response:
    name = call.path("name")
    await folders.delete(call.context.pool, call.subject, name)
    return text(f"deleted folder {name}")


async def add_owner(call: Call) -> Response:
    given = await call.json(Owner)
    name = call.path("name")
    await folders.add_owner(call.context.pool, call.subject, name, given.owner)
    return text(f"added {given.owner} as owner of folder {name}")


async def remove_owner(call: Call) -> Response:
    given = await call.json(Owner)
    name = call.path("name")
    await folders.remove_owner(call.context.pool, call.subject, name, given.owner, given.write)
    return text(f"removed {given.owner} as owner of folder {name}")


async def usage(call: Call) -> Response:
    counts = await folders.usage(call.context.pool, call.subject, call.path("name"))
    return as_json({"flows": 0, "apps": 0, "schedules": 0} | counts)


def _named(name: str, action: str, handler: Any, summary: str, body: Any = None) -> Operation:
    return Operation(
        name,
        "POST",
        f"{BASE}/{action}/{{name}}",
        handler,
        "folders:write",
        TAGS,
        summary,
        body=body,
        returns=str,
    )


OPERATIONS = (
    Operation(
        "listFolders",
        "GET",
        f"{BASE}/list",
        list_folders,
        "folders:read",
        TAGS,
        "The folders that the caller may see",
        query=Page,
        returns=list[Folder],
    ),
    Operation(
        "listFolderNames",
        "GET",
        f"{BASE}/listnames",
        names,
        "folders:read",
        TAGS,
        "Their names",
        query=NamesQuery,
        returns=list[str],
    ),
    Operation(
        "createFolder",
        "POST",
        f"{BASE}/create",
        create,
        "developer:folders:write",
        TAGS,
        "Make a folder that the caller owns",
        body=NewFolder,
        returns=str,
    ),
    Operation(
        "getFolder", "GET", f"{BASE}/get/{{name}}", get, "folders:read", TAGS, "One folder", returns=Folder
    ),
    Operation(
        "existsFolder",
        "GET",
        f"{BASE}/exists/{{name}}",
        exists,
        "folders:read",
        TAGS,
        "Whether the caller can see a folder of that name",
        returns=bool,
    ),
    Operation(
        "getFolderUsage",
        "GET",
        f"{BASE}/getusage/{{name}}",
        usage,
        "folders:read",
        TAGS,
        "How many objects live in a folder",
        returns=dict[str, int],
    ),
    Operation(
        "deleteFolder",
        "DELETE",
        f"{BASE}/delete/{{name}}",
        delete,
        "folders:write",
        TAGS,
        "Delete a folder; what lies in it stays",
        returns=str,
    ),
    _named("updateFolder", "update", update, "Change a folder", EditFolder),
    _named("addOwnerToFolder", "addowner", add_owner, "Make a user or group an owner", Owner),
    _named("removeOwnerToFolder", "removeowner", remove_owner, "Take ownership away", Owner),
)
