"""The query of the job lists, as public clients send it, turned into filters."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from postmill.kernel.errors import InvalidInput
from postmill.kernel.storable import checked_json
from postmill.model.job import JobStatus
from postmill.model.job_record import ANY, Chosen, JobFilters, Place
from postmill.model.subject import Subject

DEFAULT_PAGE = 1000
LARGEST_PAGE = 10_000
LAST_PAGE = 1_000_000
ALL_WORKSPACES_FROM = "admins"

Status = Literal["success", "failure", "canceled", "skipped"]


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Every filter of the lists. Those that name values take commas, and a leading ``!`` for "none of these".

    ``max_args_bytes``: jobs whose arguments are no longer come with them.
    """

    created_by: str | None = None
    label: str | None = None
    worker: str | None = None
    tag: str | None = None
    job_kinds: str | None = None
    trigger_kind: str | None = None
    script_path_exact: str | None = None
    script_path_start: str | None = None
    schedule_path: str | None = None
    script_hash: str | None = None
    trigger_path: str | None = None
    parent_job: UUID | None = None
    has_null_parent: bool | None = None
    created_before: datetime | None = None
    created_after: datetime | None = None
    started_before: datetime | None = None
    started_after: datetime | None = None
    completed_before: datetime | None = None
    completed_after: datetime | None = None
    created_before_queue: datetime | None = None
    created_after_queue: datetime | None = None
    created_or_started_before: datetime | None = None
    created_or_started_after: datetime | None = None
    running: bool | None = None
    scheduled_for_before_now: bool | None = None
    suspended: bool | None = None
    success: bool | None = None
    status: Status | None = None
    is_skipped: bool | None = None
    is_flow_step: bool | None = None
    is_not_schedule: bool | None = None
    excludes_entrypoint_override: bool | None = None
    args: str | None = None
    result: str | None = None
    concurrency_key: str | None = None
    resolved: bool | None = None
    broad_filter: str | None = None
    allow_wildcards: bool = False
    all_workspaces: bool = False
    order_desc: bool = True
    page: int = 1
    per_page: int = DEFAULT_PAGE
    max_args_bytes: int | None = None


def filters(
    query: ListQuery, subject: Subject, workspace: str, place: Place, *, paged: bool = True
) -> JobFilters:
    """The filters that a query asks for. Raises InvalidInput for values that contradict each other or are malformed."""
    if query.success and query.running:
        raise InvalidInput("Bad request: success=true and running=true exclude each other")
    if not (1 <= query.page <= LAST_PAGE and query.per_page >= 1):
        raise InvalidInput(f"Bad request: page goes from 1 to {LAST_PAGE}, per_page starts at 1")
    limit = min(query.per_page, LARGEST_PAGE)
    return JobFilters(
        workspace_id=scope_of(subject, workspace, query.all_workspaces),
        place=place,
        created_by=chosen(query.created_by),
        kinds=chosen(query.job_kinds),
        tags=chosen(query.tag),
        workers=chosen(query.worker),
        labels=chosen(query.label),
        trigger_kinds=chosen(query.trigger_kind),
        paths=chosen(query.script_path_exact) if query.script_path_exact != "" else _WITHOUT_PATH,
        path_starts=chosen(query.script_path_start),
        schedules=chosen(query.schedule_path),
        script_hashes=chosen(query.script_hash),
        trigger=query.trigger_path,
        parent_job=query.parent_job,
        has_null_parent=query.has_null_parent,
        created_before=_zoned("created_before", query.created_before or query.created_or_started_before),
        created_after=_zoned("created_after", query.created_after or query.created_or_started_after),
        started_before=_zoned("started_before", query.started_before),
        started_after=_zoned("started_after", query.started_after),
        completed_before=_zoned("completed_before", query.completed_before),
        completed_after=_zoned("completed_after", query.completed_after),
        created_before_queue=_zoned("created_before_queue", query.created_before_queue),
        created_after_queue=_zoned("created_after_queue", query.created_after_queue),
        running=query.running,
        due=query.scheduled_for_before_now,
        suspended=query.suspended,
        statuses=_statuses(query),
        is_not_schedule=query.is_not_schedule,
        args=_contained("args", query.args),
        result=_contained("result", query.result),
        is_flow_step=query.is_flow_step,
        without_entrypoint=query.excludes_entrypoint_override,
        concurrency_key=query.concurrency_key,
        resolved=query.resolved,
        text=query.broad_filter or None,
        wildcards=query.allow_wildcards,
        newest_first=query.order_desc,
        args_up_to=query.max_args_bytes,
        limit=limit,
        offset=(query.page - 1) * limit if paged else 0,
    )


def scope_of(subject: Subject, workspace: str, all_workspaces: bool) -> str | None:
    """The workspace to look in; None for all, which only superadmins in the workspace ``admins`` may ask for."""
    if all_workspaces and workspace == ALL_WORKSPACES_FROM and subject.is_superadmin:
        return None
    return workspace


_WITHOUT_PATH = Chosen(wanted=("",))
"""A run of code without a path asks the client library to cancel the others of its path: these are none, not all."""


def chosen(text: str | None) -> Chosen:
    """``a,b`` wants either, ``!a,b`` wants neither; nothing wants anything."""
    if not text:
        return ANY
    values = tuple(part.strip().removeprefix("!") for part in text.split(",") if part.strip(" !"))
    if not values:
        return ANY
    return Chosen(unwanted=values) if text.lstrip().startswith("!") else Chosen(wanted=values)


def _statuses(query: ListQuery) -> tuple[JobStatus, ...] | None:
    """The ends that the members success, status and is_skipped allow together; None when they say nothing."""
    allowed: set[JobStatus] = {"success", "failure", "canceled", "skipped"}
    if query.success is None and query.status is None and query.is_skipped is None:
        return None
    if query.success is not None:
        allowed &= {"success", "skipped"} if query.success else {"failure", "canceled"}
    if query.status is not None:
        allowed &= {query.status}
    if query.is_skipped is not None:
        allowed &= {"skipped"} if query.is_skipped else {"success", "failure", "canceled"}
    return tuple(sorted(allowed))


def _zoned(name: str, value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidInput(f"Bad request: {name} needs an offset, for instance 2026-01-31T09:00:00Z")
    return value


def _contained(name: str, text: str | None) -> str | None:
    """JSON that the job's must contain; raises InvalidInput when it is none."""
    if not text:
        return None
    checked_json(text.encode(), name)
    return text
