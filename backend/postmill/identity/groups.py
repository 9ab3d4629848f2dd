"""Groups of a workspace: admins make them, admins and their managers choose the members."""

from postmill.access.grants import granted
from postmill.access.paths import parse_name
from postmill.access.policy import is_bypassing
from postmill.db.pool import Connection, Pool
from postmill.identity.workspaces import EVERYBODY
from postmill.kernel.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, workspace_group, workspace_member
from postmill.tables.people.workspace_group import GroupRow as GroupRow

MAX_SUMMARY = 1000


async def create(pool: Pool, subject: Subject, workspace_id: str, name: str, summary: str) -> None:
    """Make a group that the caller manages; raises Conflict for a taken name."""
    if subject.is_operator and not is_bypassing(subject):
        raise PermissionDenied("Permission denied: operators may not create groups")
    parse_name(name, "group")
    _require_short(summary)
    async with pool.acquire() as connection, connection.transaction():
        if await workspace_group.exists(connection, workspace_id, name):
            raise Conflict(f"Bad request: group {name} already exists")
        perms = {} if is_bypassing(subject) else {f"u/{subject.username}": True}
        await workspace_group.insert(connection, workspace_id, name, summary, perms)
        await audit.record(connection, subject, "group.create", "Created", name)


async def list_groups(pool: Pool, subject: Subject, *, limit: int, offset: int) -> list[GroupRow]:
    """The groups of the caller's workspace, with all members for ``all``."""
    workspace_id = subject.workspace_id or ""
    groups = await workspace_group.list_groups(pool, workspace_id, limit=limit, offset=offset)
    return [await _complete(pool, workspace_id, group) for group in groups]


async def get(pool: Pool, subject: Subject, name: str) -> GroupRow:
    """Raises NotFound."""
    workspace_id = subject.workspace_id or ""
    found = await workspace_group.get(pool, workspace_id, name)
    if found is None:
        raise _no_such_group(name)
    return await _complete(pool, workspace_id, found)


async def _complete(pool: Pool, workspace_id: str, group: GroupRow) -> GroupRow:
    if group.name != EVERYBODY:
        return group
    members = await workspace_member.usernames(pool, workspace_id)
    return GroupRow(name=group.name, summary=group.summary, members=members, extra_perms=group.extra_perms)


async def names(pool: Pool, subject: Subject, *, only_member_of: bool) -> list[str]:
    """The names of all groups, or of those the caller belongs to."""
    found = await workspace_group.names(pool, subject.workspace_id or "")
    return [name for name in found if not only_member_of or name in subject.groups or name == EVERYBODY]


async def set_summary(pool: Pool, subject: Subject, name: str, summary: str) -> None:
    """Describe the group; for admins and its managers."""
    _require_short(summary)
    async with pool.acquire() as connection, connection.transaction():
        await _require_manager(connection, subject, name)
        await workspace_group.set_summary(connection, subject.workspace_id or "", name, summary)
        await audit.record(connection, subject, "group.edit", "Updated", name)


async def delete(pool: Pool, subject: Subject, name: str) -> None:
    """Delete a group; its grants end with it. Group ``all`` stays."""
    _require_chosen_members(name)
    async with pool.acquire() as connection, connection.transaction():
        await _require_manager(connection, subject, name)
        await workspace_group.delete(connection, subject.workspace_id or "", name)
        await access_change.workspace(connection, subject.workspace_id or "")
        await audit.record(connection, subject, "group.delete", "Delete", name)


async def add_member(pool: Pool, subject: Subject, name: str, username: str) -> None:
    """Raises NotFound for an unknown group or user."""
    _require_chosen_members(name)
    workspace_id = subject.workspace_id or ""
    async with pool.acquire() as connection, connection.transaction():
        await _require_manager(connection, subject, name)
        email = await workspace_member.email_of(connection, workspace_id, username)
        if email is None:
            raise NotFound(f"Not found: there is no user {username} in this workspace")
        await workspace_group.add_member(connection, workspace_id, name, username)
        await access_change.account(connection, email)
        await audit.record(connection, subject, "group.adduser", "Updated", name, {"user": username})


async def remove_member(pool: Pool, subject: Subject, name: str, username: str) -> None:
    """Raises NotFound for an unknown group or somebody who does not belong to it."""
    _require_chosen_members(name)
    workspace_id = subject.workspace_id or ""
    async with pool.acquire() as connection, connection.transaction():
        await _require_manager(connection, subject, name)
        if not await workspace_group.remove_member(connection, workspace_id, name, username):
            raise NotFound(f"Not found: {username} does not belong to group {name}")
        await access_change.workspace(connection, workspace_id)
        await audit.record(connection, subject, "group.removeuser", "Updated", name, {"user": username})


async def _require_manager(connection: Connection, subject: Subject, name: str) -> None:
    perms = await workspace_group.lock(connection, subject.workspace_id or "", name)
    if perms is None:
        raise _no_such_group(name)
    if is_bypassing(subject):
        return
    if subject.is_operator or granted(subject, perms) is not True:
        raise PermissionDenied(f"Permission denied: only admins and managers of group {name} may change it")


def _require_chosen_members(name: str) -> None:
    if name == EVERYBODY:
        raise InvalidInput(f"Bad request: everybody belongs to group {EVERYBODY}; it cannot be changed")


def _require_short(summary: str) -> None:
    if len(summary) > MAX_SUMMARY:
        raise InvalidInput(f"Bad request: a summary has at most {MAX_SUMMARY} characters")


def _no_such_group(name: str) -> NotFound:
    return NotFound(f"Not found: there is no group {name}")
