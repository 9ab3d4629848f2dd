"""The commits that most flows consist of: one begins with a script, a script follows another, turns end side by side,
the last script ends it.

All other decisions are written by `tables.flow_run.commit`.
"""

from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from postmill.db.line import Fetches
from postmill.db.queries import load_queries
from postmill.model.job import Ended, NewJob
from postmill.tables.flow_runs.flow_run import Driven, Placed, Writes, or_stale

QUERIES = load_queries(__file__)

_first_of_ended = attrgetter("id", "attempt", "status", "result", "duration_ms", "memory_peak_kb")
_of_job = attrgetter(
    "id", "workspace_id", "kind", "created_by", "permissioned_as", "email", "tag", "args", "language", "path",
    "script_hash", "raw_code", "raw_lock", "entrypoint", "priority", "trigger_kind", "trigger", "timeout_seconds",
    "max_attempts", "cache_ttl_seconds", "cache_key", "warm", "delete_after_seconds", "visible_to_owner", "scopes",
    "end_user_email", "flow_step_id", "flow_attempt", "flow_index",
)  # fmt: skip

_of_all_turns = attrgetter(
    "workspace_id", "kind", "created_by", "permissioned_as", "email", "tag", "language", "path", "script_hash",
    "raw_code", "raw_lock", "entrypoint", "priority", "parent_job", "root_job", "trigger_kind", "trigger",
    "timeout_seconds", "max_attempts", "retry", "cache_ttl_seconds", "cache_key", "warm", "preprocess",
    "delete_after_seconds", "visible_to_owner", "scopes", "end_user_email", "flow_step_id", "flow_attempt",
)  # fmt: skip

_of_flow_job = attrgetter(
    "workspace_id", "kind", "created_by", "permissioned_as", "email", "tag", "args", "path", "script_hash", "raw_code",
    "raw_lock", "priority", "parent_job", "root_job", "trigger_kind", "trigger", "max_attempts",
    "delete_after_seconds", "visible_to_owner", "scopes", "end_user_email", "reply_channel",
)  # fmt: skip
_further_of_flow_job = attrgetter(
    "language", "entrypoint", "scheduled_for", "timeout_seconds", "retry", "cache_ttl_seconds", "cache_key",
    "concurrency_key", "concurrency_limit", "concurrency_window_seconds", "flow_step_id", "flow_attempt", "flow_index",
)  # fmt: skip
_SUSPENDED = Placed(place="suspended")

_of_flow = attrgetter(
    "awaited", "patience", "answers_early", "cache_key", "delete_after_seconds", "result_blob", "canceled_by"
)


async def commit(connection: Fetches, writes: Writes, worker: str) -> datetime | None:
    """Writes all of it and answers the database's time; None when it is something else. Raises StaleFlow."""
    if len(writes.driven) != 1 or not _is_plain(writes):
        return None
    if writes.known:
        return await _hear(connection, writes)
    if writes.items:
        return await _commit_turns(connection, writes, worker)
    flow = writes.driven[0]
    counts = (len(writes.begun), len(writes.ended), len(writes.steps), len(writes.jobs))
    query: str | None = None
    values: tuple[Any, ...] = ()
    if counts == (1, 0, 0, 1) and _begins(flow) and _follows(*writes.jobs[0], flow.id, flow.root):
        if writes.begun[0][0] == flow.id:
            query = QUERIES.begin
            values = (*_job_values(*writes.jobs[0], flow.id, flow.root, worker), *_begun_values(writes, flow))
    elif counts == (0, 1, 1, 1) and _goes_on(flow, writes) and _follows(*writes.jobs[0], flow.id, flow.root):
        query = QUERIES.go_on
        values = (*_job_values(*writes.jobs[0], flow.id, flow.root, worker), *_went_on_values(writes, flow))
    elif counts == (0, 1, 1, 0) and _ends(flow, writes):
        query = QUERIES.end_with
        values = (
            *_ended_values(writes.ended[0]),
            flow.id, flow.version, flow.state, *writes.steps[0][1:], flow.status, flow.result, flow.told_directly,
        )  # fmt: skip
    if query is None:
        return None
    row = await or_stale(connection.fetchrow(query, *values))
    now: datetime = row["now"]
    return now


async def _hear(connection: Fetches, writes: Writes) -> datetime | None:
    """The same where children have ended beside others, and nothing follows on that yet."""
    flow = writes.driven[0]
    has_more = writes.begun or writes.ended or writes.steps or writes.jobs or writes.items
    if has_more or flow.ends or flow.version is None or flow.attempt is not None:
        return None
    if any(told != flow.id for told, _ in writes.known):
        return None
    children = [child for _, child in writes.known]
    row = await or_stale(
        connection.fetchrow(QUERIES.hear, flow.id, flow.version, flow.state, children, flow.root)
    )
    now: datetime = row["now"]
    return now


async def _commit_turns(connection: Fetches, writes: Writes, worker: str) -> datetime | None:
    """The same where the turns of a loop start side by side."""
    flow = writes.driven[0]
    counts = (len(writes.begun), len(writes.ended), len(writes.steps))
    if len(writes.jobs) < 2 or not _are_turns(writes, flow):
        return None
    query: str | None = None
    values: tuple[Any, ...] = ()
    if counts == (1, 0, 0) and _begins(flow) and writes.begun[0][0] == flow.id:
        query, values = QUERIES.begin_with_turns, _begun_values(writes, flow)
    elif counts == (0, 1, 1) and _goes_on(flow, writes):
        query, values = QUERIES.go_on_with_turns, _went_on_values(writes, flow)
    if query is None:
        return None
    first, placed = writes.jobs[0]
    of_turns = list(_job_values(first, placed, flow.id, flow.root, worker))
    of_turns[0] = [job.id for job, _ in writes.jobs]
    of_turns[7] = [job.args for job, _ in writes.jobs]
    of_turns[28] = [job.flow_index for job, _ in writes.jobs]
    row = await or_stale(connection.fetchrow(query, *of_turns, *values, [item[4] for item in writes.items]))
    now: datetime = row["now"]
    return now


def _are_turns(writes: Writes, flow: Driven) -> bool:
    """Whether the jobs are those of one loop, which differ in what they are about alone, and the items are its own."""
    first, placed = writes.jobs[0]
    shared = _of_all_turns(first)
    return (
        _follows(first, placed, flow.id, flow.root)
        and all(
            place.place == "ready" and not place.delay and _of_all_turns(job) == shared
            for job, place in writes.jobs[1:]
        )
        and [item[:4] for item in writes.items]
        == [(flow.id, first.flow_step_id, first.flow_attempt, piece) for piece in range(len(writes.items))]
    )


def _begun_values(writes: Writes, flow: Driven) -> tuple[Any, ...]:
    """Those of the part flow_that_begins."""
    _, workspace, state, origin = writes.begun[0]
    return (flow.attempt, workspace, state, msgspec.json.encode(origin).decode())


def _went_on_values(writes: Writes, flow: Driven) -> tuple[Any, ...]:
    """Those of the part script_that_ended."""
    return (*_ended_values(writes.ended[0]), flow.version, flow.state, *writes.steps[0][1:])


async def launch(connection: Fetches, writes: Writes, worker: str) -> datetime | None:
    """Stores a flow with the script that it begins with, and answers when; None when it is something else."""
    counts = (len(writes.begun), len(writes.jobs), len(writes.ended), len(writes.driven), len(writes.steps))
    if counts != (1, 2, 0, 0, 0) or writes.items or writes.known or _has_others(writes):
        return None
    (flow, stands), (job, placed) = writes.jobs
    flow_id, _workspace, state, origin = writes.begun[0]
    if flow.id != flow_id or stands != _SUSPENDED or not _is_plain_flow(flow):
        return None
    if not _follows(job, placed, flow.id, flow.id):
        return None
    row = await connection.fetchrow(
        QUERIES.launch,
        *_job_values(job, placed, flow.id, flow.id, worker),
        *_of_flow_job(flow), state, msgspec.json.encode(origin).decode(),
    )  # fmt: skip
    assert row is not None
    born: datetime = row["born"]
    return born


def _is_plain_flow(flow: NewJob) -> bool:
    return (
        all(value is None for value in _further_of_flow_job(flow))
        and not flow.preprocess
        and not flow.warm
        and not flow.restart_unless_canceled
    )


def _has_others(writes: Writes) -> bool:
    """Whether there is something that none of the queries writes."""
    return bool(writes.notes or writes.told or writes.args or writes.copied)


def _is_plain(writes: Writes) -> bool:
    """Whether nothing is written besides states, steps, jobs and messages, and nothing of those that no query knows."""
    flow = writes.driven[0]
    return (
        not _has_others(writes)
        and all(
            end.cache_key is None and end.delete_after_seconds is None and end.result_blob is None
            for end in writes.ended
        )
        and all(value is None for value in _of_flow(flow))
    )


def _begins(flow: Driven) -> bool:
    return flow.attempt is not None and flow.version is None and not flow.ends and flow.deadline is None


def _goes_on(flow: Driven, writes: Writes) -> bool:
    return (
        flow.attempt is None and flow.version is not None and not flow.ends and writes.steps[0][0] == flow.id
    )


def _ends(flow: Driven, writes: Writes) -> bool:
    return (
        flow.attempt is None
        and flow.version is not None
        and flow.ends
        and flow.result is not None
        and flow.root == flow.id == writes.steps[0][0]
    )


def _follows(job: NewJob, placed: Placed, flow: UUID, root: UUID | None) -> bool:
    return (
        placed.place in ("running", "ready")
        and not placed.delay
        and (job.parent_job, job.root_job) == (flow, root)
        and job.retry is None
        and not job.preprocess
    )


def _job_values(job: NewJob, placed: Placed, flow: UUID, root: UUID | None, worker: str) -> tuple[Any, ...]:
    """$1 to $32."""
    return (*_of_job(job), worker if placed.place == "running" else None, flow, root)


def _ended_values(ended: Ended) -> tuple[Any, ...]:
    return (
        *_first_of_ended(ended), ended.labels or None, ended.log_start, ended.log_tail, ended.canceled_by,
        ended.canceled_reason, ended.isolation,
    )  # fmt: skip
