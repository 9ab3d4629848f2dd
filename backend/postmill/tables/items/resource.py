"""The table of resources and of the values they had. Rights are the business of its callers, but for lists."""

from collections.abc import Sequence

import msgspec
from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.resource import Resource, ResourceFilter, ResourceVersion
from postmill.model.subject import Subject
from postmill.tables.items.visible import SeenItems

QUERIES = load_queries(__file__)
SEEN = SeenItems("resource", "r")

KEPT_VERSIONS = 100
"""So many values of a resource are kept; the oldest go first."""


def _resource(row: Record) -> Resource:
    return Resource(
        workspace_id=row["workspace_id"],
        path=row["path"],
        value=row["value"],
        description=row["description"],
        resource_type=row["resource_type"],
        labels=tuple(row["labels"]),
        ws_specific=row["ws_specific"],
        extra_perms=msgspec.json.decode(row["extra_perms"], type=dict[str, bool]),
        created_by=row["created_by"],
        edited_at=row["edited_at"],
    )


async def get(connection: Connection, workspace: str, path: str) -> Resource | None:
    row = await connection.fetchrow(QUERIES.get, workspace, path)
    return _resource(row) if row else None


async def get_many(connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[Resource]:
    """Those of the resources, named by workspace and path, that exist."""
    workspaces, paths = [workspace for workspace, _ in wanted], [path for _, path in wanted]
    return [_resource(row) for row in await connection.fetch(QUERIES.get_many, workspaces, paths)]


async def get_for_update(connection: Connection, workspace: str, path: str) -> Resource | None:
    """Locks the row; to be called inside a transaction."""
    row = await connection.fetchrow(QUERIES.get_for_update, workspace, path)
    return _resource(row) if row else None


async def list_visible(
    connection: Connection,
    subject: Subject,
    workspace: str,
    wanted: ResourceFilter,
    *,
    limit: int,
    offset: int,
) -> list[Resource]:
    """Those that the subject may see, by path."""
    rows = await SEEN.fetch(
        connection,
        subject,
        QUERIES.list_visible,
        workspace,
        wanted.resource_types,
        wanted.excluded_types,
        wanted.path_start,
        wanted.path,
        wanted.description,
        wanted.value,
        wanted.broad_filter,
        wanted.label,
        limit,
        offset,
    )
    return [_resource(row) for row in rows]


async def list_names(
    connection: Connection, subject: Subject, workspace: str, resource_type: str, limit: int
) -> list[str]:
    """The paths of one type that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_names, workspace, resource_type, limit)
    return [row["path"] for row in rows]


async def counts_by_type(connection: Connection, subject: Subject, workspace: str) -> dict[str, int]:
    """How many resources of each type the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.counts_by_type, workspace)
    return {row["resource_type"]: row["number"] for row in rows}


async def add(connection: Connection, resource: Resource) -> bool:
    """False when the path is taken."""
    added = await connection.fetchval(
        QUERIES.add,
        resource.workspace_id,
        resource.path,
        resource.value,
        resource.description,
        resource.resource_type,
        list(resource.labels),
        resource.ws_specific,
        resource.created_by,
    )
    return added is not None


async def update(connection: Connection, path: str, resource: Resource) -> None:
    """Writes the record over the one at ``path``; ``resource.path`` may be another."""
    await connection.execute(
        QUERIES.update,
        resource.workspace_id,
        path,
        resource.path,
        resource.value,
        resource.description,
        resource.resource_type,
        list(resource.labels),
        resource.ws_specific,
    )
    if resource.path != path:
        await connection.execute(QUERIES.move_versions, resource.workspace_id, path, resource.path)


async def set_extra_perms(
    connection: Connection, workspace: str, path: str, extra_perms: dict[str, bool]
) -> None:
    """Replaces the grants."""
    await connection.execute(
        QUERIES.set_extra_perms, workspace, path, msgspec.json.encode(extra_perms).decode()
    )


async def delete(connection: Connection, workspace: str, path: str) -> bool:
    """False when there was none; its history goes with it."""
    gone = await connection.fetchval(QUERIES.delete, workspace, path)
    await connection.execute(QUERIES.delete_versions, workspace, path)
    return gone is not None


async def add_version(connection: Connection, resource: Resource, author: str) -> None:
    """Keeps the present value in the history."""
    await connection.execute(
        QUERIES.add_version, resource.workspace_id, resource.path, resource.value, author
    )
    await connection.execute(QUERIES.trim_versions, resource.workspace_id, resource.path, KEPT_VERSIONS)


async def list_versions(connection: Connection, workspace: str, path: str) -> list[ResourceVersion]:
    rows = await connection.fetch(QUERIES.list_versions, workspace, path)
    return [ResourceVersion(**dict(row)) for row in rows]


async def get_version(connection: Connection, workspace: str, version: int) -> ResourceVersion | None:
    row = await connection.fetchrow(QUERIES.get_version, workspace, version)
    return ResourceVersion(**dict(row)) if row else None


async def delete_versions(connection: Connection, workspace: str, path: str) -> None:
    await connection.execute(QUERIES.delete_versions, workspace, path)


async def prune_versions(connection: Connection, workspace: str) -> int:
    """Forgets the earlier values of all resources; how many they were."""
    return int(await connection.fetchval(QUERIES.prune_versions, workspace))


async def list_paths(connection: Connection, subject: Subject, workspace: str) -> list[str]:
    """The paths of all resources that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_paths, workspace)
    return [row["path"] for row in rows]
