"""Scripts and flows in one list, page by page, and how many there are of whom."""

import base64
import binascii
import re
from datetime import datetime
from typing import Any

import msgspec

from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import format_hash
from postmill.model.subject import Subject
from postmill.tables.items import runnable
from postmill.tables.items.runnable import RunnableFilter as RunnableFilter
from postmill.tables.items.runnable import RunnableKind as RunnableKind


class Position(msgspec.Struct, frozen=True):
    """Where a list goes on: behind this item of each kind."""

    script: tuple[datetime, str] | None = None
    flow: tuple[datetime, str] | None = None


class RunnableItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry; members that only scripts or only flows have are left out of the others."""

    type: RunnableKind
    path: str
    summary: str
    workspace_id: str
    extra_perms: msgspec.Raw
    starred: bool
    archived: bool
    edited_at: datetime
    has_deploy_errors: bool
    ws_error_handler_muted: bool
    labels: list[str] = []
    hash: str | None = None
    language: str | None = None
    kind: str | None = None
    auto_kind: str | None = None
    version: int | None = None


class RunnableForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a script or flow is for, and the JSON Schema of its arguments where it was asked for and there is one."""

    kind: RunnableKind
    path: str
    summary: str
    description: str
    schema: Any = None


class RunnablePage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Without ``next_cursor`` it is the last one."""

    items: list[RunnableItem]
    next_cursor: str | None = None


async def list_page(
    pool: Pool,
    subject: Subject,
    workspace: str,
    kinds: tuple[RunnableKind, ...],
    wanted: RunnableFilter,
    cursor: str | None,
    limit: int,
) -> RunnablePage:
    """Raises InvalidInput for a cursor that no page ended with."""
    position = _parse(cursor)
    found: list[RunnableItem] = []
    for kind in kinds:
        rows = await runnable.page(pool, subject, workspace, kind, wanted, getattr(position, kind), limit + 1)
        found += [_item(kind, workspace, dict(row)) for row in rows]

    def place(item: RunnableItem) -> tuple[Any, ...]:
        return (item.path, item.type) if wanted.by_name else (item.edited_at, item.path, item.type)

    found.sort(key=place, reverse=wanted.downwards)
    shown = found[:limit]
    if len(found) <= limit:
        return RunnablePage(items=shown)
    for item in shown:
        position = msgspec.structs.replace(position, **{item.type: (item.edited_at, item.path)})
    return RunnablePage(items=shown, next_cursor=base64.urlsafe_b64encode(json.encode(position)).decode())


async def counts(
    pool: Pool,
    subject: Subject,
    workspace: str,
    kinds: tuple[RunnableKind, ...],
    include_without_main: bool,
) -> dict[str, int]:
    """By owner: ``u/alice``, ``f/team``."""
    sums: dict[str, int] = {}
    for kind in kinds:
        found = await runnable.counts(pool, subject, workspace, kind, include_without_main)
        for owner, count in found.items():
            sums[owner] = sums.get(owner, 0) + count
    return sums


async def forms(
    pool: Pool,
    subject: Subject,
    workspace: str,
    kind: RunnableKind,
    paths: list[str],
    *,
    with_schema: bool,
    limit: int,
) -> list[RunnableForm]:
    """What can be run and how it is called, by path; in ``paths`` a ``*`` stands for any characters."""
    like = [re.sub(r"([\\%_])", r"\\\1", path).replace("*", "%") for path in paths]
    rows = await runnable.forms(pool, subject, workspace, kind, like, with_schema=with_schema, limit=limit)
    return [
        RunnableForm(
            kind=kind,
            path=row["path"],
            summary=row["summary"],
            description=row["description"] or "",
            schema=None if row["schema"] is None else json.decode(row["schema"]),
        )
        for row in rows
    ]


def _parse(cursor: str | None) -> Position:
    if not cursor:
        return Position()
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=Position)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidInput("Bad request: cursor is not the next_cursor of another page") from None


def _item(kind: RunnableKind, workspace: str, row: dict[str, Any]) -> RunnableItem:
    labels = row["labels"]
    return RunnableItem(
        type=kind,
        path=row["path"],
        summary=row["summary"],
        workspace_id=workspace,
        extra_perms=msgspec.Raw(row["extra_perms"].encode()),
        starred=row["starred"],
        archived=row["archived"],
        edited_at=row["created_at"],
        has_deploy_errors=row["has_deploy_errors"],
        ws_error_handler_muted=row["muted"],
        labels=[] if labels is None else json.decode(labels) or [],
        hash=format_hash(row["hash"]) if "hash" in row else None,
        language=row.get("language"),
        kind=row.get("kind"),
        auto_kind=row.get("auto_kind"),
        version=row.get("version"),
    )
