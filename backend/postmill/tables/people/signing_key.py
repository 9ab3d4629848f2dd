"""The keys that sign identity tokens, sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class StoredKey(NamedTuple):
    kid: str
    sealed_key: str
    created_at: datetime
    is_newest: bool


async def lock(connection: Connection) -> None:
    """To be called inside a transaction."""
    await connection.execute(QUERIES.lock)


async def served(connection: Connection, good_for_seconds: int) -> list[StoredKey]:
    """The newest key and those before it whose tokens may still be good, the newest first."""
    return [StoredKey(**dict(row)) for row in await connection.fetch(QUERIES.served, good_for_seconds)]


async def add(connection: Connection, kid: str, sealed_key: str) -> None:
    await connection.execute(QUERIES.add, kid, sealed_key)


async def keep_only(connection: Connection, kids: Sequence[str]) -> None:
    await connection.execute(QUERIES.keep_only, list(kids))
