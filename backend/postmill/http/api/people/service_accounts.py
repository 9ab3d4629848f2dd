"""Service accounts of a workspace, and the tokens that programs use as them."""

from datetime import datetime

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, created_text, text
from postmill.http.session_cookie import with_session
from postmill.http.truncated_tokens import TruncatedToken, truncated
from postmill.identity import service_accounts

BASE = "/w/{workspace}/users"
TAGS = ("user",)
OURS = ("user", "postmill")


class NewServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    """``add_to_deployers``: into the group ``wm_deployers``, which is made where it is missing."""

    username: str
    is_admin: bool = False
    operator: bool = False
    add_to_deployers: bool = False


class ServiceAccountName(msgspec.Struct, frozen=True):
    username: str


class GoingBack(msgspec.Struct, frozen=True):
    """``token``: with which the caller goes on; as an admin, the impersonation that ends."""

    token: str


class NewServiceToken(msgspec.Struct, frozen=True, kw_only=True):
    label: str | None = None
    expiration: datetime | None = None
    scopes: list[str] | None = None
    read_only: bool | None = None


async def create(call: Call) -> Response:
    new = await call.json(NewServiceAccount)
    await service_accounts.create(
        call.context.pool, call.subject, call.workspace, new.username,
        is_admin=new.is_admin, is_operator=new.operator, is_deployer=new.add_to_deployers,
    )  # fmt: skip
    return created_text(f"service account {new.username} created")


async def impersonate(call: Call) -> Response:
    named = await call.json(ServiceAccountName)
    return created_text(
        await service_accounts.impersonate(call.context.pool, call.subject, call.workspace, named.username)
    )


async def exit_impersonation(call: Call) -> Response:
    given = await call.json(GoingBack)
    await service_accounts.end_impersonation(call.context.pool, call.subject, call.token, given.token)
    answer = text("impersonation ended")
    is_service = call.by_cookie and call.token != given.token
    return with_session(call, answer, given.token) if is_service else answer


async def make_token(call: Call) -> Response:
    new = await call.json(NewServiceToken)
    made = await service_accounts.make_token(
        call.context.pool, call.subject, call.workspace, call.path("username"),
        label=new.label, expires_at=new.expiration, scopes=new.scopes, read_only=bool(new.read_only),
    )  # fmt: skip
    return created_text(made)


async def list_tokens(call: Call) -> Response:
    rows = await service_accounts.list_tokens(call.context.pool, call.workspace, call.path("username"))
    return as_json([truncated(row) for row in rows])


async def delete_token(call: Call) -> Response:
    prefix = call.path("token_prefix")
    await service_accounts.delete_token(
        call.context.pool, call.subject, call.workspace, call.path("username"), prefix
    )
    return text(f"deleted token {prefix}")


OPERATIONS = (
    Operation(
        "createServiceAccount", "POST", "/w/{workspace}/workspaces/create_service_account", create,
        "admin:users:write", ("workspace",), "Make a member that is no person, for programs",
        body=NewServiceAccount, returns=str, status=201,
    ),
    Operation(
        "impersonateServiceAccount", "POST", f"{BASE}/impersonate_service_account", impersonate,
        "admin:tokens:write", TAGS, "A token for half a day to be a service account",
        body=ServiceAccountName, returns=str, status=201,
    ),
    Operation(
        "exitImpersonation", "POST", f"{BASE}/exit_impersonation", exit_impersonation, "tokens:write", TAGS,
        "End being a service account", body=GoingBack, returns=str,
    ),
    Operation(
        "createServiceAccountToken", "POST", f"{BASE}/service_account_tokens/{{username}}", make_token,
        "admin:tokens:write", OURS, "Make a token with which a program is a service account",
        body=NewServiceToken, returns=str, status=201,
    ),
    Operation(
        "listServiceAccountTokens", "GET", f"{BASE}/service_account_tokens/{{username}}", list_tokens,
        "admin:tokens:read", OURS, "The tokens of a service account", returns=list[TruncatedToken],
    ),
    Operation(
        "deleteServiceAccountToken", "DELETE", f"{BASE}/service_account_tokens/{{username}}/{{token_prefix}}",
        delete_token, "admin:tokens:write", OURS, "End a token of a service account", returns=str,
    ),
)  # fmt: skip
