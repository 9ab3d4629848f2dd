"""The worker: as many slots as it was given, filled from the queue until it is told to stop."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.db.retry import reason_of, retrying
from postmill.kernel.ids import new_secret
from postmill.kernel.lasting import lasting
from postmill.model.job import ClaimedJob, NewJob
from postmill.tables.jobs import queue
from postmill.worker.group_config import CHANNEL as GROUP_CHANNEL
from postmill.worker.group_config import load_config, tags_of, variables_of
from postmill.worker.heart import Heart
from postmill.worker.next_door import ServerNextDoor
from postmill.worker.presence import Presence
from postmill.worker.running import RunningJobs
from postmill.worker.sides import Side
from postmill.worker.tools import Tools

SLOW_POLL_SECONDS = 5.0
LAST_WORDS_SECONDS = 10.0
LISTENS_WITHIN_SECONDS = 10.0
"""A worker that still hears of nothing then begins all the same, and looks from time to time."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """What an operator decides about one worker process; ``light_slots`` are for jobs that start no process."""

    slots: int = 4
    light_slots: int = 40
    tags: tuple[str, ...] = ()
    heartbeat_seconds: float = 5.0
    lease_seconds: float = 30.0
    drain_seconds: float = 20.0
    version: str = "0"
    isolation: str = "none"
    isolation_reasons: tuple[str, ...] = ()


def worker_name(group: str) -> str:
    """A name that no other worker has, and that says where and in which group it runs."""
    return f"wk-{group}-{socket.gethostname()}-{new_secret('w').removeprefix('pm_w_')[:6]}"[:200]


class Worker:
    """Runs jobs until stopped. Everything it needs is built by its caller and outlives it.

    ``restart_asked`` is set when somebody wants the process to stop and start anew.
    """

    def __init__(
        self,
        database_url: str,
        tools: Tools,
        notifications: Notifications,
        options: WorkerOptions,
        server: socket.socket | None = None,
    ) -> None:
        """``server`` is the socket to the server under the same `up`, if there is one."""
        self.name = tools.worker
        self.restart_asked = asyncio.Event()
        self._tools = tools
        self._notifications = notifications
        self._options = options
        self._running = RunningJobs()
        self._sides = (
            Side("process", options.slots, database_url, tools, self._running),
            Side("light", options.light_slots, database_url, tools, self._running),
        )
        self._heart = Heart(
            tools.pool,
            tools.worker,
            self._running,
            tools.usage.peak_kb,
            beat_seconds=options.heartbeat_seconds,
            lease_seconds=options.lease_seconds,
        )
        self._presence = Presence(
            tools.pool,
            tools.worker,
            tools.worker_group,
            options.slots + options.light_slots,
            options.version,
            options.isolation,
            list(options.isolation_reasons),
            self._running,
            self._sides,
        )
        self._tags: list[str] = []
        self._server = server
        self._next_door: ServerNextDoor | None = None
        self._draining = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._polling: asyncio.Task[None] | None = None
        self._unsubscribe: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Begins to claim jobs."""
        self._tools.identities.listen(self._notifications)
        subscriptions = {"queue": self._on_queue, "cancel": self._on_cancel, GROUP_CHANNEL: self._on_group}
        for channel, callback in subscriptions.items():
            self._unsubscribe.append(self._notifications.subscribe(channel, callback))
        # What changes behind the first look has to be heard of.
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTENS_WITHIN_SECONDS):
                await self._notifications.settled()
        await self._follow_group()
        await self._presence.ping(self._tags, draining=False)
        for side in self._sides:
            side.exchanger.open()
        if self._server is not None:
            self._next_door = self._open_next_door(self._server)
        self._spawn(lasting("the heartbeat", self._heart.run))
        self._polling = self._spawn(lasting("the look from time to time", self._poll))

    async def stop(self) -> None:
        """Claims no more, lets jobs end within the grace, hands the rest back, and records everything."""
        self._draining = True
        for side in self._sides:
            side.exchanger.stop_claiming()
            side.slots.stop()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        await self._presence.ping(self._tags, draining=True)
        try:
            async with asyncio.timeout(self._options.drain_seconds):
                await self._running.ended()
        except TimeoutError:
            await self._hand_back()
        # A ping that came after the worker has left would bring it back.
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
        await self._last_words()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _open_next_door(self, end: socket.socket) -> ServerNextDoor:
        next_door = ServerNextDoor(end, self.name, on_job=self._on_handed, on_flow=self._on_flow)
        self._next_door = next_door
        for side in self._sides:
            side.offer_to(next_door)
        next_door.on_new_server = self._offer_anew
        self._tools.driver.tell_next_door(next_door)
        return next_door

    def _offer_anew(self) -> None:
        for side in self._sides:
            side.exchanger.on_change()

    def _on_handed(self, job: ClaimedJob, is_mine: bool) -> None:
        """A job that the server next door has claimed for this worker, or for one that ran here before it."""
        side = next((side for side in self._sides if job.tag in side.tags), None)
        if not is_mine or side is None or self._draining:
            attempts = [(job.id, job.attempt)]
            self._spawn(_until_returned(self._tools.pool, attempts))
            return
        side.exchanger.occupy_slot()
        side.slots.start(job)

    def _on_flow(self, job: NewJob) -> None:
        """A flow that the server next door has not stored yet."""
        side = next((side for side in self._sides if job.tag in side.tags), None)
        if side is None or self._draining:
            assert self._next_door is not None
            self._next_door.answer(job, "refused")
            return
        side.exchanger.occupy_slot()
        side.slots.start_flow(job)

    @property
    def busy(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    async def _last_words(self) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._tools.driver.settle()
                await self._tools.driver.close()
                await self._tools.logs.close()
                await self._tools.usage.close()
                for side in self._sides:
                    await side.exchanger.close()
                    await side.slots.returned()
                await self._presence.leave()
                if self._next_door is not None:
                    self._next_door.close()
        except Exception as error:
            _log.warning("the worker stops without its last words: %s", reason_of(error))

    async def _hand_back(self) -> None:
        jobs = self._running.executing()
        _log.info("%d jobs are handed back to the queue", len(jobs))
        for running in jobs:
            running.break_off("handed back")
        # First their processes end: then others may start them.
        await self._running.ended()
        attempts = sorted((running.job.id, running.job.attempt) for running in jobs)
        if attempts:
            await retrying(lambda: queue.hand_back(self._tools.pool, attempts))

    async def _poll(self) -> None:
        """The safety net below the notifications, and the pings."""
        while True:
            await asyncio.sleep(min(SLOW_POLL_SECONDS, self._options.lease_seconds / 2))
            for side in self._sides:
                side.exchanger.wake()
            await self._ping()

    async def _ping(self) -> None:
        if await self._presence.ping(self._tags, draining=self._draining):
            self.restart_asked.set()

    async def _follow_group(self) -> None:
        config = await load_config(self._tools.pool, self._tools.worker_group)
        self._tools.group_variables = variables_of(config, os.environ)
        self._tags = tags_of(config, self._options.tags)
        for side in self._sides:
            side.follow(self._tags)

    def _on_queue(self, tags: str) -> None:
        for side in self._sides:
            if not tags or not set(side.tags).isdisjoint(tags.split(",")):
                side.exchanger.wake()

    def _on_cancel(self, job_id: str) -> None:
        if not job_id:
            return  # the next heartbeat looks at all of them
        running = self._running.find(UUID(job_id))
        if running is not None:
            self._spawn(self._heart.cancel(running))

    def _on_group(self, group: str) -> None:
        if group in ("", self._tools.worker_group):
            self._spawn(self._refollow())

    async def _refollow(self) -> None:
        try:
            await self._follow_group()
        except Exception as error:
            _log.warning("the config of the worker group cannot be used: %s", error)
        await self._ping()  # a restart is told on the same channel

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _until_returned(pool: Pool, attempts: Sequence[tuple[UUID, int]]) -> None:
    await retrying(lambda: queue.hand_back(pool, attempts))
