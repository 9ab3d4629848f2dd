"""Who belongs to a workspace, and the Subject that somebody is there."""

from datetime import datetime

import asyncpg
import msgspec

from postmill.access.grants import folder_right
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json
from postmill.model.subject import FolderRight, Subject

QUERIES = load_queries(__file__)
GROUP_USER_PREFIX = "group-"


async def load_subject(
    connection: Connection, workspace_id: str, permissioned_as: str, email: str
) -> Subject | None:
    """The identity that ``permissioned_as`` names in the workspace, with its present roles, groups and folder rights.

    ``u/<name>`` is a member, ``g/<group>`` a group without members' rights, an e-mail address a superadmin who is no
    member. None when it does not exist any more or is disabled: such an identity may do nothing.
    """
    kind, _, name = permissioned_as.partition("/")
    if kind == "g":
        return await _group_subject(connection, workspace_id, name, email)
    if kind == "u" and name.startswith(GROUP_USER_PREFIX):
        return await _group_subject(connection, workspace_id, name.removeprefix(GROUP_USER_PREFIX), email)
    username = name if kind == "u" else permissioned_as
    if "@" in username:
        return await load_by_email(connection, workspace_id, username)
    row = await connection.fetchrow(QUERIES.identity_by_username, workspace_id, username)
    return await _member_subject(connection, workspace_id, row)


async def load_by_email(connection: Connection, workspace_id: str, email: str) -> Subject | None:
    """The identity of a signed-in account in the workspace; None when it has none there."""
    row = await connection.fetchrow(QUERIES.identity_by_email, workspace_id, email)
    if row is not None and not row["disabled"]:
        return await _member_subject(connection, workspace_id, row)
    if await connection.fetchrow(QUERIES.superadmin, workspace_id, email) is None:
        return None
    return Subject(
        email=email,
        username=email,
        workspace_id=workspace_id,
        is_superadmin=True,
        is_admin=True,
        groups=frozenset({"all"}),
    )


async def _member_subject(
    connection: Connection, workspace_id: str, row: asyncpg.Record | None
) -> Subject | None:
    if row is None or row["disabled"]:
        return None
    groups = frozenset(row["groups"]) | {"all"}
    return Subject(
        email=row["email"],
        username=row["username"],
        workspace_id=workspace_id,
        is_superadmin=row["is_superadmin"],
        is_admin=row["is_admin"] or row["is_superadmin"],
        is_operator=row["is_operator"],
        groups=groups,
        folders=await _folder_rights(connection, workspace_id, row["username"], groups),
    )


async def _group_subject(connection: Connection, workspace_id: str, group: str, email: str) -> Subject | None:
    if await connection.fetchval(QUERIES.group_exists, workspace_id, group) is None:
        return None
    username = f"{GROUP_USER_PREFIX}{group}"
    groups = frozenset({group, "all"})
    folders = await _folder_rights(connection, workspace_id, username, groups)
    return Subject(email=email, username=username, workspace_id=workspace_id, groups=groups, folders=folders)


async def _folder_rights(
    connection: Connection, workspace_id: str, username: str, groups: frozenset[str]
) -> dict[str, FolderRight]:
    grants = [f"u/{username}", *(f"g/{group}" for group in groups)]
    rights: dict[str, FolderRight] = {}
    for row in await connection.fetch(QUERIES.folders_of, workspace_id, grants):
        right = folder_right(grants, row["owners"], json.decode(row["extra_perms"]))
        if right is not None:
            rights[row["name"]] = right
    return rights


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """One member as lists show it."""

    username: str
    email: str
    is_admin: bool
    is_operator: bool
    disabled: bool
    is_superadmin: bool
    name: str | None
    created_at: datetime
    by_group: bool
    is_service: bool
    groups: list[str]


async def insert(
    connection: Connection,
    workspace_id: str,
    username: str,
    email: str,
    *,
    is_admin: bool = False,
    is_operator: bool = False,
) -> None:
    """Raises asyncpg.UniqueViolationError when the name or the address is a member already."""
    await connection.execute(QUERIES.insert, workspace_id, username, email, is_admin, is_operator)


async def list_members(
    connection: Connection, workspace_id: str, username: str | None = None
) -> list[MemberRow]:
    """The members by name, or the one that is named."""
    rows = await connection.fetch(QUERIES.list_members, workspace_id, username)
    return [MemberRow(**dict(row)) for row in rows]


async def usernames(connection: Connection, workspace_id: str) -> list[str]:
    return [row["username"] for row in await connection.fetch(QUERIES.usernames, workspace_id)]


async def email_of(connection: Connection, workspace_id: str, username: str) -> str | None:
    email: str | None = await connection.fetchval(QUERIES.email_of, workspace_id, username)
    return email


async def username_taken(connection: Connection, workspace_id: str, username: str) -> bool:
    return bool(await connection.fetchval(QUERIES.username_taken, workspace_id, username))


async def update(
    connection: Connection,
    workspace_id: str,
    username: str,
    *,
    is_admin: bool | None = None,
    is_operator: bool | None = None,
    disabled: bool | None = None,
) -> str | None:
    """Change what is not None; the member's address, None where there is no such member."""
    email: str | None = await connection.fetchval(
        QUERIES.update, workspace_id, username, is_admin, is_operator, disabled
    )
    return email


async def delete(connection: Connection, workspace_id: str, username: str) -> str | None:
    """The former member's address, None where there was no such member."""
    email: str | None = await connection.fetchval(QUERIES.delete, workspace_id, username)
    return email


async def delete_everywhere(connection: Connection, email: str) -> None:
    """Take an account out of every workspace."""
    await connection.execute(QUERIES.delete_everywhere, email)


async def other_admins(connection: Connection, workspace_id: str, username: str) -> int:
    """How many admins there are besides this member, locked until the transaction ends."""
    return len(await connection.fetch(QUERIES.other_admins, workspace_id, username))


async def usernames_of(connection: Connection, email: str) -> list[tuple[str, str]]:
    """(workspace, user name) pairs of an account."""
    rows = await connection.fetch(QUERIES.usernames_of, email)
    return [(row["workspace_id"], row["username"]) for row in rows]
