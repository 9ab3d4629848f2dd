"""What workspaces run when runs end, and which ends they have not dealt with yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.handler import DueHandler, EndedRun, Handler, HandlerKind
from postmill.model.job import JobStatus

QUERIES = load_queries(__file__)


async def get(connection: Connection, workspace_id: str, kind: HandlerKind) -> Handler | None:
    row = await connection.fetchrow(QUERIES.get, workspace_id, kind)
    return None if row is None else Handler(**dict(row))


async def put(connection: Connection, workspace_id: str, kind: HandlerKind, handler: Handler) -> None:
    """Set it; a new one deals with the runs that end from now on."""
    await connection.execute(
        QUERIES.put, workspace_id, kind, handler.path, handler.is_flow, handler.extra_args,
        handler.muted_on_cancel, handler.muted_on_user_path, handler.permissioned_as, handler.email,
    )  # fmt: skip


async def delete(connection: Connection, workspace_id: str, kind: HandlerKind) -> None:
    await connection.execute(QUERIES.delete, workspace_id, kind)


async def all_due(connection: Connection) -> list[DueHandler]:
    """The handlers of all workspaces that are not archived."""
    found = []
    for row in await connection.fetch(QUERIES.all_due):
        values = dict(row)
        known = {name: values.pop(name) for name in ("workspace_id", "kind", "seen_until")}
        found.append(DueHandler(**known, handler=Handler(**values)))
    return found


async def ended_after(
    connection: Connection,
    workspace_id: str,
    after: datetime,
    after_job: UUID,
    statuses: Sequence[JobStatus],
    limit: int,
) -> list[EndedRun]:
    """Runs that ended after a moment and a job, the oldest first; neither steps of flows nor what handlers started."""
    rows = await connection.fetch(QUERIES.ended_after, workspace_id, after, after_job, list(statuses), limit)
    return [EndedRun(**dict(row)) for row in rows]


async def seen(connection: Connection, workspace_id: str, kind: HandlerKind, until: datetime) -> None:
    """Everything that ended before then is dealt with."""
    await connection.execute(QUERIES.seen, workspace_id, kind, until)


async def clock(connection: Connection) -> datetime:
    """The time of the database."""
    found: datetime = await connection.fetchval(QUERIES.clock)
    return found
