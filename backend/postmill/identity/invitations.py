"""Invitations: an admin asks somebody to join the workspace, and they answer."""

from postmill.access.paths import parse_username
from postmill.db.pool import Connection, Pool
from postmill.identity.sign_in import normal_email
from postmill.identity.workspaces import username_from
from postmill.kernel.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, workspace_invite, workspace_member
from postmill.tables.people.workspace_invite import InviteRow as InviteRow


async def invite(
    pool: Pool, subject: Subject, workspace_id: str, email: str, *, is_admin: bool, is_operator: bool
) -> str:
    """Ask an address to join, which needs no account yet; it as it is stored. Raises Conflict for a member."""
    email = normal_email(email)
    if is_admin and is_operator:
        raise InvalidInput("Bad request: a member is an admin or an operator, not both")
    async with pool.acquire() as connection, connection.transaction():
        if await _is_member(connection, workspace_id, email):
            raise Conflict(f"Bad request: {email} is a member of this workspace already")
        await workspace_invite.put(
            connection, workspace_id, email, subject.email, is_admin=is_admin, is_operator=is_operator
        )
        details = {"is_admin": is_admin, "operator": is_operator}
        await audit.record(connection, subject, "users.invite", "Created", email, details)
    return email


async def list_of_workspace(pool: Pool, workspace_id: str) -> list[InviteRow]:
    """Who has not answered yet."""
    return await workspace_invite.list_of_workspace(pool, workspace_id)


async def list_own(pool: Pool, subject: Subject) -> list[InviteRow]:
    """The workspaces that the caller is asked to join."""
    return await workspace_invite.list_of_account(pool, subject.email)


async def withdraw(pool: Pool, subject: Subject, workspace_id: str, email: str) -> None:
    """Take an invitation back. Raises NotFound."""
    email = normal_email(email)
    async with pool.acquire() as connection, connection.transaction():
        if await workspace_invite.take(connection, workspace_id, email) is None:
            raise NotFound(f"Not found: {email} is not invited to this workspace")
        await audit.record(connection, subject, "users.delete_invite", "Delete", email)


async def accept(pool: Pool, subject: Subject, workspace_id: str, username: str | None) -> str:
    """Join the workspace in the role that the invitation says; returns the user name.

    Raises NotFound without an invitation, Conflict for a taken name, and PermissionDenied for a token that is bound to
    another workspace.
    """
    name = parse_username(username) if username else username_from(subject.email)
    _require_free(subject, workspace_id)
    async with pool.acquire() as connection, connection.transaction():
        row = await workspace_invite.take(connection, workspace_id, subject.email)
        if row is None:
            raise _not_invited(workspace_id)
        if await _is_member(connection, workspace_id, subject.email):
            raise Conflict("Bad request: you are a member of this workspace already")
        if await workspace_member.username_taken(connection, workspace_id, name):
            raise Conflict(f"Bad request: user name {name} is taken in this workspace; choose another")
        await workspace_member.insert(
            connection, workspace_id, name, subject.email, is_admin=row.is_admin, is_operator=row.is_operator
        )
        await access_change.account(connection, subject.email)
        details = {"is_admin": row.is_admin, "operator": row.is_operator, "invited_by": row.invited_by}
        await audit.record(
            connection, subject, "users.accept_invite", "Created", name, details, workspace_id=workspace_id
        )
    return name


async def decline(pool: Pool, subject: Subject, workspace_id: str) -> None:
    """Raises NotFound without an invitation."""
    _require_free(subject, workspace_id)
    async with pool.acquire() as connection, connection.transaction():
        if await workspace_invite.take(connection, workspace_id, subject.email) is None:
            raise _not_invited(workspace_id)
        await audit.record(
            connection, subject, "users.decline_invite", "Delete", subject.email, workspace_id=workspace_id
        )


async def _is_member(connection: Connection, workspace_id: str, email: str) -> bool:
    return any(known == workspace_id for known, _ in await workspace_member.usernames_of(connection, email))


def _require_free(subject: Subject, workspace_id: str) -> None:
    if subject.token_workspace_id not in (None, workspace_id):
        raise PermissionDenied("Permission denied: this token is good for one workspace only")


def _not_invited(workspace_id: str) -> NotFound:
    return NotFound(f"Not found: you are not invited to workspace {workspace_id[:60]}")
