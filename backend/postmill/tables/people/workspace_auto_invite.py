"""Which workspaces invite accounts by the domain of their address."""

from typing import NamedTuple

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class AutoInviteRow(NamedTuple):
    """``domain`` ``*``: every account. ``adds``: taken in at once, without being asked."""

    workspace_id: str
    domain: str
    is_operator: bool
    adds: bool
    set_by: str


async def get(connection: Connection, workspace_id: str) -> AutoInviteRow | None:
    row = await connection.fetchrow(QUERIES.get, workspace_id)
    return None if row is None else AutoInviteRow(*row)


async def put(connection: Connection, row: AutoInviteRow) -> None:
    await connection.execute(QUERIES.put, *row)


async def remove(connection: Connection, workspace_id: str) -> None:
    await connection.execute(QUERIES.remove, workspace_id)


async def for_account(connection: Connection, email: str, domain: str) -> list[AutoInviteRow]:
    """Of the workspaces that want the account, those to which it does not belong and that have not asked it."""
    return [AutoInviteRow(*row) for row in await connection.fetch(QUERIES.for_account, email, domain)]


async def accounts_of(connection: Connection, domain: str) -> list[str]:
    return [row["email"] for row in await connection.fetch(QUERIES.accounts_of, domain)]
