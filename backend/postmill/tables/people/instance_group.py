"""Groups of the whole instance, who belongs to them, and the workspaces and roles that come with them."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)

InstanceRole = Literal["superadmin", "devops"]
WorkspaceRole = Literal["admin", "developer", "operator"]


class InstanceGroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """One group with the addresses of its members, which need no account yet."""

    name: str
    summary: str
    emails: list[str]
    instance_role: InstanceRole | None = None
    scim_id: str | None = None
    scim_display_name: str | None = None
    external_id: str | None = None


class GivenWorkspace(NamedTuple):
    """A workspace that takes the members of a group in."""

    group_name: str
    workspace_id: str
    workspace_name: str
    role: WorkspaceRole


class UnsettledMember(NamedTuple):
    """A member that should exist in this role (None: should not), and its name where it exists."""

    workspace_id: str
    email: str
    role: WorkspaceRole | None
    username: str | None


class UnsettledAccount(NamedTuple):
    """An account that should have this role of the instance, or none."""

    email: str
    is_superadmin: bool
    role: InstanceRole | None


async def lock(connection: Connection) -> None:
    """One transaction at a time settles members and roles."""
    await connection.execute(QUERIES.lock)


async def list_groups(connection: Connection, name: str | None = None) -> list[InstanceGroupRow]:
    """The groups by name, or the one of that name."""
    rows = await connection.fetch(QUERIES.list_groups, name)
    return [InstanceGroupRow(**dict(row)) for row in rows]


async def workspaces_of(connection: Connection, name: str | None = None) -> list[GivenWorkspace]:
    """The workspaces of one group, or of all."""
    return [GivenWorkspace(*row) for row in await connection.fetch(QUERIES.workspaces_of, name)]


async def insert(connection: Connection, group: InstanceGroupRow) -> bool:
    """False for a taken name."""
    found = await connection.fetchval(
        QUERIES.insert, group.name, group.summary, group.instance_role, group.scim_id,
        group.scim_display_name, group.external_id,
    )  # fmt: skip
    await add_members(connection, group.name, group.emails)
    return found is not None


async def update(connection: Connection, name: str, summary: str, instance_role: InstanceRole | None) -> bool:
    """Whether there was such a group."""
    return await connection.fetchval(QUERIES.update, name, summary, instance_role) is not None


async def delete(connection: Connection, name: str) -> bool:
    """Whether there was such a group."""
    return await connection.fetchval(QUERIES.delete, name) is not None


async def replace(connection: Connection, groups: Sequence[InstanceGroupRow]) -> None:
    """Only these groups remain, with these members; what workspaces give to a group that stays is kept."""
    await connection.execute(QUERIES.delete_others, [group.name for group in groups])
    for group in groups:
        if not await insert(connection, group):
            await connection.execute(
                QUERIES.describe, group.name, group.summary, group.instance_role, group.scim_id,
                group.scim_display_name, group.external_id,
            )  # fmt: skip
            await connection.execute(QUERIES.keep_members, group.name, group.emails)


async def add_members(connection: Connection, name: str, emails: Sequence[str]) -> None:
    """Raises asyncpg.ForeignKeyViolationError for an unknown group."""
    await connection.execute(QUERIES.add_members, name, list(emails))


async def remove_member(connection: Connection, name: str, email: str) -> bool:
    """Whether they belonged to it."""
    return await connection.fetchval(QUERIES.remove_member, name, email) is not None


async def remove_everywhere(connection: Connection, email: str) -> None:
    await connection.execute(QUERIES.remove_everywhere, email)


async def groups_of_workspace(connection: Connection, workspace_id: str) -> dict[str, WorkspaceRole]:
    """Which groups the workspace takes in, and as what."""
    rows = await connection.fetch(QUERIES.groups_of_workspace, workspace_id)
    return {row["group_name"]: row["role"] for row in rows}


async def give(connection: Connection, workspace_id: str, roles: Mapping[str, WorkspaceRole]) -> None:
    """The workspace takes these groups in, and no others."""
    await connection.execute(QUERIES.clear_workspace, workspace_id)
    await connection.execute(QUERIES.give_to_workspace, workspace_id, list(roles), list(roles.values()))


async def missing(connection: Connection, names: Sequence[str]) -> list[str]:
    """Those of the names that no group has."""
    return [row["given"] for row in await connection.fetch(QUERIES.missing_groups, list(names))]


async def unsettled_members(connection: Connection) -> list[UnsettledMember]:
    """Members that differ from what the groups say; those that were added by hand are left alone."""
    return [UnsettledMember(*row) for row in await connection.fetch(QUERIES.unsettled_members)]


async def take_in(
    connection: Connection, workspace_id: str, username: str, email: str, role: WorkspaceRole
) -> None:
    """Make somebody a member by their group."""
    await connection.execute(
        QUERIES.take_in, workspace_id, username, email, role == "admin", role == "operator"
    )


async def convert_member(connection: Connection, workspace_id: str, username: str) -> str | None:
    """The address of who belongs to the workspace by a group from now on; None where no group takes them in."""
    email: str | None = await connection.fetchval(QUERIES.convert_member, workspace_id, username)
    return email


async def unsettled_accounts(connection: Connection) -> list[UnsettledAccount]:
    """Accounts whose role of the instance differs from what the groups say; roles given by hand stay."""
    return [UnsettledAccount(*row) for row in await connection.fetch(QUERIES.unsettled_accounts)]


async def set_role(connection: Connection, email: str, role: InstanceRole | None) -> None:
    """A role of the instance that comes with a group, or the end of one."""
    await connection.execute(QUERIES.set_role, email, role)
