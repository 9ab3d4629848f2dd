"""Workspaces: what everything but accounts and instance settings lives in."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json

QUERIES = load_queries(__file__)


class WorkspaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace; ``settings`` is an object of settings by name."""

    id: str
    name: str
    owner: str
    color: str | None
    archived: bool
    settings: dict[str, Any]
    created_at: datetime


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace and what somebody is called in it."""

    workspace: WorkspaceRow
    username: str
    disabled: bool
    is_admin: bool
    is_operator: bool


def _row(record: asyncpg.Record) -> WorkspaceRow:
    return WorkspaceRow(
        id=record["id"],
        name=record["name"],
        owner=record["owner"],
        color=record["color"],
        archived=record["archived"],
        settings=json.decode(record["settings"]),
        created_at=record["created_at"],
    )


async def insert(connection: Connection, workspace_id: str, name: str, owner: str, color: str | None) -> None:
    """Raises asyncpg.UniqueViolationError for a taken id."""
    await connection.execute(QUERIES.insert, workspace_id, name, owner, color)


async def get(connection: Connection, workspace_id: str) -> WorkspaceRow | None:
    record = await connection.fetchrow(QUERIES.get, workspace_id)
    return None if record is None else _row(record)


async def exists(connection: Connection, workspace_id: str) -> bool:
    return bool(await connection.fetchval(QUERIES.exists, workspace_id))


async def list_of(connection: Connection, email: str, only: str | None) -> list[Joined]:
    """The workspaces of an account that are not archived; ``only`` narrows them to one."""
    return [
        Joined(
            workspace=_row(record),
            username=record["username"],
            disabled=record["disabled"],
            is_admin=record["is_admin"],
            is_operator=record["is_operator"],
        )
        for record in await connection.fetch(QUERIES.list_of, email, only)
    ]


async def list_all(connection: Connection, limit: int, offset: int) -> list[WorkspaceRow]:
    return [_row(record) for record in await connection.fetch(QUERIES.list_all, limit, offset)]


async def set_archived(connection: Connection, workspace_id: str, archived: bool) -> bool:
    """Whether there was such a workspace."""
    return await connection.fetchval(QUERIES.set_archived, workspace_id, archived) is not None


async def set_name(connection: Connection, workspace_id: str, name: str) -> None:
    await connection.execute(QUERIES.set_name, workspace_id, name)


async def set_color(connection: Connection, workspace_id: str, color: str | None) -> None:
    await connection.execute(QUERIES.set_color, workspace_id, color)


async def merge_settings(connection: Connection, workspace_id: str, changes: dict[str, Any]) -> None:
    """Change the named settings; a value of None removes one."""
    await connection.execute(QUERIES.merge_settings, workspace_id, json.encode_text(changes))


async def delete(connection: Connection, workspace_id: str) -> bool:
    """Delete the workspace and everything that refers to it; whether there was one."""
    return await connection.fetchval(QUERIES.delete, workspace_id) is not None
