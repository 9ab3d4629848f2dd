"""Scripts and flows side by side, without their code: lists that go on where the last page ended, and counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.subject import Subject
from postmill.tables.items.visible import SeenItems

QUERIES = load_queries(__file__)
RunnableKind = Literal["script", "flow"]
_SEEN: dict[RunnableKind, SeenItems] = {"script": SeenItems("script", "s"), "flow": SeenItems("flow", "s")}


@dataclass(frozen=True, kw_only=True)
class RunnableFilter:
    """What a list is narrowed to, and its order: by the time of the newest version, or by path."""

    archived: bool = False
    path_start: str | None = None
    include_without_main: bool = False
    label: str | None = None
    search: str | None = None
    by_name: bool = False
    downwards: bool = True


async def page(
    connection: Connection,
    subject: Subject,
    workspace: str,
    kind: RunnableKind,
    wanted: RunnableFilter,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Record]:
    """What the subject may see of a kind, behind the position ``after``."""
    query = QUERIES.scripts if kind == "script" else QUERIES.flows
    at, path = after or (None, None)
    return await _SEEN[kind].fetch(
        connection, subject, query, workspace, wanted.archived, wanted.path_start, wanted.include_without_main,
        wanted.label, wanted.search, at, path, wanted.by_name, wanted.downwards, limit, subject.email,
    )  # fmt: skip


async def counts(
    connection: Connection, subject: Subject, workspace: str, kind: RunnableKind, include_without_main: bool
) -> dict[str, Any]:
    """How many live ones of a kind the subject may see, by the owner in their path."""
    query = QUERIES.script_counts if kind == "script" else QUERIES.flow_counts
    rows = await _SEEN[kind].fetch(connection, subject, query, workspace, include_without_main)
    return {row["owner"]: row["count"] for row in rows}


async def forms(
    connection: Connection,
    subject: Subject,
    workspace: str,
    kind: RunnableKind,
    like: list[str],
    *,
    with_schema: bool,
    limit: int,
) -> list[Record]:
    """What live ones of a kind are called with, of those that the subject may see and whose path is like a pattern."""
    query = QUERIES.script_forms if kind == "script" else QUERIES.flow_forms
    return await _SEEN[kind].fetch(connection, subject, query, workspace, like, with_schema, limit)
