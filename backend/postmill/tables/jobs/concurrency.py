"""Permits of concurrency keys: at most N runs of a key run, or ended within the window."""

from collections.abc import Sequence

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def lock_keys(connection: Connection, keys: Sequence[str]) -> None:
    """Waits for whoever gives or takes permits of these keys; holds until the transaction ends."""
    await connection.execute(QUERIES.lock_keys, list(keys))


async def promote(connection: Connection, keys: Sequence[str]) -> int:
    """Gives free permits to parked jobs, which become ready; needs ``lock_keys`` in the same transaction."""
    row = await connection.fetchrow(QUERIES.promote, list(keys))
    return int(row["promoted"]) if row else 0


async def parked_keys(connection: Connection) -> list[str]:
    """The keys that jobs wait for."""
    return [row["key"] for row in await connection.fetch(QUERIES.parked_keys)]


async def seconds_to_next_window(connection: Connection, keys: Sequence[str]) -> float | None:
    """How long until an ended run of one of the keys stops to count; None when none does."""
    seconds: float | None = await connection.fetchval(QUERIES.seconds_to_next_window, list(keys))
    return seconds


async def forget_old(connection: Connection) -> None:
    """Removes permits that count no more."""
    await connection.execute(QUERIES.forget_old)


async def running_per_key(connection: Connection) -> list[tuple[str, int]]:
    """How many runs hold a permit of each key."""
    return [(row["key"], row["running"]) for row in await connection.fetch(QUERIES.running_per_key)]


async def prune(connection: Connection, key: str) -> None:
    """Forgets the runs of the key that have ended; running ones keep their permits."""
    await connection.execute(QUERIES.prune, key)
