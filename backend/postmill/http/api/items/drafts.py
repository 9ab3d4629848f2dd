"""Drafts of items: save while writing, list, take over, move, discard."""

from datetime import datetime
from typing import Literal

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, text
from postmill.items import drafts
from postmill.model.draft import Draft, DraftAuthor, SaveDraft

WORKSPACE = "/w/{workspace}/drafts"
TAGS = ("draft",)


class ListQuery(msgspec.Struct):
    all_users: bool = False


class OfUser(msgspec.Struct):
    username: str | None = None


class Moving(msgspec.Struct):
    new_path: str
    summary: str | None = None


class ShownDraft(msgspec.Struct):
    """``value`` has the shape of the item's create request."""

    value: msgspec.Raw
    created_at: datetime


class ListedDraft(msgspec.Struct, kw_only=True, omit_defaults=True):
    """``draft_only``: the item is not deployed yet; ``draft_users``: everybody who has a draft of it."""

    kind: str
    path: str
    draft_only: bool
    legacy_draft: bool
    created_at: datetime
    can_write: bool
    mine: bool
    username: str
    draft_users: list[DraftAuthor]
    summary: str | msgspec.UnsetType = msgspec.UNSET


class SavedDraft(msgspec.Struct):
    """``conflict``: another window saved at ``current_timestamp``, and nothing was written."""

    status: Literal["saved", "conflict"]
    current_timestamp: datetime


def _document(draft: Draft) -> ShownDraft:
    return ShownDraft(msgspec.Raw(draft.value.encode()), draft.saved_at)


def _listed(listed: drafts.ListedDraft) -> ListedDraft:
    return ListedDraft(
        kind=listed.draft.kind,
        path=listed.draft.path,
        draft_only=listed.is_undeployed,
        legacy_draft=False,
        created_at=listed.draft.saved_at,
        can_write=listed.can_write,
        mine=listed.is_own,
        username=listed.draft.username,
        draft_users=[DraftAuthor(username=username) for username in listed.usernames],
        summary=msgspec.UNSET if listed.summary is None else listed.summary,
    )


async def list_drafts(call: Call) -> Response:
    everybody = call.query(ListQuery).all_users
    found = await drafts.list_visible(call.context.pool, call.subject, call.workspace, of_everybody=everybody)
    return as_json([_listed(one) for one in found])


async def get(call: Call) -> Response:
    username = call.query(OfUser).username
    draft = await drafts.of_user(
        call.context.pool, call.subject, call.workspace, call.path_params["kind"], call.path(), username
    )
    return as_json(_document(draft))


async def get_own(call: Call) -> Response:
    draft = await drafts.own(
        call.context.pool, call.subject, call.workspace, call.path_params["kind"], call.path()
    )
    return as_json(None if draft is None else _document(draft))


async def update(call: Call) -> Response:
    body = await call.json(SaveDraft)
    saved = await drafts.save(
        call.context.pool, call.subject, call.workspace, call.path_params["kind"], call.path(), body
    )
    return as_json(SavedDraft("conflict" if saved.is_conflict else "saved", saved.at))


async def move(call: Call) -> Response:
    body, path = await call.json(Moving), call.path()
    await drafts.move(
        call.context.pool,
        call.subject,
        call.workspace,
        call.path_params["kind"],
        path,
        body.new_path,
        body.summary,
    )
    return text(f"draft {path} moved to {body.new_path}")


async def discard(call: Call) -> Response:
    path, username = call.path(), call.query(OfUser).username
    await drafts.discard(
        call.context.pool, call.subject, call.workspace, call.path_params["kind"], path, username
    )
    return text(f"draft {path} deleted")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listDrafts", "GET", f"{WORKSPACE}/list", list_drafts, "drafts:read", TAGS,
        "One's own drafts, or those of everybody that the caller may see", query=ListQuery,
        returns=list[ListedDraft],
    ),
    Operation(
        "getDraftForUser", "GET", f"{WORKSPACE}/get/{{kind}}/{{path:path}}", get, "drafts:read", TAGS,
        "A member's draft of an item", query=OfUser, returns=ShownDraft,
    ),
    Operation(
        "getOwnDraft", "GET", f"{WORKSPACE}/get_own/{{kind}}/{{path:path}}", get_own, "drafts:read", TAGS,
        "One's own draft of an item, null for none", returns=ShownDraft | None,
    ),
    Operation(
        "updateDraft", "POST", f"{WORKSPACE}/update/{{kind}}/{{path:path}}", update, "developer:drafts:write", TAGS,
        "Save one's draft, unless another window saved since", SaveDraft, returns=SavedDraft,
    ),
    Operation(
        "moveDraft", "POST", f"{WORKSPACE}/move/{{kind}}/{{path:path}}", move, "developer:drafts:write", TAGS,
        "Give one's draft another path", Moving, returns=str,
    ),
    Operation(
        "deleteDraftForUser", "POST", f"{WORKSPACE}/delete_for_user/{{kind}}/{{path:path}}", discard,
        "developer:drafts:write", TAGS, "Discard a draft", query=OfUser, returns=str,
    ),
)  # fmt: skip
