"""Who belongs to a workspace, and in which role."""

from postmill.access.grants import folder_right
from postmill.access.paths import parse_username
from postmill.db.pool import Connection, Pool, Session, in_transaction
from postmill.identity import lent_identities
from postmill.identity.folders import can_see
from postmill.identity.service_addresses import is_of_service
from postmill.identity.sign_in import normal_email
from postmill.identity.workspaces import username_from
from postmill.kernel.errors import Conflict, InvalidInput, NotFound
from postmill.model.subject import FolderRight, Subject
from postmill.tables.instance import audit
from postmill.tables.items import folder
from postmill.tables.items.folder import FolderRow
from postmill.tables.people import access_change, account, renaming, token, workspace_member
from postmill.tables.people.workspace_member import MemberRow as MemberRow

MAX_FOLDERS = 10_000


async def add(
    pool: Pool,
    subject: Subject,
    workspace_id: str,
    email: str,
    username: str | None,
    *,
    is_admin: bool,
    is_operator: bool,
) -> str:
    """Take an account into the workspace; returns the user name.

    An address without an account may be added: its owner enters once the account is made.
    """
    email = normal_email(email)
    username = parse_username(username) if username else username_from(email)
    if is_admin and is_operator:
        raise InvalidInput("Bad request: a member is an admin or an operator, not both")
    async with pool.acquire() as connection, connection.transaction():
        if await workspace_member.username_taken(connection, workspace_id, username):
            raise Conflict(f"Bad request: user name {username} is taken in this workspace")
        if any(row.email == email for row in await workspace_member.list_members(connection, workspace_id)):
            raise Conflict(f"Bad request: {email} is a member of this workspace already")
        await workspace_member.insert(
            connection, workspace_id, username, email, is_admin=is_admin, is_operator=is_operator
        )
        await access_change.account(connection, email)
        details = {"email": email, "is_admin": is_admin, "operator": is_operator}
        await audit.record(connection, subject, "users.add_to_workspace", "Created", username, details)
    return username


async def list_members(connection: Connection, workspace_id: str) -> list[MemberRow]:
    """The members by name."""
    return await workspace_member.list_members(connection, workspace_id)


async def find(connection: Connection, workspace_id: str, username: str) -> list[MemberRow]:
    """The member of that name, or nobody."""
    return await workspace_member.list_members(connection, workspace_id, username)


async def get(connection: Connection, workspace_id: str, username: str) -> MemberRow:
    """Raises NotFound."""
    found = await find(connection, workspace_id, username)
    if not found:
        raise _no_such_member(username)
    return found[0]


async def free_username(connection: Connection, workspace_id: str, email: str) -> str:
    """A name for an account that is to be taken in: its own, or one made of its address, with a number if taken."""
    found = await account.get(connection, email)
    wanted = (found.username if found is not None else None) or username_from(email)
    name, number = wanted, 1
    while await workspace_member.username_taken(connection, workspace_id, name):
        number += 1
        name = f"{wanted[:45]}_{number}"
    return name


async def usernames(pool: Pool, workspace_id: str) -> list[str]:
    return await workspace_member.usernames(pool, workspace_id)


async def email_of(connection: Connection, workspace_id: str, username: str) -> str:
    """Raises NotFound."""
    email = await workspace_member.email_of(connection, workspace_id, username)
    if email is None:
        raise _no_such_member(username)
    return email


async def update(
    pool: Pool,
    subject: Subject,
    workspace_id: str,
    username: str,
    *,
    is_admin: bool | None,
    is_operator: bool | None,
    disabled: bool | None,
) -> None:
    """Change a member's role or disable them, on every server within a second; the last admin stays one."""
    if is_admin and is_operator:
        raise InvalidInput("Bad request: a member is an admin or an operator, not both")
    if is_admin:
        is_operator = False
    if is_operator:
        is_admin = False
    async with pool.acquire() as connection, connection.transaction():
        if is_admin is False or disabled:
            await _require_other_admin(connection, workspace_id, username)
        if is_admin is not None or is_operator is not None:
            await _require_by_hand(connection, workspace_id, username)
        email = await workspace_member.update(
            connection, workspace_id, username, is_admin=is_admin, is_operator=is_operator, disabled=disabled
        )
        if email is None:
            raise _no_such_member(username)
        if is_admin is False or disabled:
            holder = await account.get(connection, email)
            if disabled or holder is None or not holder.is_superadmin:
                await lent_identities.drop_in(connection, workspace_id, username)
        await access_change.account(connection, email)
        details = {"is_admin": is_admin, "operator": is_operator, "disabled": disabled}
        await audit.record(connection, subject, "users.update", "Updated", username, details)


async def remove(within: Connection, subject: Subject, workspace_id: str, username: str) -> None:
    """Take a member out of the workspace; what they made stays. A service account ends with it. Raises NotFound."""
    async with in_transaction(within) as connection:
        await _require_other_admin(connection, workspace_id, username)
        await _require_by_hand(connection, workspace_id, username)
        email = await workspace_member.delete(connection, workspace_id, username)
        if email is None:
            raise _no_such_member(username)
        await lent_identities.drop_in(connection, workspace_id, username)
        if is_of_service(email):
            await token.delete_all_of(connection, email)
            await account.delete(connection, email)
        await access_change.account(connection, email)
        action = "users.leave_workspace" if email == subject.email else "users.delete"
        await audit.record(connection, subject, action, "Delete", username)


async def rename(connection: Session, subject: Subject, workspace_id: str, username: str, new: str) -> None:
    """Another user name for a member, but for their items, which lie at paths. Raises Conflict for a taken name."""
    if await workspace_member.username_taken(connection, workspace_id, new):
        raise Conflict(f"Bad request: user name {new} is taken in workspace {workspace_id}")
    await renaming.change_username(connection, workspace_id, username, new)
    await access_change.workspace(connection, workspace_id)
    await audit.record(
        connection,
        subject,
        "users.rename",
        "Updated",
        username,
        {"new_username": new},
        workspace_id=workspace_id,
    )


async def addable(pool: Pool, workspace_id: str, search: str, limit: int) -> list[tuple[str, str | None]]:
    """(address, user name) of accounts that could join the workspace."""
    return await account.addable(pool, workspace_id, search, limit)


async def folder_rights(pool: Pool, subject: Subject, member: MemberRow) -> dict[str, FolderRight]:
    """What a member may do in which of the folders that the subject may see."""
    return rights_in(await visible_folders(pool, subject), member)


async def visible_folders(pool: Pool, subject: Subject) -> list[FolderRow]:
    """The folders that the subject may see, to compute many members' rights from."""
    found = await folder.list_folders(pool, subject.workspace_id or "", None, limit=MAX_FOLDERS, offset=0)
    return [row for row in found if can_see(subject, row.name)]


def rights_in(folders: list[FolderRow], member: MemberRow) -> dict[str, FolderRight]:
    """What a member may do in which of the folders."""
    grants = [f"u/{member.username}", *(f"g/{group}" for group in member.groups), "g/all"]
    found = ((row.name, folder_right(grants, row.owners, row.extra_perms)) for row in folders)
    return {name: right for name, right in found if right is not None}


async def _require_other_admin(connection: Connection, workspace_id: str, username: str) -> None:
    found = await workspace_member.list_members(connection, workspace_id, username)
    if not found:
        raise _no_such_member(username)
    if found[0].is_admin and await workspace_member.other_admins(connection, workspace_id, username) == 0:
        raise InvalidInput(
            "Bad request: the last admin of a workspace cannot be demoted, disabled or removed"
        )


async def _require_by_hand(connection: Connection, workspace_id: str, username: str) -> None:
    found = await workspace_member.list_members(connection, workspace_id, username)
    if found and found[0].by_group:
        raise InvalidInput(
            f"Bad request: {username} belongs to this workspace by an instance group, which decides about the role; "
            "take them out of the group, or take the group out of the workspace"
        )


def _no_such_member(username: str) -> NotFound:
    return NotFound(f"Not found: there is no user {username} in this workspace")
