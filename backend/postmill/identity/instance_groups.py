"""Groups of the whole instance: superadmins make them; workspaces take their members in, in a role that they choose.

Who belongs to a workspace by a group, and the role that a group gives in the instance, are stored like those given by
hand, with a mark. Every change here, and every new account or workspace member, settles them in its transaction, so
that nothing else needs to know of groups.
"""

from collections.abc import Mapping, Sequence

from postmill.access.paths import parse_name
from postmill.db.pool import Connection, Pool
from postmill.identity import lent_identities
from postmill.identity.members import free_username
from postmill.identity.sign_in import normal_email
from postmill.identity.tokens import require_unlimited
from postmill.kernel.errors import Conflict, InvalidInput, NotFound
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.instance.audit import AuditKind
from postmill.tables.people import access_change, account, instance_group, workspace_member
from postmill.tables.people.instance_group import GivenWorkspace as GivenWorkspace
from postmill.tables.people.instance_group import InstanceGroupRow as InstanceGroupRow
from postmill.tables.people.instance_group import InstanceRole, UnsettledMember
from postmill.tables.people.instance_group import WorkspaceRole as WorkspaceRole

MAX_SUMMARY = 1000
MAX_GROUPS = 10_000


async def list_groups(pool: Pool) -> list[InstanceGroupRow]:
    """All groups by name."""
    return await instance_group.list_groups(pool)


async def get(pool: Pool, name: str) -> InstanceGroupRow:
    """Raises NotFound."""
    found = await instance_group.list_groups(pool, name)
    if not found:
        raise _no_such_group(name)
    return found[0]


async def workspaces_of(pool: Pool, name: str | None = None) -> list[GivenWorkspace]:
    """Which workspaces take the members of a group, or of each group, in."""
    return await instance_group.workspaces_of(pool, name)


async def create(pool: Pool, subject: Subject, name: str, summary: str) -> None:
    """Make a group without members; raises Conflict for a taken name."""
    group = _checked(InstanceGroupRow(name=name, summary=summary, emails=[]))
    async with pool.acquire() as connection, connection.transaction():
        if not await instance_group.insert(connection, group):
            raise Conflict(f"Bad request: instance group {name} already exists")
        await audit.record(connection, subject, "igroup.create", "Created", name)


async def update(
    pool: Pool, subject: Subject, name: str, summary: str, instance_role: InstanceRole | None
) -> None:
    """Describe the group, and give its members a role of the instance or take it away."""
    _require_short(summary)
    require_unlimited(subject)
    async with pool.acquire() as connection, connection.transaction():
        if not await instance_group.update(connection, name, summary, instance_role):
            raise _no_such_group(name)
        await settle(connection, subject)
        details = {"instance_role": instance_role}
        await audit.record(connection, subject, "igroup.edit", "Updated", name, details)


async def delete(pool: Pool, subject: Subject, name: str) -> None:
    """Delete a group: whoever belonged somewhere only by it belongs there no more."""
    async with pool.acquire() as connection, connection.transaction():
        if not await instance_group.delete(connection, name):
            raise _no_such_group(name)
        await settle(connection, subject)
        await audit.record(connection, subject, "igroup.delete", "Delete", name)


async def add_member(pool: Pool, subject: Subject, name: str, email: str) -> None:
    """Take an address in, which needs no account yet. Raises NotFound for an unknown group."""
    email = normal_email(email)
    group = await get(pool, name)
    if group.instance_role is not None:
        require_unlimited(subject)
    async with pool.acquire() as connection, connection.transaction():
        await instance_group.add_members(connection, name, [email])
        await settle(connection, subject)
        await audit.record(connection, subject, "igroup.adduser", "Updated", name, {"email": email})


async def remove_member(pool: Pool, subject: Subject, name: str, email: str) -> None:
    """Raises NotFound for somebody who does not belong to it."""
    email = normal_email(email)
    async with pool.acquire() as connection, connection.transaction():
        if not await instance_group.remove_member(connection, name, email):
            raise NotFound(f"Not found: {email} does not belong to instance group {name}")
        await settle(connection, subject)
        await audit.record(connection, subject, "igroup.removeuser", "Updated", name, {"email": email})


async def overwrite(pool: Pool, subject: Subject, groups: Sequence[InstanceGroupRow]) -> None:
    """Only these groups remain; workspaces keep what they gave to those that do."""
    require_unlimited(subject)
    if len(groups) > MAX_GROUPS:
        raise InvalidInput(f"Bad request: an instance has at most {MAX_GROUPS} groups")
    checked = [_checked(group) for group in groups]
    names = [group.name for group in checked]
    if len(set(names)) < len(names):
        raise InvalidInput("Bad request: two groups have the same name")
    async with pool.acquire() as connection, connection.transaction():
        await instance_group.replace(connection, checked)
        await settle(connection, subject)
        await audit.record(connection, subject, "igroup.overwrite", "Updated", None, {"groups": len(checked)})


async def note_export(pool: Pool, subject: Subject, count: int) -> None:
    """Record that the caller took a copy of all groups."""
    await audit.record(pool, subject, "igroup.export", "Execute", None, {"groups": count})


async def groups_of_workspace(pool: Pool, workspace_id: str) -> dict[str, WorkspaceRole]:
    """Which groups the workspace takes in, and as what."""
    return await instance_group.groups_of_workspace(pool, workspace_id)


async def give_to_workspace(
    pool: Pool, subject: Subject, workspace_id: str, roles: Mapping[str, WorkspaceRole]
) -> None:
    """The workspace takes these groups in, and no others. Raises NotFound for a group that does not exist."""
    async with pool.acquire() as connection, connection.transaction():
        for name in await instance_group.missing(connection, list(roles)):
            raise _no_such_group(name)
        await instance_group.give(connection, workspace_id, roles)
        await settle(connection, subject)
        details = {"groups": dict(roles)}
        action = "workspaces.edit_instance_groups"
        await audit.record(connection, subject, action, "Updated", workspace_id, details)


async def convert_member(pool: Pool, subject: Subject, workspace_id: str, username: str) -> None:
    """Somebody who was added by hand belongs to the workspace by its groups from now on, in the role that they give.

    Raises NotFound for who is no member, InvalidInput where no group takes them in, or no admin would be left.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await workspace_member.list_members(connection, workspace_id, username):
            raise NotFound(f"Not found: there is no user {username} in this workspace")
        others = await workspace_member.other_admins(connection, workspace_id, username)
        if await instance_group.convert_member(connection, workspace_id, username) is None:
            raise InvalidInput(f"Bad request: no instance group takes {username} into this workspace")
        await settle(connection, subject)
        [member] = await workspace_member.list_members(connection, workspace_id, username)
        if others == 0 and not member.is_admin:
            raise InvalidInput("Bad request: the last admin of a workspace cannot be demoted")
        await audit.record(connection, subject, "users.convert_to_group", "Updated", username)


async def settle(connection: Connection, subject: Subject) -> None:
    """Bring members of workspaces and roles of accounts in line with the groups, inside the caller's transaction.

    Raises InvalidInput where no superadmin would be left.
    """
    await instance_group.lock(connection)
    for member in await instance_group.unsettled_members(connection):
        await _settle_member(connection, subject, member)
    for email, is_superadmin, role in await instance_group.unsettled_accounts(connection):
        if is_superadmin and role != "superadmin":
            if await account.other_superadmins(connection, email) == 0:
                raise InvalidInput("Bad request: this would leave the instance without a superadmin")
            names = await workspace_member.usernames_of(connection, email)
            await lent_identities.drop_everywhere(connection, email, names)
        await instance_group.set_role(connection, email, role)
        await access_change.account(connection, email)
        details = {"instance_role": role, "by": "instance group"}
        await audit.record(connection, subject, "users.update", "Updated", email, details)


async def _settle_member(connection: Connection, subject: Subject, member: UnsettledMember) -> None:
    workspace_id, email, role, username = member
    action, kind = await _bring_in_line(connection, member)
    await access_change.account(connection, email)
    details = {"email": email, "role": role, "by": "instance group"}
    resource = username or email
    await audit.record(connection, subject, action, kind, resource, details, workspace_id=workspace_id)


async def _bring_in_line(connection: Connection, member: UnsettledMember) -> tuple[str, AuditKind]:
    workspace_id, email, role, username = member
    if username is None:
        assert role is not None
        name = await free_username(connection, workspace_id, email)
        await instance_group.take_in(connection, workspace_id, name, email, role)
        return "users.add_to_workspace", "Created"
    if role != "admin":
        await lent_identities.drop_in(connection, workspace_id, username)
    if role is None:
        await workspace_member.delete(connection, workspace_id, username)
        return "users.delete", "Delete"
    await workspace_member.update(
        connection,
        workspace_id,
        username,
        is_admin=role == "admin",
        is_operator=role == "operator",
        disabled=None,
    )
    return "users.update", "Updated"


def _checked(group: InstanceGroupRow) -> InstanceGroupRow:
    parse_name(group.name, "group")
    _require_short(group.summary)
    emails = sorted({normal_email(email) for email in group.emails})
    return InstanceGroupRow(
        name=group.name,
        summary=group.summary,
        emails=emails,
        instance_role=group.instance_role,
        scim_id=group.scim_id,
        scim_display_name=group.scim_display_name,
        external_id=group.external_id,
    )


def _require_short(summary: str) -> None:
    if len(summary) > MAX_SUMMARY:
        raise InvalidInput(f"Bad request: a summary has at most {MAX_SUMMARY} characters")


def _no_such_group(name: str) -> NotFound:
    return NotFound(f"Not found: there is no instance group {name}")
