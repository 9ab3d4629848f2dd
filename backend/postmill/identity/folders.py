"""Folders: their makers own them, owners choose who reads and writes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from postmill.access.paths import parse_name, parse_owner
from postmill.access.policy import is_bypassing, not_found
from postmill.access.scopes import allows
from postmill.db.pool import Connection, Pool
from postmill.kernel.errors import Conflict, InvalidInput, NotAuthorized
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import folder
from postmill.tables.items.folder import FolderRow as FolderRow
from postmill.tables.people import access_change, workspace_group, workspace_member

MAX_SUMMARY = 1000


class FolderChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; None leaves it as it is."""

    summary: str | None = None
    owners: list[str] | None = None
    extra_perms: dict[str, bool] | None = None
    default_permissioned_as: Any = None
    labels: list[str] | None = None


def can_see(subject: Subject, name: str) -> bool:
    """Admins see every folder, others those they have any right in; a token's scopes narrow both."""
    in_scope = allows(subject.scopes, "folders", "read", f"f/{name}") or allows(
        subject.scopes, "folders", "read", name
    )
    return in_scope and (is_bypassing(subject) or name in subject.folders)


async def create(pool: Pool, subject: Subject, name: str, change: FolderChange) -> None:
    """Make a folder that the caller owns; raises Conflict for a taken name."""
    if subject.is_operator and not is_bypassing(subject):
        raise NotAuthorized("Not authorized: operators may not create folders")
    parse_name(name, "folder")
    workspace_id = subject.workspace_id or ""
    mine = f"u/{subject.username}"
    owners = list(dict.fromkeys([*(change.owners or []), mine]))
    extra_perms = {mine: True} | (change.extra_perms or {})
    row = FolderRow(
        name=name,
        display_name=name,
        summary=change.summary or "",
        owners=owners,
        extra_perms=extra_perms,
        labels=change.labels or [],
        default_permissioned_as=change.default_permissioned_as,
        created_by=subject.username,
    )
    _require_sound(row)
    async with pool.acquire() as connection, connection.transaction():
        await require_grantees(
            connection, workspace_id, [*(change.owners or []), *(change.extra_perms or {})]
        )
        if await folder.get(connection, workspace_id, name) is not None:
            raise Conflict(f"Bad request: folder {name} already exists")
        await folder.insert(connection, workspace_id, row)
        await access_change.workspace(connection, workspace_id)
        await audit.record(connection, subject, "folder.create", "Created", name)


async def list_folders(pool: Pool, subject: Subject, *, limit: int, offset: int) -> list[FolderRow]:
    """The folders that the caller may see, by name."""
    only = None if is_bypassing(subject) and subject.scopes is None else await _visible_names(pool, subject)
    return await folder.list_folders(pool, subject.workspace_id or "", only, limit=limit, offset=offset)


async def _visible_names(pool: Pool, subject: Subject) -> list[str]:
    if not is_bypassing(subject):
        return [name for name in subject.folders if can_see(subject, name)]
    rows = await folder.list_folders(pool, subject.workspace_id or "", None, limit=100_000, offset=0)
    return [row.name for row in rows if can_see(subject, row.name)]


async def names(pool: Pool, subject: Subject, *, only_member_of: bool, limit: int, offset: int) -> list[str]:
    """The names of the folders that the caller may see, or has a right in by name."""
    rows = await list_folders(pool, subject, limit=limit, offset=offset)
    return [row.name for row in rows if not only_member_of or row.name in subject.folders]


async def get(pool: Pool, subject: Subject, name: str) -> FolderRow:
    """Raises NotFound for a folder that does not exist or may not be seen."""
    found = await folder.get(pool, subject.workspace_id or "", name)
    if found is None or not can_see(subject, name):
        raise not_found("folder", name)
    return found


async def exists(pool: Pool, subject: Subject, name: str) -> bool:
    """Whether there is such a folder that the caller may see."""
    return can_see(subject, name) and await folder.get(pool, subject.workspace_id or "", name) is not None


async def update(pool: Pool, subject: Subject, name: str, change: FolderChange) -> None:
    """Change a folder; for its owners and admins. Somebody always owns it."""
    workspace_id = subject.workspace_id or ""
    async with pool.acquire() as connection, connection.transaction():
        row = await _lock_owned(connection, subject, name)
        asked = {
            field: value
            for field in change.__struct_fields__
            if (value := getattr(change, field)) is not None
        }
        new_grantees = {*(change.owners or []), *(change.extra_perms or {})} - {*row.owners, *row.extra_perms}
        await require_grantees(connection, workspace_id, new_grantees)
        await _write(
            connection,
            subject,
            msgspec.structs.replace(row, **asked),
            "folder.update",
            {"changed": sorted(asked)},
        )


async def delete(pool: Pool, subject: Subject, name: str) -> None:
    """Delete a folder; what lies in it stays, visible to admins and by its own grants."""
    workspace_id = subject.workspace_id or ""
    async with pool.acquire() as connection, connection.transaction():
        await _lock_owned(connection, subject, name)
        await folder.delete(connection, workspace_id, name)
        await access_change.workspace(connection, workspace_id)
        await audit.record(connection, subject, "folder.delete", "Delete", name)


async def add_owner(pool: Pool, subject: Subject, name: str, owner: str) -> None:
    """Make a user or group an owner."""
    async with pool.acquire() as connection, connection.transaction():
        row = await _lock_owned(connection, subject, name)
        await require_grantees(connection, subject.workspace_id or "", [owner])
        owners = list(dict.fromkeys([*row.owners, owner]))
        changed = msgspec.structs.replace(row, owners=owners, extra_perms=row.extra_perms | {owner: True})
        await _write(connection, subject, changed, "folder.add_owner", {"owner": owner})


async def remove_owner(pool: Pool, subject: Subject, name: str, owner: str, write: bool | None) -> None:
    """Take ownership away; ``write`` True or False leaves that right, None leaves nothing."""
    async with pool.acquire() as connection, connection.transaction():
        row = await _lock_owned(connection, subject, name)
        extra_perms = {key: value for key, value in row.extra_perms.items() if key != owner}
        if write is not None:
            extra_perms[owner] = write
        owners = [one for one in row.owners if one != owner]
        changed = msgspec.structs.replace(row, owners=owners, extra_perms=extra_perms)
        await _write(connection, subject, changed, "folder.remove_owner", {"owner": owner})


async def grant(connection: Connection, subject: Subject, name: str, owner: str, write: bool | None) -> None:
    """Set (True: write, False: read) or remove (None) somebody's right in a folder; for its owners and admins."""
    row = await _lock_owned(connection, subject, name)
    if write is not None:
        await require_grantees(connection, subject.workspace_id or "", [owner])
    extra_perms = {key: value for key, value in row.extra_perms.items() if key != owner}
    if write is not None:
        extra_perms[owner] = write
    changed = msgspec.structs.replace(row, extra_perms=extra_perms)
    await _write(connection, subject, changed, "folder.update", {"owner": owner, "write": write})


async def usage(pool: Pool, subject: Subject, name: str) -> dict[str, int]:
    """How many objects of each kind live in the folder."""
    await get(pool, subject, name)
    return await folder.usage(pool, subject.workspace_id or "", name)


async def require_grantees(connection: Connection, workspace_id: str, owners: Any) -> None:
    """Raises InvalidInput for a grantee that is no user or group of the workspace."""
    for owner in owners:
        kind, name = parse_owner(owner)
        if kind == "u":
            known = await workspace_member.username_taken(connection, workspace_id, name) or "@" in name
        else:
            known = await workspace_group.exists(connection, workspace_id, name)
        if not known:
            raise InvalidInput(
                f"Bad request: there is no {'user' if kind == 'u' else 'group'} {name} in this workspace"
            )


async def _lock_owned(connection: Connection, subject: Subject, name: str) -> FolderRow:
    row = await folder.lock(connection, subject.workspace_id or "", name)
    if row is None or not can_see(subject, name):
        raise not_found("folder", name)
    owns = subject.folders.get(name) == "owner" and not subject.is_operator
    if not owns and not is_bypassing(subject):
        raise NotAuthorized(f"Not authorized: only owners of folder {name} and admins may change it")
    return row


async def _write(
    connection: Connection, subject: Subject, row: FolderRow, action: str, details: Mapping[str, Any]
) -> None:
    _require_sound(row)
    workspace_id = subject.workspace_id or ""
    await folder.update(connection, workspace_id, row)
    await access_change.workspace(connection, workspace_id)
    await audit.record(connection, subject, action, "Updated", row.name, details)


def _require_sound(row: FolderRow) -> None:
    if len(row.summary or "") > MAX_SUMMARY:
        raise InvalidInput(f"Bad request: a summary has at most {MAX_SUMMARY} characters")
    if len(row.owners) + len(row.extra_perms) > 1000 or len(row.labels) > 100:
        raise InvalidInput("Bad request: a folder has at most 1000 grants and 100 labels")
