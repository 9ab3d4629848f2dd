"""The worker's batching writer: ends go in and claimed jobs come out in shared statements, rarely two under way.

A statement takes what piled up while the one before was under way. When slots are free and work may be waiting, it
claims in the same statement, so that a slot goes from one job to the next in one round trip. Where jobs end fast it
claims ahead of free slots what they will start within a moment, so that fewer statements carry more. Once several
ends came together, the next statement waits a millisecond at most for about half of what runs: starting it costs as
much as ten of its rows. A lone job never waits.
"""

import asyncio
import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial

import asyncpg

from postmill.db.retry import reason_of
from postmill.kernel.json import encode_text
from postmill.kernel.lasting import lasting
from postmill.kernel.pauses import delay_seconds
from postmill.model.job import ClaimedJob, Ended
from postmill.queue.exchange import QueueLine
from postmill.tables.jobs.exchange import Exchange, Place

LINES = 2
LARGEST_BATCH = 200
ENDS_FOR_ANOTHER_LINE = 40
CONTENDED_SECONDS = 0.02
GATHER_SECONDS = 0.001
MOST_OFFERED = 4
AHEAD_SECONDS, MOST_AHEAD_SECONDS = 0.02, 0.1
"""So much work, at the pace of late, is claimed before there is a slot for it: what starts while the next statements
are under way, which take longer on a busy machine."""
MOST_AHEAD = 150
PACE_SECONDS = 0.2
"""The pace is that of about so long."""
LIVELY_ENDS = 3
"""Ends in one statement from which on jobs end so fast that waiting for more of them pays."""
GOES_ON_SECONDS = 0.05
"""For so long claims in a backlog go on behind the last one, before all lanes and priorities are looked at again."""
SERVED_HALF_LIFE = 200
"""How many claims it takes until what a workspace was served counts half."""

_log = logging.getLogger(__name__)

_UNSTORABLE = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.UntranslatableCharacterError,
)

Recorded = Callable[[Ended, bool], None]


class Exchanger:
    """Claims for the free slots of a worker and records what its slots have ended.

    ``start`` is called with each claimed job and must not block; ``recorded`` with each end and whether it counted.
    """

    def __init__(
        self,
        lines: Sequence[QueueLine],
        slots: int,
        *,
        start: Callable[[ClaimedJob], None],
        recorded: Recorded,
    ) -> None:
        self.tags: list[str] = []
        self.free = slots
        self.on_change: Callable[[], None] = _nothing
        self._slots = slots
        self._lines = lines
        self._start = start
        self._recorded = recorded
        self._ended: deque[Ended] = deque()
        self._may_have_work = True
        self._claiming = True
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._served: Counter[str] = Counter()
        self._claims = 0
        self._under_way = 0
        self._last_ends = 0
        self._gathering: asyncio.Future[None] | None = None
        self._enough = 0
        self._pace = 0.0  # ends per second
        self._paced_at = 0.0
        self._statement_seconds = 0.0
        self._places: dict[tuple[str, str], Place] = {}
        self._goes_on_until = 0.0

    def open(self) -> None:
        self._work.set()
        self._tasks = [
            asyncio.create_task(lasting("a line to the queue", partial(self._serve, line)))
            for line in self._lines
        ]

    def wake(self) -> None:
        """There may be work: looked for as soon as a slot is free."""
        self._may_have_work = True
        self._look()
        self.on_change()

    @property
    def idle(self) -> int:
        """How many jobs could start at once, where there is nothing in the queue that they would overtake."""
        may_take = self._claiming and not self._may_have_work and self.free > 0
        return min(self.free, MOST_OFFERED) if may_take else 0

    def occupy_slot(self) -> None:
        """A job starts that was not claimed here; there may be one more than there are slots for a moment."""
        self.free -= 1
        self.on_change()

    def release_slot(self) -> None:
        """A job's processes are gone: its slot may take another."""
        self.free += 1
        self._look()
        self.on_change()

    def submit(self, ended: Ended) -> None:
        """Records an end with the next statement; ``recorded`` tells what came of it."""
        self._ended.append(ended)
        self._work.set()
        if self._gathering is not None and len(self._ended) >= self._enough:
            self._stop_gathering()

    def stop_claiming(self) -> None:
        self._claiming = False
        self.on_change()

    async def close(self) -> None:
        """Records what is left, for as long as the caller lets it, and closes the lines."""
        self.stop_claiming()
        while self._ended or self._under_way:
            self._work.set()
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines:
            await line.close()

    def _wants_jobs(self) -> bool:
        # For a few jobs ahead alone no statement is worth while.
        return self._may_claim() and (self.free > 0 or self._room() > self._ahead() // 2)

    def _may_claim(self) -> bool:
        return self._claiming and self._may_have_work and bool(self.tags)

    def _ahead(self) -> int:
        """How many jobs may wait here for a slot."""
        seconds = min(MOST_AHEAD_SECONDS, max(AHEAD_SECONDS, 2 * self._statement_seconds))
        return min(MOST_AHEAD, int(self._pace * seconds))

    def _room(self) -> int:
        """How many jobs may be claimed now; ``free`` is below zero while jobs wait here."""
        return self.free + self._ahead()

    def _note_pace(self, ends: int) -> None:
        now = asyncio.get_running_loop().time()
        passed = max(1e-6, now - self._paced_at)
        self._paced_at = now
        self._pace += (ends / passed - self._pace) * min(1.0, passed / PACE_SECONDS)

    def _look(self) -> None:
        if self._ended or self._wants_jobs():
            self._work.set()

    async def _serve(self, line: QueueLine) -> None:
        failures = 0
        self._work.set()  # where it was broken off, others may have found nothing worth their while meanwhile
        while True:
            await self._work.wait()
            if not self._is_worth_a_statement(line):
                self._work.clear()
                continue
            try:
                await self._gather()
                await self._one(line)
                failures = 0
            except Exception as error:
                _log.warning("the queue cannot be reached: %s", reason_of(error))
                line.drop()
                await asyncio.sleep(delay_seconds(failures, random.random()))  # noqa: S311 - spreads load
                failures += 1
                self._work.set()  # another line may have found nothing worth its while in the meantime

    def _is_worth_a_statement(self, line: QueueLine) -> bool:
        """A second statement only for many ends: one larger batch costs less than two small ones side by side.

        The other lines help out only then, so that a lone statement always finds the same warm connection.
        """
        if self._under_way:
            return len(self._ended) >= ENDS_FOR_ANOTHER_LINE
        return line is self._lines[0] and (bool(self._ended) or self._wants_jobs())

    async def _gather(self) -> None:
        """Lets more ends come, where they come fast; returns at once where they do not."""
        running = self._slots - self.free
        self._enough = min(LARGEST_BATCH, (running + len(self._ended)) // 2)
        if self._last_ends < LIVELY_ENDS or self._gathering is not None or len(self._ended) >= self._enough:
            return
        loop = asyncio.get_running_loop()
        self._gathering = loop.create_future()
        timer = loop.call_later(GATHER_SECONDS, self._stop_gathering)
        try:
            await self._gathering
        finally:
            timer.cancel()
            self._gathering = None

    def _stop_gathering(self) -> None:
        if self._gathering is not None and not self._gathering.done():
            self._gathering.set_result(None)

    async def _one(self, line: QueueLine) -> None:
        batch = [self._ended.popleft() for _ in range(min(len(self._ended), LARGEST_BATCH))]
        # In the order in which heartbeats lock the same rows.
        batch.sort(key=lambda ended: ended.id)
        self._last_ends = len(batch)
        self._note_pace(len(batch))
        limit = max(0, self._room()) if self._may_claim() else 0
        self.free -= limit
        if limit:
            # Before the statement: a wake that comes while it is under way must not be lost.
            self._may_have_work = False
        self._under_way += 1
        sent_at = asyncio.get_running_loop().time()
        behind = self._behind(sent_at)
        try:
            answer = await line.exchange(
                batch, tags=self.tags, limit=limit, served=self._served, behind=behind
            )
        except _UNSTORABLE as error:
            self.free += limit
            self._may_have_work = self._may_have_work or limit > 0
            if not batch:
                raise
            _log.warning("one of %d ends cannot be stored: %s", len(batch), error)
            try:
                await self._one_by_one(line, batch)
            finally:
                self._ended.extendleft(reversed(batch))
            return
        except BaseException:
            self.free += limit
            self._may_have_work = self._may_have_work or limit > 0
            self._ended.extendleft(reversed(batch))
            raise
        finally:
            self._under_way -= 1
            self._work.set()
        taken = asyncio.get_running_loop().time() - sent_at
        self._statement_seconds += (taken - self._statement_seconds) / 8
        self._note_places(answer, limit, sent_at, goes_on=bool(behind))
        self._settle(batch, answer, limit)

    def _behind(self, now: float) -> tuple[Place, ...]:
        """The places behind which to claim, in a backlog."""
        if now >= self._goes_on_until:
            return ()
        return tuple(place for place in self._places.values() if place.tag in self.tags)

    def _note_places(self, answer: Exchange, limit: int, sent_at: float, *, goes_on: bool) -> None:
        if limit == 0:
            return
        if len(answer.claimed) < limit:
            self._goes_on_until = 0.0
            # Where the claim did not look there may be more.
            self._may_have_work = self._may_have_work or goes_on
            return
        if not goes_on:
            self._places.clear()
            self._goes_on_until = sent_at + GOES_ON_SECONDS
        self._places.update({(place.tag, place.workspace_id): place for place in answer.places})

    async def _one_by_one(self, line: QueueLine, batch: list[Ended]) -> None:
        """One end that cannot be stored must not keep the others back; it becomes a failure that says so."""
        while batch:
            ended = batch[0]
            try:
                answer = await line.exchange([ended], tags=[], limit=0, served={})
            except _UNSTORABLE as error:
                answer = await line.exchange([_unstorable(ended, error)], tags=[], limit=0, served={})
            self._recorded(batch.pop(0), ended.id in answer.recorded)

    def _settle(self, batch: list[Ended], answer: Exchange, limit: int) -> None:
        self.free += limit - len(answer.claimed)
        if answer.has_more and answer.claimed:
            self._may_have_work = True
        elif answer.has_more:
            # Others hold what there is at this moment: not worth a loop without a pause.
            asyncio.get_running_loop().call_later(CONTENDED_SECONDS, self.wake)
        for job in answer.claimed:
            self._count(job.workspace_id)
            self._start(job)
        for ended in batch:
            self._recorded(ended, ended.id in answer.recorded)
        self._look()
        self.on_change()

    def _count(self, workspace: str) -> None:
        self._served[workspace] += 1
        self._claims += 1
        if self._claims % SERVED_HALF_LIFE == 0:
            halved = {name: count // 2 for name, count in self._served.items()}
            self._served = Counter({name: count for name, count in halved.items() if count})


def _nothing() -> None:
    return None


def _unstorable(ended: Ended, error: Exception) -> Ended:
    message = f"execution error:\nthe result cannot be stored: {error}"
    return Ended(
        id=ended.id,
        attempt=ended.attempt,
        status="failure",
        result=encode_text({"error": {"message": message, "name": "ExecutionErr"}}),
        duration_ms=ended.duration_ms,
    )
