"""Deleted items, kept as the rows that they were until they are had back, removed for good, or too old."""

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.trash_item import TRASH_DAYS, TrashItem

QUERIES = load_queries(__file__)

# What brings an item of each kind back, in the order in which the tables need it.
_RESTORE = {
    "variable": (QUERIES.restore_variable,),
    "resource": (QUERIES.restore_resource, QUERIES.restore_resource_versions),
    "script": (QUERIES.restore_script, QUERIES.restore_script_imports),
    "flow": (QUERIES.restore_flow, QUERIES.restore_flow_versions, QUERIES.restore_flow_uses),
}
_KEEP = {
    "variable": QUERIES.keep_variable,
    "resource": QUERIES.keep_resource,
    "script": QUERIES.keep_script,
    "flow": QUERIES.keep_flow,
}


async def keep(connection: Connection, workspace: str, kind: str, path: str, deleted_by: str) -> None:
    """Copies what lies at the path; to be called in the transaction that deletes it, before it does."""
    await connection.execute(_KEEP[kind], workspace, path, deleted_by)


async def restore(connection: Connection, item: TrashItem) -> None:
    """Puts the rows back and removes them from the trash; the path must be free."""
    for query in _RESTORE[item.kind]:
        await connection.execute(query, item.workspace_id, item.id)
    await remove(connection, item.workspace_id, item.id)


async def list_items(
    connection: Connection, workspace: str, kind: str | None, limit: int, offset: int
) -> list[TrashItem]:
    """What was deleted, the newest first, without its rows."""
    rows = await connection.fetch(QUERIES.list_items, workspace, kind, TRASH_DAYS, limit, offset)
    return [TrashItem(**dict(row)) for row in rows]


async def one(connection: Connection, workspace: str, item_id: int) -> TrashItem | None:
    """One with its rows, locked for the rest of the transaction."""
    row = await connection.fetchrow(QUERIES.one, workspace, item_id, TRASH_DAYS)
    return None if row is None else TrashItem(**dict(row))


async def remove(connection: Connection, workspace: str, item_id: int) -> None:
    await connection.execute(QUERIES.remove, workspace, item_id)


async def empty(connection: Connection, workspace: str) -> int:
    """Removes everything for good; how many items that was."""
    return len(await connection.fetch(QUERIES.empty, workspace))


async def forget_old(connection: Connection) -> None:
    """Those that were kept long enough."""
    await connection.execute(QUERIES.forget_old, TRASH_DAYS)
