"""Who belongs to a workspace, and the Subject that somebody is there."""

import asyncpg

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
