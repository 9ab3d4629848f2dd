"""Memory and processor time of jobs while they ran; nothing for those that were over before they were looked at."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json
from postmill.model.usage import UsagePoint

QUERIES = load_queries(__file__)


class Usage(NamedTuple):
    """All points of one attempt, the oldest first."""

    job_id: UUID
    attempt: int
    points: Sequence[UsagePoint]


async def put(connection: Connection, usages: Sequence[Usage]) -> None:
    """Store the points instead of those that were stored before."""
    given = [
        {
            "job_id": usage.job_id,
            "attempt": usage.attempt,
            "at": [point.at for point in usage.points],
            "memory_kb": [point.memory_kb for point in usage.points],
            "cpu_ms": [point.cpu_ms for point in usage.points],
        }
        for usage in usages
    ]
    await connection.execute(QUERIES.put, json.encode_text(given))


async def get(connection: Connection, job_id: UUID) -> list[UsagePoint]:
    """The points of a job's latest attempt; [] for one without."""
    row = await connection.fetchrow(QUERIES.get, job_id)
    if row is None:
        return []
    return [UsagePoint(*values) for values in zip(row["at"], row["memory_kb"], row["cpu_ms"], strict=True)]
