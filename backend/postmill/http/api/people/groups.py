"""The groups of a workspace."""

from typing import TYPE_CHECKING

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json, text
from postmill.identity import groups

if TYPE_CHECKING:
    from postmill.identity.groups import GroupRow

TAGS = ("group",)
BASE = "/w/{workspace}/groups"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    summary: str
    members: list[str]
    extra_perms: dict[str, bool]


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    summary: str | None = None


class EditGroup(msgspec.Struct, frozen=True, kw_only=True):
    summary: str | None = None


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    username: str


class NamesQuery(msgspec.Struct, frozen=True, kw_only=True):
    only_member_of: bool = False


def _shown(row: "GroupRow") -> Group:
    return Group(name=row.name, summary=row.summary, members=row.members, extra_perms=row.extra_perms)


async def create(call: Call) -> Response:
    new = await call.json(NewGroup)
    await groups.create(call.context.pool, call.subject, call.workspace, new.name, new.summary or "")
    return text(f"created group {new.name}")


async def list_groups(call: Call) -> Response:
    page = call.query(Page)
    rows = await groups.list_groups(call.context.pool, call.subject, limit=page.limit, offset=page.offset)
    return as_json([_shown(row) for row in rows])


async def names(call: Call) -> Response:
    query = call.query(NamesQuery)
    return as_json(await groups.names(call.context.pool, call.subject, only_member_of=query.only_member_of))


async def get(call: Call) -> Response:
    return as_json(_shown(await groups.get(call.context.pool, call.subject, call.path("name"))))


async def update(call: Call) -> Response:
    change = await call.json(EditGroup)
    name = call.path("name")
    await groups.set_summary(call.context.pool, call.subject, name, change.summary or "")
    return text(f"updated group {name}")


async def delete(call: Call) -> Response:
    name = call.path("name")
    await groups.delete(call.context.pool, call.subject, name)
    return text(f"deleted group {name}")


async def add_user(call: Call) -> Response:
    given = await call.json(GroupMember)
    name = call.path("name")
    await groups.add_member(call.context.pool, call.subject, name, given.username)
    return text(f"added {given.username} to group {name}")


async def remove_user(call: Call) -> Response:
    given = await call.json(GroupMember)
    name = call.path("name")
    await groups.remove_member(call.context.pool, call.subject, name, given.username)
    return text(f"removed {given.username} from group {name}")


OPERATIONS = (
    Operation(
        "listGroups",
        "GET",
        f"{BASE}/list",
        list_groups,
        "groups:read",
        TAGS,
        "The groups",
        query=Page,
        returns=list[Group],
    ),
    Operation(
        "listGroupNames",
        "GET",
        f"{BASE}/listnames",
        names,
        "groups:read",
        TAGS,
        "The groups' names",
        query=NamesQuery,
        returns=list[str],
    ),
    Operation(
        "createGroup",
        "POST",
        f"{BASE}/create",
        create,
        "groups:write",
        TAGS,
        "Make a group",
        body=NewGroup,
        returns=str,
    ),
    Operation(
        "getGroup", "GET", f"{BASE}/get/{{name}}", get, "groups:read", TAGS, "One group", returns=Group
    ),
    Operation(
        "updateGroup",
        "POST",
        f"{BASE}/update/{{name}}",
        update,
        "groups:write",
        TAGS,
        "Describe a group",
        body=EditGroup,
        returns=str,
    ),
    Operation(
        "deleteGroup",
        "DELETE",
        f"{BASE}/delete/{{name}}",
        delete,
        "groups:write",
        TAGS,
        "Delete a group",
        returns=str,
    ),
    Operation(
        "addUserToGroup",
        "POST",
        f"{BASE}/adduser/{{name}}",
        add_user,
        "groups:write",
        TAGS,
        "Take a member into a group",
        body=GroupMember,
        returns=str,
    ),
    Operation(
        "removeUserToGroup",
        "POST",
        f"{BASE}/removeuser/{{name}}",
        remove_user,
        "groups:write",
        TAGS,
        "Take a member out of a group",
        body=GroupMember,
        returns=str,
    ),
)
