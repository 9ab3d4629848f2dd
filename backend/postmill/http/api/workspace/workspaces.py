"""Workspaces of the instance: which there are, and making, archiving and deleting them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json, created_text, text
from postmill.identity import auto_invites, instance_settings, workspaces
from postmill.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from postmill.identity.workspaces import Joined, WorkspaceRow

TAGS = ("workspace",)
PAGES = (
    "runs",
    "schedules",
    "resources",
    "variables",
    "assets",
    "triggers",
    "audit_logs",
    "groups",
    "folders",
    "workers",
)


class Workspace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A workspace as the API shows it."""

    id: str
    name: str
    owner: str
    created_at: datetime
    deleted: bool
    color: str | None = None


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a member's role lets them make, and the pages that they are shown."""

    code: bool
    flows: Literal["none", "compose", "full"]
    apps: Literal["none", "compose", "full"]
    manage_schedules: bool
    manage_triggers: bool
    visibility: dict[str, bool]


class UserWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace that the caller belongs to."""

    id: str
    name: str
    username: str
    color: str
    operator_settings: dict[str, Any] | None
    is_dev_workspace: bool
    created_by: str
    disabled: bool
    role: Literal["admin", "developer", "operator"]
    capabilities: Capabilities


class UserWorkspaceList(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    workspaces: list[UserWorkspace]


class CreateWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    username: str | None = None
    color: str | None = None


class WorkspaceId(msgspec.Struct, frozen=True):
    id: str


class WorkspaceUsername(msgspec.Struct, frozen=True):
    id: str
    username: str


def _shown(row: "WorkspaceRow") -> Workspace:
    return Workspace(
        id=row.id,
        name=row.name,
        owner=row.owner,
        created_at=row.created_at,
        deleted=row.archived,
        color=row.color,
    )


def _capabilities(one: "Joined") -> Capabilities:
    """Apps, schedules and triggers are not part of this release: nobody makes any."""
    shown = one.workspace.settings.get("operator_settings") or {}
    return Capabilities(
        code=not one.is_operator,
        flows="none" if one.is_operator else "full",
        apps="none",
        manage_schedules=False,
        manage_triggers=False,
        visibility={page: not one.is_operator or bool(shown.get(page, True)) for page in PAGES},
    )


def _joined(one: "Joined") -> UserWorkspace:
    return UserWorkspace(
        id=one.workspace.id,
        name=one.workspace.name,
        username=one.username,
        color=one.workspace.color or "",
        operator_settings=one.workspace.settings.get("operator_settings"),
        is_dev_workspace=False,
        created_by=one.workspace.owner,
        disabled=one.disabled,
        role="admin" if one.is_admin else "operator" if one.is_operator else "developer",
        capabilities=_capabilities(one),
    )


async def list_own(call: Call) -> Response:
    joined = await workspaces.list_own(call.context.pool, call.subject)
    return as_json([_shown(one.workspace) for one in joined if not one.disabled])


async def list_with_usernames(call: Call) -> Response:
    joined = await workspaces.list_own(call.context.pool, call.subject)
    return as_json(UserWorkspaceList(email=call.subject.email, workspaces=[_joined(one) for one in joined]))


async def list_all(call: Call) -> Response:
    page = call.query(Page)
    rows = await workspaces.list_all(call.context.pool, limit=page.limit, offset=page.offset)
    return as_json([_shown(row) for row in rows])


async def get_any(call: Call) -> Response:
    return as_json(_shown(await workspaces.get(call.context.pool, call.workspace)))


async def exists(call: Call) -> Response:
    asked = await call.json(WorkspaceId)
    return as_json(await workspaces.exists(call.context.pool, asked.id))


async def exists_username(call: Call) -> Response:
    asked = await call.json(WorkspaceUsername)
    if await workspaces.username_taken(call.context.pool, asked.id, asked.username):
        raise InvalidInput(f"Bad request: {asked.username} username already taken")
    return text("valid username")


async def create(call: Call) -> Response:
    new = await call.json(CreateWorkspace)
    context = call.context
    await workspaces.create_workspace(
        context.pool,
        context.keyring,
        call.subject,
        new.id,
        new.name,
        new.username,
        new.color,
        open_to_all=await instance_settings.workspaces_are_open(context.pool, context.keyring),
    )
    return created_text(f"created workspace {new.id}")


async def unarchive(call: Call) -> Response:
    workspace_id = call.workspace
    await workspaces.set_archived(call.context.pool, call.subject, workspace_id, False)
    return text(f"unarchived workspace {workspace_id}")


async def delete(call: Call) -> Response:
    await workspaces.delete(call.context.pool, call.subject, call.workspace)
    return text(f"deleted workspace {call.workspace}")


async def domain_allowed(call: Call) -> Response:
    return as_json(auto_invites.is_own_domain(call.subject.email))


OPERATIONS = (
    Operation(
        "listWorkspaces",
        "GET",
        "/workspaces/list",
        list_own,
        "login",
        TAGS,
        "The caller's workspaces",
        returns=list[Workspace],
    ),
    Operation(
        "listUserWorkspaces",
        "GET",
        "/workspaces/users",
        list_with_usernames,
        "login",
        TAGS,
        "The caller's workspaces and what they are called there",
        returns=UserWorkspaceList,
    ),
    Operation(
        "listWorkspacesAsSuperAdmin",
        "GET",
        "/workspaces/list_as_superadmin",
        list_all,
        "superadmin",
        TAGS,
        "Every workspace of the instance",
        query=Page,
        returns=list[Workspace],
    ),
    Operation(
        "getWorkspaceAsSuperAdmin",
        "GET",
        "/w/{workspace}/workspaces/get_as_superadmin",
        get_any,
        "superadmin",
        TAGS,
        "A workspace of the instance, whether the caller is a member or not",
        returns=Workspace,
    ),
    Operation(
        "existsWorkspace",
        "POST",
        "/workspaces/exists",
        exists,
        "login:workspaces:read",
        TAGS,
        "Whether a workspace id is taken",
        body=WorkspaceId,
        returns=bool,
    ),
    Operation(
        "existsUsername",
        "POST",
        "/workspaces/exists_username",
        exists_username,
        "login:workspaces:read",
        TAGS,
        "Whether a user name is free in a workspace",
        body=WorkspaceUsername,
        returns=str,
    ),
    Operation(
        "createWorkspace",
        "POST",
        "/workspaces/create",
        create,
        "login",
        TAGS,
        "Make a workspace",
        body=CreateWorkspace,
        returns=str,
        status=201,
    ),
    Operation(
        "unarchiveWorkspace",
        "POST",
        "/workspaces/unarchive/{workspace}",
        unarchive,
        "superadmin",
        TAGS,
        "Bring an archived workspace back",
        returns=str,
    ),
    Operation(
        "deleteWorkspace",
        "DELETE",
        "/workspaces/delete/{workspace}",
        delete,
        "superadmin",
        TAGS,
        "Delete a workspace with everything in it",
        returns=str,
    ),
    Operation(
        "isDomainAllowed",
        "GET",
        "/workspaces/allowed_domain_auto_invite",
        domain_allowed,
        "login",
        TAGS,
        "Whether a workspace may invite everybody of the caller's domain",
        returns=bool,
    ),
)
