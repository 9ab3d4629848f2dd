"""The caller's tokens."""

from datetime import datetime

import msgspec

from postmill.access.scopes import DOMAINS, KINDS
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json, created_text, text
from postmill.http.session_cookie import with_session
from postmill.http.truncated_tokens import TruncatedToken, truncated
from postmill.identity import tokens
from postmill.identity.sign_in import normal_email

TAGS = ("user",)


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    label: str | None = None
    expiration: datetime | None = None
    scopes: list[str] | None = None
    workspace_id: str | None = None
    read_only: bool | None = None


class NewTokenImpersonate(msgspec.Struct, frozen=True, kw_only=True):
    impersonate_email: str
    label: str | None = None
    expiration: datetime | None = None


class ListTokens(Page, frozen=True, kw_only=True):
    exclude_ephemeral: bool = False


class Refreshing(msgspec.Struct, frozen=True):
    """``if_expiring_in_less_than_s``: leave a session alone that is good for longer."""

    if_expiring_in_less_than_s: int | None = None


class Scopes(msgspec.Struct, frozen=True):
    scopes: list[str] | None = None


class Label(msgspec.Struct, frozen=True):
    label: str | None = None


class ScopeDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` may be followed by paths where the scope takes them: ``jobs:run:scripts:f/a/*``."""

    value: str
    label: str
    requires_resource_path: bool = False


class ScopeDomain(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    scopes: list[ScopeDefinition]


async def list_scopes(_call: Call) -> Response:
    domains = []
    for domain in sorted(DOMAINS - {"jobs", "mcp"}):
        name = domain.replace("_", " ").capitalize()
        domains.append(
            ScopeDomain(
                name=name,
                scopes=[
                    ScopeDefinition(value=f"{domain}:{action}", label=f"{name}: {action}")
                    for action in ("read", "write")
                ],
            )
        )
    jobs = [
        ScopeDefinition(value="jobs:read", label="Jobs: read"),
        ScopeDefinition(value="jobs:write", label="Jobs: cancel and remove"),
        ScopeDefinition(value="jobs:run", label="Jobs: run everything"),
        *(
            ScopeDefinition(value=f"jobs:run:{kind}", label=f"Jobs: run {kind}", requires_resource_path=True)
            for kind in KINDS
        ),
    ]
    return as_json([ScopeDomain(name="Jobs", scopes=jobs), *domains])


async def create(call: Call) -> Response:
    new = await call.json(NewToken)
    token = await tokens.create_token(
        call.context.pool,
        call.subject,
        label=new.label,
        expires_at=new.expiration,
        scopes=new.scopes,
        workspace_id=new.workspace_id,
        read_only=bool(new.read_only),
    )
    return created_text(token)


async def impersonate(call: Call) -> Response:
    new = await call.json(NewTokenImpersonate)
    token = await tokens.impersonate(
        call.context.pool,
        call.subject,
        normal_email(new.impersonate_email),
        label=new.label,
        expires_at=new.expiration,
    )
    return created_text(token)


async def list_tokens(call: Call) -> Response:
    query = call.query(ListTokens)
    rows = await tokens.list_tokens(
        call.context.pool,
        call.subject,
        exclude_ephemeral=query.exclude_ephemeral,
        limit=query.limit,
        offset=query.offset,
    )
    return as_json([truncated(row) for row in rows])


async def delete(call: Call) -> Response:
    prefix = call.path("token_prefix")
    await tokens.delete_token(call.context.pool, call.subject, prefix)
    return text(f"deleted 1 token {prefix}")


async def update_scopes(call: Call) -> Response:
    given = await call.json(Scopes)
    prefix = call.path("token_prefix")
    await tokens.update_scopes(call.context.pool, call.subject, prefix, given.scopes)
    return text(f"scopes of token {prefix} updated")


async def update_label(call: Call) -> Response:
    given = await call.json(Label)
    prefix = call.path("token_prefix")
    await tokens.update_label(call.context.pool, call.subject, prefix, given.label)
    return text(f"label of token {prefix} updated")


async def refresh(call: Call) -> Response:
    within = call.query(Refreshing).if_expiring_in_less_than_s
    fresh = await tokens.refresh_session(call.context.pool, call.subject, if_expiring_within=within)
    if fresh is None:
        return text("the session is good for longer")
    return with_session(call, text(fresh), fresh) if call.by_cookie else text(fresh)


OPERATIONS = (
    Operation(
        "listAvailableScopes",
        "GET",
        "/tokens/list/scopes",
        list_scopes,
        "login:users:read",
        ("token",),
        "What a token can be limited to",
        returns=list[ScopeDomain],
    ),
    Operation(
        "createToken",
        "POST",
        "/users/tokens/create",
        create,
        "login:tokens:write",
        TAGS,
        "Make a token that can do no more than the one that asks",
        body=NewToken,
        returns=str,
        status=201,
    ),
    Operation(
        "createTokenImpersonate",
        "POST",
        "/users/tokens/impersonate",
        impersonate,
        "superadmin:tokens:write",
        TAGS,
        "Make a token of another account",
        body=NewTokenImpersonate,
        returns=str,
        status=201,
    ),
    Operation(
        "listTokens",
        "GET",
        "/users/tokens/list",
        list_tokens,
        "login:tokens:read",
        TAGS,
        "The caller's tokens, by their prefixes",
        query=ListTokens,
        returns=list[TruncatedToken],
    ),
    Operation(
        "deleteToken",
        "DELETE",
        "/users/tokens/delete/{token_prefix}",
        delete,
        "login:tokens:write",
        TAGS,
        "End a token",
        returns=str,
    ),
    Operation(
        "updateTokenScopes",
        "POST",
        "/users/tokens/update_scopes/{token_prefix}",
        update_scopes,
        "login:tokens:write",
        TAGS,
        "Replace the scopes of a token",
        body=Scopes,
        returns=str,
    ),
    Operation(
        "updateTokenLabel",
        "POST",
        "/users/tokens/update_label/{token_prefix}",
        update_label,
        "login:tokens:write",
        TAGS,
        "Rename a token",
        body=Label,
        returns=str,
    ),
    Operation(
        "refreshUserToken",
        "GET",
        "/users/refresh_token",
        refresh,
        "login:tokens:write",
        TAGS,
        "A new session for somebody who is signed in",
        query=Refreshing,
        returns=str,
    ),
)
