"""Failed sign-ins by account and by address, counted per minute."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def failures(connection: Connection, subject: str, seconds: float) -> int:
    """How often signing in failed for the subject within the last seconds."""
    return int(await connection.fetchval(QUERIES.failures, subject, seconds))


async def record_failure(connection: Connection, subject: str) -> None:
    await connection.execute(QUERIES.record_failure, subject)


async def clear(connection: Connection, subject: str) -> None:
    await connection.execute(QUERIES.clear, subject)


async def delete_old(connection: Connection) -> None:
    await connection.execute(QUERIES.delete_old)
