"""Marks on failed runs: somebody has dealt with them. Who may see the runs is asked here."""

from collections.abc import Sequence
from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.jobs import job_resolution, job_view

LONGEST_NOTE = 2000


async def resolve(
    pool: Pool,
    subject: Subject,
    workspace: str,
    job_ids: Sequence[UUID],
    note: str | None,
    superseded_by: UUID | None,
) -> list[UUID]:
    """Marks the jobs that failed or were canceled, of those that the subject may see; returns which.

    Raises NotFound for a superseding job that the subject may not see, InvalidInput for a bad note.
    """
    if note is not None and (len(note) > LONGEST_NOTE or "\0" in note):
        raise InvalidInput(f"Bad request: a note is a text of at most {LONGEST_NOTE} characters without NUL")
    async with pool.acquire() as connection, connection.transaction():
        if superseded_by is not None and not await job_view.visible_ids(
            connection, subject, workspace, [superseded_by]
        ):
            raise NotFound(f"Not found: job {superseded_by} does not exist, or you may not see it")
        seen = list(await job_view.visible_ids(connection, subject, workspace, job_ids))
        marked = await job_resolution.resolve(
            connection, workspace, seen, subject.username, note or None, superseded_by
        )
        for job_id in marked:
            await audit.record(connection, subject, "jobs.resolve", "Updated", str(job_id))
    return marked


async def unresolve(pool: Pool, subject: Subject, workspace: str, job_ids: Sequence[UUID]) -> list[UUID]:
    """Takes the marks of those of the jobs back that the subject may see; returns which had one."""
    async with pool.acquire() as connection, connection.transaction():
        seen = list(await job_view.visible_ids(connection, subject, workspace, job_ids))
        unmarked = await job_resolution.unresolve(connection, workspace, seen)
        for job_id in unmarked:
            await audit.record(connection, subject, "jobs.unresolve", "Updated", str(job_id))
    return unmarked
