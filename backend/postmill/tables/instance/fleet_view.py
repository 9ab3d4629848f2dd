"""Reads of the workers that are there and of the work that waits for them, across all workspaces."""

from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.worker import TagLoad, WorkerRecord

QUERIES = load_queries(__file__)


async def workers(connection: Connection, seconds: float, limit: int, offset: int) -> list[WorkerRecord]:
    """Workers heard of within the last seconds."""
    rows = await connection.fetch(QUERIES.workers, seconds, limit, offset)
    return [
        WorkerRecord(
            **{**row, "tags": tuple(row["tags"]), "isolation_reasons": tuple(row["isolation_reasons"])}
        )
        for row in map(dict, rows)
    ]


async def served_tags(connection: Connection, seconds: float) -> list[str]:
    """The tags of the workers heard of within the last seconds."""
    return [row["tag"] for row in await connection.fetch(QUERIES.served_tags, seconds)]


async def is_draining(connection: Connection, job_id: UUID) -> bool:
    """Whether the worker that runs the job takes no more jobs; False when no worker runs it."""
    return bool(await connection.fetchval(QUERIES.is_draining, job_id))


async def load_by_tag(connection: Connection) -> list[TagLoad]:
    return [TagLoad(**row) for row in map(dict, await connection.fetch(QUERIES.load_by_tag))]


async def concurrency_key(connection: Connection, job_id: UUID) -> str | None:
    key: str | None = await connection.fetchval(QUERIES.concurrency_key, job_id)
    return key
