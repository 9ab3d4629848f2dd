"""What a workspace runs when runs end, as its admins set it."""

from postmill.access.paths import ItemPath
from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput
from postmill.model.handler import Handler, HandlerKind
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.workspaces import workspace_handler

ACTIONS: dict[HandlerKind, str] = {
    "error": "workspaces.edit_error_handler",
    "success": "workspaces.edit_success_handler",
}


def parse_address(address: str) -> tuple[str, bool]:
    """The path and whether it is a flow's, from ``script/u/..``, ``flow/f/..`` or a script's bare path."""
    kind, _, rest = address.partition("/")
    if kind in ("script", "flow"):
        return ItemPath.parse(rest).text, kind == "flow"
    if kind == "hub":
        raise InvalidInput(
            "Bad request: scripts of the hub are not offered here; deploy one in the workspace"
        )
    return ItemPath.parse(address).text, False


async def get(pool: Pool, workspace_id: str, kind: HandlerKind) -> Handler | None:
    """The handler, or None."""
    return await workspace_handler.get(pool, workspace_id, kind)


async def put(
    pool: Pool, subject: Subject, workspace_id: str, kind: HandlerKind, handler: Handler | None
) -> None:
    """Set or remove the handler. It deals with the runs that end from now on, with the rights of who sets it."""
    async with pool.acquire() as connection, connection.transaction():
        if handler is None:
            await workspace_handler.delete(connection, workspace_id, kind)
        else:
            await workspace_handler.put(connection, workspace_id, kind, handler)
        details = {"path": None if handler is None else handler.address}
        await audit.record(connection, subject, ACTIONS[kind], "Updated", workspace_id, details)
