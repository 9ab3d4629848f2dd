"""What became of jobs."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.job import JobStatus

QUERIES = load_queries(__file__)


class Outcome(NamedTuple):
    """``result`` is JSON text, None where it lies in ``result_blob`` or was deleted."""

    status: JobStatus
    result: str | None
    result_blob: UUID | None


async def outcome(connection: Connection, job_id: UUID) -> Outcome | None:
    """How the job ended; None while it has not."""
    row = await connection.fetchrow(QUERIES.outcome, job_id)
    return Outcome(*row) if row else None


async def outcomes(connection: Connection, job_ids: Sequence[UUID]) -> dict[UUID, Outcome]:
    """Those of the jobs that have ended."""
    rows = await connection.fetch(QUERIES.outcomes, list(job_ids))
    return {row["job_id"]: Outcome(row["status"], row["result"], row["result_blob"]) for row in rows}


async def scrub_due(connection: Connection, limit: int) -> tuple[list[UUID], list[UUID]]:
    """Removes what jobs asked to have deleted by now: which these are, and blobs that nothing refers to any more."""
    rows = await connection.fetch(QUERIES.scrub_due, limit)
    return [row["job_id"] for row in rows], [row["result_blob"] for row in rows if row["result_blob"]]


async def scrub_one(connection: Connection, job_id: UUID) -> tuple[bool, list[UUID]]:
    """The same for one job; whether it has ended, and its blob."""
    row = await connection.fetchrow(QUERIES.scrub_one, job_id)
    return row is not None, [row["result_blob"]] if row and row["result_blob"] else []


async def remove_old(connection: Connection, seconds: float, limit: int) -> tuple[int, list[UUID]]:
    """Removes jobs that ended more than ``seconds`` ago; the count, and the blobs that nothing refers to any more."""
    rows = await connection.fetch(QUERIES.remove_old, seconds, limit)
    return len(rows), [row["result_blob"] for row in rows if row["result_blob"]]


async def remove_these(
    connection: Connection, workspace_id: str, job_ids: Sequence[UUID]
) -> tuple[list[UUID], list[UUID]]:
    """Removes those of the jobs that have ended: their ids, and the blobs that nothing refers to any more."""
    rows = await connection.fetch(QUERIES.remove_these, workspace_id, list(job_ids))
    return [row["job_id"] for row in rows], [row["result_blob"] for row in rows if row["result_blob"]]
