"""What was deleted lately, for admins: looked at, had back, or removed for good."""

from postmill.db.pool import Connection, Pool
from postmill.deploy.protection import require_deploying
from postmill.kernel.errors import NotFound
from postmill.model.subject import Subject
from postmill.model.trash_item import TrashItem
from postmill.tables.instance import audit
from postmill.tables.items import trash
from postmill.tables.items.item_kinds import KINDS

_CODE = ("script", "flow")


async def list_items(
    pool: Pool, workspace: str, kind: str | None, limit: int, offset: int
) -> list[TrashItem]:
    """The newest first, without their rows."""
    return await trash.list_items(pool, workspace, kind, limit, offset)


async def get(pool: Pool, workspace: str, item_id: int) -> TrashItem:
    """One with its rows; raises NotFound."""
    async with pool.acquire() as connection:
        return await _one(connection, workspace, item_id)


async def restore(pool: Pool, subject: Subject, workspace: str, item_id: int) -> TrashItem:
    """Puts an item back at its path, with its versions and grants; raises Conflict where the path is taken."""
    async with pool.acquire() as connection, connection.transaction():
        item = await _one(connection, workspace, item_id)
        if item.kind in _CODE:
            await require_deploying(connection, subject, workspace)
        kind = KINDS[item.kind]
        await kind.require_free(connection, subject, workspace, item.path)
        await trash.restore(connection, item)
        if kind.announce is not None:
            await kind.announce(connection, workspace, item.path)
        await audit.record(connection, subject, "trash.restore", "Created", item.path, {"kind": item.kind})
    return item


async def remove(pool: Pool, subject: Subject, workspace: str, item_id: int) -> TrashItem:
    """Removes an item for good; raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        item = await _one(connection, workspace, item_id)
        await trash.remove(connection, workspace, item_id)
        await audit.record(connection, subject, "trash.delete", "Delete", item.path, {"kind": item.kind})
    return item


async def empty(pool: Pool, subject: Subject, workspace: str) -> int:
    """Removes everything for good; how many items that was."""
    async with pool.acquire() as connection, connection.transaction():
        count = await trash.empty(connection, workspace)
        await audit.record(connection, subject, "trash.empty", "Delete", workspace, {"items": count})
    return count


async def _one(connection: Connection, workspace: str, item_id: int) -> TrashItem:
    item = await trash.one(connection, workspace, item_id)
    if item is None:
        raise NotFound(f"Not found: there is no item {item_id} in the trash")
    return item
