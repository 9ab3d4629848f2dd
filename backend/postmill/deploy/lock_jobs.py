"""Queues the job that finds the lock of a version, in the transaction that needs it."""

from uuid import UUID

from postmill.db.pool import Session
from postmill.kernel.ids import new_job_id
from postmill.model.job import NewJob
from postmill.model.script import Script
from postmill.model.subject import Subject
from postmill.queue.push import push_in

DEPENDENCY_TAG = "dependency"


async def queue_lock_job(connection: Session, script: Script, subject: Subject, job_id: UUID) -> None:
    """The job reads imports with the rights of ``subject``, whoever's version it locks."""
    job = NewJob(
        id=job_id,
        workspace_id=script.workspace_id,
        kind="dependencies",
        created_by=subject.username,
        permissioned_as=subject.permissioned_as,
        email=subject.email,
        tag=DEPENDENCY_TAG,
        language=script.language,
        path=script.path,
        script_hash=script.hash,
    )
    await push_in(connection, [job])


def new_lock_job() -> UUID:
    return new_job_id()
