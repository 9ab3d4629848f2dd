"""Somebody leaves a workspace, or the instance: what they own is handed over first."""

import msgspec

from postmill.http.call import Call
from postmill.http.offboarding import (
    Member,
    OffboardPreview,
    OffboardResponse,
    OffboardSummary,
    hand_over,
    in_the_way,
    preview,
)
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.identity import accounts
from postmill.kernel.errors import InvalidInput, NotFound

TAGS = ("user",)


class OffboardRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``reassign_to``: ``u/name`` or ``f/folder``. ``new_on_behalf_of_user``: as whom code runs that ran as them."""

    reassign_to: str
    new_on_behalf_of_user: str | None = None
    delete_user: bool = False


class WorkspaceReassignment(msgspec.Struct, frozen=True, kw_only=True):
    reassign_to: str
    new_on_behalf_of_user: str | None = None


class GlobalOffboardRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``reassignments`` by workspace; a workspace that is not named keeps what they have there."""

    reassignments: dict[str, WorkspaceReassignment] = {}
    delete_user: bool = False


class WorkspaceOffboardPreview(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: str
    username: str
    preview: OffboardPreview


class GlobalOffboardPreview(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[WorkspaceOffboardPreview]


def _member(call: Call, workspace: str, username: str) -> Member:
    """A superadmin comes from outside of the workspace as well."""
    subject = msgspec.structs.replace(call.subject, workspace_id=workspace)
    return Member(call.context, subject, workspace, username)


async def preview_member(call: Call) -> Response:
    return as_json(await preview(_member(call, call.workspace, call.path("username"))))


async def offboard_member(call: Call) -> Response:
    given: OffboardRequest = await call.json(OffboardRequest)
    member = _member(call, call.workspace, call.path("username"))
    return as_json(
        await hand_over(
            member, given.reassign_to, given.new_on_behalf_of_user or None, leaves=given.delete_user
        )
    )


async def preview_account(call: Call) -> Response:
    found = await accounts.usernames_of(call.context.pool, await _account(call))
    return as_json(
        GlobalOffboardPreview(
            workspaces=[
                WorkspaceOffboardPreview(
                    workspace_id=workspace,
                    username=username,
                    preview=await preview(_member(call, workspace, username)),
                )
                for workspace, username in found
            ]
        )
    )


async def offboard_account(call: Call) -> Response:
    given: GlobalOffboardRequest = await call.json(GlobalOffboardRequest)
    pool = call.context.pool
    email = await _account(call)
    usernames = dict(await accounts.usernames_of(pool, email))
    unknown = sorted(set(given.reassignments) - set(usernames))
    if unknown:
        raise InvalidInput(f"Bad request: {email} is no member of workspace {unknown[0][:60]}")
    members = {workspace: _member(call, workspace, usernames[workspace]) for workspace in given.reassignments}
    conflicts = [
        f"{workspace}: {one}"
        for workspace, wanted in given.reassignments.items()
        for one in await in_the_way(members[workspace], wanted.reassign_to)
    ]
    if conflicts:
        return as_json(OffboardResponse(conflicts=conflicts))
    sums: dict[str, int] = {}
    for workspace, wanted in given.reassignments.items():
        done = await hand_over(
            members[workspace], wanted.reassign_to, wanted.new_on_behalf_of_user or None, leaves=False
        )
        for name, count in msgspec.structs.asdict(done.summary).items() if done.summary else ():
            sums[name] = sums.get(name, 0) + count
    if given.delete_user:
        await accounts.delete(pool, call.subject, email)
    return as_json(OffboardResponse(summary=OffboardSummary(**sums)))


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
