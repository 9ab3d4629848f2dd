"""The table of saved inputs: arguments of a runnable under a name."""

from uuid import UUID

from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.saved_input import SavedInput

QUERIES = load_queries(__file__)


def _saved_input(row: Record) -> SavedInput:
    values = dict(row)
    return SavedInput(**{**values, "id": UUID(bytes=row["id"].bytes)})


async def get(connection: Connection, workspace: str, id: UUID) -> SavedInput | None:
    row = await connection.fetchrow(QUERIES.get, workspace, id)
    return _saved_input(row) if row else None


async def list_for(
    connection: Connection,
    workspace: str,
    runnable_type: str,
    runnable_id: str,
    username: str,
    limit: int,
    offset: int,
) -> list[SavedInput]:
    """Those that the user saved and the public ones, the newest first."""
    rows = await connection.fetch(
        QUERIES.list_for, workspace, runnable_type, runnable_id, username, limit, offset
    )
    return [_saved_input(row) for row in rows]


async def add(
    connection: Connection,
    id: UUID,
    workspace: str,
    runnable_id: str,
    runnable_type: str,
    name: str,
    args: str,
    username: str,
) -> None:
    await connection.execute(QUERIES.add, id, workspace, runnable_id, runnable_type, name, args, username)


async def update(
    connection: Connection,
    workspace: str,
    id: UUID,
    name: str,
    is_public: bool,
    *,
    username: str,
    is_admin: bool,
) -> bool:
    """False when there is none that the user may change."""
    changed = await connection.fetchval(QUERIES.update, workspace, id, name, is_public, is_admin, username)
    return changed is not None


async def delete(connection: Connection, workspace: str, id: UUID, *, username: str, is_admin: bool) -> bool:
    """False when there is none that the user may delete."""
    return await connection.fetchval(QUERIES.delete, workspace, id, is_admin, username) is not None
