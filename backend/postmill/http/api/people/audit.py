"""The audit trail."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json
from postmill.identity import audit_trail
from postmill.identity.audit_trail import AuditFilter
from postmill.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from postmill.identity.audit_trail import AuditEntry

TAGS = ("audit",)
BASE = "/w/{workspace}/audit"

# Public clients refuse any other word here; what was really done then stands in the parameters.
_PUBLIC = frozenset(
    {
        "account.delete",
        "flows.archive",
        "flows.create",
        "flows.delete",
        "flows.update",
        "folder.add_owner",
        "folder.create",
        "folder.delete",
        "folder.remove_owner",
        "folder.update",
        "group.adduser",
        "group.create",
        "group.delete",
        "group.edit",
        "group.removeuser",
        "jobs",
        "jobs.cancel",
        "jobs.delete",
        "jobs.force_cancel",
        "jobs.run",
        "jobs.run.dependencies",
        "jobs.run.flow",
        "jobs.run.preview",
        "jobs.run.script",
        "resource_types.create",
        "resource_types.delete",
        "resource_types.update",
        "resources.create",
        "resources.delete",
        "resources.update",
        "schedule.create",
        "schedule.delete",
        "schedule.edit",
        "schedule.setenabled",
        "scripts.archive",
        "scripts.create",
        "scripts.delete",
        "scripts.update",
        "users.add_global",
        "users.add_to_workspace",
        "users.create",
        "users.delete",
        "users.impersonate",
        "users.leave_workspace",
        "users.login",
        "users.login_failure",
        "users.logout",
        "users.setpassword",
        "users.token.create",
        "users.token.delete",
        "users.update",
        "variables.create",
        "variables.decrypt_secret",
        "variables.delete",
        "variables.update",
        "workspaces.archive",
        "workspaces.create",
        "workspaces.delete",
        "workspaces.unarchive",
        "workspaces.update",
    }
)
_NEAREST = {
    "jobs": "jobs",
    "users": "users.update",
    "scripts": "scripts.update",
    "variables": "variables.update",
    "resources": "resources.update",
    "resource_types": "resource_types.update",
    "folder": "folder.update",
    "group": "group.edit",
}


class AuditLog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry as the API shows it."""

    workspace_id: str
    id: int
    timestamp: datetime
    username: str
    operation: str
    action_kind: str
    email: str
    outcome: str
    resource: str | None = None
    parameters: dict[str, Any] | None = None
    token_prefix: str | None = None
    job_id: str | None = None
    address: str | None = None


class ListAudit(Page, frozen=True, kw_only=True):
    before: datetime | None = None
    after: datetime | None = None
    username: str | None = None
    operation: str | None = None
    operations: str | None = None
    exclude_operations: str | None = None
    resource: str | None = None
    action_kind: Literal["Create", "Created", "Update", "Updated", "Delete", "Execute"] | None = None
    all_workspaces: bool = False


def _shown(entry: "AuditEntry") -> AuditLog:
    parameters = entry.parameters
    operation = entry.action
    if operation not in _PUBLIC:
        operation = _NEAREST.get(entry.action.partition(".")[0], "workspaces.update")
        parameters = {"action": entry.action} | (parameters or {})
    return AuditLog(
        workspace_id=entry.workspace_id or "",
        id=entry.id,
        timestamp=entry.at,
        username=entry.username,
        operation=operation,
        action_kind=entry.kind,
        email=entry.email,
        outcome=entry.outcome,
        resource=entry.resource,
        parameters=parameters,
        token_prefix=entry.token_prefix,
        job_id=None if entry.job_id is None else str(entry.job_id),
        address=entry.address,
    )


def _words(text: str | None) -> list[str] | None:
    words = [word for word in (text or "").split(",") if word]
    return words or None


def _filter(query: ListAudit) -> AuditFilter:
    for moment in (query.before, query.after):
        if moment is not None and moment.tzinfo is None:
            raise InvalidInput(
                "Bad request: before and after need an offset from UTC, for instance a final Z"
            )
    kind = query.action_kind
    return AuditFilter(
        before=query.before,
        after=query.after,
        username=query.username,
        actions=_words(query.operations) or ([query.operation] if query.operation else None),
        not_actions=_words(query.exclude_operations),
        resource=query.resource,
        kind={"Create": "Created", "Update": "Updated"}.get(kind, kind) if kind else None,  # type: ignore[arg-type]
    )


async def list_entries(call: Call) -> Response:
    query = call.query(ListAudit)
    entries = await audit_trail.list_entries(
        call.context.pool,
        call.subject,
        _filter(query),
        all_workspaces=query.all_workspaces,
        limit=query.limit,
        offset=query.offset,
    )
    return as_json([_shown(entry) for entry in entries])


async def get_entry(call: Call) -> Response:
    text = call.path("id")
    if not text.isdigit() or len(text) > 18:
        raise InvalidInput(f"Bad request: {text[:40]!r} is not the id of an audit entry")
    return as_json(_shown(await audit_trail.get_entry(call.context.pool, call.subject, int(text))))


OPERATIONS = (
    Operation(
        "listAuditLogs",
        "GET",
        f"{BASE}/list",
        list_entries,
        "audit:read",
        TAGS,
        "What was done, the newest first: everything for admins, the own for others",
        query=ListAudit,
        returns=list[AuditLog],
    ),
    Operation(
        "getAuditLog",
        "GET",
        f"{BASE}/get/{{id}}",
        get_entry,
        "audit:read",
        TAGS,
        "One audit entry",
        returns=AuditLog,
    ),
)
