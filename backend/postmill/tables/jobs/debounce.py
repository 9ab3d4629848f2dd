"""Which run waits under a key for others of its kind to come."""

from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class Waiting(NamedTuple):
    """``seconds`` since the first run came for which this one will do; ``args`` is JSON text."""

    job_id: UUID
    replaced: int
    seconds: float
    args: str


async def lock_key(connection: Connection, key: str) -> None:
    await connection.execute(QUERIES.lock_key, key)


async def waiting(connection: Connection, key: str) -> Waiting | None:
    """The run that waits under the key; None where none does or it has begun."""
    row = await connection.fetchrow(QUERIES.waiting, key)
    return None if row is None else Waiting(*row)


async def begin(connection: Connection, key: str, job_id: UUID) -> None:
    await connection.execute(QUERIES.begin, key, job_id)


async def replace(connection: Connection, key: str, job_id: UUID) -> None:
    await connection.execute(QUERIES.replace, key, job_id)


async def forget_old(connection: Connection) -> None:
    await connection.execute(QUERIES.forget_old)
