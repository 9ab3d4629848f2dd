"""How many runs were started this month, by whom and where."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def of_workspace(connection: Connection, workspace_id: str) -> int:
    count: int = await connection.fetchval(QUERIES.of_workspace, workspace_id)
    return count


async def of_members(connection: Connection, workspace_id: str) -> list[tuple[str, int]]:
    """Pairs of address and count, the largest first."""
    rows = await connection.fetch(QUERIES.of_members, workspace_id)
    return [(row["email"], row["executions"]) for row in rows]


async def of_account(connection: Connection, email: str, only_workspace: str | None) -> int:
    """In all workspaces of the account, or in one."""
    count: int = await connection.fetchval(QUERIES.of_account, email, only_workspace)
    return count
