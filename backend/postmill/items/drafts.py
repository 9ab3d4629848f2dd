"""Drafts: what somebody has written and not deployed yet, one per person and item.

One's own drafts are one's own. Others' drafts are seen by who may write the item they belong to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import UNSET, Raw

from postmill.access.paths import ItemPath
from postmill.access.policy import can_read, can_write, not_found, require_developer, require_read
from postmill.db.pool import Connection, Pool
from postmill.kernel import json
from postmill.kernel.errors import Conflict, InvalidInput, NotAuthorized
from postmill.kernel.storable import checked_json, checked_text
from postmill.model.draft import DRAFT_KINDS, Draft, DraftAuthor, SaveDraft
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import draft as drafts
from postmill.tables.items.item_kinds import KINDS

MAX_LISTED = 10_000


@dataclass(frozen=True, slots=True)
class Saved:
    """``is_conflict``: another window saved since; nothing was written, ``at`` is when that was."""

    is_conflict: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ListedDraft:
    """A draft with what its list says of the item."""

    draft: Draft
    is_own: bool
    can_write: bool
    is_undeployed: bool
    summary: str | None
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UndeployedItem:
    """Something that is only drafted; ``usernames`` are all who have a draft of it."""

    draft: Draft
    is_own: bool
    usernames: tuple[str, ...]

    @property
    def value(self) -> dict[str, Any]:
        """What the draft holds; empty where it is no object."""
        value = json.decode(self.draft.value)
        return value if isinstance(value, dict) else {}

    def text(self, member: str) -> str:
        """A member of the draft as text, empty where it is none."""
        found = self.value.get(member)
        return found if isinstance(found, str) else ""

    def document(self, member: str) -> str | None:
        """A member of the draft that is an object, as JSON text."""
        found = self.value.get(member)
        return json.encode_text(found) if isinstance(found, dict) else None


def checked_kind(kind: str) -> str:
    """Raises InvalidInput for a kind of item that has no drafts."""
    if kind not in DRAFT_KINDS:
        raise InvalidInput(
            f"Bad request: there are no drafts of {kind[:60]!r}; kinds are {', '.join(DRAFT_KINDS)}"
        )
    return kind


async def save(pool: Pool, subject: Subject, workspace: str, kind: str, path: str, new: SaveDraft) -> Saved:
    """Writes the subject's draft. With ``last_sync`` older than what is stored nothing is written, unless forced."""
    require_developer(subject)
    kind = checked_kind(kind)
    path = ItemPath.parse(path).text
    value = "null" if new.value is UNSET else checked_json(bytes(new.value), "the draft")
    async with pool.acquire() as connection, connection.transaction():
        await _require_place(connection, subject, workspace, kind, path)
        stored = await drafts.get_for_update(connection, workspace, subject.email, kind, path)
        if stored is not None and not new.force and _is_newer(stored.saved_at, new.last_sync):
            return Saved(is_conflict=True, at=stored.saved_at)
        at = await drafts.save(connection, workspace, subject.email, subject.username, kind, path, value)
    return Saved(is_conflict=False, at=at)


async def own(pool: Pool, subject: Subject, workspace: str, kind: str, path: str) -> Draft | None:
    """The subject's own draft of the item."""
    return await drafts.get(pool, workspace, subject.email, checked_kind(kind), path)


async def of_user(
    pool: Pool, subject: Subject, workspace: str, kind: str, path: str, username: str | None
) -> Draft:
    """The draft of the member, one's own by default; raises NotFound where there is none that the subject may see."""
    if username is None or username == subject.username:
        found = await own(pool, subject, workspace, kind, path)
    else:
        found = await drafts.get_of_username(pool, workspace, checked_text(username, "username"), kind, path)
    if found is None or not await _is_visible(pool, subject, found):
        raise not_found("draft", path)
    return found


async def discard(
    pool: Pool, subject: Subject, workspace: str, kind: str, path: str, username: str | None
) -> None:
    """Drops a draft: one's own, or as somebody who may write the item anybody's."""
    found = await of_user(pool, subject, workspace, kind, path, username)
    async with pool.acquire() as connection, connection.transaction():
        if found.email != subject.email and not await _may_write(connection, subject, found):
            raise NotAuthorized(f"Not authorized: {subject.username} may not drop drafts of others at {path}")
        await drafts.delete(connection, workspace, found.email, kind, path)
        await audit.record(connection, subject, "drafts.delete", "Delete", path, {"of": found.username})


async def move(
    pool: Pool,
    subject: Subject,
    workspace: str,
    kind: str,
    path: str,
    new_path: str,
    summary: str | None = None,
) -> None:
    """Gives the subject's draft another path, and its value another summary where one is given.

    Raises Conflict when the subject has a draft at that path.
    """
    require_developer(subject)
    checked_kind(kind)
    target = ItemPath.parse(new_path).text
    async with pool.acquire() as connection, connection.transaction():
        await _require_place(connection, subject, workspace, kind, target)
        draft = await drafts.get_for_update(connection, workspace, subject.email, kind, path)
        if draft is None:
            raise not_found("draft", path)
        if target != path and not await drafts.move(connection, workspace, subject.email, kind, path, target):
            raise Conflict(f"Bad request: there is a draft at {target} already")
        value = json.decode(draft.value)
        if summary is not None and isinstance(value, dict):
            text = json.encode_text(value | {"summary": checked_text(summary, "the summary")})
            await drafts.save(connection, workspace, subject.email, subject.username, kind, target, text)


async def list_visible(
    pool: Pool, subject: Subject, workspace: str, *, of_everybody: bool
) -> list[ListedDraft]:
    """The newest first: the subject's own, or those of everybody that the subject may see."""
    async with pool.acquire() as connection:
        if of_everybody:
            found = await drafts.list_all(connection, workspace, MAX_LISTED)
        else:
            found = await drafts.list_own(connection, workspace, subject.email, MAX_LISTED)
        authors = _authors(found)
        return [
            await _listed(connection, subject, draft, authors[draft.kind, draft.path])
            for draft in found
            if await _is_visible(connection, subject, draft)
        ]


async def undeployed(
    connection: Connection,
    subject: Subject,
    workspace: str,
    kind: str,
    *,
    path_start: str | None = None,
    path_exact: str | None = None,
    created_by: str | None = None,
) -> list[UndeployedItem]:
    """Scripts or flows of which there are only drafts, as far as the subject may see these; the newest first.

    Of several drafts of a path one's own stands for it, else the newest.
    """
    found = await drafts.undeployed(
        connection, workspace, kind, path_start=path_start, path_exact=path_exact, limit=MAX_LISTED
    )
    by_path: dict[str, list[Draft]] = {}
    for draft in found:
        if draft.email == subject.email or can_write(subject, kind, draft.path, {}):
            by_path.setdefault(draft.path, []).append(draft)
    items: list[UndeployedItem] = []
    for of_path in by_path.values():
        own = next((draft for draft in of_path if draft.email == subject.email), None)
        shown = own or of_path[0]
        if created_by is None or shown.username == created_by:
            items.append(UndeployedItem(shown, own is not None, tuple(one.username for one in of_path)))
    return items


async def overlay(
    pool: Pool, subject: Subject, workspace: str, kind: str, path: str, *, with_value: bool
) -> dict[str, Any]:
    """What an item's answer says of its drafts: whether the caller has one, its value if asked for, who else has."""
    found = await drafts.of_item(pool, workspace, kind, path)
    mine = next((draft for draft in found if draft.email == subject.email), None)
    document: dict[str, Any] = {"is_draft": mine is not None}
    if mine is not None:
        document["draft_saved_at"] = mine.saved_at
        if with_value:
            document["draft"] = Raw(mine.value.encode())
    others = [draft for draft in found if draft.email != subject.email]
    if with_value and others:
        document["other_drafts_users"] = [
            DraftAuthor(username=draft.username, draft_saved_at=draft.saved_at) for draft in others
        ]
    return document


def _is_newer(stored: datetime, seen: datetime | None) -> bool:
    """Clients keep milliseconds: a difference below that is none."""
    return seen is not None and (stored - seen).total_seconds() >= 0.001


def _authors(found: list[Draft]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    authors: dict[tuple[str, str], tuple[str, ...]] = {}
    for draft in found:
        key = draft.kind, draft.path
        authors[key] = (*authors.get(key, ()), draft.username)
    return authors


async def _listed(
    connection: Connection, subject: Subject, draft: Draft, usernames: tuple[str, ...]
) -> ListedDraft:
    value = json.decode(draft.value)
    summary = value.get("summary") if isinstance(value, dict) else None
    return ListedDraft(
        draft=draft,
        is_own=draft.email == subject.email,
        can_write=await _may_write(connection, subject, draft),
        is_undeployed=await _grants_of(connection, draft.workspace_id, draft.kind, draft.path) is None,
        summary=summary if isinstance(summary, str) else None,
        usernames=usernames,
    )


async def _grants_of(connection: Connection, workspace: str, kind: str, path: str) -> dict[str, bool] | None:
    """The grants of the deployed item; None where there is none."""
    found = await KINDS[kind].read(connection, workspace, path) if kind in KINDS else None
    return None if found is None else dict(found.extra_perms)


async def _is_visible(connection: Connection, subject: Subject, draft: Draft) -> bool:
    return draft.email == subject.email or await _may_write(connection, subject, draft)


async def _may_write(connection: Connection, subject: Subject, draft: Draft) -> bool:
    grants = await _grants_of(connection, draft.workspace_id, draft.kind, draft.path)
    return can_write(subject, draft.kind, draft.path, grants or {})


async def _require_place(
    connection: Connection, subject: Subject, workspace: str, kind: str, path: str
) -> None:
    """A draft may lie where its author may read the item, or could create one."""
    grants = await _grants_of(connection, workspace, kind, path)
    if grants is not None:
        require_read(subject, kind, path, grants)
    elif not can_read(subject, kind, path):
        raise not_found(kind, path)
