"""Runs that come shortly after each other become one: each takes the place of the one that still waits."""

from typing import Any
from uuid import UUID

import msgspec

from postmill.db.pool import Pool, Session
from postmill.kernel import json
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import TooMany
from postmill.model.job import NewJob
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.push import push_in
from postmill.tables.flow_runs import flow_run
from postmill.tables.jobs import debounce, queue


class Debounce(msgspec.Struct, frozen=True, kw_only=True):
    """A run waits ``delay_seconds``. ``accumulate`` names arguments that are lists: it gets the items of all runs for
    which it does.

    After ``most_seconds`` since the first of them, or ``most_runs`` of them, the waiting run is left to begin.
    """

    key: str
    delay_seconds: float
    accumulate: tuple[str, ...] = ()
    most_seconds: float | None = None
    most_runs: int | None = None


async def push_debounced(pool: Pool, job: NewJob, how: Debounce, full: TooMany | None = None) -> None:
    """Queues a scheduled job; one that waits under the same key ends as skipped.

    ``full``: why the queue has no room, which is raised unless the job takes the place of one that waits. Raises
    Conflict, InvalidInput.
    """

    async def attempt() -> None:
        async with pool.acquire() as connection, connection.transaction():
            args = await join_in(connection, job.id, job.args, how)
            if args is None and full is not None:
                raise full
            await push_in(connection, [job if args is None else msgspec.structs.replace(job, args=args)])
            crash_point("queue.debounce.before_commit")

    await again_after_conflict(attempt)


async def join_in(
    connection: Session, job_id: UUID, args: str, how: Debounce, *, run: UUID | None = None
) -> str | None:
    """Has a job wait under its key, inside the transaction of whoever gives it its time.

    One that waits there ends as skipped, by this one or the ``run`` that it is a step of; a step ends its flow so.
    Answers the arguments for both, None where none waits that may be replaced.
    """
    await debounce.lock_key(connection, how.key)
    waiting = await debounce.waiting(connection, how.key)
    if waiting is None or _has_waited_enough(waiting, how):
        await debounce.begin(connection, how.key, job_id)
        return None
    result = json.encode_text(f"debounced by {run or job_id}")
    ended = await queue.end_from_outside(connection, waiting.job_id, ("scheduled",), "skipped", result)
    if ended is not None and ended.flow_job is not None:
        await queue.poke(connection, [ended.flow_job])
    else:
        await flow_run.schedule_deletion(connection, waiting.job_id)  # of what its preprocessor left
    await debounce.replace(connection, how.key, job_id)
    return _accumulated(waiting.args, args, how.accumulate)


def _has_waited_enough(waiting: debounce.Waiting, how: Debounce) -> bool:
    too_long = how.most_seconds is not None and waiting.seconds >= how.most_seconds
    return too_long or (how.most_runs is not None and waiting.replaced + 1 >= how.most_runs)


def _accumulated(earlier: str, later: str, names: tuple[str, ...]) -> str:
    before, after = json.decode(earlier), json.decode(later)
    for name in names:
        if name in before or name in after:
            after[name] = [*_items(before.get(name)), *_items(after.get(name))]
    return json.encode_text(after) if names else later


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
