"""Results, wherever they lie: short ones in the row of the completed job, long ones in chunks."""

from uuid import UUID

from postmill.db.pool import Connection, Session
from postmill.model.job import Completed
from postmill.tables import blob, completed_job, flow_run, result_column

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


async def result_columns(connection: Connection, job_id: UUID) -> list[str] | None:
    """The columns of a list of rows in their order; None where the rows tell them."""
    return await result_column.names_of(connection, job_id)


async def early_step_of(connection: Connection, flow_job: UUID, step: str) -> Completed | None:
    """How a step of a flow ended, for those who wait for no more than that; None before."""
    found = await flow_run.early_result(connection, flow_job, step)
    if found is None:
        return None
    status, result, blob_id = found
    if blob_id is not None:
        result = await whole_result(connection, blob_id)
    return Completed(status, "null" if result is None else result)
