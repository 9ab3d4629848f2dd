"""Reads of jobs across the tables job, queue and completed_job, each narrowed to what the reader may see."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from postmill.access.id_claims import RunOrigin
from postmill.access.visibility import job_filter
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel.ids import parse_hash
from postmill.model.job_record import Chosen, JobFilters, JobRecord, LogPiece
from postmill.model.subject import Subject
from postmill.tables.items.visible import where_visible

if TYPE_CHECKING:
    import asyncpg

    Row = asyncpg.Record

QUERIES = load_queries(__file__)

_NEWEST_FIRST = "j.created_at DESC, j.id DESC"
_OLDEST_FIRST = "j.created_at ASC, j.id ASC"


async def one_job(
    connection: Connection, subject: Subject, workspace_id: str, job_id: UUID, *, with_code: bool
) -> tuple[JobRecord, UUID | None] | None:
    """The job and the blob that holds its result, if one does; None when missing or hidden."""
    query, rule = _seen_by(subject, QUERIES.one_job, 4)
    row = await connection.fetchrow(query, job_id, workspace_id, with_code, *rule)
    if row is None:
        return None
    values = dict(row)
    blob = values.pop("result_blob")
    return _record(values), blob


async def is_below(connection: Connection, job_id: UUID, above: UUID) -> bool:
    """Whether a job is the other one, or was started inside it."""
    return bool(await connection.fetchval(QUERIES.is_below, job_id, above))


async def origin(connection: Connection, workspace_id: str, job_id: UUID) -> RunOrigin | None:
    """What a job runs, whoever asks; None when missing."""
    row = await connection.fetchrow(QUERIES.origin, job_id, workspace_id)
    return None if row is None else RunOrigin(**dict(row))


async def list_jobs(connection: Connection, subject: Subject, filters: JobFilters) -> list[JobRecord]:
    """Jobs without code and results. ``connection`` must be inside a transaction."""
    query, rule = _seen_by(subject, QUERIES.list_jobs, 49)
    if not filters.newest_first:
        query = query.replace(_NEWEST_FIRST, _OLDEST_FIRST)
    # Planned for these very values: most of the conditions fold away.
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await connection.fetch(query, *_filter_values(filters), *rule)
    return [_record(dict(row)) for row in rows]


async def outcome(connection: Connection, subject: Subject, workspace_id: str, job_id: UUID) -> "Row | None":
    """status, result, result_blob and started; None when missing or hidden."""
    query, rule = _seen_by(subject, QUERIES.outcome, 3)
    return await connection.fetchrow(query, job_id, workspace_id, *rule)


async def progress(connection: Connection, subject: Subject, workspace_id: str, job_id: UUID) -> "Row | None":
    """state, status, memory_peak_kb and percent; None when missing or hidden."""
    query, rule = _seen_by(subject, QUERIES.progress, 3)
    return await connection.fetchrow(query, job_id, workspace_id, *rule)


async def args(connection: Connection, subject: Subject, workspace_id: str, job_id: UUID) -> str | None:
    """The arguments as JSON text; None when the job is missing or hidden."""
    query, rule = _seen_by(subject, QUERIES.args, 3)
    value: str | None = await connection.fetchval(query, job_id, workspace_id, *rule)
    return value


async def visible_ids(
    connection: Connection, subject: Subject, workspace_id: str | None, job_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Those of the ids that are there and may be seen, with their workspaces."""
    query, rule = _seen_by(subject, QUERIES.visible_ids, 3)
    return {
        row["id"]: row["workspace_id"] for row in await connection.fetch(query, job_ids, workspace_id, *rule)
    }


async def started_at(
    connection: Connection, subject: Subject, workspace_id: str, job_ids: Sequence[UUID]
) -> dict[UUID, datetime | None]:
    query, rule = _seen_by(subject, QUERIES.started_at, 3)
    return {
        row["id"]: row["started_at"] for row in await connection.fetch(query, job_ids, workspace_id, *rule)
    }


async def kin(
    connection: Connection, subject: Subject, workspace_id: str, job_id: UUID
) -> tuple[UUID | None, UUID | None] | None:
    """Parent and root of a job; None when missing or hidden."""
    query, rule = _seen_by(subject, QUERIES.kin, 3)
    row = await connection.fetchrow(query, job_id, workspace_id, *rule)
    return None if row is None else (row["parent_job"], row["root_job"])


async def log_from(connection: Connection, job_id: UUID, position: int) -> LogPiece:
    """What the job printed behind the first ``position`` characters."""
    return _joined(await connection.fetch(QUERIES.log_pieces, job_id, position), position)


async def stream_from(connection: Connection, job_id: UUID, position: int) -> LogPiece:
    """What the job streamed as its result behind the first ``position`` characters."""
    return _joined(await connection.fetch(QUERIES.stream_pieces, job_id, position), position)


async def queued_ids_of_path(
    connection: Connection, subject: Subject, workspace_id: str, path: str
) -> list[UUID]:
    query, rule = _seen_by(subject, QUERIES.queued_ids_of_path, 3)
    return [row["id"] for row in await connection.fetch(query, workspace_id, path, *rule)]


async def queue_length(connection: Connection, subject: Subject, workspace_id: str | None) -> tuple[int, int]:
    """How many jobs wait or run, and how many wait for an event."""
    query, rule = _seen_by(subject, QUERIES.queue_length, 2)
    row = await connection.fetchrow(query, workspace_id, *rule)
    assert row is not None
    return row["waiting"], row["suspended"]


async def completed_count(
    connection: Connection,
    subject: Subject,
    workspace_id: str | None,
    *,
    since: datetime | None = None,
    statuses: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
) -> int:
    query, rule = _seen_by(subject, QUERIES.completed_count, 5)
    return int(await connection.fetchval(query, workspace_id, since, statuses, tags, *rule))


async def completed_by_tag(
    connection: Connection, seconds: float, workspace_id: str | None
) -> list[tuple[str, int]]:
    rows = await connection.fetch(QUERIES.completed_by_tag, seconds, workspace_id)
    return [(row["tag"], row["count"]) for row in rows]


async def queue_position(connection: Connection, scheduled_for: datetime) -> int:
    return int(await connection.fetchval(QUERIES.queue_position, scheduled_for))


async def scheduled_for(
    connection: Connection, subject: Subject, workspace_id: str, job_id: UUID
) -> datetime | None:
    query, rule = _seen_by(subject, QUERIES.scheduled_for, 3)
    value: datetime | None = await connection.fetchval(query, job_id, workspace_id, *rule)
    return value


async def oldest(connection: Connection, subject: Subject, workspace_id: str | None) -> datetime | None:
    query, rule = _seen_by(subject, QUERIES.oldest, 2)
    value: datetime | None = await connection.fetchval(query, workspace_id, *rule)
    return value


async def database_clock(connection: Connection) -> datetime:
    value: datetime = await connection.fetchval(QUERIES.database_clock)
    return value


async def metric_values(connection: Connection, job_id: UUID) -> list[tuple[str, float, datetime]]:
    """Name, value and time of each figure."""
    rows = await connection.fetch(QUERIES.metric_values, job_id)
    return [(row["name"], row["value"], row["recorded_at"]) for row in rows]


def _seen_by(subject: Subject, query: str, first_param: int) -> tuple[str, list[Any]]:
    rule, values = job_filter(subject, "j", first_param)
    return where_visible(query, rule), values


def _record(values: dict[str, Any]) -> JobRecord:
    values["labels"] = tuple(values["labels"])
    return JobRecord(**values)


def _joined(pieces: "list[Row]", position: int) -> LogPiece:
    if not pieces:
        return LogPiece("", position)
    text = "".join(piece["content"] for piece in pieces)
    start = pieces[0]["start_at"]
    return LogPiece(text[max(position - start, 0) :], max(start + len(text), position))


def _filter_values(f: JobFilters) -> list[Any]:
    """The parameters $1 to $48 of ``list_jobs``."""
    return [
        f.workspace_id,
        f.place,
        *_lists(f.created_by),
        *_lists(f.kinds),
        *_patterns(f.tags, f.wildcards),
        *_patterns(f.workers, f.wildcards),
        *_patterns(f.labels, f.wildcards),
        *_lists(f.trigger_kinds),
        *_lists(f.paths),
        *_lists(f.path_starts),
        *_lists(f.schedules),
        *(_hashes(values) for values in (f.script_hashes.wanted, f.script_hashes.unwanted)),
        f.trigger,
        f.parent_job,
        f.has_null_parent,
        f.created_before,
        f.created_after,
        f.started_before,
        f.started_after,
        f.completed_before,
        f.completed_after,
        f.created_before_queue,
        f.created_after_queue,
        f.running,
        f.due,
        f.suspended,
        f.statuses,
        f.is_not_schedule,
        f.args,
        f.result,
        f.is_flow_step,
        f.without_entrypoint,
        f.concurrency_key,
        None if f.text is None else f"%{_literal(f.text)}%",
        f.limit,
        f.offset,
        f.args_up_to,
        f.resolved,
    ]


def _lists(chosen: Chosen) -> tuple[Any, Any]:
    return chosen.wanted, chosen.unwanted


def _patterns(chosen: Chosen, wildcards: bool) -> tuple[Any, Any]:
    """The values as patterns for LIKE, in which only a ``*`` stands for other text, where wildcards are allowed."""

    def pattern(value: str) -> str:
        return _literal(value).replace("*", "%") if wildcards else _literal(value)

    def patterns(values: tuple[str, ...] | None) -> list[str] | None:
        return None if values is None else [pattern(value) for value in values]

    return patterns(chosen.wanted), patterns(chosen.unwanted)


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _hashes(values: tuple[str, ...] | None) -> list[int] | None:
    return None if values is None else [parse_hash(value) for value in values]
