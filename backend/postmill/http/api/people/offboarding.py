"""Somebody leaves a workspace, or the instance: what they own is handed over first."""

import msgspec

from postmill.http.call import Call
from postmill.http.offboarding import (
    Member,
    OffboardPreview,
    OffboardResponse,
    Reassignment,
    leave_instance,
    leave_workspace,
    member_of,
    preview,
)
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.identity import accounts
from postmill.kernel.errors import NotFound

TAGS = ("user",)


class OffboardRequest(Reassignment, frozen=True, kw_only=True):
    delete_user: bool = False


class GlobalOffboardRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``reassignments`` by workspace; a workspace that is not named keeps what they have there."""

    reassignments: dict[str, Reassignment] = {}
    delete_user: bool = False


class WorkspaceOffboardPreview(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: str
    username: str
    preview: OffboardPreview


class GlobalOffboardPreview(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[WorkspaceOffboardPreview]


def _member(call: Call, workspace: str, username: str) -> Member:
    return member_of(call.context, call.subject, workspace, username)


async def preview_member(call: Call) -> Response:
    member = _member(call, call.workspace, call.path("username"))
    return as_json(await preview(call.context.pool, member))


async def offboard_member(call: Call) -> Response:
    given: OffboardRequest = await call.json(OffboardRequest)
    member = _member(call, call.workspace, call.path("username"))
    return as_json(await leave_workspace(call.context, member, given, leaves=given.delete_user))


async def preview_account(call: Call) -> Response:
    pool = call.context.pool
    found = await accounts.usernames_of(pool, await _account(call))
    return as_json(
        GlobalOffboardPreview(
            workspaces=[
                WorkspaceOffboardPreview(
                    workspace_id=workspace,
                    username=username,
                    preview=await preview(pool, _member(call, workspace, username)),
                )
                for workspace, username in found
            ]
        )
    )


async def offboard_account(call: Call) -> Response:
    given: GlobalOffboardRequest = await call.json(GlobalOffboardRequest)
    email = await _account(call)
    return as_json(
        await leave_instance(
            call.context, call.subject, email, given.reassignments, deletes=given.delete_user
        )
    )


async def _account(call: Call) -> str:
    email = call.path("email").strip().lower()
    if not await accounts.exists(call.context.pool, email):
        raise NotFound(f"Not found: there is no account {email}")
    return email


OPERATIONS = (
    Operation(
        "offboardPreview", "GET", "/w/{workspace}/users/offboard_preview/{username}", preview_member,
        "admin:users:read", TAGS, "What a member owns, what runs as them and what refers to it",
        returns=OffboardPreview,
    ),
    Operation(
        "offboardWorkspaceUser", "POST", "/w/{workspace}/users/offboard/{username}", offboard_member,
        "admin:users:write", TAGS, "Hand over what a member owns, and let them leave",
        body=OffboardRequest, returns=OffboardResponse,
    ),
    Operation(
        "globalOffboardPreview", "GET", "/users/offboard_preview/{email}", preview_account, "superadmin", TAGS,
        "What an account owns in each of its workspaces", returns=GlobalOffboardPreview,
    ),
    Operation(
        "offboardGlobalUser", "POST", "/users/offboard/{email}", offboard_account, "superadmin", TAGS,
        "Hand over what an account owns, workspace by workspace, and delete it", body=GlobalOffboardRequest,
        returns=OffboardResponse,
    ),
)  # fmt: skip
