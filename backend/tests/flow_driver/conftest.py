"""A worker that runs flows whose scripts are functions of the tests; queue, driver and expressions are real."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool, connect
from postmill.expressions.on_demand import Expressions
from postmill.flow_driver.documents import Documents
from postmill.flow_driver.status import read_status
from postmill.kernel.ids import new_job_id
from postmill.kernel.settings import Settings
from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.launch.flow_versions import FlowVersions
from postmill.launch.waiters import Waiters
from postmill.maintenance.wake_ups import wake_due
from postmill.model.job import Completed
from postmill.queue.push import PushWriter
from postmill.sandbox.levels import Isolation
from postmill.worker import loop
from postmill.worker.process import Isolated, work_with
from tests.conftest import TestCluster
from tests.flow_driver.crashing import play
from tests.job_makers import new_job, settle_alice
from tests.runs_in_tasks import RunsInTasks

Script = Callable[..., Any]


class Scripts(RunsInTasks):
    """Runs functions by the content of a step, which fail by a ValueError, and remembers who ran at the same time."""

    def __init__(self) -> None:
        self.functions: dict[str, Script] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[RunRequest] = []
        self.made_ready: list[UUID] = []
        self.before_the_end: Callable[[RunRequest, RunOutcome], Awaitable[RunOutcome]] | None = None
        self.running = self.most_running = 0

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        if request.checkpoint is not None:
            return play(request.checkpoint)
        self.requests.append(request)
        if request.stored is not None:
            self.made_ready.append(request.job_id)
            await request.stored()
        args = json.loads(request.args)
        new_args = None
        if request.preprocess:
            args = self.functions["preprocessor"](**args)
            new_args = json.dumps(args)
        self.calls.append((request.code, args))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            result = self.functions[request.code](**args)
            if isinstance(result, Awaitable):
                result = await result
        except ValueError as failure:
            error = {"message": str(failure), "name": "ValueError"}
            return RunOutcome("error", json.dumps(error), new_args=new_args)
        finally:
            self.running -= 1
        outcome = RunOutcome("success", json.dumps(result), new_args=new_args)
        return outcome if self.before_the_end is None else await self.before_the_end(request, outcome)

    async def lock(self, language: str, request: LockRequest) -> str:
        return ""


@dataclass
class Works:
    """The parts around a worker, with ways to run flows."""

    database_url: str
    pool: Pool
    notifications: Notifications
    keyring: Keyring
    settings: Settings
    waiters: Waiters
    writer: PushWriter
    expressions: Expressions
    scripts: Scripts = field(default_factory=Scripts)

    @asynccontextmanager
    async def working(
        self, server: socket.socket | None = None, **changes: Any
    ) -> AsyncIterator[asyncio.Event]:
        """A worker until the block ends; the event stops it earlier. ``server``: its socket to the one next door."""
        settings = Settings(**{**vars(self.settings), **changes})
        stopping, ready = asyncio.Event(), asyncio.Event()
        isolated = Isolated(self.scripts, self.expressions, "none", ("a test",))
        task = asyncio.create_task(work_with(isolated, self, settings, stopping, ready.set, server))
        await asyncio.wait([task, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield stopping
        finally:
            stopping.set()
            async with asyncio.timeout(90):
                await task

    async def push(self, *modules: Any, args: Any = None, job: Any = None, **flow: Any) -> UUID:
        record = new_job(
            kind="flowpreview",
            tag="flow",
            language=None,
            raw_lock=None,
            raw_code=json.dumps({"modules": list(modules), **flow}),
            args=json.dumps(args or {}),
            reply_channel=self.waiters.channel,
            max_attempts=20,
            **{"path": "u/alice/flow", **(job or {})},
        )
        await self.writer.push(record)
        return record.id

    async def run(self, *modules: Any, **given: Any) -> tuple[str, Any]:
        """Status and result of a flow."""
        job_id = new_job_id()
        with self.waiters.expecting(job_id) as waiting:
            await self.push(*modules, job={"id": job_id}, **given)
            completed = await waiting.wait(60)
        return outcome(completed)

    async def result(self, job_id: UUID) -> tuple[str, Any]:
        """The same of a flow that was pushed before."""
        with self.waiters.expecting(job_id) as waiting:
            # Whoever launched it may not have asked to be told.
            channel = self.waiters.channel
            await self.pool.execute("UPDATE queue SET reply_channel = $2 WHERE job_id = $1", job_id, channel)
            waiting.tell(None)
            return outcome(await waiting.wait(60))

    async def status(self, job_id: UUID) -> dict[str, Any]:
        documents = Documents(self.pool, FlowVersions(self.pool, None))
        status = await read_status(self.pool, documents, "main", job_id)
        assert status is not None
        return status

    async def waits(self, job_id: UUID) -> bool:
        """Whether a flow waits for answers."""
        row = await self.pool.fetchrow("SELECT awaited, state FROM queue WHERE job_id = $1", job_id)
        return row is not None and row["awaited"] > 0 and row["state"] == "suspended"

    async def wake(self) -> None:
        """What the leading server does when the time of something has come."""
        await wake_due(self.pool)


def outcome(completed: Completed | None) -> tuple[str, Any]:
    assert completed is not None, "the flow did not end"
    return completed.status, json.loads(completed.result)


@pytest.fixture(scope="session")
async def ground(
    migrated_postgres: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Works]:
    """What all tests here share: a database with one person in one workspace, and an evaluator of expressions."""
    database_url = await migrated_postgres.make_database()
    pool = await connect(database_url, max_size=8)
    notifications = Notifications()
    await notifications.start(database_url)
    waiters = Waiters(pool, notifications)
    await notifications.settled()
    await settle_alice(pool)
    folder = tmp_path_factory.mktemp("flows")
    expressions = Expressions(folder, Isolation("none"), seconds=60.0)
    settings = Settings(data_dir=folder, workers=4, drain_seconds=30.0)
    keyring, writer = Keyring(b"k" * 32), PushWriter(pool)
    yield Works(database_url, pool, notifications, keyring, settings, waiters, writer, expressions)
    waiters.close()
    await expressions.close()
    await notifications.close()
    pool.terminate()


@pytest.fixture(scope="session")
async def filled_later(ground: Works) -> list[str]:
    """The tables that are empty before the first test, and again before every other one."""
    tables = await ground.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    counted = " UNION ALL ".join(
        f"SELECT '{row['tablename']}' AS name, EXISTS (SELECT FROM {row['tablename']}) AS filled"
        for row in tables
    )
    return [row["name"] for row in await ground.pool.fetch(counted) if not row["filled"]]


@pytest.fixture
async def works(
    ground: Works, filled_later: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Works]:
    monkeypatch.setattr(loop, "LAST_WORDS_SECONDS", 50.0)
    yield replace(ground, settings=replace(ground.settings, data_dir=tmp_path), scripts=Scripts())
    deletions = "; ".join(f"DELETE FROM {table}" for table in filled_later)
    # Without the checks of foreign keys, which ask for an order.
    await ground.pool.execute(f"SET LOCAL session_replication_role = replica; {deletions}")
