"""Jobs in the shapes of the public API; members that have no value are left out, as the strict clients expect."""

from datetime import datetime
from typing import Any

import msgspec

from postmill.kernel.ids import format_hash
from postmill.model.job_record import JobRecord

# The clients know these names and refuse any other.
TRIGGER_KINDS = frozenset(
    {
        "webhook", "default_email", "email", "schedule", "http", "websocket", "postgres", "kafka", "nats", "mqtt",
        "amqp", "sqs", "gcp", "azure", "google", "github", "asset", "freshness", "app", "ui",
    }
)  # fmt: skip
FLOW_KINDS = ("flow", "flowpreview")
_KINDS = {"noop": "identity"}


# How the public clients know a result that has to be asked for by itself.
TOO_BIG = "WINDMILL_TOO_BIG"


def without_long_result(shown: dict[str, Any], most_bytes: int | None) -> dict[str, Any]:
    """The same job with a name in the place of a result that is longer than the reader wants."""
    result = shown.get("result")
    if most_bytes is None or not isinstance(result, msgspec.Raw) or len(bytes(result)) <= most_bytes:
        return shown
    return {**shown, "result": TOO_BIG}


def job(record: JobRecord, logs: str | None = None) -> dict[str, Any]:
    """A ``QueuedJob`` or, once it has ended, a ``CompletedJob``; ``type`` tells which."""
    if record.status is None:
        return {**_present(_queued(record, logs)), "type": "QueuedJob"}
    shown = _present(_completed(record, logs))
    if record.result_is_left_out:
        shown["result"] = TOO_BIG
    elif record.result is not None:
        shown["result"] = msgspec.Raw(record.result.encode())
    return {**shown, "type": "CompletedJob"}


def _shared(record: JobRecord, logs: str | None) -> dict[str, Any]:
    return {
        "id": record.id,
        "workspace_id": record.workspace_id,
        "parent_job": record.parent_job,
        "root_job": record.root_job,
        "created_by": record.created_by,
        "created_at": record.created_at,
        "scheduled_for": record.scheduled_for,
        "started_at": record.started_at,
        "script_path": record.path,
        "script_hash": None if record.script_hash is None else format_hash(record.script_hash),
        "args": None if record.args is None else msgspec.Raw(record.args.encode()),
        "logs": logs,
        "raw_code": None if record.kind in FLOW_KINDS else record.raw_code,
        "raw_lock": record.raw_lock,
        "canceled": record.canceled_by is not None or record.status == "canceled",
        "canceled_by": record.canceled_by,
        "canceled_reason": record.canceled_reason,
        "job_kind": _KINDS.get(record.kind, record.kind),
        "schedule_path": record.trigger if record.trigger_kind == "schedule" else None,
        "trigger": record.trigger,
        "trigger_kind": record.trigger_kind if record.trigger_kind in TRIGGER_KINDS else None,
        "permissioned_as": record.permissioned_as,
        "is_flow_step": record.flow_step_id is not None,
        "flow_step_id": record.flow_step_id,
        "language": record.language,
        "email": record.email,
        "visible_to_owner": record.visible_to_owner,
        "mem_peak": record.memory_peak_kb or None,
        "tag": record.tag,
        "priority": record.priority or None,
        "self_wait_time_ms": _milliseconds(record.scheduled_for, record.started_at),
        "preprocessed": record.preprocessed or None,
        "is_retry": record.retries > 0 or None,
        "worker": record.worker,
        "attempt": record.attempt or None,
        "concurrency_key": record.concurrency_key,
    }


def _queued(record: JobRecord, logs: str | None) -> dict[str, Any]:
    return {
        **_shared(record, logs),
        "running": record.running,
        "last_ping": record.heartbeat_at,
        "suspend": record.awaited or None,
        "waiting_for": {"scheduled": "time", "parked": "concurrency"}.get(record.state or ""),
    }


def _completed(record: JobRecord, logs: str | None) -> dict[str, Any]:
    return {
        **_shared(record, logs),
        # A job that was canceled before it ran has no start of its own, but the clients insist on one.
        "started_at": record.started_at or record.completed_at,
        "completed_at": record.completed_at,
        "duration_ms": record.duration_ms or 0,
        "success": record.status in ("success", "skipped"),
        "status": record.status,
        "is_skipped": record.status == "skipped",
        "deleted": record.deleted,
        "labels": list(record.labels) or None,
        "isolation": record.isolation,
        "resolved": record.resolved_at is not None or None,
        "resolved_by": record.resolved_by,
        "resolved_at": record.resolved_at,
        "resolution_note": record.resolution_note,
        "resolved_automatically": None if record.resolved_at is None else False,
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _milliseconds(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else max(0, round((end - start).total_seconds() * 1000))
