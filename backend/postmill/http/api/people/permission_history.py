"""Who changed the rights in a folder, and the members of a group."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json
from postmill.identity import permission_history
from postmill.identity.permission_history import Change


class FolderChange(msgspec.Struct, frozen=True, kw_only=True):
    """``affected`` is the ``u/user`` or ``g/group`` whose right changed; null where several did."""

    id: int
    changed_by: str
    changed_at: datetime
    change_type: str
    affected: str | None


class GroupChange(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    changed_by: str
    changed_at: datetime
    change_type: str
    member_affected: str | None


def _affected(change: Change) -> str | None:
    """Whom the change is about."""
    found: Any = change.parameters.get("owner") or change.parameters.get("user")
    return found if isinstance(found, str) else None


def _type(change: Change) -> str:
    return change.action.partition(".")[2]


async def of_folder(call: Call) -> Response:
    return as_json(
        [
            FolderChange(
                id=change.id,
                changed_by=change.username,
                changed_at=change.at,
                change_type=_type(change),
                affected=_affected(change),
            )
            for change in await _changes(call, "folder")
        ]
    )


async def of_group(call: Call) -> Response:
    return as_json(
        [
            GroupChange(
                id=change.id,
                changed_by=change.username,
                changed_at=change.at,
                change_type=_type(change),
                member_affected=_affected(change),
            )
            for change in await _changes(call, "group")
        ]
    )


async def _changes(call: Call, kind: Literal["folder", "group"]) -> list[Change]:
    page = call.query(Page)
    return await permission_history.of(
        call.context.pool, call.subject, kind, call.path("name"), limit=page.limit, offset=page.offset
    )


OPERATIONS = (
    Operation(
        "getFolderPermissionHistory", "GET", "/w/{workspace}/folders_history/get/{name}", of_folder,
        "folders:read", ("folder",), "Who changed the rights in a folder, the newest first", query=Page,
        returns=list[FolderChange],
    ),
    Operation(
        "getGroupPermissionHistory", "GET", "/w/{workspace}/groups_history/get/{name}", of_group, "groups:read",
        ("group",), "Who changed the members of a group, the newest first", query=Page, returns=list[GroupChange],
    ),
)  # fmt: skip
