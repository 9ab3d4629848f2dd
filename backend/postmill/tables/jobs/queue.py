"""The rows of jobs that wait or run. Every write of a worker is fenced by the attempt number it claimed."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.job import ClaimedJob, JobState, JobStatus, NewJob
from postmill.tables.jobs import push_alike

QUERIES = load_queries(__file__)

_GIVEN_FIELDS = tuple(
    name
    for name in ClaimedJob.__struct_fields__
    if name in NewJob.__struct_fields__ and name != "scheduled_for"
)
_encode = msgspec.json.Encoder().encode


class Beat(NamedTuple):
    """An attempt that is still the worker's own, with the wish to cancel it if there is one."""

    job_id: UUID
    canceled_by: str | None
    canceled_reason: str | None


class LostAttempt(NamedTuple):
    """A running attempt whose worker fell silent."""

    job_id: UUID
    attempt: int
    worker: str
    lost_attempts: int
    max_attempts: int
    canceled_by: str | None
    canceled_reason: str | None
    tag: str
    concurrency_key: str | None


class EndedOutside(NamedTuple):
    """A job that was ended by somebody else than its worker."""

    job_id: UUID
    workspace_id: str
    tag: str
    state: JobState
    attempt: int
    concurrency_key: str | None
    flow_job: UUID | None  # whose child it was: it has a message in its inbox, and is to be poked


class RunningJob(NamedTuple):
    """Who a running job is."""

    attempt: int
    workspace_id: str
    permissioned_as: str
    email: str
    scopes: tuple[str, ...] | None


class Woken(NamedTuple):
    """How many scheduled jobs came due, and the concurrency keys that some of them wait for."""

    woken: int
    keys: list[str]


async def push(
    connection: Connection, jobs: Sequence[NewJob], encoded: bytes | None = None
) -> frozenset[UUID]:
    """Stores and queues jobs with distinct ids; answers the ids that were not taken.

    ``encoded`` are the jobs as a JSON array, where somebody has that already.
    """
    shared = push_alike.shared_by(jobs)
    if shared is not None:
        return await push_alike.push(connection, jobs, shared)
    row = await connection.fetchrow(QUERIES.push, (encoded or _encode(jobs)).decode())
    return frozenset(row["added"]) if row else frozenset()


async def push_running(connection: Connection, job: NewJob, worker: str) -> ClaimedJob | None:
    """Stores a job that the worker takes at once, one without time, permit or retry; None when its id is taken."""
    shared = push_alike.shared_by([job])
    assert shared is not None
    row = await push_alike.push_running(connection, job, shared, worker)
    if row is None:
        return None
    scheduled_for, started_at = row
    return ClaimedJob(
        **{name: getattr(job, name) for name in _GIVEN_FIELDS},
        attempt=1,
        created_at=scheduled_for,
        scheduled_for=scheduled_for,
        started_at=started_at,
        canceled_by=None,
        canceled_reason=None,
    )


async def is_stored(connection: Connection, job: NewJob) -> bool:
    """Whether this very job is stored already, rather than another one with its id."""
    found: bool = await connection.fetchval(
        QUERIES.is_stored, job.id, job.workspace_id, job.kind, job.created_by, job.path, job.args
    )
    return found


async def heartbeat(
    connection: Connection, attempts: Sequence[tuple[UUID, int]], peaks_kb: Sequence[int] | None = None
) -> list[Beat]:
    """Renews the lease of the attempts; those that are missing in the answer are lost to this worker.

    ``peaks_kb`` is the most memory that each of them was seen with so far.
    """
    ids, numbers = [job_id for job_id, _ in attempts], [attempt for _, attempt in attempts]
    rows = await connection.fetch(QUERIES.heartbeat, ids, numbers, peaks_kb or [0] * len(ids))
    return [Beat(*row) for row in rows]


async def hand_back(connection: Connection, attempts: Sequence[tuple[UUID, int]]) -> frozenset[UUID]:
    """Makes the attempts ready for another worker; answers the jobs that were still this worker's own."""
    row = await connection.fetchrow(
        QUERIES.hand_back, [job_id for job_id, _ in attempts], [attempt for _, attempt in attempts]
    )
    return frozenset(row["returned"]) if row else frozenset()


async def retry_later(connection: Connection, job_id: UUID, attempt: int, delay_seconds: float) -> bool:
    """Queues a failed attempt again; False when it was not this worker's own any more."""
    return await connection.fetchrow(QUERIES.retry_later, job_id, attempt, delay_seconds) is not None


async def end_from_outside(
    connection: Connection,
    job_id: UUID,
    states: Sequence[JobState],
    status: JobStatus,
    result: str,
    *,
    attempt: int | None = None,
    canceled_by: str | None = None,
    canceled_reason: str | None = None,
) -> EndedOutside | None:
    """Ends a job that is in one of the states (and at the attempt, if given); None when there is no such one."""
    row = await connection.fetchrow(
        QUERIES.end_from_outside, job_id, list(states), attempt, status, result, canceled_by, canceled_reason
    )
    if row is None:
        return None
    return EndedOutside(
        row["job_id"],
        row["workspace_id"],
        row["tag"],
        row["state"],
        row["attempt"],
        row["concurrency_key"],
        row["flow_job"],
    )


async def start_now(connection: Connection, workspace: str, job_id: UUID) -> bool:
    """Lets a scheduled job's time come; False when it waits for none, or is the next tick of a schedule."""
    return await connection.fetchrow(QUERIES.start_now, workspace, job_id) is not None


async def ask_to_cancel(connection: Connection, job_id: UUID, by: str, reason: str | None) -> bool:
    """Tells the worker of a running job to end it; False when it does not run."""
    return await connection.fetchrow(QUERIES.ask_to_cancel, job_id, by, reason) is not None


async def cancel_descendants(
    connection: Connection,
    job_ids: Sequence[UUID],
    by: str,
    reason: str | None,
    result: str,
    *,
    also_running: bool = False,
) -> list[str]:
    """Cancels what jobs have started, at every depth, but not the jobs themselves.

    Running scripts are told, or with ``also_running`` ended at once. Answers the concurrency keys that are free now.
    """
    row = await connection.fetchrow(
        QUERIES.cancel_descendants, list(job_ids), by, reason, result, also_running
    )
    return [] if row is None else list(row["keys"])


async def topmost_queued(connection: Connection, job_id: UUID) -> UUID:
    """The outermost job around this one that has not ended."""
    found: UUID | None = await connection.fetchval(QUERIES.topmost_queued, job_id)
    return job_id if found is None else found


async def workspace_of(connection: Connection, job_id: UUID) -> str | None:
    workspace: str | None = await connection.fetchval(QUERIES.workspace_of, job_id)
    return workspace


async def path_of(connection: Connection, job_id: UUID) -> str | None:
    """What a job runs."""
    path: str | None = await connection.fetchval(QUERIES.path_of, job_id)
    return path


async def kin_of(connection: Connection, job_id: UUID) -> list[UUID]:
    """The parent and the root that a job states, whoever may see them."""
    row = await connection.fetchrow(QUERIES.kin_of, job_id)
    return [] if row is None else [value for value in row if value is not None]


async def key_of(connection: Connection, job_id: UUID) -> str | None:
    """The concurrency key of a job that has not ended; None without one."""
    key: str | None = await connection.fetchval(QUERIES.key_of, job_id)
    return key


async def lost(connection: Connection, silent_seconds: float, limit: int) -> list[LostAttempt]:
    rows = await connection.fetch(QUERIES.lost, silent_seconds, limit)
    return [LostAttempt(*row) for row in rows]


async def run_again(connection: Connection, job_id: UUID, attempt: int, silent_seconds: float) -> bool:
    """Makes a lost attempt ready again, counted as lost; False when its worker was heard of after all."""
    return await connection.fetchrow(QUERIES.run_again, job_id, attempt, silent_seconds) is not None


async def is_silent(connection: Connection, job_id: UUID, attempt: int, silent_seconds: float) -> bool:
    """Whether the attempt is lost; its row stays locked until the transaction ends."""
    return await connection.fetchrow(QUERIES.is_silent, job_id, attempt, silent_seconds) is not None


async def wake_due(connection: Connection, limit: int) -> Woken:
    """Moves scheduled jobs whose time has come on to ready or parked."""
    row = await connection.fetchrow(QUERIES.wake_due, limit)
    assert row is not None
    return Woken(row["woken"], row["keys"])


async def seconds_to_next_due(connection: Connection) -> float | None:
    seconds: float | None = await connection.fetchval(QUERIES.seconds_to_next_due)
    return seconds


async def poke(connection: Connection, flow_jobs: Sequence[UUID]) -> int:
    """Makes flows go on: waiting ones can be claimed, claimed ones are looked at again. How many are queued."""
    count: Any = await connection.fetchval(QUERIES.poke, list(flow_jobs))
    return int(count)


async def count_waiting(connection: Connection, workspace_id: str, at_most: int) -> int:
    """How many jobs of the workspace wait; counting stops at ``at_most``."""
    count: Any = await connection.fetchval(QUERIES.count_waiting, workspace_id, at_most)
    return int(count)


async def running_job(connection: Connection, job_id: UUID) -> RunningJob | None:
    """The attempt of the job that runs now; None when none does. Job tokens are checked against it."""
    row = await connection.fetchrow(QUERIES.running_job, job_id)
    if row is None:
        return None
    attempt, workspace_id, permissioned_as, email, scopes = row
    return RunningJob(
        attempt, workspace_id, permissioned_as, email, None if scopes is None else tuple(scopes)
    )


async def held_by(connection: Connection, worker: str, longer_than_seconds: float) -> list[tuple[UUID, int]]:
    """The attempts that the worker holds since more than so many seconds, as the database sees it."""
    rows = await connection.fetch(QUERIES.held_by, worker, longer_than_seconds)
    return [(row["job_id"], row["attempt"]) for row in rows]


async def running_attempt(connection: Connection, job_id: UUID) -> int | None:
    """Which attempt of the job runs now; None when none does."""
    running = await running_job(connection, job_id)
    return None if running is None else running.attempt
