"""Earlier versions that nothing takes any more, removed for good in a whole workspace."""

from collections.abc import Awaitable, Callable
from typing import Literal

from postmill.db.pool import Connection, Pool
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import flow, resource, script

Versioned = Literal["scripts", "flows", "apps", "resources"]

_PRUNE: dict[str, Callable[[Connection, str], Awaitable[int]]] = {
    "scripts": script.prune,
    "flows": flow.prune,
    "resources": resource.prune_versions,
}


async def prune_versions(pool: Pool, subject: Subject, workspace: str, kind: Versioned) -> int:
    """How many versions were removed; the newest of each path stays, and what runs or other code still take.

    There are no apps yet, and so no versions of them.
    """
    prune = _PRUNE.get(kind)
    if prune is None:
        return 0
    async with pool.acquire() as connection, connection.transaction():
        count = await prune(connection, workspace)
        parameters = {"kind": kind, "versions": count}
        await audit.record(connection, subject, "workspaces.prune_versions", "Delete", workspace, parameters)
    return count
