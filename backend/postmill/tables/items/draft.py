"""The table of drafts: one per person and item. Rights are the business of its callers."""

from datetime import datetime

from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.draft import Draft

QUERIES = load_queries(__file__)


def _draft(row: Record) -> Draft:
    return Draft(**dict(row))


async def get(connection: Connection, workspace: str, email: str, kind: str, path: str) -> Draft | None:
    row = await connection.fetchrow(QUERIES.get, workspace, email, kind, path)
    return _draft(row) if row else None


async def get_for_update(
    connection: Connection, workspace: str, email: str, kind: str, path: str
) -> Draft | None:
    """Locks the row; to be called inside a transaction."""
    row = await connection.fetchrow(QUERIES.get_for_update, workspace, email, kind, path)
    return _draft(row) if row else None


async def get_of_username(
    connection: Connection, workspace: str, username: str, kind: str, path: str
) -> Draft | None:
    row = await connection.fetchrow(QUERIES.get_of_username, workspace, username, kind, path)
    return _draft(row) if row else None


async def of_item(connection: Connection, workspace: str, kind: str, path: str) -> list[Draft]:
    """Everybody's, the newest first."""
    return [_draft(row) for row in await connection.fetch(QUERIES.of_item, workspace, kind, path)]


async def list_own(connection: Connection, workspace: str, email: str, limit: int) -> list[Draft]:
    return [_draft(row) for row in await connection.fetch(QUERIES.list_own, workspace, email, limit)]


async def undeployed(
    connection: Connection,
    workspace: str,
    kind: str,
    *,
    path_start: str | None,
    path_exact: str | None,
    limit: int,
) -> list[Draft]:
    """The drafts of scripts or of flows that were never deployed, the newest first."""
    rows = await connection.fetch(QUERIES.undeployed, workspace, kind, path_start, path_exact, limit)
    return [_draft(row) for row in rows]


async def list_all(connection: Connection, workspace: str, limit: int) -> list[Draft]:
    return [_draft(row) for row in await connection.fetch(QUERIES.list_all, workspace, limit)]


async def save(
    connection: Connection, workspace: str, email: str, username: str, kind: str, path: str, value: str
) -> datetime:
    """Writes the draft (JSON as text) and returns the time that it carries from now on."""
    saved_at: datetime = await connection.fetchval(
        QUERIES.save, workspace, email, username, kind, path, value
    )
    return saved_at


async def delete(connection: Connection, workspace: str, email: str, kind: str, path: str) -> bool:
    """False when there was none."""
    return await connection.fetchval(QUERIES.delete, workspace, email, kind, path) is not None


async def move(
    connection: Connection, workspace: str, email: str, kind: str, path: str, new_path: str
) -> bool:
    """False when there is no such draft, or one at the new path."""
    moved = await connection.fetchval(QUERIES.move, workspace, email, kind, path, new_path)
    return moved is not None


async def delete_of(connection: Connection, workspace: str, email: str) -> int:
    """Deletes all drafts of one account; returns how many there were."""
    return len(await connection.fetch(QUERIES.delete_of, workspace, email))
