"""Variables, contextual variables, and the workspace's custom environment."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.items import ItemCalls, Paths
from postmill.http.operation import Operation
from postmill.http.responses import JsonText, as_json, counted, created_text, text
from postmill.items import drafts, encryption_key, environment, variables
from postmill.items.paging import Page
from postmill.model.draft import DraftAuthor
from postmill.model.item_filter import ItemFilter
from postmill.model.variable import CreateVariable, EditVariable, Variable

WORKSPACE = "/w/{workspace}/variables"
TAGS = ("variable",)
CALLS = ItemCalls("variable", variables.exists, variables.delete)


class Encrypted(msgspec.Struct):
    already_encrypted: bool = False


class Reading(msgspec.Struct):
    decrypt_secret: bool = True
    include_encrypted: bool = False
    get_draft: bool = False


class ListQuery(ItemFilter, frozen=True, kw_only=True):
    page: int | None = None
    per_page: int | None = None


class EnvironmentVariable(msgspec.Struct):
    name: str
    value: str | None = None


class ListableVariable(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A variable as clients know it; ``value`` is null where it is a secret that was not asked for."""

    workspace_id: str
    path: str
    value: str | None
    is_secret: bool
    description: str
    extra_perms: dict[str, bool]
    is_oauth: bool
    is_expired: bool
    is_linked: bool
    is_refreshed: bool
    labels: tuple[str, ...]
    ws_specific: bool
    edited_at: datetime
    edited_by: str
    account: int | UnsetType = UNSET
    expires_at: datetime | UnsetType = UNSET


class VariableWithDraft(ListableVariable, kw_only=True, omit_defaults=True):
    """A variable, and what the caller and others have drafted of it."""

    is_draft: bool
    draft_saved_at: datetime | UnsetType = UNSET
    draft: Raw | UnsetType = UNSET
    other_drafts_users: list[DraftAuthor] | UnsetType = UNSET


class ContextualVariable(msgspec.Struct):
    name: str
    value: str
    description: str
    is_custom: bool


def members(variable: Variable, value: str | None, now: datetime) -> dict[str, Any]:
    """The members of a listed variable, with this value."""
    return {
        "workspace_id": variable.workspace_id,
        "path": variable.path,
        "value": value,
        "is_secret": variable.is_secret,
        "description": variable.description,
        "extra_perms": variable.extra_perms,
        "is_oauth": variable.is_oauth,
        "is_expired": variable.expires_at is not None and variable.expires_at <= now,
        "is_linked": False,
        "is_refreshed": False,
        "labels": variable.labels,
        "ws_specific": variable.ws_specific,
        "edited_at": variable.edited_at,
        "edited_by": variable.edited_by,
        "account": UNSET if variable.account is None else variable.account,
        "expires_at": UNSET if variable.expires_at is None else variable.expires_at,
    }


async def create(call: Call) -> Response:
    new = await call.json(CreateVariable)
    encrypted = call.query(Encrypted).already_encrypted
    context = call.context
    await variables.create(
        context.pool, context.keyring, call.subject, call.workspace, new, already_encrypted=encrypted
    )
    return created_text(f"variable {new.path} created")


async def update(call: Call) -> Response:
    edit = await call.json(EditVariable)
    encrypted = call.query(Encrypted).already_encrypted
    context = call.context
    path = await variables.update(
        context.pool,
        context.keyring,
        call.subject,
        call.workspace,
        call.path(),
        edit,
        already_encrypted=encrypted,
    )
    return text(
        f"variable {path} updated (npath: {path})" if edit.path is not None else f"variable {path} updated"
    )


async def get(call: Call) -> Response:
    reading, path, context = call.query(Reading), call.path(), call.context
    value: str | None
    if reading.include_encrypted:
        variable, value = await variables.get_exported(
            context.pool, context.keyring, call.subject, call.workspace, path
        )
    elif reading.decrypt_secret:
        variable, value = await variables.get_clear(
            context.pool, context.keyring, call.subject, call.workspace, path
        )
    else:
        variable = await variables.get(context.pool, call.subject, call.workspace, path)
        value = None if variable.is_secret else variable.value
    overlay = await drafts.overlay(
        context.pool, call.subject, call.workspace, "variable", path, with_value=reading.get_draft
    )
    return as_json(VariableWithDraft(**members(variable, value, context.clock()), **overlay))


async def get_value(call: Call) -> Response:
    context = call.context
    _, value = await variables.get_clear(
        context.pool, context.keyring, call.subject, call.workspace, call.path()
    )
    return as_json(value)


async def list_variables(call: Call) -> Response:
    query = call.query(ListQuery)
    page = Page.of(query.page, query.per_page)
    found = await variables.list_visible(call.context.pool, call.subject, call.workspace, query, page)
    now = call.context.clock()
    return as_json(
        [ListableVariable(**members(one, None if one.is_secret else one.value, now)) for one in found]
    )


async def encrypt(call: Call) -> Response:
    plaintext = await call.json(str)
    context = call.context
    return text(
        await variables.seal_argument(context.pool, context.keyring, call.subject, call.workspace, plaintext)
    )


async def rotate_key(call: Call) -> Response:
    context = call.context
    sealed = await encryption_key.rotate(context.pool, context.keyring, call.subject, call.workspace)
    return text(f"{counted(sealed, 'secret')} sealed with a new key")


async def list_contextual(call: Call) -> Response:
    return as_json(await environment.list_contextual(call.context.pool, call.subject, call.workspace))


async def set_environment_variable(call: Call) -> Response:
    body = await call.json(EnvironmentVariable)
    await environment.set_variable(call.context.pool, call.subject, call.workspace, body.name, body.value)
    return text(f"environment variable {body.name} {'unset' if body.value is None else 'set'}")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createVariable", "POST", f"{WORKSPACE}/create", create, "variables:write", TAGS,
        "Create a variable", CreateVariable, Encrypted, str, 201,
    ),
    Operation(
        "updateVariable", "POST", f"{WORKSPACE}/update/{{path:path}}", update, "variables:write", TAGS,
        "Change or move a variable", EditVariable, Encrypted, str,
    ),
    Operation(
        "deleteVariable", "DELETE", f"{WORKSPACE}/delete/{{path:path}}", CALLS.delete, "variables:write", TAGS,
        "Delete a variable", returns=str,
    ),
    Operation(
        "deleteVariablesBulk", "DELETE", f"{WORKSPACE}/delete_bulk", CALLS.delete_bulk, "variables:write", TAGS,
        "Delete several variables, all or none", Paths, returns=list[str],
    ),
    Operation(
        "getVariable", "GET", f"{WORKSPACE}/get/{{path:path}}", get, "variables:read", TAGS,
        "A variable, with its value unless decrypt_secret is false", query=Reading, returns=VariableWithDraft,
    ),
    Operation(
        "getVariableValue", "GET", f"{WORKSPACE}/get_value/{{path:path}}", get_value, "variables:read", TAGS,
        "The value of a variable", returns=JsonText,
    ),
    Operation(
        "existsVariable", "GET", f"{WORKSPACE}/exists/{{path:path}}", CALLS.exists, "variables:read", TAGS,
        "Whether there is a variable that the caller may see", returns=bool,
    ),
    Operation(
        "listVariable", "GET", f"{WORKSPACE}/list", list_variables, "variables:read", TAGS,
        "The variables that the caller may see, without the values of secrets", query=ListQuery,
        returns=list[ListableVariable],
    ),
    Operation(
        "listContextualVariables", "GET", f"{WORKSPACE}/list_contextual", list_contextual, "variables:read", TAGS,
        "What every job finds in its environment", returns=list[ContextualVariable],
    ),
    Operation(
        "encryptValue", "POST", f"{WORKSPACE}/encrypt", encrypt, "variables:write", TAGS,
        "Seal a text for use as an $encrypted: argument of one's own runs", str, returns=str,
    ),
    Operation(
        "rotateWorkspaceKey", "POST", f"{WORKSPACE}/rotate_key", rotate_key, "admin:variables:write",
        ("variable", "postmill"), "Give the workspace a new data key and seal every secret with it", returns=str,
    ),
    Operation(
        "setEnvironmentVariable", "POST", "/w/{workspace}/workspaces/set_environment_variable",
        set_environment_variable, "admin:workspaces:write", ("workspace",),
        "Set or unset a custom environment variable of every job", EnvironmentVariable, returns=str,
    ),
)  # fmt: skip
