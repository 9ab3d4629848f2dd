"""Tells every server that somebody's rights changed, when the transaction commits."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)
CHANNEL = "access_changed"


async def account(connection: Connection, email: str) -> None:
    """An account, its tokens, or what it may do anywhere changed."""
    await connection.execute(QUERIES.announce, f"account:{email}")


async def workspace(connection: Connection, workspace_id: str) -> None:
    """Members, groups or folders of a workspace changed."""
    await connection.execute(QUERIES.announce, f"workspace:{workspace_id}")
