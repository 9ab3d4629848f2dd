"""The trail of what was done: append-only, written in the transaction of the change, never with values of secrets."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from postmill.db.pool import Connection, Session
from postmill.db.queries import load_queries
from postmill.kernel import json
from postmill.model.subject import Subject

QUERIES = load_queries(__file__)

# What the start of a job is told as, by its kind; as in the queries.
_STARTS = {
    "script": "jobs.run.script",
    "flow": "jobs.run.flow",
    "preview": "jobs.run.preview",
    "flowpreview": "jobs.run.preview",
    "dependencies": "jobs.run.dependencies",
    "flowdependencies": "jobs.run.dependencies",
    "identity": "jobs.run",
    "noop": "jobs.run",
}
_RUNS_PER_MILLISECOND = 4096
FIRST_RUN_NUMBER = 1 << 50
"""Entries of the trail count from 1; the numbers of runs, which hold the time, are beyond this."""

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
    by_username: str | None = None  # the same for runs
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
    """The entries that pass the filter, and that runs were started, the newest first."""
    kinds = None if wanted.actions is None else _kinds_of(wanted.actions)
    unwanted = None if wanted.not_actions is None else _kinds_of(wanted.not_actions)
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
        kinds != [] and wanted.kind in (None, "Execute"),
        wanted.by_username,
        kinds,
        unwanted,
    )
    return [_entry(row) for row in rows]


def _kinds_of(actions: Sequence[str]) -> list[str]:
    """The kinds of jobs whose starts are told as these actions."""
    return [kind for kind, action in _STARTS.items() if action in actions]


async def get_entry(
    connection: Connection, workspace_id: str, entry_id: int, by_email: str | None
) -> AuditEntry | None:
    """One entry of a workspace; ``by_email`` narrows it to what that account did."""
    row = await connection.fetchrow(QUERIES.get_entry, entry_id, workspace_id, by_email)
    return None if row is None else _entry(row)


async def get_run(
    connection: Connection, workspace_id: str, number: int, by_username: str | None
) -> AuditEntry | None:
    """The start of a run by the number of its entry; ``by_username`` narrows it to what that member started."""
    begin = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=number // _RUNS_PER_MILLISECOND)
    end = begin + timedelta(milliseconds=1)
    row = await connection.fetchrow(QUERIES.get_run, workspace_id, begin, end, number, by_username)
    return None if row is None else _entry(row)


class Change(NamedTuple):
    """One change of an object."""

    id: int
    at: datetime
    username: str
    action: str
    parameters: dict[str, Any]


async def changes_of(
    connection: Connection, workspace_id: str, resource: str, actions: str, *, limit: int, offset: int
) -> list[Change]:
    """What was done to an object, the newest first; ``actions`` is how the actions begin."""
    rows = await connection.fetch(QUERIES.changes_of, workspace_id, resource, actions, limit, offset)
    return [
        Change(
            row["id"],
            row["at"],
            row["username"],
            row["action"],
            {} if row["parameters"] is None else json.decode(row["parameters"]),
        )
        for row in rows
    ]


async def delete_older(connection: Session, days: int) -> None:
    """Let entries go that are older than this many days."""
    async with connection.transaction():
        await connection.execute(QUERIES.allow_retention)
        await connection.execute(QUERIES.delete_older, days)
