"""The table of resource types: a workspace sees its own and those of workspace ``admins``."""

from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.resource import ResourceType

QUERIES = load_queries(__file__)


def _resource_type(row: Record) -> ResourceType:
    return ResourceType(**dict(row))


async def get(connection: Connection, workspace: str, name: str) -> ResourceType | None:
    row = await connection.fetchrow(QUERIES.get, workspace, name)
    return _resource_type(row) if row else None


async def list_all(connection: Connection, workspace: str) -> list[ResourceType]:
    return [_resource_type(row) for row in await connection.fetch(QUERIES.list_all, workspace)]


async def add(connection: Connection, kind: ResourceType) -> bool:
    """False when the workspace has a type of that name; ``edited_at`` is the database's time."""
    added = await connection.fetchval(
        QUERIES.add,
        kind.workspace_id,
        kind.name,
        kind.schema,
        kind.description,
        kind.format_extension,
        kind.is_fileset,
        kind.created_by,
    )
    return added is not None


async def update(connection: Connection, kind: ResourceType) -> None:
    await connection.execute(
        QUERIES.update, kind.workspace_id, kind.name, kind.schema, kind.description, kind.is_fileset
    )


async def delete(connection: Connection, workspace: str, name: str) -> bool:
    """False when the workspace itself has no such type."""
    return await connection.fetchval(QUERIES.delete, workspace, name) is not None
