"""Deletes items of which nothing is left but what the trash keeps: all of several, or none."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from postmill.access.policy import domain_of
from postmill.db.pool import Connection, Pool
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import trash
from postmill.tables.items.item_kinds import ItemKind

Delete = Callable[[Connection, str, str], Awaitable[object]]


async def delete_items(
    pool: Pool, kind: ItemKind[Any], delete: Delete, subject: Subject, workspace: str, paths: Sequence[str]
) -> list[str]:
    """Returns the deleted paths.

    Raises NotFound where one is missing or hidden, NotAuthorized where the subject may only read it.
    """
    async with pool.acquire() as connection, connection.transaction():
        for path in paths:
            await kind.changeable(connection, subject, workspace, path)
            await trash.keep(connection, workspace, kind.name, path, subject.username)
            await delete(connection, workspace, path)
            await audit.record(connection, subject, f"{domain_of(kind.name)}.delete", "Delete", path)
    return list(paths)
