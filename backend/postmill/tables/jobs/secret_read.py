"""Which secrets running jobs have opened with their tokens, by the audit entry written before the job has the value."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class SecretRead(NamedTuple):
    job_id: UUID
    workspace_id: str
    path: str


async def of_jobs(connection: Connection, job_ids: Sequence[UUID]) -> list[SecretRead]:
    """The variables that the jobs have opened so far."""
    return [SecretRead(*row) for row in await connection.fetch(QUERIES.of_jobs, list(job_ids))]
