"""The accounts of the instance, and the caller's own."""

from typing import TYPE_CHECKING, Any

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.renaming import rename as rename_everywhere
from postmill.http.responses import Response, as_json, created_text, text
from postmill.identity import accounts, sign_in, workspaces

if TYPE_CHECKING:
    from postmill.identity.accounts import AccountRow

TAGS = ("user",)


class GlobalUserInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account as the API shows it."""

    email: str
    login_type: str
    super_admin: bool
    devops: bool
    verified: bool
    first_time_user: bool
    role_source: str
    disabled: bool
    name: str | None = None
    company: str | None = None
    username: str | None = None
    operator_only: bool | None = None


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    password: str
    super_admin: bool = False
    name: str | None = None
    company: str | None = None
    skip_email: bool = False


class EditUser(msgspec.Struct, frozen=True, kw_only=True):
    is_super_admin: bool | None = None
    is_devops: bool | None = None
    name: str | None = None
    disabled: bool | None = None


class Password(msgspec.Struct, frozen=True):
    password: str


class LoginType(msgspec.Struct, frozen=True):
    login_type: str


class NewUsername(msgspec.Struct, frozen=True):
    new_username: str


class NewEmail(msgspec.Struct, frozen=True):
    new_email: str


class ListUsers(Page, frozen=True, kw_only=True):
    active_only: bool = False


class TutorialProgress(msgspec.Struct, frozen=True, kw_only=True):
    progress: int | None = None
    skipped_all: bool | None = None


def _shown(row: "AccountRow", operator_only: bool | None = None) -> GlobalUserInfo:
    return GlobalUserInfo(
        email=row.email,
        login_type=row.login_type,
        super_admin=row.is_superadmin,
        devops=row.is_devops,
        verified=True,
        first_time_user=row.first_time,
        role_source=row.role_source,
        disabled=row.disabled,
        name=row.name,
        company=row.company,
        username=row.username,
        operator_only=operator_only,
    )


async def whoami(call: Call) -> Response:
    row = await sign_in.account_of(call.context.pool, call.subject.email)
    joined = await workspaces.list_own(call.context.pool, call.subject)
    operator_only = bool(joined) and not row.is_superadmin and all(one.is_operator for one in joined)
    return as_json(_shown(row, operator_only))


async def email(call: Call) -> Response:
    return text(call.subject.email)


async def exists_email(call: Call) -> Response:
    return as_json(await accounts.exists(call.context.pool, call.path("email").lower()))


async def list_users(call: Call) -> Response:
    query = call.query(ListUsers)
    rows = await accounts.list_all(
        call.context.pool, active_only=query.active_only, limit=query.limit, offset=query.offset
    )
    return as_json([_shown(row) for row in rows])


async def create(call: Call) -> Response:
    new = await call.json(NewUser)
    address = await accounts.create(
        call.context.pool,
        call.subject,
        new.email,
        new.password,
        is_superadmin=new.super_admin,
        name=new.name,
        company=new.company,
    )
    return created_text(f"user {address} created")


async def update(call: Call) -> Response:
    change = await call.json(EditUser)
    address = call.path("email").lower()
    await accounts.update(
        call.context.pool,
        call.subject,
        address,
        is_superadmin=change.is_super_admin,
        is_devops=change.is_devops,
        name=change.name,
        disabled=change.disabled,
    )
    return text(f"user {address} updated")


async def delete(call: Call) -> Response:
    address = call.path("email").lower()
    await accounts.delete(call.context.pool, call.subject, address)
    return text(f"user {address} deleted")


async def set_password(call: Call) -> Response:
    given = await call.json(Password)
    await sign_in.change_own_password(call.context.pool, call.subject, given.password, call.token)
    return text(f"password of {call.subject.email} updated")


async def set_password_of(call: Call) -> Response:
    given = await call.json(Password)
    address = call.path("user").lower()
    await sign_in.set_password_of(call.context.pool, call.subject, address, given.password)
    return text(f"password of {address} updated")


async def set_login_type(call: Call) -> Response:
    given = await call.json(LoginType)
    address = call.path("user").lower()
    await accounts.set_login_type(call.context.pool, call.subject, address, given.login_type)
    return text(f"login type of {address} updated")


async def username_info(call: Call) -> Response:
    address = call.path("email").lower()
    row = await sign_in.account_of(call.context.pool, address)
    pairs = await accounts.usernames_of(call.context.pool, address)
    return as_json(
        {
            "username": row.username or "",
            "workspace_usernames": [
                {"workspace_id": workspace_id, "username": username} for workspace_id, username in pairs
            ],
        }
    )


async def rename(call: Call) -> Response:
    given = await call.json(NewUsername)
    address = call.path("email").lower()
    await rename_everywhere(call.context, call.subject, address, given.new_username)
    return text(f"user {address} renamed to {given.new_username}")


async def change_email(call: Call) -> Response:
    given = await call.json(NewEmail)
    address = call.path("email").lower()
    changed = await accounts.change_email(call.context.pool, call.subject, address, given.new_email)
    return text(f"user {address} is {changed} now")


async def leave_instance(call: Call) -> Response:
    await accounts.leave_instance(call.context.pool, call.subject)
    return text("left the instance")


async def get_tutorials(call: Call) -> Response:
    row = await sign_in.account_of(call.context.pool, call.subject.email)
    return as_json({"progress": row.tutorial_progress, "skipped_all": row.tutorials_skipped})


async def set_tutorials(call: Call) -> Response:
    given = await call.json(TutorialProgress)
    await accounts.set_tutorial_progress(call.context.pool, call.subject, given.progress, given.skipped_all)
    return text("tutorial progress updated")


def _operation(
    name: str,
    method: str,
    path: str,
    handler: Any,
    needs: str,
    summary: str,
    body: Any = None,
    returns: Any = str,
    status: int = 200,
) -> Operation:
    return Operation(name, method, path, handler, needs, TAGS, summary, body, None, returns, status)


OPERATIONS = (
    _operation(
        "globalWhoami",
        "GET",
        "/users/whoami",
        whoami,
        "login",
        "The caller's account",
        returns=GlobalUserInfo,
    ),
    _operation("getCurrentEmail", "GET", "/users/email", email, "login", "The caller's e-mail address"),
    _operation(
        "existsEmail",
        "GET",
        "/users/exists/{email}",
        exists_email,
        "superadmin",
        "Whether an account exists",
        returns=bool,
    ),
    Operation(
        "listUsersAsSuperAdmin",
        "GET",
        "/users/list_as_super_admin",
        list_users,
        "superadmin",
        TAGS,
        "Every account",
        query=ListUsers,
        returns=list[GlobalUserInfo],
    ),
    _operation(
        "createUserGlobally",
        "POST",
        "/users/create",
        create,
        "superadmin",
        "Make an account",
        NewUser,
        status=201,
    ),
    _operation(
        "globalUserUpdate",
        "POST",
        "/users/update/{email}",
        update,
        "superadmin",
        "Change an account",
        EditUser,
    ),
    _operation(
        "globalUserDelete", "DELETE", "/users/delete/{email}", delete, "superadmin", "Delete an account"
    ),
    _operation(
        "setPassword",
        "POST",
        "/users/setpassword",
        set_password,
        "login",
        "Change the own password",
        Password,
    ),
    _operation(
        "setPasswordForUser",
        "POST",
        "/users/set_password_of/{user}",
        set_password_of,
        "superadmin",
        "Set the password of an account",
        Password,
    ),
    _operation(
        "setLoginTypeForUser",
        "POST",
        "/users/set_login_type/{user}",
        set_login_type,
        "superadmin",
        "Choose how an account signs in",
        LoginType,
    ),
    _operation(
        "globalUsernameInfo",
        "GET",
        "/users/username_info/{email}",
        username_info,
        "superadmin",
        "What an account is called where",
        returns=dict[str, Any],
    ),
    _operation(
        "globalUserRename",
        "POST",
        "/users/rename/{email}",
        rename,
        "superadmin",
        "Give somebody another user name in all their workspaces",
        NewUsername,
    ),
    _operation(
        "globalUserChangeEmail",
        "POST",
        "/users/change_email/{email}",
        change_email,
        "superadmin",
        "Give an account another address",
        NewEmail,
    ),
    _operation(
        "leaveInstance", "POST", "/users/leave_instance", leave_instance, "login", "Delete the own account"
    ),
    _operation(
        "getTutorialProgress",
        "GET",
        "/users/tutorial_progress",
        get_tutorials,
        "login",
        "How far the tutorials are done",
        returns=TutorialProgress,
    ),
    _operation(
        "updateTutorialProgress",
        "POST",
        "/users/tutorial_progress",
        set_tutorials,
        "login",
        "Remember how far the tutorials are done",
        TutorialProgress,
    ),
)
