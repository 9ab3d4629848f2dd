"""Links with which somebody may choose a new password: of each only the SHA-256 of its token."""

from datetime import datetime

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def put(
    connection: Connection, email: str, token_hash: bytes, made_by: str, good_for_seconds: float
) -> datetime:
    """Store the one link of an account; when it expires. Raises asyncpg.ForeignKeyViolationError without an account."""
    expires_at: datetime = await connection.fetchval(
        QUERIES.put, email, token_hash, made_by, good_for_seconds
    )
    return expires_at


async def take(connection: Connection, token_hash: bytes) -> str | None:
    """Use a link up: the account that it is for; None for one that is unknown, used or expired."""
    email: str | None = await connection.fetchval(QUERIES.take, token_hash)
    return email


async def forget_expired(connection: Connection) -> None:
    await connection.execute(QUERIES.forget_expired)
