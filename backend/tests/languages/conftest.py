"""A language runtime on this machine, and runs as a test wants them: code in, outcome and log out."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.languages.runtime import Runtime, RuntimeSettings
from postmill.model.limits import Limits
from postmill.worker.attempt import Stored
from tests.go_caches import share_go_caches

LIMITS = Limits(wall_seconds=120, grace_seconds=0.3, memory_bytes=512 * 1024**2, result_bytes=4 * 1024**2)
SHORTEST_SECONDS = (0.5, 4.0, 32.0)
"""Bounds for runs that are out of time: the first that a machine is not too busy for to begin within it."""


@dataclass
class Log:
    """A log sink that keeps everything."""

    data: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        self.data += data

    @property
    def printed(self) -> bytes:
        """What came behind the mark."""
        return bytes(self.data).partition(b"CODE EXECUTION ---\n")[2]


@dataclass
class Ran:
    """One run: its outcome, log and streamed pieces."""

    outcome: RunOutcome
    log: Log
    pieces: list[str]

    @property
    def end(self) -> str:
        return self.outcome.end

    @property
    def result(self) -> Any:
        return json.loads(self.outcome.result)


class Asked(Stored):
    """The commit of a job; ``asked``: its run is ready as far as it may be, and waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def __call__(self) -> None:
        self.asked.set()
        await super().__call__()

    def then(self, begin: Callable[[], None]) -> None:
        super().then(begin)
        self.asked.set()


class Bench:
    """Runs scripts on one runtime."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.runtime = runtime
        self.folder = folder

    def request(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> tuple[RunRequest, Ran]:
        """A request, and the record that its run fills."""
        scripts: dict[str, str] = more.pop("scripts", {})

        async def sources(path: str) -> str | None:
            return scripts.get(path)

        ran = Ran(RunOutcome("error", "null"), Log(), [])
        facts: dict[str, Any] = {
            "job_id": uuid4(), "attempt": 1, "workspace_id": "main", "path": "f/tests/script", "lock": None,
            "env": {"WM_WORKSPACE": "main"}, "limits": LIMITS,
        }  # fmt: skip
        request = RunRequest(
            code=code, args=json.dumps(args or {}), log=ran.log, stream=ran.pieces.append,
            sources=sources, **{**facts, **more},
        )  # fmt: skip
        return request, ran

    async def run(self, language: str, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
        request, ran = self.request(code, args, **more)
        ran.outcome = await self.runtime.run(language, request)
        return ran

    async def python(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
        return await self.run("python3", code, args, **more)

    async def bash(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
        return await self.run("bash", code, args, **more)

    async def lock(self, code: str) -> str:
        async def nothing(_path: str) -> str | None:
            return None

        return await self.runtime.lock(
            "python3", LockRequest(code=code, path="f/tests/script", sources=nothing, log=Log())
        )


async def until_said(words: bytes, ran: Ran, running: "asyncio.Task[RunOutcome]") -> None:
    """Waits until a run has printed the words; fails with its outcome where it ends before."""
    async with asyncio.timeout(300):  # it may have to be compiled
        while words not in ran.log.data:
            assert not running.done(), running.result()
            await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("runtime")
    share_go_caches(folder / "cache")
    runtime = await Runtime.start(RuntimeSettings(folder, slots=4, limits=LIMITS))
    jobs = folder / "jobs"
    jobs.mkdir()
    yield Bench(runtime, jobs)
    await runtime.close()
    assert list((folder / "run" / "spares").iterdir()) == []
