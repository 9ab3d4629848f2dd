"""Warm mode: a script keeps its process between jobs, isolated like any other, one process per run at a time.

A run costs one message each way. Processes are bounded in number, age and runs; one that is cancelled or
exceeds a limit is ended, and the next run gets a new one.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Protocol

from postmill.languages.output import Output
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.sandbox.child import Child, ChildEnd
from postmill.sandbox.process import until_ended

MOST_RUNS = 100_000
MOST_AGE_SECONDS = 3600.0
IDLE_SECONDS = 300.0
PATIENCE_SECONDS = 0.01
"""How long a run waits for a busy process of its script before another one is started."""


class KeptScript(Protocol):
    """What a language says of a script whose processes are kept."""

    @property
    def mark(self) -> bytes:
        """The line of the log behind which the output of a run begins."""

    async def start(self) -> Child:
        """A child that takes the first orders. Raises ZygoteFailed."""

    def first_orders(self, request: RunRequest, child: Child) -> bytes:
        """The bytes that start the first run of a process."""

    def later_orders(self, request: RunRequest, child: Child) -> bytes:
        """The bytes that start every other run.

        The process answers each run with ``R``, ``E`` or ``L``; with ``X`` it asks to be replaced.
        """

    def judge(
        self, end: ChildEnd, frames: Mapping[bytes, bytes], request: RunRequest, output: Output
    ) -> RunOutcome:
        """The outcome of a run; ``end`` has the code 0 where the process goes on."""


def _ignore(_data: bytes) -> None:
    return None


class WarmProcess:
    """One process of one script; runs one job at a time."""

    def __init__(self, child: Child, script: KeptScript) -> None:
        self.started = self.last_used = time.monotonic()
        self.runs = 0
        self._child = child
        self._script = script
        self._is_worn = False
        self._said: asyncio.Future[None] | None = None
        self._frames: dict[bytes, bytes] = {}
        self._loop = asyncio.get_running_loop()
        child.on_frame = self._frame
        child.ended.add_done_callback(self._gone)

    @property
    def usable(self) -> bool:
        return self._child.usable

    @property
    def worn_out(self) -> bool:
        return self._is_worn or self.runs >= MOST_RUNS or time.monotonic() - self.started > MOST_AGE_SECONDS

    async def run(self, request: RunRequest) -> RunOutcome:
        child, limits = self._child, request.limits
        output = Output(request.log, request.stream)
        request.log.write(self._script.mark)
        child.on_output = output.write
        child.frame_limit = limits.result_bytes + 1024
        self._frames = {}
        said = self._said = self._loop.create_future()
        child.watch(limits.memory_bytes, limits.processes, request.usage)
        timer = self._loop.call_later(limits.wall_seconds, child.terminate, "timeout", limits.grace_seconds)
        tell = self._script.later_orders if self.runs else self._script.first_orders
        child.send(tell(request, child))
        self.runs += 1
        try:
            await said
        except asyncio.CancelledError:
            child.terminate("cancelled", limits.grace_seconds)
            await asyncio.shield(asyncio.ensure_future(self._buried()))
            raise
        finally:
            timer.cancel()
            peak_kb = child.stop_watching()
            self.last_used = time.monotonic()
        child.drain_output()
        child.on_output = _ignore  # what a thread prints between two runs belongs to none of them
        output.finish()
        end = child.ended.result() if child.ended.done() else ChildEnd(0, peak_kb, child.cause)
        return self._script.judge(end, self._frames, request, output)

    async def _buried(self) -> None:
        await asyncio.wait([self._child.ended])

    def _frame(self, kind: bytes, content: bytes) -> None:
        if kind == b"X":
            self._is_worn = True
            return
        self._frames[kind] = content
        if kind in (b"R", b"E", b"L") and self._said is not None and not self._said.done():
            self._said.set_result(None)

    def _gone(self, _end: asyncio.Future[ChildEnd]) -> None:
        if self._said is not None and not self._said.done():
            self._said.set_result(None)

    def retire(self) -> None:
        """Ends the process; it must not be in a run."""
        self._child.terminate("cancelled", 1.0)

    async def close(self) -> None:
        if not self._child.ended.done():
            self._child.terminate("cancelled", 0.0)
            await until_ended(self._child, 0.0)


class WarmScript:
    """The processes of one version of a script."""

    def __init__(self, script: KeptScript, owner: "WarmProcesses") -> None:
        self._script = script
        self._owner = owner
        self._idle: list[WarmProcess] = []
        self._busy: set[WarmProcess] = set()
        self._waiting: deque[asyncio.Future[WarmProcess]] = deque()
        self._starting: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        return len(self._idle) + len(self._busy) + len(self._starting)

    @property
    def is_unused(self) -> bool:
        return self.size == 0 and not self._waiting

    async def run(self, request: RunRequest) -> RunOutcome:
        process = self._take_idle() or await self._wait_for_one()
        self._busy.add(process)
        try:
            return await process.run(request)
        finally:
            self._busy.discard(process)
            self._release(process)

    def _take_idle(self) -> WarmProcess | None:
        while self._idle:
            process = self._idle.pop()
            if process.usable:
                return process
        return None

    async def _wait_for_one(self) -> WarmProcess:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[WarmProcess] = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_later(PATIENCE_SECONDS if self.size else 0.0, self._start_another)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._release(waiter.result())
            raise
        finally:
            timer.cancel()

    def _start_another(self) -> None:
        if not self._waiting or len(self._starting) >= len(self._waiting):
            return
        if not self._owner.make_room(self) and self.size:
            return  # a process of this script becomes free in time
        task = asyncio.create_task(self._start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        try:
            child = await self._script.start()
        except Exception as error:
            while self._waiting:
                waiter = self._waiting.popleft()
                if not waiter.done():
                    waiter.set_exception(error)
            return
        self._release(WarmProcess(child, self._script))

    def _release(self, process: WarmProcess) -> None:
        """A process is free: for the one that waits longest, else for the next run."""
        if not process.usable:
            self._replace_lost()
            return
        if process.worn_out:
            process.retire()
            self._replace_lost()
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(process)
                return
        self._idle.append(process)

    def _replace_lost(self) -> None:
        if self._waiting:
            self._start_another()

    def drop_idle(self, unused_since: float) -> int:
        """Ends the idle processes that were last used before that time; returns how many."""
        old = [process for process in self._idle if process.last_used < unused_since]
        for process in old:
            self._idle.remove(process)
            process.retire()
        return len(old)

    def drop_one_idle(self) -> bool:
        if not self._idle:
            return False
        self._idle.pop(0).retire()
        return True

    async def close(self) -> None:
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(process.close() for process in [*self._idle, *self._busy]))


class WarmProcesses:
    """All warm scripts of a worker, the longest unused first; at most ``most`` processes together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._scripts: OrderedDict[str, WarmScript] = OrderedDict()
        self._sweep_timer: asyncio.TimerHandle | None = None

    def find(self, key: str) -> WarmScript | None:
        script = self._scripts.get(key)
        if script is not None:
            self._scripts.move_to_end(key)
        return script

    def open(self, key: str, kept: KeptScript) -> WarmScript:
        """The script of the key; a concurrent caller may have opened it first."""
        script = self._scripts.get(key)
        if script is None:
            script = self._scripts[key] = WarmScript(kept, self)
            if self._sweep_timer is None:
                self._sweep_timer = asyncio.get_running_loop().call_later(IDLE_SECONDS / 4, self._sweep)
        return script

    def make_room(self, _wanting: WarmScript) -> bool:
        """Whether one more process may start, after ending an idle one of another script if need be."""
        if sum(script.size for script in self._scripts.values()) < self._most:
            return True
        return any(script.drop_one_idle() for script in self._scripts.values())

    def _sweep(self) -> None:
        self._sweep_timer = None
        limit = time.monotonic() - IDLE_SECONDS
        for key, script in list(self._scripts.items()):
            script.drop_idle(limit)
            if script.is_unused:
                del self._scripts[key]
        if self._scripts:
            self._sweep_timer = asyncio.get_running_loop().call_later(IDLE_SECONDS / 4, self._sweep)

    async def close(self) -> None:
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        scripts, self._scripts = list(self._scripts.values()), OrderedDict()
        await asyncio.gather(*(script.close() for script in scripts))
