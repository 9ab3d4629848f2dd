"""Grants on single objects: who else may read or write items, folders and groups."""

from postmill.access.grants import granted
from postmill.access.paths import ItemPath
from postmill.access.policy import domain_of, is_bypassing, not_found
from postmill.db.pool import Connection, Pool
from postmill.identity import folders
from postmill.kernel.errors import InvalidInput, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import folder as folder_table
from postmill.tables.items import item_kinds as items
from postmill.tables.people import workspace_group

FOLDER = "folder"
GROUP = "group_"
KINDS = (*items.KINDS, FOLDER, GROUP)


async def get(pool: Pool, subject: Subject, kind: str, path: str) -> dict[str, bool]:
    """The grants of an object that the caller may see."""
    _require_kind(kind)
    workspace_id = subject.workspace_id or ""
    if kind == FOLDER:
        return (await folders.get(pool, subject, path)).extra_perms
    if kind == GROUP:
        group = await workspace_group.get(pool, workspace_id, path)
        if group is None:
            raise not_found("group", path)
        return group.extra_perms
    item = await items.KINDS[kind].readable(pool, subject, workspace_id, ItemPath.parse(path).text)
    perms: dict[str, bool] = item.extra_perms
    return perms


async def add(pool: Pool, subject: Subject, kind: str, path: str, owner: str, *, write: bool) -> None:
    """Let a user or group read or write an object that the caller may write."""
    await _change(pool, subject, kind, path, owner, write)


async def remove(pool: Pool, subject: Subject, kind: str, path: str, owner: str) -> None:
    """Take a grant away; there may have been none."""
    await _change(pool, subject, kind, path, owner, None)


async def _change(pool: Pool, subject: Subject, kind: str, path: str, owner: str, write: bool | None) -> None:
    _require_kind(kind)
    async with pool.acquire() as connection, connection.transaction():
        if write is not None:
            await folders.require_grantees(connection, subject.workspace_id or "", [owner])
        if kind == FOLDER:
            await folders.grant(connection, subject, path, owner, write)
            return
        if kind == GROUP:
            await _change_group(connection, subject, path, owner, write)
        else:
            await _change_item(connection, subject, kind, path, owner, write)
        details = {"kind": kind, "owner": owner, "write": write}
        action = "group.edit" if kind == GROUP else f"{domain_of(kind)}.update"
        await audit.record(connection, subject, action, "Updated", path, details)


async def _change_item(
    connection: Connection, subject: Subject, kind: str, path: str, owner: str, write: bool | None
) -> None:
    workspace_id, path = subject.workspace_id or "", ItemPath.parse(path).text
    item_kind = items.KINDS[kind]
    item = await item_kind.changeable(connection, subject, workspace_id, path)
    await item_kind.grant(connection, workspace_id, path, _with(item.extra_perms, owner, write))
    if item_kind.announce is not None:
        await item_kind.announce(connection, workspace_id, path)


async def _change_group(
    connection: Connection, subject: Subject, name: str, owner: str, write: bool | None
) -> None:
    workspace_id = subject.workspace_id or ""
    perms = await workspace_group.lock(connection, workspace_id, name)
    if perms is None:
        raise not_found("group", name)
    if not is_bypassing(subject) and (subject.is_operator or granted(subject, perms) is not True):
        raise PermissionDenied(f"Permission denied: only admins and managers of group {name} may change it")
    await workspace_group.set_extra_perms(connection, workspace_id, name, _with(perms, owner, write))


def _with(perms: dict[str, bool], owner: str, write: bool | None) -> dict[str, bool]:
    changed = {key: value for key, value in perms.items() if key != owner}
    if write is not None:
        changed[owner] = write
    if len(changed) > 1000:
        raise InvalidInput("Bad request: an object has at most 1000 grants")
    return changed


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise InvalidInput(
            f"Bad request: there are no grants on {kind[:40]!r}; the kinds are {', '.join(KINDS)}"
        )


async def may_own(pool: Pool, subject: Subject, path: str) -> bool:
    """Whether the caller owns the place of a path: theirs, a folder of theirs, their group; admins own all."""
    parsed = ItemPath.parse(path)
    if is_bypassing(subject):
        return True
    if parsed.owner_kind == "u":
        return parsed.owner == subject.username
    if parsed.owner_kind == "g":
        return parsed.owner in subject.groups
    if subject.folders.get(parsed.owner) != "owner":
        return False
    return await folder_table.get(pool, subject.workspace_id or "", parsed.owner) is not None
