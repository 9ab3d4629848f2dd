"""Invitations to workspaces that nobody has answered yet."""

from datetime import datetime

import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class InviteRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is asked to join, in this role; the address needs no account yet."""

    workspace_id: str
    email: str
    is_admin: bool
    is_operator: bool
    invited_by: str
    created_at: datetime


async def put(
    connection: Connection,
    workspace_id: str,
    email: str,
    invited_by: str,
    *,
    is_admin: bool,
    is_operator: bool,
) -> None:
    """Invite an address, instead of an earlier invitation."""
    await connection.execute(QUERIES.put, workspace_id, email, is_admin, is_operator, invited_by)


async def list_of_workspace(connection: Connection, workspace_id: str) -> list[InviteRow]:
    rows = await connection.fetch(QUERIES.list_of_workspace, workspace_id)
    return [InviteRow(**dict(row)) for row in rows]


async def list_of_account(connection: Connection, email: str) -> list[InviteRow]:
    """Those to workspaces that are not archived."""
    return [InviteRow(**dict(row)) for row in await connection.fetch(QUERIES.list_of_account, email)]


async def take(connection: Connection, workspace_id: str, email: str) -> InviteRow | None:
    """Remove an invitation and answer what it said; None where there is none."""
    row = await connection.fetchrow(QUERIES.take, workspace_id, email)
    return None if row is None else InviteRow(**dict(row))
