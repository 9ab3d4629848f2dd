"""Callers that wait for the result of a job: told by the completion itself, with a slow look as the safety net."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.db.retry import is_lost_connection
from postmill.kernel.errors import Unavailable
from postmill.kernel.ids import new_id
from postmill.model.job import Completed
from postmill.queue.results import EarlyStep, completed, early_step_of

LOOK_EVERY_SECONDS = 5.0
RECENT = 10_000

_Answer = Completed | None
"""None: ended or not, look into the database."""


class Waiting:
    """One caller's wait for one job."""

    def __init__(self, waiters: "Waiters", job_id: UUID) -> None:
        self._waiters = waiters
        self._job_id = job_id
        self.early_step: EarlyStep | None = None  # of a flow: its result is enough
        self.with_long = True  # else a long result is left where it is kept, and not in the answer
        self.left = False
        self._told = asyncio.Event()
        self._answer: Completed | None = None

    def tell(self, answer: _Answer) -> None:
        """The job has ended like this, or (None) something happened that is worth a look.

        The end of a flow is no answer where a step of it is enough, which may have come to something else.
        """
        if self.early_step is None:
            self._answer = self._answer or answer
        self._told.set()

    def leave(self) -> None:
        """The caller wants no answer any more: the wait ends at once."""
        self.left = True
        self._told.set()

    async def wait(self, timeout_seconds: float) -> Completed | None:
        """How the job ended; None when it has not after that long, or when the caller has left before.

        Raises Unavailable when the server stops.
        """
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while True:
            remaining = deadline - asyncio.get_running_loop().time()
            await self._pause(min(LOOK_EVERY_SECONDS, max(remaining, 0.0)))
            self._told.clear()
            if self._answer is None and not self.left:
                self._answer = await self._look(is_last=remaining <= 0)
            if self._answer is not None or self.left or remaining <= 0:
                return self._answer
            if self._waiters.closed:
                raise Unavailable("Unavailable: the server is stopping")

    async def _look(self, *, is_last: bool) -> Completed | None:
        """What the database says; one that is away for a moment is looked into again, as the job goes on meanwhile."""
        try:
            return await self._waiters.look(self._job_id, self.early_step, with_long=self.with_long)
        except Exception as error:
            if is_last or not is_lost_connection(error):
                raise
            return None

    async def _pause(self, seconds: float) -> None:
        # As asyncio.timeout, which costs a lone run more than the wait itself.
        timer = asyncio.get_running_loop().call_later(seconds, self._told.set)
        try:
            await self._told.wait()
        finally:
            timer.cancel()


class Waiters:
    """The waiting callers of one server. ``channel`` goes into the job as its reply channel."""

    def __init__(self, pool: Pool, notifications: Notifications, server_id: str | None = None) -> None:
        self.channel = f"job:{server_id or new_id()}"
        self.closed = False
        self._pool = pool
        self._waiting: dict[UUID, list[Waiting]] = {}
        self._recent: OrderedDict[UUID, _Answer] = OrderedDict()
        self._unsubscribe = notifications.subscribe(self.channel, self._on_notification)

    @contextmanager
    def expecting(self, job_id: UUID) -> Iterator[Waiting]:
        """Waits for a job from now on, best entered before it is pushed."""
        waiting = Waiting(self, job_id)
        self._waiting.setdefault(job_id, []).append(waiting)
        if job_id in self._recent:
            waiting.tell(self._recent.pop(job_id))
        try:
            yield waiting
        finally:
            others = self._waiting[job_id]
            others.remove(waiting)
            if not others:
                del self._waiting[job_id]

    async def wait(self, job_id: UUID, timeout_seconds: float) -> Completed | None:
        """How the job ended; None when it has not after that long."""
        with self.expecting(job_id) as waiting:
            waiting.tell(None)  # it may have ended long ago: look first
            return await waiting.wait(timeout_seconds)

    async def look(
        self, job_id: UUID, early_step: EarlyStep | None = None, *, with_long: bool = True
    ) -> Completed | None:
        """What the database says; ``early_step``: that step of a flow counts, even where all of it has ended."""
        ended = await completed(self._pool, job_id, with_long=with_long)
        if early_step is None:
            return ended
        return await early_step_of(self._pool, job_id, early_step) or ended

    def close(self) -> None:
        """Ends all waits; those that wait are told that the server stops."""
        self.closed = True
        self._unsubscribe()
        self._wake_all()

    def _on_notification(self, payload: str) -> None:
        if not payload:
            self._wake_all()
            return
        head, _, rest = payload.partition(" ")
        status, _, result = rest.partition(" ")
        self.tell(UUID(head), Completed(status, result) if result else None)  # type: ignore[arg-type]

    def tell(self, job_id: UUID, answer: Completed | None) -> None:
        """A job has ended like this, or (None) in a way that is to be looked up."""
        waiting = self._waiting.get(job_id)
        if waiting is None:
            self._remember(job_id, answer)
            return
        for one in waiting:
            one.tell(answer)

    def _remember(self, job_id: UUID, answer: _Answer) -> None:
        """A job may end before its caller begins to wait."""
        self._recent[job_id] = answer
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def _wake_all(self) -> None:
        for waiting in [one for several in self._waiting.values() for one in several]:
            waiting.tell(None)
