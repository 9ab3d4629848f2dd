"""Results, wherever they lie: short ones in the row of the completed job, long ones in chunks."""

from uuid import UUID

from postmill.db.pool import Connection, Session
from postmill.model.job import Completed
from postmill.tables import blob, completed_job

LARGEST_INLINE_BYTES = 512 * 1024


async def whole_result(connection: Connection, blob_id: UUID) -> str:
    """The JSON text of a long result."""
    return (await blob.get(connection, blob_id)).decode()


async def store_long(connection: Session, result: str) -> UUID:
    """Stores a long result inside the caller's transaction."""
    return await blob.put(connection, result.encode())


def is_long(result: str) -> bool:
    """Whether a result is kept in chunks. Characters are counted, which is near enough and takes no copy."""
    return len(result) > LARGEST_INLINE_BYTES


async def completed(connection: Connection, job_id: UUID) -> Completed | None:
    """How a job ended, with its whole result (``null`` when that was deleted); None while it has not ended."""
    outcome = await completed_job.outcome(connection, job_id)
    if outcome is None:
        return None
    if outcome.result_blob is not None:
        return Completed(outcome.status, await whole_result(connection, outcome.result_blob))
    return Completed(outcome.status, outcome.result if outcome.result is not None else "null")
