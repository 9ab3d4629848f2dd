"""Groups of a workspace and who belongs to them; everybody belongs to ``all`` without being listed."""

from collections.abc import Mapping

import asyncpg
import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json

QUERIES = load_queries(__file__)


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """One group; a True in ``extra_perms`` lets somebody manage its members."""

    name: str
    summary: str
    members: list[str]
    extra_perms: dict[str, bool]


def _row(record: asyncpg.Record) -> GroupRow:
    return GroupRow(
        name=record["name"],
        summary=record["summary"],
        members=list(record["members"]),
        extra_perms=json.decode(record["extra_perms"]),
    )


async def insert(
    connection: Connection, workspace_id: str, name: str, summary: str, extra_perms: Mapping[str, bool]
) -> None:
    """Raises asyncpg.UniqueViolationError for a taken name."""
    perms = json.encode_text(dict(extra_perms))
    await connection.execute(QUERIES.insert, workspace_id, name, summary, perms)


async def list_groups(
    connection: Connection, workspace_id: str, *, limit: int, offset: int
) -> list[GroupRow]:
    rows = await connection.fetch(QUERIES.list_groups, workspace_id, None, limit, offset)
    return [_row(record) for record in rows]


async def get(connection: Connection, workspace_id: str, name: str) -> GroupRow | None:
    rows = await connection.fetch(QUERIES.list_groups, workspace_id, name, 1, 0)
    return _row(rows[0]) if rows else None


async def names(connection: Connection, workspace_id: str) -> list[str]:
    return [row["name"] for row in await connection.fetch(QUERIES.names, workspace_id)]


async def exists(connection: Connection, workspace_id: str, name: str) -> bool:
    return bool(await connection.fetchval(QUERIES.exists, workspace_id, name))


async def lock(connection: Connection, workspace_id: str, name: str) -> dict[str, bool] | None:
    """The group's grants, with the row locked until the transaction ends; None where there is none."""
    row = await connection.fetchrow(QUERIES.lock, workspace_id, name)
    if row is None:
        return None
    perms: dict[str, bool] = json.decode(row["extra_perms"])
    return perms


async def set_summary(connection: Connection, workspace_id: str, name: str, summary: str) -> None:
    await connection.execute(QUERIES.set_summary, workspace_id, name, summary)


async def set_extra_perms(
    connection: Connection, workspace_id: str, name: str, extra_perms: Mapping[str, bool]
) -> None:
    perms = json.encode_text(dict(extra_perms))
    await connection.execute(QUERIES.set_extra_perms, workspace_id, name, perms)


async def delete(connection: Connection, workspace_id: str, name: str) -> None:
    await connection.execute(QUERIES.delete, workspace_id, name)


async def add_member(connection: Connection, workspace_id: str, name: str, username: str) -> None:
    """Raises asyncpg.ForeignKeyViolationError where group or member do not exist."""
    await connection.execute(QUERIES.add_member, workspace_id, name, username)


async def remove_member(connection: Connection, workspace_id: str, name: str, username: str) -> bool:
    """Whether they were a member."""
    return await connection.fetchval(QUERIES.remove_member, workspace_id, name, username) is not None
