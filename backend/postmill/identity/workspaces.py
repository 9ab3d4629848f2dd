"""Workspaces: made, named, archived and deleted."""

import re
from typing import Any

from postmill.access.paths import parse_username, parse_workspace_id
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool
from postmill.identity.callers import unknown_workspace
from postmill.kernel.errors import Conflict, InvalidInput, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, workspace_group, workspace_member
from postmill.tables.workspaces import workspace, workspace_key
from postmill.tables.workspaces.workspace import Joined as Joined
from postmill.tables.workspaces.workspace import WorkspaceRow as WorkspaceRow

ADMINS = "admins"
STARTER = "main"
EVERYBODY = "all"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


async def make_workspace(
    connection: Connection, keyring: Keyring, workspace_id: str, name: str, owner: str, color: str | None
) -> None:
    """Insert a workspace with its data key and its group ``all``; raises Conflict for a taken id."""
    if await workspace.exists(connection, workspace_id):
        raise Conflict(f"Bad request: workspace {workspace_id} already exists")
    await workspace.insert(connection, workspace_id, name, owner, color)
    await workspace_key.insert(connection, workspace_id, 1, keyring.new_wrapped_key(workspace_id, 1))
    await workspace_group.insert(connection, workspace_id, EVERYBODY, "The group that contains everybody", {})


async def create_workspace(
    pool: Pool,
    keyring: Keyring,
    subject: Subject,
    workspace_id: str,
    name: str,
    username: str | None,
    color: str | None,
    *,
    open_to_all: bool,
) -> None:
    """Make a workspace with the caller as its admin.

    Raises PermissionDenied for others than superadmins, unless the instance lets everybody make workspaces.
    """
    if not subject.is_superadmin and not open_to_all:
        raise PermissionDenied("Permission denied: Require Super Admin privileges to create a workspace")
    if subject.is_job or subject.token_workspace_id is not None:
        raise PermissionDenied("Permission denied: this token may not create workspaces")
    parse_workspace_id(workspace_id)
    _require_name(name)
    _require_color(color)
    username = parse_username(username) if username else username_from(subject.email)
    async with pool.acquire() as connection, connection.transaction():
        await make_workspace(connection, keyring, workspace_id, name, subject.email, color)
        await workspace_member.insert(connection, workspace_id, username, subject.email, is_admin=True)
        await access_change.account(connection, subject.email)
        await audit.record(
            connection,
            subject,
            "workspaces.create",
            "Created",
            workspace_id,
            {"name": name},
            workspace_id=workspace_id,
        )


def username_from(email: str) -> str:
    """A user name made of the part of an address before the ``@``."""
    text = re.sub(r"[^A-Za-z0-9_-]", "_", email.partition("@")[0])[:50].removeprefix("group-")
    return text if text[:1].isalpha() or text[:1] == "_" else f"u_{text}"[:50]


async def list_own(pool: Pool, subject: Subject) -> list[Joined]:
    """The workspaces that the caller may enter, those they left out of by disabling included as such."""
    return await workspace.list_of(pool, subject.email, subject.token_workspace_id)


async def list_all(pool: Pool, *, limit: int, offset: int) -> list[WorkspaceRow]:
    """Every workspace of the instance, archived ones included, for superadmins."""
    return await workspace.list_all(pool, limit, offset)


async def exists(pool: Pool, workspace_id: str) -> bool:
    """Whether the id is taken."""
    return await workspace.exists(pool, workspace_id)


async def username_taken(pool: Pool, workspace_id: str, username: str) -> bool:
    """Whether somebody in the workspace has the name; raises InvalidInput for a malformed one."""
    return await workspace_member.username_taken(pool, workspace_id, parse_username(username))


async def get(pool: Pool, workspace_id: str) -> WorkspaceRow:
    """Raises NotFound."""
    found = await workspace.get(pool, workspace_id)
    if found is None:
        raise unknown_workspace(workspace_id)
    return found


async def set_archived(pool: Pool, subject: Subject, workspace_id: str, archived: bool) -> None:
    """Archive (nobody enters it any more) or bring back a workspace."""
    if archived and workspace_id == ADMINS:
        raise InvalidInput("Bad request: workspace admins holds the instance together and cannot be archived")
    async with pool.acquire() as connection, connection.transaction():
        if not await workspace.set_archived(connection, workspace_id, archived):
            raise unknown_workspace(workspace_id)
        await access_change.workspace(connection, workspace_id)
        action = "workspaces.archive" if archived else "workspaces.unarchive"
        await audit.record(connection, subject, action, "Updated", workspace_id, workspace_id=workspace_id)


async def delete(pool: Pool, subject: Subject, workspace_id: str) -> None:
    """Delete a workspace with everything in it; what was done in it stays in the audit trail."""
    if workspace_id in (ADMINS, STARTER):
        raise InvalidInput(f"Bad request: workspace {workspace_id} cannot be deleted")
    async with pool.acquire() as connection, connection.transaction():
        if not await workspace.delete(connection, workspace_id):
            raise unknown_workspace(workspace_id)
        await access_change.workspace(connection, workspace_id)
        await audit.record(
            connection, subject, "workspaces.delete", "Delete", workspace_id, workspace_id=workspace_id
        )


async def rename(pool: Pool, subject: Subject, workspace_id: str, name: str) -> None:
    """Change the name that people see; the id stays."""
    _require_name(name)
    async with pool.acquire() as connection, connection.transaction():
        await workspace.set_name(connection, workspace_id, name)
        await audit.record(connection, subject, "workspaces.update", "Updated", workspace_id, {"name": name})


async def set_color(pool: Pool, subject: Subject, workspace_id: str, color: str | None) -> None:
    """Set or remove the colour ``#rrggbb``."""
    _require_color(color)
    async with pool.acquire() as connection, connection.transaction():
        await workspace.set_color(connection, workspace_id, color)
        await audit.record(
            connection, subject, "workspaces.update", "Updated", workspace_id, {"color": color}
        )


async def change_settings(
    pool: Pool,
    subject: Subject,
    workspace_id: str,
    changes: dict[str, Any],
    action: str = "workspaces.update",
) -> None:
    """Merge settings of the workspace; a value of None removes one."""
    async with pool.acquire() as connection, connection.transaction():
        await workspace.merge_settings(connection, workspace_id, changes)
        await audit.record(connection, subject, action, "Updated", workspace_id, {"changed": sorted(changes)})


def _require_name(name: str) -> None:
    if not name.strip() or len(name) > 50 or not name.isprintable():
        raise InvalidInput("Bad request: a workspace name has between 1 and 50 printable characters")


def _require_color(color: str | None) -> None:
    if color is not None and _COLOR.fullmatch(color) is None:
        raise InvalidInput("Bad request: a colour looks like #3b82f6")


async def note_export(pool: Pool, subject: Subject, contents: dict[str, int]) -> None:
    """Record that the caller took a copy of what they may see; ``contents`` counts the entries by kind."""
    await audit.record(pool, subject, "workspaces.export", "Execute", subject.workspace_id, contents)
