"""The handlers of a workspace: what runs after a failure, and what after a success."""

from typing import Any

import msgspec

from postmill.access.scopes import is_limited
from postmill.http.call import Call
from postmill.http.flow_parts import FLOW_LAUNCHER
from postmill.http.operation import Operation
from postmill.http.responses import Response, text
from postmill.identity import workspace_handlers
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound, PermissionDenied
from postmill.model.handler import Handler, HandlerKind

TAGS = ("workspace",)
BASE = "/w/{workspace}/workspaces"
LARGEST_ARGS = 64 * 1024


class EditErrorHandler(msgspec.Struct, frozen=True, kw_only=True):
    """Without a path there is no handler any more. The members with a prefix are the older words for the same."""

    path: str | None = None
    extra_args: dict[str, msgspec.Raw] | None = None
    muted_on_cancel: bool | None = None
    muted_on_user_path: bool | None = None
    error_handler: str | None = None
    error_handler_extra_args: dict[str, msgspec.Raw] | None = None
    error_handler_muted_on_cancel: bool | None = None


class EditSuccessHandler(msgspec.Struct, frozen=True, kw_only=True):
    """Without a path there is no handler any more. The members with a prefix are the older words for the same."""

    path: str | None = None
    extra_args: dict[str, msgspec.Raw] | None = None
    success_handler: str | None = None
    success_handler_extra_args: dict[str, msgspec.Raw] | None = None


async def edit_error_handler(call: Call) -> Response:
    given: EditErrorHandler = await call.json(EditErrorHandler)
    address = given.path or given.error_handler
    args = given.extra_args or given.error_handler_extra_args or {}
    muted_on_cancel = bool(given.muted_on_cancel or given.error_handler_muted_on_cancel)
    return await _put(call, "error", address, args, muted_on_cancel, bool(given.muted_on_user_path))


async def edit_success_handler(call: Call) -> Response:
    given: EditSuccessHandler = await call.json(EditSuccessHandler)
    address = given.path or given.success_handler
    args = given.extra_args or given.success_handler_extra_args or {}
    return await _put(call, "success", address, args, False, False)


async def _put(
    call: Call,
    kind: HandlerKind,
    address: str | None,
    extra_args: dict[str, Any],
    muted_on_cancel: bool,
    muted_on_user_path: bool,
) -> Response:
    context, subject = call.context, call.subject
    if not address:
        await workspace_handlers.put(context.pool, subject, call.workspace, kind, None)
        return text(f"removed the {kind} handler of workspace {call.workspace}")
    if is_limited(subject.scopes):
        raise PermissionDenied(
            "Permission denied: a handler runs with all rights of who sets it, which a token that is limited to scopes "
            "cannot lend; sign in to choose one"
        )
    path, is_flow = workspace_handlers.parse_address(address)
    args = json.encode_text(extra_args)
    if len(args) > LARGEST_ARGS or "\\u0000" in args:
        raise InvalidInput(f"Bad request: extra_args have at most {LARGEST_ARGS} characters, and no NUL")
    versions = FLOW_LAUNCHER.of(context).versions if is_flow else context.launcher.versions
    if await versions.deployed(call.workspace, path) is None:
        raise NotFound(f"Not found: no {'flow' if is_flow else 'script'} is deployed at {path}")
    handler = Handler(
        path=path,
        is_flow=is_flow,
        extra_args=args,
        muted_on_cancel=muted_on_cancel,
        muted_on_user_path=muted_on_user_path,
        permissioned_as=subject.permissioned_as,
        email=subject.email,
    )
    await workspace_handlers.put(context.pool, subject, call.workspace, kind, handler)
    return text(f"updated the {kind} handler of workspace {call.workspace}")


OPERATIONS = (
    Operation(
        "editErrorHandler", "POST", f"{BASE}/edit_error_handler", edit_error_handler, "admin", TAGS,
        "Choose what runs after a run has failed", body=EditErrorHandler, returns=str,
    ),
    Operation(
        "editSuccessHandler", "POST", f"{BASE}/edit_success_handler", edit_success_handler, "admin", TAGS,
        "Choose what runs after a run has succeeded", body=EditSuccessHandler, returns=str,
    ),
)  # fmt: skip
