"""A worker with a runner that tests drive by hand, on a real queue."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.kernel.settings import Settings
from postmill.languages.protocol import BegunRun, LockFailed, LockRequest, OnEnd, RunOutcome, RunRequest
from postmill.launch.waiters import Waiters
from postmill.model.job import Completed
from postmill.queue.push import PushWriter
from postmill.worker import loop
from postmill.worker.process import Isolated, work_with
from tests.job_makers import new_job, settle_alice

Behaviour = Callable[[RunRequest], Awaitable[RunOutcome]]


class Runner:
    """Runs what a test says instead of code; remembers what it was asked for."""

    def __init__(self) -> None:
        self.requests: list[RunRequest] = []
        self.lock_requests: list[LockRequest] = []
        self.cancelled: list[UUID] = []
        self.behaviour: Behaviour = succeed
        self.lock_text = "# py: 3.11\n"
        self.started = asyncio.Event()
        self.cancel_seen = asyncio.Event()
        self.keeps_processes = False
        self.begun: list[RunRequest] = []

    def may_begin(self, language: str, warm_key: str | None) -> bool:
        return self.keeps_processes

    def begin(self, language: str, request: RunRequest, on_end: OnEnd) -> BegunRun | None:
        self.begun.append(request)
        request.log.write(b"begun\n")
        return Begun(self.run(language, request), on_end)

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        self.requests.append(request)
        self.started.set()
        try:
            return await self.behaviour(request)
        except asyncio.CancelledError:
            self.cancelled.append(request.job_id)
            self.cancel_seen.set()
            raise

    async def lock(self, language: str, request: LockRequest) -> str:
        self.lock_requests.append(request)
        if "unknown" in request.code:
            raise LockFailed("no such package: unknown")
        return self.lock_text


class Begun:
    """A run that was begun without a task of the worker's."""

    def __init__(self, run: Coroutine[Any, Any, RunOutcome], on_end: OnEnd) -> None:
        self._task = asyncio.create_task(self._follow(run, on_end))

    async def _follow(self, run: Coroutine[Any, Any, RunOutcome], on_end: OnEnd) -> None:
        try:
            end: RunOutcome | Exception = await run
        except Exception as error:
            end = error
        on_end(end)

    async def withdraw(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


class NoExpressions:
    """These tests have no flows."""

    async def evaluate(self, expression: str, context: Any, lookups: Any) -> str:
        raise AssertionError(expression)


async def succeed(request: RunRequest) -> RunOutcome:
    return RunOutcome("success", "1")


async def for_ever(request: RunRequest) -> RunOutcome:
    await asyncio.Event().wait()
    raise AssertionError


@dataclass
class Shop:
    """The parts around a worker."""

    database_url: str
    pool: Pool
    notifications: Notifications
    keyring: Keyring
    settings: Settings
    runner: Runner
    writer: PushWriter
    waiters: Waiters

    @asynccontextmanager
    async def working(self, **changes: Any) -> AsyncIterator[asyncio.Event]:
        """A worker that runs until the block ends; the event stops it earlier."""
        settings = Settings(**{**vars(self.settings), **changes})
        stopping = asyncio.Event()
        task = asyncio.create_task(
            work_with(Isolated(self.runner, NoExpressions(), "none", ("a test",)), self, settings, stopping)
        )
        try:
            yield stopping
        finally:
            stopping.set()
            async with asyncio.timeout(90):
                await task

    async def run(self, **given: Any) -> Completed:
        """Pushes a job and waits for its end."""
        job = new_job(reply_channel=self.waiters.channel, **given)
        with self.waiters.expecting(job.id) as waiting:
            await self.writer.push(job)
            completed = await waiting.wait(60)
        assert completed is not None
        return completed


@pytest.fixture
async def shop(
    database_url: str, database: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    # Patient where a slow machine is: a statement may take seconds there, and no job is lost for it.
    monkeypatch.setattr(loop, "LAST_WORDS_SECONDS", 60.0)
    monkeypatch.setattr(loop, "SLOW_POLL_SECONDS", 0.5)
    notifications = Notifications()
    await notifications.start(database_url)
    waiters = Waiters(database, notifications)
    await notifications.settled()
    await settle_alice(database)
    settings = Settings(
        data_dir=tmp_path, workers=2, heartbeat_seconds=0.2, lease_seconds=60.0, drain_seconds=60.0
    )
    shop = Shop(
        database_url,
        database,
        notifications,
        Keyring(b"k" * 32),
        settings,
        Runner(),
        PushWriter(database),
        waiters,
    )
    yield shop
    waiters.close()
    await shop.writer.close()
    await notifications.close()
