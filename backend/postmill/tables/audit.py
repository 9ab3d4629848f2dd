"""The trail of what was done: append-only, written in the transaction of the change, never with values of secrets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from postmill.db.pool import Connection, Session
from postmill.db.queries import load_queries
from postmill.kernel import json
from postmill.model.subject import Subject

QUERIES = load_queries(__file__)

AuditKind = Literal["Created", "Updated", "Delete", "Execute"]


async def record(
    connection: Connection,
    subject: Subject,
    action: str,
    kind: AuditKind,
    resource: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    outcome: str = "ok",
    *,
    workspace_id: str | None = None,
) -> None:
    """Write one entry; ``workspace_id`` only where it is not the subject's own."""
    await connection.execute(
        QUERIES.record,
        workspace_id or subject.workspace_id,
        subject.username,
        subject.email,
        subject.token_prefix,
        subject.job_id,
        subject.address,
        action,
        kind,
        resource,
        None if parameters is None else json.encode_text(dict(parameters)),
        outcome,
    )


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the trail."""

    id: int
    at: datetime
    workspace_id: str | None
    username: str
    email: str
    token_prefix: str | None
    job_id: UUID | None
    address: str | None
    action: str
    kind: AuditKind
    resource: str | None
    parameters: dict[str, Any] | None
    outcome: str


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of entries is narrowed to; None narrows nothing."""

    workspace_id: str | None = None
    by_email: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    username: str | None = None
    actions: list[str] | None = None
    not_actions: list[str] | None = None
    resource: str | None = None
    kind: AuditKind | None = None


def _entry(row: asyncpg.Record) -> AuditEntry:
    values = dict(row)
    values["parameters"] = None if values["parameters"] is None else json.decode(values["parameters"])
    return AuditEntry(**values)


async def list_entries(
    connection: Connection, wanted: AuditFilter, *, limit: int, offset: int
) -> list[AuditEntry]:
    """The entries that pass the filter, the newest first."""
    rows = await connection.fetch(
        QUERIES.list_entries,
        wanted.workspace_id,
        wanted.by_email,
        wanted.before,
        wanted.after,
        wanted.username,
        wanted.actions,
        wanted.not_actions,
        wanted.resource,
        wanted.kind,
        limit,
        offset,
    )
    return [_entry(row) for row in rows]


async def get_entry(
    connection: Connection, workspace_id: str, entry_id: int, by_email: str | None
) -> AuditEntry | None:
    """One entry of a workspace; ``by_email`` narrows it to what that account did."""
    row = await connection.fetchrow(QUERIES.get_entry, entry_id, workspace_id, by_email)
    return None if row is None else _entry(row)


async def delete_older(connection: Session, days: int) -> None:
    """Let entries go that are older than this many days."""
    async with connection.transaction():
        await connection.execute(QUERIES.allow_retention)
        await connection.execute(QUERIES.delete_older, days)
