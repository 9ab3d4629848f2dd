"""Links under which a run can be looked at without an account."""

from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.run_share import RunShare

QUERIES = load_queries(__file__)


async def add(
    connection: Connection,
    share_id: UUID,
    workspace: str,
    job_id: UUID,
    *,
    shows_args: bool,
    shows_logs: bool,
    created_by: str,
    created_by_email: str,
    days: int | None,
) -> RunShare:
    """Keeps a link that is good for so many days from now; None: until it is revoked."""
    row = await connection.fetchrow(
        QUERIES.add, share_id, workspace, job_id, shows_args, shows_logs, created_by, days, created_by_email
    )
    assert row is not None
    return _share(row)


async def of_run(connection: Connection, workspace: str, job_id: UUID) -> list[RunShare]:
    """The good links to a run, the newest first."""
    return [_share(row) for row in await connection.fetch(QUERIES.of_run, workspace, job_id)]


async def one(connection: Connection, workspace: str, share_id: UUID) -> RunShare | None:
    """The link, while it is good."""
    row = await connection.fetchrow(QUERIES.one, share_id, workspace)
    return None if row is None else _share(row)


async def remove(connection: Connection, workspace: str, share_id: UUID) -> None:
    await connection.execute(QUERIES.remove, share_id, workspace)


async def forget_old(connection: Connection) -> None:
    """Those that have expired, and those to runs that are gone."""
    await connection.execute(QUERIES.forget_old)


def _share(row: Record) -> RunShare:
    values: dict[str, Any] = dict(row)
    return msgspec.convert(values, RunShare)
