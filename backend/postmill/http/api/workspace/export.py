"""A copy of a workspace as files, as the command line of the reference platform synchronises them.

It holds what the caller may see, and no more. Secrets are left out, sealed with the workspace's export key or clear, as
the caller asks; each one that is read is in the audit trail.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from postmill.deploy import workspace_dependencies
from postmill.deploy.deployed import FLOWS, SCRIPTS
from postmill.http.archives import pack
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, custom
from postmill.identity import folders, groups, members, workspace_document, workspaces
from postmill.identity.groups import GroupRow
from postmill.identity.tokens import require_unlimited
from postmill.items import encryption_key, resource_types, resources, variables
from postmill.items.paging import Page
from postmill.kernel import json
from postmill.kernel.errors import PermissionDenied
from postmill.languages.registry import find_language
from postmill.model.flow_document import FlowDocument
from postmill.model.item_filter import ItemFilter
from postmill.model.resource import ResourceFilter
from postmill.model.script import Script
from postmill.model.variable import Variable

TAGS = ("workspace",)
PAGE = 1000
NOT_EXPORTED_TYPES = ["state", "cache"]
# How the files that scripts of a language share are called; ``team.requirements.in`` is the one named team.
DEPENDENCY_FILES = {
    "python3": "requirements.in",
    "bun": "package.json",
    "php": "composer.json",
    "go": "go.mod",
}

Files = dict[str, bytes]
Listed = Callable[[Page], Awaitable[list[Any]]]


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into the archive. ``default_ts``: the language whose files end in plain ``.ts``."""

    archive_type: str = "tar"
    default_ts: Literal["bun", "deno"] = "bun"
    plain_secret: bool = False
    plain_secrets: bool = False
    skip_secrets: bool = False
    skip_variables: bool = False
    skip_resources: bool = False
    skip_resource_types: bool = False
    include_users: bool = False
    include_groups: bool = False
    include_settings: bool = False
    include_key: bool = False
    include_workspace_dependencies: bool = False
    preserve_extra_perms: bool = False


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


async def _every(listed: Listed) -> list[Any]:
    """All rows of a list that comes in pages."""
    rows: list[Any] = []
    while True:
        page = await listed(Page(limit=PAGE, offset=len(rows)))
        rows.extend(page)
        if len(page) < PAGE:
            return rows


def _with_perms(document: dict[str, Any], extra_perms: dict[str, bool], wanted: Export) -> dict[str, Any]:
    return document | ({"extra_perms": extra_perms} if wanted.preserve_extra_perms else {})


def _extension(language: str, wanted: Export) -> str:
    """The end of a script's file name, by which clients know its language."""
    found = find_language(language)
    extension = language if found is None else found.extension
    if wanted.default_ts == "deno":
        return {"ts": "bun.ts", "deno.ts": "ts"}.get(extension, extension)
    return extension


async def _scripts(call: Call, wanted: Export) -> Files:
    files: Files = {}
    for path in await SCRIPTS.list_paths(call.context.pool, call.subject, call.workspace):
        script = await SCRIPTS.by_path(call.context.pool, call.subject, call.workspace, path)
        files[f"{path}.{_extension(script.language, wanted)}"] = script.content.encode()
        files[f"{path}.script.json"] = _pretty(_script_document(script, wanted))
    return files


def _script_document(script: Script, wanted: Export) -> dict[str, Any]:
    settings = {
        name: value
        for name, value in msgspec.to_builtins(script.settings).items()
        if value is not None and name != "on_behalf_of"
    }
    document = settings | {
        "summary": script.summary,
        "description": script.description,
        "schema": None if script.schema is None else json.decode(script.schema),
        "kind": script.kind,
        "lock": script.lock or "",
    }
    if script.has_preprocessor:
        document["has_preprocessor"] = True
    if script.modules is not None:
        document["modules"] = json.decode(script.modules)
    return _with_perms(document, script.extra_perms, wanted)


async def _flows(call: Call, wanted: Export) -> Files:
    files: Files = {}
    for path in await FLOWS.list_paths(call.context.pool, call.subject, call.workspace):
        flow = await FLOWS.by_path(call.context.pool, call.subject, call.workspace, path)
        files[f"{path}.flow.json"] = _pretty(_flow_document(flow, wanted))
    return files


def _flow_document(flow: FlowDocument, wanted: Export) -> dict[str, Any]:
    settings = {
        name: value
        for name, value in msgspec.to_builtins(flow.settings).items()
        if value is not None and name != "on_behalf_of"
    }
    document = {
        "summary": flow.summary,
        "description": flow.description,
        "value": msgspec.Raw(flow.value.encode()),
        "schema": None if flow.schema is None else msgspec.Raw(flow.schema.encode()),
    }
    return _with_perms(document | settings, flow.extra_perms, wanted)


async def _variables(call: Call, wanted: Export) -> Files:
    pool, subject, workspace = call.context.pool, call.subject, call.workspace
    rows = await _every(lambda page: variables.list_visible(pool, subject, workspace, ItemFilter(), page))
    files: Files = {}
    for row in rows:
        if row.expires_at is not None or (row.is_secret and wanted.skip_secrets):
            continue
        document = {
            "value": await _value(call, row, wanted),
            "is_secret": row.is_secret,
            "description": row.description,
            "is_oauth": row.is_oauth,
        }
        files[f"{row.path}.variable.json"] = _pretty(_with_perms(document, row.extra_perms, wanted))
    return files


async def _value(call: Call, row: Variable, wanted: Export) -> str:
    if not row.is_secret:
        return row.value
    read = variables.get_clear if wanted.plain_secret or wanted.plain_secrets else variables.get_exported
    context = call.context
    return (await read(context.pool, context.keyring, call.subject, call.workspace, row.path))[1]


async def _resources(call: Call, wanted: Export) -> Files:
    pool, subject, workspace = call.context.pool, call.subject, call.workspace
    narrowed = ResourceFilter(excluded_types=NOT_EXPORTED_TYPES)
    rows = await _every(lambda page: resources.list_visible(pool, subject, workspace, narrowed, page))
    return {
        f"{row.path}.resource.json": _pretty(
            _with_perms(
                {
                    "description": row.description,
                    "value": None if row.value is None else json.decode(row.value),
                    "resource_type": row.resource_type,
                },
                row.extra_perms,
                wanted,
            )
        )
        for row in rows
    }


async def _resource_types(call: Call, _wanted: Export) -> Files:
    return {
        f"{kind.name}.resource-type.json": _pretty(
            {
                "schema": None if kind.schema is None else json.decode(kind.schema),
                "description": kind.description,
                "format_extension": kind.format_extension,
            }
        )
        for kind in await resource_types.list_all(call.context.pool, call.workspace)
        if kind.workspace_id == call.workspace
    }


async def _folders(call: Call, _wanted: Export) -> Files:
    rows = await folders.list_folders(call.context.pool, call.subject, limit=10_000, offset=0)
    return {
        f"f/{row.name}/folder.meta.json": _pretty(
            {
                "summary": row.summary,
                "display_name": row.display_name,
                "owners": row.owners,
                "extra_perms": row.extra_perms,
            }
        )
        for row in rows
    }


async def _users(call: Call, _wanted: Export) -> Files:
    return {
        f"users/{row.email}.user.json": _pretty(
            {
                "username": row.username,
                "role": "admin" if row.is_admin else "operator" if row.is_operator else "developer",
                "disabled": row.disabled,
            }
        )
        for row in await members.list_members(call.context.pool, call.workspace)
    }


async def _groups(call: Call, _wanted: Export) -> Files:
    rows = await groups.list_groups(call.context.pool, call.subject, limit=10_000, offset=0)
    return {f"groups/{row.name}.group.json": _pretty(_group_document(row)) for row in rows}


def _group_document(row: GroupRow) -> dict[str, Any]:
    """Clients list those who manage the group apart from its other members."""
    members = [f"u/{name}" for name in row.members]
    admins = [name for name in members if row.extra_perms.get(name)]
    return {
        "summary": row.summary,
        "members": [name for name in members if name not in admins],
        "extra_perms": row.extra_perms,
        "admins": admins,
    }


async def _settings(call: Call, _wanted: Export) -> Files:
    context = call.context
    settings = await workspace_document.document(context.pool, context.keyring, call.subject, call.workspace)
    shown = {name: value for name, value in settings.items() if name not in ("workspace_id", "owner")}
    return {"settings.json": _pretty(shown)}


async def _key(call: Call, _wanted: Export) -> Files:
    if not call.subject.is_superadmin:
        raise PermissionDenied("Require Super Admin privileges for the encryption key of the workspace")
    require_unlimited(call.subject)
    context = call.context
    key = await encryption_key.get(context.pool, context.keyring, call.subject, call.workspace)
    return {"encryption_key.json": _pretty(key)}


async def _dependencies(call: Call, _wanted: Export) -> Files:
    return {
        f"dependencies/{f'{one.name}.' if one.name else ''}{DEPENDENCY_FILES[one.language]}": one.content.encode()
        for one in await workspace_dependencies.list_current(call.context.pool, call.workspace)
        if one.language in DEPENDENCY_FILES
    }


async def export(call: Call) -> Response:
    wanted = call.query(Export)
    pack({}, wanted.archive_type)  # an unknown kind is refused before anything is read
    parts = {
        "scripts": (_scripts, True),
        "flows": (_flows, True),
        "variables": (_variables, not wanted.skip_variables),
        "resources": (_resources, not wanted.skip_resources),
        "resource_types": (_resource_types, not wanted.skip_resource_types),
        "folders": (_folders, True),
        "users": (_users, wanted.include_users),
        "groups": (_groups, wanted.include_groups),
        "settings": (_settings, wanted.include_settings),
        "key": (_key, wanted.include_key),
        "dependencies": (_dependencies, wanted.include_workspace_dependencies),
    }
    files: Files = {}
    counts: Counter[str] = Counter()
    for name, (collect, is_wanted) in parts.items():
        if is_wanted:
            found = await collect(call, wanted)
            counts[name] = len(found)
            files |= found
    await workspaces.note_export(call.context.pool, call.subject, dict(counts))
    packed = await asyncio.to_thread(pack, files, wanted.archive_type)
    return custom(packed, 200, "application/x-tar")


OPERATIONS = (
    Operation(
        "exportWorkspace",
        "GET",
        "/w/{workspace}/workspaces/tarball",
        export,
        "member:workspaces:read",
        TAGS,
        "What the caller may see of the workspace, as an archive of files",
        query=Export,
        returns="application/x-tar",
    ),
)
