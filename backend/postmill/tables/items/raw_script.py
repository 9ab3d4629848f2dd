"""The table of temporary code, by the SHA-256 of its content."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def store(connection: Connection, workspace: str, digest: str, content: str, author: str) -> None:
    """Keeps the content for a week, and drops what is older."""
    await connection.execute(QUERIES.forget_old, workspace)
    await connection.execute(QUERIES.store, workspace, digest, content, author)


async def get(connection: Connection, workspace: str, digest: str) -> str | None:
    content: str | None = await connection.fetchval(QUERIES.get, workspace, digest)
    return content
