"""Links that answer an approval: which were handed out, and until when they are good."""

from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


async def keep(
    connection: Connection,
    workspace: str,
    job_id: UUID,
    resume_id: int,
    approver: str | None,
    author: str,
    days: int,
) -> None:
    """Makes the link good for so many days from now."""
    await connection.execute(QUERIES.keep, job_id, resume_id, approver or "", workspace, author, days)


async def is_good(
    connection: Connection, workspace: str, job_id: UUID, resume_id: int, approver: str | None
) -> bool | None:
    """False for one that has expired, None for one that was never handed out."""
    good: bool | None = await connection.fetchval(
        QUERIES.is_good, job_id, resume_id, approver or "", workspace
    )
    return good


async def forget_expired(connection: Connection) -> None:
    """Those that expired a month ago; until then they are told from links that never were."""
    await connection.execute(QUERIES.forget_expired)
