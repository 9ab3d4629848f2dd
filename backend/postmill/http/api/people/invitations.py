"""Invitations to workspaces, as admins send them and as those who are invited answer."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, counted, text
from postmill.identity import auto_invites, invitations
from postmill.identity.invitations import InviteRow

TAGS = ("workspace",)
BASE = "/w/{workspace}/workspaces"


class WorkspaceInvite(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: str
    email: str
    is_admin: bool
    operator: bool
    role: str


class NewInvite(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    is_admin: bool = False
    operator: bool = False


class InvitedAddress(msgspec.Struct, frozen=True, kw_only=True):
    email: str


class EditAutoInvite(msgspec.Struct, frozen=True, kw_only=True):
    """The role of who comes by the domain of the caller's address; without ``operator`` nobody does any more.

    ``invite_all``: of every domain. ``auto_add``: taken in without being asked.
    """

    operator: bool | None = None
    invite_all: bool = False
    auto_add: bool = False


class AcceptInvite(msgspec.Struct, frozen=True, kw_only=True):
    """Without a user name, one is made of the address."""

    workspace_id: str
    username: str | None = None


class DeclineInvite(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: str


def _shown(row: InviteRow) -> WorkspaceInvite:
    return WorkspaceInvite(
        workspace_id=row.workspace_id,
        email=row.email,
        is_admin=row.is_admin,
        operator=row.is_operator,
        role="admin" if row.is_admin else "operator" if row.is_operator else "developer",
    )


async def invite(call: Call) -> Response:
    new: NewInvite = await call.json(NewInvite)
    email = await invitations.invite(
        call.context.pool,
        call.subject,
        call.workspace,
        new.email,
        is_admin=new.is_admin,
        is_operator=new.operator,
    )
    return text(f"user with email {email} invited")


async def list_pending(call: Call) -> Response:
    return as_json(
        [_shown(row) for row in await invitations.list_of_workspace(call.context.pool, call.workspace)]
    )


async def withdraw(call: Call) -> Response:
    given: InvitedAddress = await call.json(InvitedAddress)
    await invitations.withdraw(call.context.pool, call.subject, call.workspace, given.email)
    return text(f"invitation of {given.email} withdrawn")


async def edit_auto_invite(call: Call) -> Response:
    given: EditAutoInvite = await call.json(EditAutoInvite)
    pool = call.context.pool
    if given.operator is None:
        await auto_invites.switch_off(pool, call.subject, call.workspace)
        return text(f"nobody is invited to workspace {call.workspace} by their domain")
    count = await auto_invites.switch_on(
        pool,
        call.subject,
        call.workspace,
        is_operator=given.operator,
        everybody=given.invite_all,
        adds=given.auto_add,
    )
    return text(f"{counted(count, 'account')} {'taken in' if given.auto_add else 'invited'} by their domain")


async def list_own(call: Call) -> Response:
    return as_json([_shown(row) for row in await invitations.list_own(call.context.pool, call.subject)])


async def accept(call: Call) -> Response:
    given: AcceptInvite = await call.json(AcceptInvite)
    name = await invitations.accept(call.context.pool, call.subject, given.workspace_id, given.username)
    return text(f"joined workspace {given.workspace_id} as {name}")


async def decline(call: Call) -> Response:
    given: DeclineInvite = await call.json(DeclineInvite)
    await invitations.decline(call.context.pool, call.subject, given.workspace_id)
    return text(f"declined the invitation to workspace {given.workspace_id}")


OPERATIONS = (
    Operation(
        "inviteUser", "POST", f"{BASE}/invite_user", invite, "admin:users:write", TAGS,
        "Ask somebody to join the workspace", body=NewInvite, returns=str,
    ),
    Operation(
        "listPendingInvites", "GET", f"{BASE}/list_pending_invites", list_pending, "admin:users:read", TAGS,
        "Invitations that nobody has answered", returns=list[WorkspaceInvite],
    ),
    Operation(
        "deleteInvite", "POST", f"{BASE}/delete_invite", withdraw, "admin:users:write", TAGS,
        "Take an invitation back", body=InvitedAddress, returns=str,
    ),
    Operation(
        "editAutoInvite", "POST", f"{BASE}/edit_auto_invite", edit_auto_invite, "admin:users:write", TAGS,
        "Invite whoever has an address of the caller's domain", body=EditAutoInvite, returns=str,
    ),
    Operation(
        "listWorkspaceInvites", "GET", "/users/list_invites", list_own, "login", ("user",),
        "The workspaces that the caller is asked to join", returns=list[WorkspaceInvite],
    ),
    Operation(
        "acceptInvite", "POST", "/users/accept_invite", accept, "login", ("user",), "Join a workspace",
        body=AcceptInvite, returns=str,
    ),
    Operation(
        "declineInvite", "POST", "/users/decline_invite", decline, "login", ("user",),
        "Refuse to join a workspace", body=DeclineInvite, returns=str,
    ),
)  # fmt: skip
