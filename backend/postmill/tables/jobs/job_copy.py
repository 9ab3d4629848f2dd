"""Jobs as they are carried from one instance to another."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json
from postmill.model.job_copy import JobCopy

QUERIES = load_queries(__file__)


async def completed(connection: Connection, workspace_id: str, limit: int, offset: int) -> list[JobCopy]:
    """Jobs that have ended, in the order of their ends; long results lie in their blobs."""
    rows = await connection.fetch(QUERIES.completed, workspace_id, limit, offset)
    return [JobCopy(**dict(row)) for row in rows]


async def queued(connection: Connection, workspace_id: str, limit: int, offset: int) -> list[JobCopy]:
    """Jobs that have not ended, the oldest first."""
    rows = await connection.fetch(QUERIES.queued, workspace_id, limit, offset)
    return [JobCopy(**dict(row)) for row in rows]


async def bring_in(connection: Connection, workspace_id: str, jobs: Sequence[JobCopy]) -> list[UUID]:
    """Store jobs that ended elsewhere; answers those whose id was free."""
    given = json.encode_text([msgspec.structs.asdict(job) for job in jobs])
    return [row["id"] for row in await connection.fetch(QUERIES.bring_in, workspace_id, given)]
