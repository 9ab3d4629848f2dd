"""Groups of the whole instance, and which of them a workspace takes in."""

from typing import Literal

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import instance_groups
from postmill.identity.instance_groups import GivenWorkspace, InstanceGroupRow, WorkspaceRole

TAGS = ("group",)

InstanceRole = Literal["superadmin", "devops"]


class InstanceGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``emails`` is shown to superadmins only."""

    name: str
    summary: str = ""
    emails: list[str] | None = None
    instance_role: InstanceRole | None = None


class WorkspaceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace that takes the members of the group in."""

    workspace_id: str
    workspace_name: str
    role: WorkspaceRole


class InstanceGroupWithWorkspaces(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    summary: str
    emails: list[str]
    instance_role: InstanceRole | None
    workspaces: list[WorkspaceInfo]


class NewInstanceGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    summary: str | None = None


class EditInstanceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Without ``instance_role`` the group gives none."""

    new_summary: str
    instance_role: InstanceRole | Literal[""] | None = None


class InstanceGroupMember(msgspec.Struct, frozen=True, kw_only=True):
    email: str


class GroupsOfWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    """``roles`` says as what a group is taken in; developer where it does not."""

    groups: list[str] | None = None
    roles: dict[str, WorkspaceRole] | None = None


def _with_workspaces(row: InstanceGroupRow, given: list[GivenWorkspace]) -> InstanceGroupWithWorkspaces:
    return InstanceGroupWithWorkspaces(
        name=row.name,
        summary=row.summary,
        emails=row.emails,
        instance_role=row.instance_role,
        workspaces=[
            WorkspaceInfo(workspace_id=one.workspace_id, workspace_name=one.workspace_name, role=one.role)
            for one in given
            if one.group_name == row.name
        ],
    )


async def list_groups(call: Call) -> Response:
    shows_members = call.subject.is_superadmin
    return as_json(
        [
            InstanceGroup(
                name=row.name,
                summary=row.summary,
                emails=row.emails if shows_members else None,
                instance_role=row.instance_role,
            )
            for row in await instance_groups.list_groups(call.context.pool)
        ]
    )


async def list_with_workspaces(call: Call) -> Response:
    given = await instance_groups.workspaces_of(call.context.pool)
    rows = await instance_groups.list_groups(call.context.pool)
    return as_json([_with_workspaces(row, given) for row in rows])


async def get(call: Call) -> Response:
    row = await instance_groups.get(call.context.pool, call.path("name"))
    return as_json(_with_workspaces(row, await instance_groups.workspaces_of(call.context.pool, row.name)))


async def create(call: Call) -> Response:
    new = await call.json(NewInstanceGroup)
    await instance_groups.create(call.context.pool, call.subject, new.name, new.summary or "")
    return text(f"created instance group {new.name}")


async def update(call: Call) -> Response:
    change = await call.json(EditInstanceGroup)
    name = call.path("name")
    await instance_groups.update(
        call.context.pool, call.subject, name, change.new_summary, change.instance_role or None
    )
    return text(f"updated instance group {name}")


async def delete(call: Call) -> Response:
    name = call.path("name")
    await instance_groups.delete(call.context.pool, call.subject, name)
    return text(f"deleted instance group {name}")


async def add_user(call: Call) -> Response:
    given = await call.json(InstanceGroupMember)
    name = call.path("name")
    await instance_groups.add_member(call.context.pool, call.subject, name, given.email)
    return text(f"added {given.email} to instance group {name}")


async def remove_user(call: Call) -> Response:
    given = await call.json(InstanceGroupMember)
    name = call.path("name")
    await instance_groups.remove_member(call.context.pool, call.subject, name, given.email)
    return text(f"removed {given.email} from instance group {name}")


async def edit_groups_of_workspace(call: Call) -> Response:
    given = await call.json(GroupsOfWorkspace)
    roles = given.roles or {}
    wanted: dict[str, WorkspaceRole] = {name: roles.get(name, "developer") for name in given.groups or ()}
    await instance_groups.give_to_workspace(call.context.pool, call.subject, call.workspace, wanted)
    return text(f"updated the instance groups of workspace {call.workspace}")


OPERATIONS = (
    Operation(
        "listInstanceGroups", "GET", "/groups/list", list_groups, "login", TAGS,
        "The groups of the instance; with their members for superadmins", returns=list[InstanceGroup],
    ),
    Operation(
        "listInstanceGroupsWithWorkspaces", "GET", "/groups/list_with_workspaces", list_with_workspaces,
        "superadmin", TAGS, "The groups of the instance and the workspaces that take them in",
        returns=list[InstanceGroupWithWorkspaces],
    ),
    Operation(
        "getInstanceGroup", "GET", "/groups/get/{name}", get, "superadmin", TAGS, "One group of the instance",
        returns=InstanceGroupWithWorkspaces,
    ),
    Operation(
        "createInstanceGroup", "POST", "/groups/create", create, "superadmin", TAGS,
        "Make a group of the instance", body=NewInstanceGroup, returns=str,
    ),
    Operation(
        "updateInstanceGroup", "POST", "/groups/update/{name}", update, "superadmin", TAGS,
        "Describe a group of the instance, and choose the role that comes with it", body=EditInstanceGroup,
        returns=str,
    ),
    Operation(
        "deleteInstanceGroup", "DELETE", "/groups/delete/{name}", delete, "superadmin", TAGS,
        "Delete a group of the instance; memberships that came with it end", returns=str,
    ),
    Operation(
        "addUserToInstanceGroup", "POST", "/groups/adduser/{name}", add_user, "superadmin", TAGS,
        "Take an address into a group of the instance", body=InstanceGroupMember, returns=str,
    ),
    Operation(
        "removeUserFromInstanceGroup", "POST", "/groups/removeuser/{name}", remove_user, "superadmin", TAGS,
        "Take an address out of a group of the instance", body=InstanceGroupMember, returns=str,
    ),
    Operation(
        "editInstanceGroups", "POST", "/w/{workspace}/workspaces/edit_instance_groups",
        edit_groups_of_workspace, "admin:users:write", ("workspace",),
        "Choose the groups of the instance whose members belong to the workspace", body=GroupsOfWorkspace,
        returns=str,
    ),
)  # fmt: skip
