"""Marks of jobs that somebody looks at."""

from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def watch(connection: Connection, job_id: UUID, seconds: float) -> None:
    """Has changes of the job announced on the channel ``job_update`` for that long."""
    await connection.execute(QUERIES.watch, job_id, seconds)


async def forget_old(connection: Connection) -> None:
    await connection.execute(QUERIES.forget_old)
