"""The members of a workspace."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import acls, instance_groups, members
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import FolderRight

if TYPE_CHECKING:
    from postmill.identity.members import MemberRow

TAGS = ("user",)
BASE = "/w/{workspace}/users"


class AddedVia(msgspec.Struct, frozen=True):
    source: Literal["instance_group"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A member as the API shows them; ``folders`` are those they may write to."""

    email: str
    username: str
    is_admin: bool
    is_super_admin: bool
    created_at: datetime
    operator: bool
    disabled: bool
    groups: list[str]
    folders: list[str]
    folders_read: list[str]
    folders_owners: list[str]
    non_member: bool
    name: str | msgspec.UnsetType = msgspec.UNSET
    added_via: AddedVia | msgspec.UnsetType = msgspec.UNSET
    is_service_account: bool = False


class EditUser(msgspec.Struct, frozen=True, kw_only=True):
    is_admin: bool | None = None
    operator: bool | None = None
    disabled: bool | None = None


class Addable(msgspec.Struct, frozen=True, kw_only=True):
    search: str = ""
    per_page: int = 50


def _shown(row: "MemberRow", rights: dict[str, FolderRight]) -> User:
    return User(
        email=row.email,
        username=row.username,
        is_admin=row.is_admin,
        is_super_admin=row.is_superadmin,
        created_at=row.created_at,
        operator=row.is_operator,
        disabled=row.disabled,
        groups=sorted({*row.groups, "all"}),
        folders=sorted(name for name, right in rights.items() if right != "read"),
        folders_read=sorted(rights),
        folders_owners=sorted(name for name, right in rights.items() if right == "owner"),
        non_member=False,
        name=msgspec.UNSET if row.name is None else row.name,
        is_service_account=row.is_service,
        added_via=AddedVia("instance_group") if row.by_group else msgspec.UNSET,
    )


async def whoami(call: Call) -> Response:
    subject, pool = call.subject, call.context.pool
    for row in await members.find(pool, call.workspace, subject.username):
        shown = _shown(row, dict(subject.folders))
        return as_json(msgspec.structs.replace(shown, is_admin=subject.is_admin))
    return as_json(
        User(
            email=subject.email,
            username=subject.username,
            is_admin=subject.is_admin,
            is_super_admin=subject.is_superadmin,
            created_at=call.context.clock(),
            operator=False,
            disabled=False,
            groups=sorted(subject.groups),
            folders=sorted(subject.folders),
            folders_read=sorted(subject.folders),
            folders_owners=[],
            non_member=True,
        )
    )


async def list_members(call: Call) -> Response:
    pool = call.context.pool
    rows = await members.list_members(pool, call.workspace)
    folders = await members.visible_folders(pool, call.subject)
    return as_json([_shown(row, members.rights_in(folders, row)) for row in rows])


async def get(call: Call) -> Response:
    row = await members.get(call.context.pool, call.workspace, call.path("username"))
    return as_json(_shown(row, await members.folder_rights(call.context.pool, call.subject, row)))


async def usernames(call: Call) -> Response:
    return as_json(await members.usernames(call.context.pool, call.workspace))


async def username_to_email(call: Call) -> Response:
    return text(await members.email_of(call.context.pool, call.workspace, call.path("username")))


async def update(call: Call) -> Response:
    change = await call.json(EditUser)
    username = call.path("username")
    await members.update(
        call.context.pool,
        call.subject,
        call.workspace,
        username,
        is_admin=change.is_admin,
        is_operator=change.operator,
        disabled=change.disabled,
    )
    return text(f"user {username} updated")


async def delete(call: Call) -> Response:
    username = call.path("username")
    await members.remove(call.context.pool, call.subject, call.workspace, username)
    return text(f"user {username} deleted")


async def convert_to_group(call: Call) -> Response:
    username = call.path("username")
    await instance_groups.convert_member(call.context.pool, call.subject, call.workspace, username)
    return text(f"user {username} belongs to the workspace by its instance groups")


async def is_owner(call: Call) -> Response:
    return as_json(await acls.may_own(call.context.pool, call.subject, call.path()))


async def list_addable(call: Call) -> Response:
    query = call.query(Addable)
    if not 1 <= query.per_page <= 1000:
        raise InvalidInput("Bad request: per_page lies between 1 and 1000")
    found = await members.addable(call.context.pool, call.workspace, query.search, query.per_page)
    return as_json(
        [{"email": email} | ({"username": username} if username else {}) for email, username in found]
    )


OPERATIONS = (
    Operation(
        "whoami",
        "GET",
        f"{BASE}/whoami",
        whoami,
        "users:read",
        TAGS,
        "The caller in this workspace",
        returns=User,
    ),
    Operation(
        "listUsers",
        "GET",
        f"{BASE}/list",
        list_members,
        "users:read",
        TAGS,
        "The members",
        returns=list[User],
    ),
    Operation(
        "getUser", "GET", f"{BASE}/get/{{username}}", get, "users:read", TAGS, "One member", returns=User
    ),
    Operation(
        "whois", "GET", f"{BASE}/whois/{{username}}", get, "users:read", TAGS, "One member", returns=User
    ),
    Operation(
        "listUsernames",
        "GET",
        f"{BASE}/list_usernames",
        usernames,
        "users:read",
        TAGS,
        "The members' names",
        returns=list[str],
    ),
    Operation(
        "usernameToEmail",
        "GET",
        f"{BASE}/username_to_email/{{username}}",
        username_to_email,
        "users:read",
        TAGS,
        "The e-mail address of a member",
        returns=str,
    ),
    Operation(
        "updateUser",
        "POST",
        f"{BASE}/update/{{username}}",
        update,
        "admin:users:write",
        TAGS,
        "Change a member's role, or disable them",
        body=EditUser,
        returns=str,
    ),
    Operation(
        "convertUserToGroup",
        "POST",
        f"{BASE}/convert_to_group/{{username}}",
        convert_to_group,
        "admin:users:write",
        TAGS,
        "Let a member who was added by hand belong to the workspace by its instance groups, in the role that they give",
        returns=str,
    ),
    Operation(
        "deleteUser",
        "DELETE",
        f"{BASE}/delete/{{username}}",
        delete,
        "admin:users:write",
        TAGS,
        "Take a member out of the workspace",
        returns=str,
    ),
    Operation(
        "isOwnerOfPath",
        "GET",
        f"{BASE}/is_owner/{{path:path}}",
        is_owner,
        "users:read",
        TAGS,
        "Whether the caller owns the place of a path",
        returns=bool,
    ),
    Operation(
        "listAddableInstanceUsers",
        "GET",
        f"{BASE}/list_addable",
        list_addable,
        "admin:users:read",
        TAGS,
        "Accounts that could join the workspace",
        query=Addable,
        returns=list[dict[str, Any]],
    ),
)
