"""The workers that are there."""

from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class Ping(NamedTuple):
    """What a worker tells about itself; occupancies are shares of its slots' time between 0 and 1."""

    name: str
    instance: str
    worker_group: str
    tags: list[str]
    slots: int
    busy: int
    version: str
    ip: str
    isolation: str
    isolation_reasons: list[str]
    jobs_executed: int
    last_job_id: UUID | None
    last_job_workspace_id: str | None
    occupancy: float
    occupancy_15s: float
    occupancy_5m: float
    occupancy_30m: float
    cpus: int | None
    memory_total_bytes: int | None
    memory_used_bytes: int | None
    draining: bool


async def ping(connection: Connection, state: Ping) -> bool:
    """Says that a worker is there; answers whether it is asked to start anew."""
    return bool(await connection.fetchval(QUERIES.ping, *state))


async def ask_to_restart(connection: Connection, group: str, heard_of_seconds: float) -> list[str]:
    """Asks the workers of a group to start anew; answers their names. Those that drain already are left alone."""
    rows = await connection.fetch(QUERIES.ask_to_restart, group, heard_of_seconds)
    return [row["name"] for row in rows]


async def remove(connection: Connection, name: str) -> None:
    await connection.execute(QUERIES.remove, name)


async def forget_silent(connection: Connection, seconds: float) -> list[str]:
    """Removes workers that were not heard of for so long; answers their names."""
    return [row["name"] for row in await connection.fetch(QUERIES.forget_silent, seconds)]
