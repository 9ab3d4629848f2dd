"""Accepting jobs. An answer follows the commit; concurrent pushes of one process share a statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import msgspec

from postmill.db.line import Line
from postmill.db.pool import Connection, Pool, Session
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import Conflict, InvalidInput, PostmillError, TooMany
from postmill.model.job import NewJob
from postmill.queue.batches import Batches
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.next_door import WorkerNextDoor
from postmill.queue.permits import promote_in
from postmill.tables.jobs import queue

LARGEST_BATCH = 500
HEAVIEST_BATCH = 16 * 1024**2
STATEMENTS_UNDER_WAY = 2
WORTH_ANOTHER_STATEMENT = 16
DEFAULT_QUEUE_LIMIT = 10_000_000
COUNT_AGAIN_SECONDS = 2.0
COUNT_SHARE = 50.0

# One statement for a batch of any size: planning it for each would cost as much as running it.
_PLANS = "SET plan_cache_mode = force_generic_plan"
_NUL = b"\\u0000"
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Count:
    """How many jobs waited at the last count, and how many this process pushed since."""

    waiting: int
    good_until: float
    pushed: int = 0


class PushWriter:
    """Pushes the jobs of one server process; made once, closed when the server stops.

    ``queue_limit`` bounds the waiting jobs of one workspace. The count behind it is a few seconds old, plus what this
    process pushed since: several servers together may pass the limit by what they push in that time.

    With a ``database_url`` it has connections of its own for the statement of nearly all jobs. Lone jobs go to the
    worker ``next_door`` while that idles.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        queue_limit: int = DEFAULT_QUEUE_LIMIT,
        database_url: str | None = None,
        next_door: WorkerNextDoor | None = None,
    ) -> None:
        self._pool = pool
        self._next_door = next_door
        self._lines = (
            [Line(database_url, "postmill push", _PLANS) for _ in range(STATEMENTS_UNDER_WAY)]
            if database_url
            else []
        )
        self._queue_limit = queue_limit
        self._counts: dict[str, _Count] = {}
        self._first_counts: dict[str, asyncio.Task[_Count]] = {}
        self._batches: Batches[NewJob, None] = Batches(
            self._flush,
            largest=LARGEST_BATCH,
            heaviest=HEAVIEST_BATCH,
            weigh=_weight,
            under_way=STATEMENTS_UNDER_WAY,
            worth_another=WORTH_ANOTHER_STATEMENT,
        )

    async def push(self, job: NewJob) -> None:
        """Returns when the job is committed.

        Raises Conflict for an id that is taken, TooMany when the workspace's queue is full, InvalidInput for text
        that PostgreSQL cannot store.
        """
        await self.take_room(job.workspace_id)
        await self._batches.submit(job)

    async def take_room(self, workspace: str) -> None:
        """Counts a job that is pushed to the workspace's queue; raises TooMany when that is full."""
        count = self._counts.get(workspace)
        if count is None or asyncio.get_running_loop().time() > count.good_until:
            count = await self._counted(workspace)
        if count.waiting + count.pushed >= self._queue_limit:
            raise TooMany(
                f"Too many requests: {count.waiting + count.pushed} jobs of workspace {workspace} wait "
                f"already, and its queue holds {self._queue_limit}"
            )
        count.pushed += 1

    async def waiting(self, workspace: str) -> int:
        """How many jobs of the workspace wait, counted anew and at most up to the queue limit."""
        return await queue.count_waiting(self._pool, workspace, self._queue_limit)

    async def close(self) -> None:
        """Takes no more jobs and waits until those that were taken are committed."""
        await self._batches.close()
        for line in self._lines:
            await line.close()

    async def _counted(self, workspace: str) -> "_Count":
        """Counts; pushes that arrive before a workspace's first count ends share that count and leave together."""
        if workspace in self._counts:
            return await self._count(workspace)
        task = self._first_counts.get(workspace)
        if task is None:
            task = asyncio.create_task(self._count(workspace))
            self._first_counts[workspace] = task
            task.add_done_callback(lambda _: self._first_counts.pop(workspace, None))
        # A request that is given up must not end the count of the others.
        return await asyncio.shield(task)

    async def _count(self, workspace: str) -> "_Count":
        clock = asyncio.get_running_loop().time
        known = self._counts.get(workspace)
        began = clock()
        if known is not None:
            # Pushes that come meanwhile go by the count there is.
            known.good_until = began + COUNT_AGAIN_SECONDS
        waiting = await self.waiting(workspace)
        took = clock() - began
        # Counting a long queue takes a while: it must not become the main work.
        count = _Count(waiting, clock() + max(COUNT_AGAIN_SECONDS, COUNT_SHARE * took))
        self._counts[workspace] = count
        return count

    async def _flush(self, jobs: list[NewJob]) -> list[Exception | None]:
        try:
            return await self._push_together(jobs)
        except (PostmillError, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            # One job that cannot be stored must not take the others with it.
            return [await self._push_alone(job) for job in jobs]

    async def _push_together(self, jobs: list[NewJob]) -> list[Exception | None]:
        together, again = _without_repeated_ids(jobs)
        added = await self._store(together, require_storable(together))
        crash_point("queue.push.after_commit")
        if len(added) == len(jobs):
            return [None] * len(jobs)
        return [
            None if job.id in added and index not in again else Conflict(taken(job.id))
            for index, job in enumerate(jobs)
        ]

    async def _push_alone(self, job: NewJob) -> Exception | None:
        try:
            added = await self._store([job], require_storable([job]))
        except PostmillError as error:
            return error
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            return InvalidInput(f"Bad request: this job cannot be stored: {error}")
        return None if job.id in added else Conflict(taken(job.id))

    async def _store(self, jobs: Sequence[NewJob], encoded: bytes) -> frozenset[UUID]:
        if any(job.concurrency_key is not None for job in jobs):
            return await _push_with_permits(self._pool, jobs)
        worker = self._next_door.taker(jobs[0]) if self._next_door is not None and len(jobs) == 1 else None
        if worker is not None and jobs[0].kind in ("flow", "flowpreview"):
            return await self._store_flow(jobs[0], worker)
        if worker is not None:
            return await self._over(lambda connection: self._hand_over(connection, jobs[0], worker))
        return await self._over(lambda connection: queue.push(connection, jobs, encoded))

    async def _store_flow(self, flow: NewJob, worker: str) -> frozenset[UUID]:
        """Has a flow stored by the worker that begins it, or else stores it here."""
        assert self._next_door is not None
        storing = await self._next_door.give_new(worker, flow)
        if storing == "stored":
            return frozenset((flow.id,))
        if storing == "taken":
            return frozenset()
        added = await self._over(lambda connection: queue.push(connection, [flow]))
        if not added and await queue.is_stored(self._pool, flow):
            return frozenset((flow.id,))  # the worker was slow to say so
        return added

    async def _hand_over(self, connection: Connection, job: NewJob, worker: str) -> frozenset[UUID]:
        """Stores a job that is claimed already, and sends it to its worker."""
        assert self._next_door is not None
        claimed = await queue.push_running(connection, job, worker)
        if claimed is None:
            return frozenset()
        crash_point("queue.hand_over.after_commit")
        if not self._next_door.give(worker, claimed):
            await queue.hand_back(self._pool, [(claimed.id, claimed.attempt)])
        return frozenset((claimed.id,))

    async def _over(self, statement: Callable[[Connection], Awaitable[frozenset[UUID]]]) -> frozenset[UUID]:
        """Runs a statement on the last line that came back: a lone one always finds the same warm connection."""
        if not self._lines:
            return await statement(self._pool)
        line = self._lines.pop()
        try:
            return await statement(await line.open())
        except asyncpg.PostgresError:
            raise  # the server has answered: the connection stands, or is closed and seen to be
        except BaseException:
            line.drop()
            raise
        finally:
            self._lines.append(line)


async def push_in(connection: Session, jobs: Sequence[NewJob]) -> None:
    """Pushes jobs inside the caller's transaction; raises Conflict when one of the ids is taken."""
    if not jobs:
        return
    added = await queue.push(connection, jobs, require_storable(jobs))
    for job in jobs:
        if job.id not in added:
            raise Conflict(taken(job.id))
    await promote_in(connection, _keys(jobs))


def require_storable(jobs: Sequence[NewJob]) -> bytes:
    """The jobs as a JSON array; raises InvalidInput for the character NUL in a text, which PostgreSQL cannot store."""
    encoded = _encode(jobs)
    if _NUL in encoded and any(_holds_nul(job) for job in jobs):
        raise InvalidInput(
            "Bad request: the arguments or the code hold the character NUL (\\u0000), which cannot be stored"
        )
    return encoded


def _weight(job: NewJob) -> int:
    return len(job.args) + len(job.raw_code or "")


def taken(job_id: UUID) -> str:
    return f"Bad request: the job id {job_id} is taken already"


def _holds_nul(job: NewJob) -> bool:
    texts = [value for value in msgspec.structs.astuple(job) if isinstance(value, str)]
    return any("\x00" in text for text in texts) or has_nul_escape(job.args)


def has_nul_escape(text: str) -> bool:
    r"""Whether JSON text holds the escape ``\u0000`` (and not the six characters, as in ``\\u0000``)."""
    position = text.find("\\u0000")
    while position >= 0:
        backslashes = len(text[:position]) - len(text[:position].rstrip("\\"))
        if backslashes % 2 == 0:
            return True
        position = text.find("\\u0000", position + 1)
    return False


def _without_repeated_ids(jobs: Sequence[NewJob]) -> tuple[list[NewJob], set[int]]:
    """The jobs with distinct ids, and the positions of those whose id came before."""
    if len(jobs) == 1 or len({job.id for job in jobs}) == len(jobs):
        return list(jobs), set()
    first: dict[UUID, NewJob] = {}
    again: set[int] = set()
    for index, job in enumerate(jobs):
        if job.id in first:
            again.add(index)
        else:
            first[job.id] = job
    return list(first.values()), again


async def _push_with_permits(pool: Pool, jobs: Sequence[NewJob]) -> frozenset[UUID]:
    async def attempt() -> frozenset[UUID]:
        async with pool.acquire() as connection, connection.transaction():
            added = await queue.push(connection, jobs)
            await promote_in(connection, _keys(jobs))
            crash_point("queue.push.before_commit")
            return added

    return await again_after_conflict(attempt)


def _keys(jobs: Sequence[NewJob]) -> list[str]:
    return sorted({job.concurrency_key for job in jobs if job.concurrency_key is not None})
