"""What was deleted in the last days, for admins: looked at, had back, or removed for good."""

from datetime import datetime
from typing import Any

import msgspec

from postmill.deploy import trash
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, counted, text
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.trash_item import TrashItem

BASE = "/w/{workspace}/trash"
TAGS = ("trash",)
DEFAULT_PER_PAGE, MAX_PER_PAGE, MAX_PAGE = 100, 1000, 1_000_000
LARGEST_ID = 2**63 - 1


class TrashQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``page`` counts from 0 here, as the public clients of these calls count."""

    item_kind: str | None = None
    page: int = 0
    per_page: int = DEFAULT_PER_PAGE


class ShownTrashItem(msgspec.Struct, kw_only=True):
    """A deleted item; at ``expires_at`` it is gone for good."""

    id: int
    workspace_id: str
    item_kind: str
    item_path: str
    deleted_by: str
    deleted_at: datetime
    expires_at: datetime


class TrashItemWithData(ShownTrashItem, kw_only=True):
    """``item_data``: the rows that the item was, by table; the value of a secret is left out."""

    item_data: dict[str, Any]


def members(item: TrashItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "workspace_id": item.workspace_id,
        "item_kind": item.kind,
        "item_path": item.path,
        "deleted_by": item.deleted_by,
        "deleted_at": item.deleted_at,
        "expires_at": item.expires_at,
    }


def _id(call: Call) -> int:
    value = call.path_params["id"]
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= LARGEST_ID):
        raise InvalidInput(f"Bad request: {value[:60]!r} is not the number of an item in the trash")
    return int(value)


async def list_items(call: Call) -> Response:
    query = call.query(TrashQuery)
    if not 0 <= query.page <= MAX_PAGE or query.per_page < 1:
        raise InvalidInput(f"Bad request: page lies between 0 and {MAX_PAGE}, per_page is at least 1")
    limit = min(query.per_page, MAX_PER_PAGE)
    found = await trash.list_items(
        call.context.pool, call.workspace, query.item_kind, limit, query.page * limit
    )
    return as_json([ShownTrashItem(**members(item)) for item in found])


async def get(call: Call) -> Response:
    item = await trash.get(call.context.pool, call.workspace, _id(call))
    return as_json(TrashItemWithData(**members(item), item_data=_without_secrets(item)))


def _without_secrets(item: TrashItem) -> dict[str, Any]:
    rows: dict[str, Any] = json.decode(item.rows)
    for variable in rows.get("variable") or ():
        if variable["is_secret"]:
            variable["value"] = None
    return rows


async def restore(call: Call) -> Response:
    item = await trash.restore(call.context.pool, call.subject, call.workspace, _id(call))
    return text(f"{item.kind} {item.path} restored")


async def remove(call: Call) -> Response:
    item = await trash.remove(call.context.pool, call.subject, call.workspace, _id(call))
    return text(f"{item.kind} {item.path} removed for good")


async def empty(call: Call) -> Response:
    count = await trash.empty(call.context.pool, call.subject, call.workspace)
    return text(f"{counted(count, 'item')} removed for good")


OPERATIONS = (
    Operation(
        "listTrash", "GET", f"{BASE}/list", list_items, "admin:workspaces:read", TAGS,
        "What was deleted in the last three days, the newest first", query=TrashQuery, returns=list[ShownTrashItem],
    ),
    Operation(
        "getTrashItem", "GET", f"{BASE}/get/{{id}}", get, "admin:workspaces:read", TAGS,
        "A deleted item with what it held", returns=TrashItemWithData,
    ),
    Operation(
        "restoreTrashItem", "POST", f"{BASE}/restore/{{id}}", restore, "admin:workspaces:write", TAGS,
        "Put a deleted item back at its path, with its versions and grants", returns=str,
    ),
    Operation(
        "permanentlyDeleteTrashItem", "DELETE", f"{BASE}/delete/{{id}}", remove, "admin:workspaces:write", TAGS,
        "Remove a deleted item for good", returns=str,
    ),
    Operation(
        "emptyTrash", "POST", f"{BASE}/empty", empty, "admin:workspaces:write", TAGS,
        "Remove all deleted items for good", returns=str,
    ),
)  # fmt: skip
