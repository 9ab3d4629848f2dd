"""The table of custom environment variables, given to every job of a workspace."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def list_all(connection: Connection, workspace: str) -> dict[str, str]:
    rows = await connection.fetch(QUERIES.list_all, workspace)
    return {row["name"]: row["value"] for row in rows}


async def set_value(connection: Connection, workspace: str, name: str, value: str) -> None:
    await connection.execute(QUERIES.set, workspace, name, value)


async def unset(connection: Connection, workspace: str, name: str) -> bool:
    """False when there was none."""
    return await connection.fetchval(QUERIES.unset, workspace, name) is not None
