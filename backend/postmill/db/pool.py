"""Connections to PostgreSQL: one bounded pool per process, every statement with a time limit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from postmill.db.retry import DATABASE_ERRORS

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Session = PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
    Connection = asyncpg.Pool[asyncpg.Record] | Session
else:
    Pool = asyncpg.Pool
    Session = PoolConnectionProxy | asyncpg.Connection
    Connection = asyncpg.Pool | Session

__all__ = ["Connection", "Pool", "Session", "close_one", "connect", "connect_one", "in_transaction"]

"""``Connection`` runs statements; ``Session`` is one connection, which can hold a transaction."""

CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 5.0
STATEMENT_SECONDS = 30
IDLE_IN_TRANSACTION_SECONDS = 60

SESSION_SETTINGS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
    "timezone": "UTC",
    # Short statements by the thousand: compiling one costs more than running it.
    "jit": "off",
}


async def connect(
    database_url: str, *, max_size: int, min_size: int = 1, application_name: str = "postmill"
) -> Pool:
    """Open a pool of at most ``max_size`` connections; json and jsonb columns arrive as text.

    Raises OSError or asyncpg.PostgresError when the database cannot be reached. The caller closes the pool.
    """
    return await asyncpg.create_pool(
        database_url,
        min_size=min(min_size, max_size),
        max_size=max_size,
        timeout=CONNECT_SECONDS,
        # The server's own limit speaks first; this one covers a server that no longer answers.
        command_timeout=STATEMENT_SECONDS + 5,
        max_inactive_connection_lifetime=300.0,
        server_settings={**SESSION_SETTINGS, "application_name": application_name},
        reset=_keep_session_settings,
    )


async def connect_one(
    database_url: str, *, application_name: str = "postmill", statement_seconds: int = STATEMENT_SECONDS
) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection outside a pool, for listening and for migrations; the caller closes it."""
    settings = {**SESSION_SETTINGS, "statement_timeout": f"{statement_seconds}s"}
    return await asyncpg.connect(
        database_url,
        timeout=CONNECT_SECONDS,
        command_timeout=statement_seconds + 5,
        server_settings={**settings, "application_name": application_name},
    )


async def close_one(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Close what ``connect_one`` opened; with a server that is gone there is nothing to agree on."""
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except DATABASE_ERRORS:
        connection.terminate()


@asynccontextmanager
async def in_transaction(within: Connection) -> "AsyncIterator[Session]":
    """A transaction of its own on a connection of the pool; on a session, a part of its transaction.

    A part that fails takes back what it did and leaves the rest of the transaction as it was.
    """
    if isinstance(within, asyncpg.Pool):
        async with within.acquire() as connection, connection.transaction():
            yield connection
    else:
        async with within.transaction():
            yield within


async def _keep_session_settings(connection: "Session") -> None:
    """Replace the driver's reset, which is one more round trip for every use of a connection.

    The driver still rolls back an open transaction and drops listeners. In return nobody may change a session:
    settings only by ``SET LOCAL``, advisory locks only of the transaction kind.
    """
