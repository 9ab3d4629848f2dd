"""Scripts: deploy, read, list, history, archive, delete."""

import asyncio
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.responses import Response

from postmill.access.policy import require_developer
from postmill.deploy import archive, reading
from postmill.deploy.create import create_script, move_script
from postmill.deploy.deployed import SCRIPTS
from postmill.deploy.reading_code import inferred_document
from postmill.http.api.scripts.documents import (
    DeploymentStatus,
    ListedScript,
    ScriptWithDraft,
    SearchedScript,
    ShownScript,
    ShownVersion,
    document,
    members,
    status_document,
    undeployed_document,
    version_document,
)
from postmill.http.call import Call
from postmill.http.deployed import (
    DeployedCalls,
    Deploying,
    DeploymentMessage,
    Muting,
    Reading,
    TriggersCount,
    present,
)
from postmill.http.items import Paths, list_of
from postmill.http.operation import Operation
from postmill.http.responses import JsonText, as_json, created_text, text
from postmill.http.truncated_tokens import TruncatedToken
from postmill.items.paging import Page
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import format_hash
from postmill.model.script import NewScript, ScriptFilter
from postmill.signatures.infer import Problem

WORKSPACE = "/w/{workspace}/scripts"
TAGS = ("script",)
MAX_INFERRED_CODE = 1_000_000


class ListQuery(msgspec.Struct):
    page: int | None = None
    per_page: int | None = None
    order_desc: bool = True
    created_by: str | None = None
    path_start: str | None = None
    path_exact: str | None = None
    first_parent_hash: str | None = None
    last_parent_hash: str | None = None
    parent_hash: str | None = None
    show_archived: bool = False
    include_without_main: bool = False
    is_template: bool | None = None
    kinds: str | None = None
    starred_only: bool = False
    include_draft_only: bool = False
    with_deployment_msg: bool = False
    languages: str | None = None
    without_description: bool = False
    dedicated_worker: bool | None = None
    label: str | None = None


class Moving(msgspec.Struct):
    new_path: str


class Inferring(msgspec.Struct):
    language: str
    code: str
    entrypoint: str = "main"
    previous_schema: dict[str, Any] | None = None


class InferredSchema(msgspec.Struct):
    """``schema`` is null, and ``error`` says why, for code that cannot be read."""

    schema: dict[str, Any] | None
    auto_kind: str | None
    has_preprocessor: bool
    error: Problem | None


CALLS = DeployedCalls(SCRIPTS, reading.history, version_document)


async def create(call: Call) -> Response:
    require_developer(call.subject)
    new = await call.json(NewScript)
    skip = call.query(Deploying).skip_if_noop
    script_hash = await create_script(call.context.pool, call.subject, call.workspace, new, skip_if_noop=skip)
    _forget(call, new.path)
    return created_text(format_hash(script_hash))


def _forget(call: Call, *paths: str) -> None:
    """Whoever deployed runs the new version at once: the notification of the change may still be on its way here."""
    for path in paths:
        call.context.launcher.forget_version(call.workspace, path)


async def update(call: Call) -> Response:
    """A new version of what is at the path; the body may name another one, to which the script then moves."""
    require_developer(call.subject)
    new, path = await call.json(NewScript), call.path()
    if new.parent_hash is None:
        head = await SCRIPTS.by_path(call.context.pool, call.subject, call.workspace, path)
        new = msgspec.structs.replace(new, parent_hash=format_hash(head.hash), auto_parent=None)
    script_hash = await create_script(call.context.pool, call.subject, call.workspace, new)
    _forget(call, path, new.path)
    return text(format_hash(script_hash))


async def move(call: Call) -> Response:
    body = await call.json(Moving)
    script_hash = await move_script(
        call.context.pool, call.subject, call.workspace, call.path(), body.new_path
    )
    _forget(call, call.path(), body.new_path)
    return text(format_hash(script_hash))


async def get_by_path(call: Call) -> Response:
    script, is_starred, overlay = await CALLS.newest(call)
    return as_json(ScriptWithDraft(**members(script, is_starred=is_starred), **overlay))


async def get_by_hash(call: Call) -> Response:
    pool, script_hash = call.context.pool, reading.hash_of(call.raw_path("hash"))
    script = await reading.by_hash(pool, call.subject, call.workspace, script_hash)
    is_starred = await SCRIPTS.is_starred(pool, call.subject, call.workspace, script.path)
    return as_json(document(script, is_starred=is_starred))


def _hash_of(value: str | None, name: str) -> int | None:
    """A wrong hash in a filter is a fault, not a list without entries."""
    if value is None:
        return None
    try:
        return reading.hash_of(value)
    except NotFound:
        raise InvalidInput(f"Bad request: {name} must be 16 hexadecimal digits") from None


async def list_scripts(call: Call) -> Response:
    query = call.query(ListQuery)
    wanted = ScriptFilter(
        archived=query.show_archived,
        path_start=query.path_start,
        path_exact=query.path_exact,
        created_by=query.created_by,
        first_parent_hash=_hash_of(query.first_parent_hash, "first_parent_hash"),
        last_parent_hash=_hash_of(query.last_parent_hash, "last_parent_hash"),
        parent_hash=_hash_of(query.parent_hash, "parent_hash"),
        include_without_main=query.include_without_main,
        is_template=query.is_template,
        kinds=list_of(query.kinds),
        languages=list_of(query.languages),
        dedicated_worker=query.dedicated_worker,
        label=query.label,
        starred_only=query.starred_only,
    )
    page = Page.of(query.page, query.per_page)
    found = await reading.list_heads(
        call.context.pool,
        call.subject,
        call.workspace,
        wanted,
        newest_first=query.order_desc,
        limit=page.limit,
        offset=page.offset,
    )
    with_description = not query.without_description
    listed = await _only_drafted(call, query, wanted) if query.include_draft_only and page.offset == 0 else []
    for script, is_starred in found:
        shown = members(script, is_starred=is_starred, with_description=with_description)
        remark = present(script.deployment_message) if query.with_deployment_msg else UNSET
        listed.append(ListedScript(**shown, deployment_msg=remark))
    return as_json(listed)


async def _only_drafted(call: Call, query: ListQuery, wanted: ScriptFilter) -> list[ListedScript]:
    """Scripts of which there are only drafts: before the first page."""
    found = await CALLS.only_drafted(call, wanted, ("include_without_main", "kinds", "languages"))
    shown = (undeployed_document(one, with_description=not query.without_description) for one in found)
    return [
        one
        for one in shown
        if one is not None
        and (wanted.kinds is None or one.kind in wanted.kinds)
        and (wanted.languages is None or one.language in wanted.languages)
    ]


async def list_search(call: Call) -> Response:
    found = await reading.list_contents(call.context.pool, call.subject, call.workspace)
    return as_json([SearchedScript(path, content) for path, content in found])


async def list_importers(call: Call) -> Response:
    return as_json(await reading.importers(call.context.pool, call.subject, call.workspace, call.path()))


async def history_update(call: Call) -> Response:
    body, path = await call.json(DeploymentMessage), call.path()
    script_hash = reading.hash_of(call.raw_path("hash"))
    await reading.set_deployment_message(
        call.context.pool, call.subject, call.workspace, path, script_hash, body.deployment_msg or ""
    )
    return text(f"history of script {path} updated")


async def deployment_status(call: Call) -> Response:
    script_hash = reading.hash_of(call.raw_path("hash"))
    script = await reading.by_hash(call.context.pool, call.subject, call.workspace, script_hash)
    return as_json(status_document(script))


async def archive_by_path(call: Call) -> Response:
    path = call.path()
    await archive.archive_path(call.context.pool, call.subject, call.workspace, path)
    _forget(call, path)
    return text(f"script {path} archived")


async def archive_by_hash(call: Call) -> Response:
    script_hash = reading.hash_of(call.raw_path("hash"))
    return as_json(
        document(await archive.archive_version(call.context.pool, call.subject, call.workspace, script_hash))
    )


async def delete_by_hash(call: Call) -> Response:
    script_hash = reading.hash_of(call.raw_path("hash"))
    return as_json(
        document(await archive.delete_version(call.context.pool, call.subject, call.workspace, script_hash))
    )


async def delete_by_path(call: Call) -> Response:
    path = call.path()
    await archive.delete_path(call.context.pool, call.subject, call.workspace, path)
    _forget(call, path)
    return as_json(f"script {path} deleted")


async def delete_bulk(call: Call) -> Response:
    body = await call.json(Paths)
    return as_json(await archive.delete_paths(call.context.pool, call.subject, call.workspace, body.paths))


async def infer_schema(call: Call) -> Response:
    body = await call.json(Inferring)
    if len(body.code) > MAX_INFERRED_CODE:
        raise InvalidInput(f"Bad request: code has more than {MAX_INFERRED_CODE} characters")
    # Parsing a large file takes a while; other requests go on meanwhile.
    found = await asyncio.to_thread(
        inferred_document, body.language, body.code, body.entrypoint, body.previous_schema
    )
    return as_json(InferredSchema(**found))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createScript", "POST", f"{WORKSPACE}/create", create, "developer:scripts:write", TAGS,
        "Deploy a version of a script", NewScript, Deploying, str, 201,
    ),
    Operation(
        "updateScript", "POST", f"{WORKSPACE}/update/{{path:path}}", update, "developer:scripts:write", TAGS,
        "Deploy a new version over a script", NewScript, returns=str,
    ),
    Operation(
        "moveScript", "POST", f"{WORKSPACE}/move/{{path:path}}", move, "developer:scripts:write",
        ("script", "postmill"), "Give a script another path, with its history", Moving, returns=str,
    ),
    Operation(
        "getScriptByPath", "GET", f"{WORKSPACE}/get/p/{{path:path}}", get_by_path, "scripts:read", TAGS,
        "The newest version at a path", query=Reading, returns=ScriptWithDraft,
    ),
    Operation(
        "getScriptByHash", "GET", f"{WORKSPACE}/get/h/{{hash}}", get_by_hash, "scripts:read", TAGS,
        "One version", query=Reading, returns=ShownScript,
    ),
    Operation(
        "existsScriptByPath", "GET", f"{WORKSPACE}/exists/p/{{path:path}}", CALLS.exists, "scripts:read", TAGS,
        "Whether there is a live script that the caller may see", returns=bool,
    ),
    Operation(
        "listScripts", "GET", f"{WORKSPACE}/list", list_scripts, "scripts:read", TAGS,
        "The newest version of every script that the caller may see", query=ListQuery, returns=list[ListedScript],
    ),
    Operation(
        "listScriptPaths", "GET", f"{WORKSPACE}/list_paths", CALLS.list_paths, "scripts:read", TAGS,
        "The paths of all live scripts that the caller may see", returns=list[str],
    ),
    Operation(
        "listSearchScript", "GET", f"{WORKSPACE}/list_search", list_search, "scripts:read", TAGS,
        "Paths and code, to search in", returns=list[SearchedScript],
    ),
    Operation(
        "listScriptPathsFromWorkspaceRunnable", "GET", f"{WORKSPACE}/list_paths_from_workspace_runnable/{{path:path}}",
        list_importers, "scripts:read", TAGS, "The scripts that import a script", returns=list[str],
    ),
    Operation(
        "getTriggersCountOfScript", "GET", f"{WORKSPACE}/get_triggers_count/{{path:path}}", CALLS.triggers_count,
        "scripts:read", TAGS, "How many triggers start a script", returns=TriggersCount,
    ),
    Operation(
        "listTokensOfScript", "GET", f"{WORKSPACE}/list_tokens/{{path:path}}", CALLS.list_tokens, "scripts:read", TAGS,
        "The tokens made to run a script: the caller's own, for admins everybody's", returns=list[TruncatedToken],
    ),
    Operation(
        "getScriptHistoryByPath", "GET", f"{WORKSPACE}/history/p/{{path:path}}", CALLS.history, "scripts:read", TAGS,
        "The versions of a script, the newest first", returns=list[ShownVersion],
    ),
    Operation(
        "getScriptLatestVersion", "GET", f"{WORKSPACE}/get_latest_version/{{path:path}}", CALLS.latest_version,
        "scripts:read", TAGS, "The newest version of a script", returns=ShownVersion,
    ),
    Operation(
        "updateScriptHistory", "POST", f"{WORKSPACE}/history_update/h/{{hash}}/p/{{path:path}}", history_update,
        "developer:scripts:write", TAGS, "Change the remark of a version", DeploymentMessage, returns=str,
    ),
    Operation(
        "getScriptDeploymentStatus", "GET", f"{WORKSPACE}/deployment_status/h/{{hash}}", deployment_status,
        "scripts:read", TAGS, "Whether the dependencies of a version are locked", returns=DeploymentStatus,
    ),
    Operation(
        "toggleWorkspaceErrorHandlerForScript", "POST",
        f"{WORKSPACE}/toggle_workspace_error_handler/p/{{path:path}}", CALLS.toggle_error_handler,
        "developer:scripts:write", TAGS, "Keep failed runs from the workspace's error handler", Muting, returns=str,
    ),
    Operation(
        "archiveScriptByPath", "POST", f"{WORKSPACE}/archive/p/{{path:path}}", archive_by_path,
        "developer:scripts:write", TAGS, "Take a script out of use", returns=str,
    ),
    Operation(
        "archiveScriptByHash", "POST", f"{WORKSPACE}/archive/h/{{hash}}", archive_by_hash,
        "developer:scripts:write", TAGS, "Take a version out of use", returns=ShownScript,
    ),
    Operation(
        "deleteScriptByHash", "POST", f"{WORKSPACE}/delete/h/{{hash}}", delete_by_hash, "admin:scripts:write", TAGS,
        "Remove the content of a version for good", returns=ShownScript,
    ),
    Operation(
        "deleteScriptByPath", "POST", f"{WORKSPACE}/delete/p/{{path:path}}", delete_by_path, "admin:scripts:write",
        TAGS, "Remove a script with all its versions; the trash keeps it for three days", returns=JsonText,
    ),
    Operation(
        "deleteScriptsBulk", "DELETE", f"{WORKSPACE}/delete_bulk", delete_bulk, "admin:scripts:write", TAGS,
        "Remove several scripts into the trash, all or none", Paths, returns=list[str],
    ),
    Operation(
        "inferSchema", "POST", f"{WORKSPACE}/infer_schema", infer_schema, "developer:scripts:read",
        ("script", "postmill"), "The arguments of code as JSON Schema", Inferring, returns=InferredSchema,
    ),
)  # fmt: skip
