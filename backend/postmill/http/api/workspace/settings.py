"""Settings of one workspace, and who is taken into it."""

from typing import Any

import msgspec

from postmill.deploy.pruning import Versioned, prune_versions
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import members, workspace_document, workspace_webhook, workspaces

TAGS = ("workspace",)
BASE = "/w/{workspace}/workspaces"


class OperatorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which pages operators are shown."""

    runs: bool = True
    schedules: bool = True
    resources: bool = True
    variables: bool = True
    assets: bool = True
    audit_logs: bool = True
    triggers: bool = True
    groups: bool = True
    folders: bool = True
    workers: bool = True


class Pruning(msgspec.Struct, frozen=True):
    """Of what the earlier versions are to go."""

    resource_type: Versioned


class Pruned(msgspec.Struct, frozen=True):
    """How many versions were removed."""

    pruned: int


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    is_admin: bool = False
    operator: bool = False
    username: str | None = None


class NewName(msgspec.Struct, frozen=True, kw_only=True):
    new_name: str | None = None


class NewColor(msgspec.Struct, frozen=True, kw_only=True):
    color: str | None = None


class StorageNames(msgspec.Struct, frozen=True, kw_only=True):
    include_default: bool = False


class EditWebhook(msgspec.Struct, frozen=True, kw_only=True):
    webhook: str | None = None


async def get_settings(call: Call) -> Response:
    context = call.context
    return as_json(
        await workspace_document.document(context.pool, context.keyring, call.subject, call.workspace)
    )


async def get_public_settings(call: Call) -> Response:
    row = await workspaces.get(call.context.pool, call.workspace)
    shown: dict[str, Any] = {
        "workspace_id": row.id,
        "name": row.name,
        "mute_critical_alerts": bool(row.settings.get("mute_critical_alerts")),
        # What newer clients insist on, and there is not here.
        "guest_access_enabled": False,
        "add_admins_and_developers_to_forks": False,
    }
    return as_json(shown if row.color is None else {**shown, "color": row.color})


async def get_name(call: Call) -> Response:
    return text((await workspaces.get(call.context.pool, call.workspace)).name)


async def add_user(call: Call) -> Response:
    new = await call.json(NewMember)
    username = await members.add(
        call.context.pool,
        call.subject,
        call.workspace,
        new.email,
        new.username,
        is_admin=new.is_admin,
        is_operator=new.operator,
    )
    return text(f"user with email {new.email} added as {username}")


async def change_name(call: Call) -> Response:
    given = await call.json(NewName)
    await workspaces.rename(call.context.pool, call.subject, call.workspace, given.new_name or "")
    return text(f"updated workspace name to {given.new_name}")


async def change_color(call: Call) -> Response:
    given = await call.json(NewColor)
    await workspaces.set_color(call.context.pool, call.subject, call.workspace, given.color or None)
    return text(f"updated workspace color to {given.color or 'none'}")


async def operator_settings(call: Call) -> Response:
    given = await call.json(OperatorSettings | None)
    value = None if given is None else msgspec.to_builtins(given)
    await workspaces.change_settings(
        call.context.pool, call.subject, call.workspace, {"operator_settings": value}
    )
    return text("updated operator settings")


async def edit_webhook(call: Call) -> Response:
    given = await call.json(EditWebhook)
    context = call.context
    url = given.webhook or None
    await workspace_webhook.put(context.pool, context.keyring, call.subject, call.workspace, url)
    return text(f"{'removed' if url is None else 'updated'} the webhook of workspace {call.workspace}")


async def secondary_storages(call: Call) -> Response:
    """A workspace has one storage here."""
    return as_json(["_default_"] if call.query(StorageNames).include_default else [])


async def prune(call: Call) -> Response:
    asked = await call.json(Pruning)
    return as_json(
        Pruned(await prune_versions(call.context.pool, call.subject, call.workspace, asked.resource_type))
    )


async def archive(call: Call) -> Response:
    await workspaces.set_archived(call.context.pool, call.subject, call.workspace, True)
    return text(f"archived workspace {call.workspace}")


async def leave(call: Call) -> Response:
    await members.remove(call.context.pool, call.subject, call.workspace, call.subject.username)
    return text(f"left workspace {call.workspace}")


OPERATIONS = (
    Operation(
        "getSettings",
        "GET",
        f"{BASE}/get_settings",
        get_settings,
        "member:workspaces:read",
        TAGS,
        "The settings of the workspace",
        returns=dict[str, Any],
    ),
    Operation(
        "getPublicSettings",
        "GET",
        f"{BASE}/get_public_settings",
        get_public_settings,
        "member:workspaces:read",
        TAGS,
        "Name and colour of the workspace",
        returns=dict[str, Any],
    ),
    Operation(
        "getWorkspaceName",
        "GET",
        f"{BASE}/get_workspace_name",
        get_name,
        "member:workspaces:read",
        TAGS,
        "The name of the workspace",
        returns=str,
    ),
    Operation(
        "addUser",
        "POST",
        f"{BASE}/add_user",
        add_user,
        "admin:users:write",
        TAGS,
        "Take an account into the workspace",
        body=NewMember,
        returns=str,
    ),
    Operation(
        "changeWorkspaceName",
        "POST",
        f"{BASE}/change_workspace_name",
        change_name,
        "admin",
        TAGS,
        "Rename the workspace; its id stays",
        body=NewName,
        returns=str,
    ),
    Operation(
        "changeWorkspaceColor",
        "POST",
        f"{BASE}/change_workspace_color",
        change_color,
        "admin",
        TAGS,
        "Set or remove the colour of the workspace",
        body=NewColor,
        returns=str,
    ),
    Operation(
        "updateOperatorSettings",
        "POST",
        f"{BASE}/operator_settings",
        operator_settings,
        "admin",
        TAGS,
        "Choose the pages that operators are shown",
        body=OperatorSettings | None,
        returns=str,
    ),
    Operation(
        "getSecondaryStorageNames",
        "GET",
        f"{BASE}/get_secondary_storage_names",
        secondary_storages,
        "member:workspaces:read",
        ("setting",),
        "The names of the workspace's storages besides the default one",
        query=StorageNames,
        returns=list[str],
    ),
    Operation(
        "editWebhook",
        "POST",
        f"{BASE}/edit_webhook",
        edit_webhook,
        "admin",
        TAGS,
        "Choose the address that is told of changes to scripts, flows, variables, resources and folders",
        body=EditWebhook,
        returns=str,
    ),
    Operation(
        "pruneVersions",
        "POST",
        f"{BASE}/prune_versions",
        prune,
        "admin",
        TAGS,
        "Remove earlier versions of all scripts, flows or resources that nothing takes any more",
        body=Pruning,
        returns=Pruned,
    ),
    Operation(
        "archiveWorkspace",
        "POST",
        f"{BASE}/archive",
        archive,
        "admin",
        TAGS,
        "Archive the workspace: nobody enters it any more",
        returns=str,
    ),
    Operation(
        "leaveWorkspace",
        "POST",
        f"{BASE}/leave",
        leave,
        "member:users:write",
        TAGS,
        "Leave the workspace",
        returns=str,
    ),
)
