"""Removing what a finished job holds, while the fact that it ran stays."""

from uuid import UUID

from postmill.db.pool import Session
from postmill.tables import blob, completed_job


async def scrub(connection: Session, job_id: UUID) -> bool:
    """Removes arguments, result, log and stream inside the caller's transaction; False when the job has not ended."""
    found, blobs = await completed_job.scrub_one(connection, job_id)
    await blob.remove(connection, blobs)
    return found
