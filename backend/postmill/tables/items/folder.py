"""Folders: the places ``f/<name>/...`` and who owns, reads and writes in them."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json

QUERIES = load_queries(__file__)


class FolderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One folder; ``owners`` and the keys of ``extra_perms`` are ``u/<user>`` or ``g/<group>``."""

    name: str
    display_name: str
    summary: str | None
    owners: list[str]
    extra_perms: dict[str, bool]
    labels: list[str]
    default_permissioned_as: Any
    created_by: str | None
    edited_at: datetime | None = None


def _row(record: asyncpg.Record) -> FolderRow:
    default = record["default_permissioned_as"]
    return FolderRow(
        name=record["name"],
        display_name=record["display_name"],
        summary=record["summary"],
        owners=list(record["owners"]),
        extra_perms=json.decode(record["extra_perms"]),
        labels=list(record["labels"]),
        default_permissioned_as=None if default is None else json.decode(default),
        created_by=record["created_by"],
        edited_at=record["edited_at"],
    )


async def insert(connection: Connection, workspace_id: str, row: FolderRow) -> None:
    """Raises asyncpg.UniqueViolationError for a taken name."""
    await connection.execute(
        QUERIES.insert,
        workspace_id,
        row.name,
        row.display_name,
        row.summary,
        row.owners,
        json.encode_text(row.extra_perms),
        row.labels,
        None if row.default_permissioned_as is None else json.encode_text(row.default_permissioned_as),
        row.created_by,
    )


async def list_folders(
    connection: Connection, workspace_id: str, only: list[str] | None, *, limit: int, offset: int
) -> list[FolderRow]:
    """The folders by name; ``only`` narrows them to those that the caller may see."""
    rows = await connection.fetch(QUERIES.list_folders, workspace_id, only, limit, offset)
    return [_row(record) for record in rows]


async def get(connection: Connection, workspace_id: str, name: str) -> FolderRow | None:
    rows = await connection.fetch(QUERIES.list_folders, workspace_id, [name], 1, 0)
    return _row(rows[0]) if rows else None


async def lock(connection: Connection, workspace_id: str, name: str) -> FolderRow | None:
    """The folder with its row locked until the transaction ends; None where there is none."""
    record = await connection.fetchrow(QUERIES.lock, workspace_id, name)
    return None if record is None else _row(record)


async def update(connection: Connection, workspace_id: str, row: FolderRow) -> None:
    """Write everything of the row but its name and maker."""
    await connection.execute(
        QUERIES.update,
        workspace_id,
        row.name,
        row.summary,
        row.owners,
        json.encode_text(row.extra_perms),
        row.labels,
        None if row.default_permissioned_as is None else json.encode_text(row.default_permissioned_as),
    )


async def delete(connection: Connection, workspace_id: str, name: str) -> None:
    await connection.execute(QUERIES.delete, workspace_id, name)


async def usage(connection: Connection, workspace_id: str, name: str) -> dict[str, int]:
    """How many objects of each kind live in the folder."""
    row = await connection.fetchrow(QUERIES.usage, workspace_id, f"f/{name}/")
    return dict(row) if row is not None else {}
