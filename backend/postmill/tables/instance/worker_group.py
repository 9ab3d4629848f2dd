"""Worker groups and their configs, JSON objects as text."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def get(connection: Connection, name: str) -> str | None:
    config: str | None = await connection.fetchval(QUERIES.get, name)
    return config


async def list_all(connection: Connection) -> list[tuple[str, str]]:
    """Pairs of name and config."""
    return [(row["name"], row["config"]) for row in await connection.fetch(QUERIES.list_all)]


async def put(connection: Connection, name: str, config: str) -> None:
    """Creates or replaces a group; its workers follow within a moment."""
    await connection.execute(QUERIES.put, name, config)


async def remove(connection: Connection, name: str) -> bool:
    """False when there is no such group."""
    return await connection.fetchrow(QUERIES.remove, name) is not None
