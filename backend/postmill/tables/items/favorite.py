"""The table of starred items."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def star(connection: Connection, workspace: str, email: str, kind: str, path: str) -> None:
    await connection.execute(QUERIES.star, workspace, email, kind, path)


async def unstar(connection: Connection, workspace: str, email: str, kind: str, path: str) -> None:
    await connection.execute(QUERIES.unstar, workspace, email, kind, path)


async def is_starred(connection: Connection, workspace: str, email: str, kind: str, path: str) -> bool:
    return bool(await connection.fetchval(QUERIES.is_starred, workspace, email, kind, path))


async def move(connection: Connection, workspace: str, kind: str, path: str, new_path: str) -> None:
    """Everybody's star follows the item."""
    await connection.execute(QUERIES.move, workspace, kind, path, new_path)
