"""Flows that run. The driver reads them with small queries and writes all that a decision comes to in one statement."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from postmill.db.line import Fetches
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.flow_run import Origin
from postmill.model.job import Ended, JobKind, JobState, JobStatus, NewJob

QUERIES = load_queries(__file__)

CONFLICT = "PMFC1"
NOTHING = "[]"
_encode = msgspec.json.Encoder().encode


class StaleFlow(Exception):
    """The database is not as the driver believed: ``late`` (the child was given to others), ``stale`` or ``unheld``."""

    @property
    def is_late(self) -> bool:
        return bool(self.args[0] == "late")


class FlowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A flow job as a driver needs it. ``state`` None: it has never been driven; ``place`` None: it has ended."""

    id: UUID
    workspace_id: str
    kind: JobKind
    created_by: str
    permissioned_as: str
    email: str
    tag: str
    args: str
    path: str | None
    script_hash: int | None
    priority: int
    parent_job: UUID | None
    root_job: UUID | None
    trigger_kind: str | None
    trigger: str | None
    scopes: tuple[str, ...] | None
    end_user_email: str | None
    visible_to_owner: bool
    flow_step_id: str | None
    flow_attempt: int | None
    flow_index: int | None
    preprocess: bool
    preprocessed: bool
    timeout_seconds: int | None
    cache_key: str | None
    cache_ttl_seconds: int | None
    delete_after_seconds: int | None
    scheduled_for: datetime
    concurrency_key: str | None
    concurrency_window_seconds: int | None
    started_at: datetime
    version: int | None = None
    state: str | None = None
    origin: str | None = None
    place: JobState | None = None
    suspend_until: datetime | None = None
    canceled_by: str | None = None
    canceled_reason: str | None = None
    overdue: bool | None = None
    expired: bool | None = None

    @property
    def has_expired(self) -> bool:
        """Whether it has taken longer than its setting allows."""
        return bool(self.expired)


class Message(msgspec.Struct, frozen=True):
    """A child that has ended, as its flow's inbox tells; ``state`` is that of a child that is a flow."""

    child_job: UUID
    step: str
    attempt: int
    index: int
    status: JobStatus
    result: str | None
    result_blob: UUID | None
    state: str | None


class ChildArgs(msgspec.Struct, frozen=True):
    args: str
    preprocessed: bool


class ChildResult(msgspec.Struct, frozen=True):
    """The result of a child: JSON text, or the blob that holds it; neither: it was deleted, or has not ended."""

    index: int
    result: str | None
    result_blob: UUID | None


class Driven(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of a flow that is stored already.

    ``version`` is the one that the decision was made from (None: it had no state yet), ``attempt`` that of the worker
    which holds it. ``awaited`` and ``patience`` (seconds) say how it waits for answers. With ``ends`` it is completed.
    """

    id: UUID
    version: int | None
    state: str
    attempt: int | None = None
    ends: bool = False
    awaited: int | None = None
    patience: float | None = None
    status: JobStatus | None = None
    result: str | None = None
    result_blob: UUID | None = None
    canceled_by: str | None = None
    canceled_reason: str | None = None
    cache_key: str | None = None
    cache_ttl_seconds: int | None = None
    delete_after_seconds: int | None = None
    answers_early: bool | None = None  # the step is done whose result is all that callers wait for
    root: UUID | None = None  # the outermost flow, whose readers are told
    deadline: datetime | None = None  # when it has taken too long
    told_directly: bool = False  # the worker tells the server that waits how it ended, without a notification


class Placed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a new job stands: ``place`` is a queue state or ``completed``; ``delay`` in seconds."""

    place: str
    delay: float = 0
    awaited: int | None = None
    patience: float | None = None
    status: JobStatus | None = None
    result: str | None = None
    result_blob: UUID | None = None


class CopiedSteps(msgspec.Struct, frozen=True):
    """What a flow takes over: whole steps, and of the step ``container`` the first ``children`` and ``others``."""

    earlier: UUID
    flow_job: UUID
    steps: Sequence[str]
    container: str | None = None
    children: int = 0
    others: Sequence[int] = ()


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What the flow ``id`` gets when its preprocessor has made its arguments.

    With a key it waits for a permit, with a delay for that time before.
    """

    id: UUID
    tag: str
    delay_seconds: float | None = None
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    concurrency_window_seconds: int | None = None


class Writes(msgspec.Struct, kw_only=True):
    """Everything that one commit writes, see the query. ``told`` and ``known`` are pairs of flow and child."""

    ended: list[Ended] = msgspec.field(default_factory=list)
    driven: list[Driven] = msgspec.field(default_factory=list)
    jobs: list[tuple[NewJob, Placed]] = msgspec.field(default_factory=list)
    begun: list[tuple[UUID, str, str, Origin]] = msgspec.field(
        default_factory=list
    )  # id, workspace, state, origin
    steps: list[tuple[UUID, str, UUID, str]] = msgspec.field(
        default_factory=list
    )  # flow, step, scope, outcome
    items: list[tuple[UUID, str, int, int, str]] = msgspec.field(default_factory=list)
    known: list[tuple[UUID, UUID]] = msgspec.field(default_factory=list)
    notes: list[tuple[UUID, str]] = msgspec.field(default_factory=list)
    told: list[tuple[UUID, UUID]] = msgspec.field(default_factory=list)
    args: list[tuple[UUID, str]] = msgspec.field(default_factory=list)
    copied: list[CopiedSteps] = msgspec.field(
        default_factory=list
    )  # as ``copy_steps`` takes them; written by the caller, in the same transaction

    @property
    def is_step(self) -> bool:
        """Whether the lighter statement writes all of it."""
        return (
            not (self.begun or self.items or self.known or self.notes or self.told or self.args)
            and all(end.cache_key is None and end.delete_after_seconds is None for end in self.ended)
            and all(
                not flow.ends
                and flow.version is not None
                and flow.attempt is None
                and flow.awaited is None
                and flow.answers_early is None
                for flow in self.driven
            )
            and all(place.place in ("running", "ready") and not place.delay for _, place in self.jobs)
        )


async def load(connection: Connection, flow_job: UUID) -> FlowRow | None:
    """A flow job; None for an unknown one."""
    row = await connection.fetchrow(QUERIES.load, flow_job)
    if row is None:
        return None
    values = dict(row)
    if values["scopes"] is not None:
        values["scopes"] = tuple(values["scopes"])
    return FlowRow(**values)


async def inbox(connection: Connection, flow_job: UUID, limit: int) -> list[Message]:
    return [Message(*row) for row in await connection.fetch(QUERIES.inbox, flow_job, limit)]


async def or_stale(call: Awaitable[asyncpg.Record | None]) -> asyncpg.Record:
    """The row that a commit answers. Raises StaleFlow where the database is not as the driver believed."""
    try:
        row = await call
    except asyncpg.PostgresError as error:
        if error.sqlstate == CONFLICT:
            raise StaleFlow(str(error)) from None
        raise
    assert row is not None
    return row


async def commit(connection: Fetches, writes: Writes, worker: str) -> datetime:
    """Writes all of it or nothing, and answers the database's time. Raises StaleFlow."""
    common = (
        _json(writes.ended),
        _json(writes.driven),
        _json([_merged(job, place) for job, place in writes.jobs]),
        worker,
        _json([{"flow_job": f, "step_id": s, "scope_flow": c, "outcome": o} for f, s, c, o in writes.steps]),
    )
    if writes.is_step:
        row = await or_stale(connection.fetchrow(QUERIES.commit_step, *common))
    else:
        row = await or_stale(connection.fetchrow(QUERIES.commit, *common, *_further(writes)))
    now: datetime = row["now"]
    return now


def _further(writes: Writes) -> tuple[Any, ...]:
    """The parameters that only the full statement has."""
    return (
        _json(
            [
                {"id": i, "workspace_id": w, "state": s, "origin": _encode(o).decode()}
                for i, w, s, o in writes.begun
            ]
        ),
        _json(
            [
                {"flow_job": f, "step_id": s, "attempt": a, "piece": p, "items": i}
                for f, s, a, p, i in writes.items
            ]
        ),
        list({flow for flow, _ in writes.known}),
        _json([{"id": i, "text": t} for i, t in writes.notes]),
        _json([{"flow_job": f, "child_job": c} for f, c in writes.told]),
        _json([{"id": i, "args": a} for i, a in writes.args]),
        [child for _, child in writes.known],
    )


def _merged(job: NewJob, place: Placed) -> dict[str, Any]:
    return {
        **{name: value for name in NewJob.__struct_fields__ if (value := getattr(job, name)) is not None},
        **{name: value for name in Placed.__struct_fields__ if (value := getattr(place, name)) is not None},
    }


def _json(values: Sequence[Any]) -> str:
    return _encode(values).decode() if values else NOTHING


async def child_results(
    connection: Connection, flow_job: UUID, step: str, attempt: int, *, index: int | None, count: int
) -> list[ChildResult]:
    """Those of one child, or of the first ``count`` as far as they have ended, in order."""
    rows = await connection.fetch(QUERIES.child_results, flow_job, step, attempt, index, count)
    return [ChildResult(*row) for row in rows]


async def child_args(
    connection: Connection, flow_job: UUID, step: str, attempt: int, index: int
) -> ChildArgs | None:
    row = await connection.fetchrow(QUERIES.child_args, flow_job, step, attempt, index)
    return None if row is None else ChildArgs(*row)


async def child_job(connection: Connection, flow_job: UUID, step: str, index: int = 0) -> UUID | None:
    """The job of the last attempt at a step."""
    value: UUID | None = await connection.fetchval(QUERIES.child_job, flow_job, step, index)
    return value


async def item_piece(
    connection: Connection, flow_job: UUID, step: str, attempt: int, piece: int
) -> str | None:
    value: str | None = await connection.fetchval(QUERIES.item_piece, flow_job, step, attempt, piece)
    return value


async def outcome_in(connection: Connection, flow_job: UUID, step: str) -> tuple[UUID, str] | None:
    """The flow that holds a step's results, and the outcome as JSON text."""
    row = await connection.fetchrow(QUERIES.outcome_in, flow_job, step)
    return None if row is None else (row["flow_job"], row["outcome"])


async def outcome_within(connection: Connection, scope: UUID, step: str) -> tuple[UUID, str] | None:
    """The same for a step in some branch or turn inside ``scope``, the last one."""
    row = await connection.fetchrow(QUERIES.outcome_within, scope, step)
    return None if row is None else (row["flow_job"], row["outcome"])


async def outcome_below(connection: Connection, flow_job: UUID, step: str) -> tuple[UUID, str] | None:
    """The same for a step of a flow or of any flow inside it, the last one."""
    row = await connection.fetchrow(QUERIES.outcome_below, flow_job, step)
    return None if row is None else (row["flow_job"], row["outcome"])


async def origin_of(connection: Connection, flow_job: UUID) -> Origin | None:
    text = await connection.fetchval(QUERIES.parent_of, flow_job)
    return None if text is None else msgspec.json.decode(text, type=Origin)


async def document(connection: Connection, job_id: UUID) -> str | None:
    """The text of the flow that a job was sent with."""
    text: str | None = await connection.fetchval(QUERIES.document, job_id)
    return text


async def user_state(connection: Connection, root_flow: UUID, key: str) -> str | None:
    text: str | None = await connection.fetchval(QUERIES.user_state, root_flow, key)
    return text


async def set_user_state(connection: Connection, root_flow: UUID, key: str, value: str) -> None:
    await connection.execute(QUERIES.set_user_state, root_flow, key, value)


async def settle(connection: Connection, settled: Settled) -> JobState | None:
    """In the transaction of the commit that stores the arguments; whoever settles a key promotes under it then.

    Answers the state that the flow is in then.
    """
    state: JobState | None = await connection.fetchval(
        QUERIES.settle,
        settled.id,
        settled.tag,
        settled.concurrency_key,
        settled.concurrency_limit,
        settled.concurrency_window_seconds,
        settled.delay_seconds,
    )
    return state


async def set_args(connection: Connection, flow_job: UUID, args: str) -> None:
    """``args`` is a JSON object as text."""
    await connection.execute(QUERIES.set_args, flow_job, args)


async def schedule_deletion(connection: Connection, root_flow: UUID, *, only_new: bool = False) -> None:
    """Sets the time at which the data of jobs in an outermost flow goes, of those that want it and what is in them.

    ``only_new``: but not of those that have a time.
    """
    await connection.execute(QUERIES.schedule_deletion, root_flow, only_new)


async def states_with_texts(connection: Connection, job_ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Those of the jobs that are flows whose state (JSON text) may hold values and not only name them."""
    rows = await connection.fetch(QUERIES.states_with_texts, list(job_ids))
    return [(row["job_id"], row["state"]) for row in rows]


async def outcomes_with_texts(connection: Connection, job_ids: Sequence[UUID]) -> list[tuple[UUID, str, str]]:
    """Flow, step and outcome (JSON text) of the steps of the jobs, and of those that the jobs are, likewise."""
    rows = await connection.fetch(QUERIES.outcomes_with_texts, list(job_ids))
    return [(row["flow_job"], row["step_id"], row["outcome"]) for row in rows]


async def put_states(connection: Connection, states: Mapping[UUID, str]) -> None:
    """Of flows that have ended: nobody else writes theirs any more."""
    if states:
        await connection.execute(QUERIES.put_states, list(states), list(states.values()))


async def put_outcomes(connection: Connection, outcomes: Sequence[tuple[UUID, str, str]]) -> None:
    """In the place of those that are stored: flow, step, JSON text."""
    if outcomes:
        await connection.execute(
            QUERIES.put_outcomes, *(list(column) for column in zip(*outcomes, strict=True))
        )


async def overlooked(connection: Connection, seconds: float, limit: int) -> list[UUID]:
    """Flows whose inbox nobody has looked into for so long."""
    return [row["flow_job"] for row in await connection.fetch(QUERIES.overlooked, seconds, limit)]


async def forget_messages(connection: Connection, seconds: float) -> list[UUID]:
    """Removes those to flows that ended so long ago; answers the outermost flows, where those ended too."""
    return [row["root"] for row in await connection.fetch(QUERIES.forget_messages, seconds)]


class ChildRow(msgspec.Struct, frozen=True):
    """A child of a flow as its status shows it; ``status`` None: it has not ended."""

    step: str
    attempt: int
    index: int
    job_id: UUID
    status: JobStatus | None
    started_at: datetime | None
    duration_ms: int | None
    running: bool


class StoredFlow(msgspec.Struct, frozen=True):
    """``state`` is JSON text. A flow that was ended from outside ended without its state saying so."""

    state: str
    origin: Origin
    ended: bool


async def stored(connection: Connection, flow_job: UUID) -> StoredFlow | None:
    """A flow as it stands; None before it has begun."""
    row = await connection.fetchrow(QUERIES.stored, flow_job)
    if row is None:
        return None
    return StoredFlow(row["state"], msgspec.json.decode(row["origin"], type=Origin), row["ended"])


async def steps_of(connection: Connection, flow_job: UUID) -> dict[str, str]:
    """Outcomes (JSON text) by step."""
    return {row["step_id"]: row["outcome"] for row in await connection.fetch(QUERIES.steps_of, flow_job)}


async def children_of(connection: Connection, flow_job: UUID, step: str | None = None) -> list[ChildRow]:
    """By step, attempt and index."""
    return [ChildRow(*row) for row in await connection.fetch(QUERIES.children_of, flow_job, step)]


async def versions_that_ran(connection: Connection, flow_job: UUID, step: str) -> list[tuple[str, int]]:
    """Of scripts and flows that a step, or one inside it, names: the step and the version that ran."""
    rows = await connection.fetch(QUERIES.versions_that_ran, flow_job, step)
    return [(row["step_id"], row["script_hash"]) for row in rows]


class JobBelow(msgspec.Struct, frozen=True):
    """A job in the tree of a flow; ``flow`` and ``step`` None for the topmost, one of ``status`` and ``state`` set."""

    id: UUID
    flow: UUID | None
    step: str | None
    attempt: int
    index: int
    depth: int
    kind: JobKind
    status: JobStatus | None
    state: JobState | None
    started_at: datetime | None
    duration_ms: int | None
    result_start: str | None
    result_length: int | None


async def jobs_below(connection: Connection, job_id: UUID, limit: int, result_length: int) -> list[JobBelow]:
    """A job and those of the steps inside it, parents before children."""
    return [
        JobBelow(*row) for row in await connection.fetch(QUERIES.jobs_below, job_id, limit, result_length)
    ]


async def items_of(connection: Connection, flow_job: UUID, step: str, attempt: int) -> list[str]:
    """JSON lists, one after the other."""
    rows = await connection.fetch(QUERIES.items_of, flow_job, step, attempt)
    return [row["items"] for row in rows]


async def user_states_of(connection: Connection, root_flow: UUID) -> dict[str, str]:
    """JSON texts by key."""
    rows = await connection.fetch(QUERIES.user_states_of, root_flow)
    return {row["key"]: row["value"] for row in rows}


async def early_outcome(connection: Connection, flow_job: UUID, step: str) -> str | None:
    """What a step that is done came to, as the flow's state tells it; None before."""
    row = await connection.fetchrow(QUERIES.outcome_in, flow_job, step)
    return None if row is None else str(row["outcome"])


async def copy_steps(connection: Connection, copied: CopiedSteps) -> None:
    """Lets a new flow begin with the steps of an earlier run, and with children of a container."""
    await connection.execute(
        QUERIES.copy_steps, copied.earlier, copied.flow_job, list(copied.steps), copied.container, copied.children,
        list(copied.others),
    )  # fmt: skip


async def begin(connection: Connection, flow_job: UUID, workspace: str, state: str, origin: Origin) -> None:
    """Stores where a flow begins, for one that does not begin at its first step."""
    await connection.execute(QUERIES.begin, flow_job, workspace, state, _encode(origin).decode())
