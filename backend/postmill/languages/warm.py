"""Warm mode: a script keeps its processes between jobs, isolated like any other.

Processes are bounded in number, age and runs; one whose run is cancelled or exceeds a limit is ended, and the next run
gets a new one.
"""

import asyncio
import time
from collections import OrderedDict, deque
from functools import partial
from typing import Any

from postmill.languages.protocol import OnEnd, RunOutcome, RunRequest
from postmill.languages.warm_process import KeptScript, Run, WarmProcess

IDLE_SECONDS = 300.0
PATIENCE_SECONDS = 0.01
"""How long a run waits for the busy processes of its script before another one is started."""


class WarmScript:
    """The processes of one version of a script."""

    def __init__(self, script: KeptScript, owner: "WarmProcesses") -> None:
        self._script = script
        self._owner = owner
        self._processes: list[WarmProcess] = []
        self._waiting: deque[Run] = deque()
        self._starting: set[asyncio.Task[None]] = set()
        self._patience: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def size(self) -> int:
        return len(self._processes) + len(self._starting)

    @property
    def is_unused(self) -> bool:
        return self.size == 0 and not self._waiting

    async def run(self, request: RunRequest, made_ready: Any = None) -> RunOutcome:
        """One run from its begin to its end. Cancelling ends it, with its process where it has begun."""
        outcome: asyncio.Future[RunOutcome] = self._loop.create_future()
        run = self.begin(request, lambda end: _tell(outcome, end), made_ready)
        try:
            return await outcome
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.ensure_future(run.withdraw()))
            raise

    def begin(self, request: RunRequest, on_end: OnEnd, made_ready: Any = None) -> Run:
        """Gives the run to a process, or lets it wait for one. ``on_end`` is called later, never from here.

        Behind the commit of its job, where that is under way: an idle process is held for it, its orders made.
        """
        run = Run(request, self._script, on_end, made_ready)
        if request.stored is None:
            self._give(run)
            return run
        process = None if self._waiting else self._with_room()
        if process is not None and process.may_hold:
            process.hold(run)
        request.stored.then(partial(self._stored, run))
        return run

    def _stored(self, run: Run) -> None:
        """The run may begin; the process that was held for it may be gone meanwhile."""
        try:
            if not run.is_over and (run.process is None or not run.process.let_begin(run)):
                self._give(run)
        except Exception as error:  # whoever waits for the run hears of it; the commit has other things to do
            run.settle(error)

    def _give(self, run: Run) -> None:
        """To a process that has room, rather a busy one: several runs in a message cost it less."""
        process = None if self._waiting else self._with_room()
        if process is not None:
            process.accept(run)
            return
        run.since = self._loop.time()
        self._waiting.append(run)
        if not self.size:
            self._loop.call_soon(self._start_another)
        self._have_patience()

    def _have_patience(self) -> None:
        """Looks again when the first of those that wait has waited long enough."""
        if self._patience is None and self._waiting:
            self._patience = self._loop.call_at(
                self._waiting[0].since + PATIENCE_SECONDS, self._lose_patience
            )

    def _lose_patience(self) -> None:
        self._patience = None
        self._forget_ended()
        limit = self._loop.time() - PATIENCE_SECONDS
        late = sum(1 for run in self._waiting if run.since <= limit)
        for _ in range(late - len(self._starting)):
            self._start_another()
        next_run = next((run for run in self._waiting if run.since > limit), None)
        if next_run is not None:
            self._patience = self._loop.call_at(next_run.since + PATIENCE_SECONDS, self._lose_patience)

    def _with_room(self) -> WarmProcess | None:
        idle = None
        for process in reversed(self._processes):
            if process.room <= 0:
                continue
            if not process.is_idle:
                return process
            idle = idle or process
        return idle

    def _start_another(self) -> None:
        self._forget_ended()
        if len(self._starting) >= len(self._waiting):
            return
        if not self._owner.make_room(self) and self.size:
            return  # a process of this script becomes free in time
        task = asyncio.create_task(self._start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def _forget_ended(self) -> None:
        """Runs that were cancelled wait for nothing."""
        while self._waiting and self._waiting[0].is_over:
            self._waiting.popleft()

    async def _start(self) -> None:
        try:
            child = await self._script.start()
        except Exception as error:
            waiting, self._waiting = self._waiting, deque()
            for run in waiting:
                run.settle(error)
            return
        process = WarmProcess(child, self._script, self._freed, self._returned)
        self._processes.append(process)
        self._freed(process)

    def _freed(self, process: WarmProcess) -> None:
        """A process may take more: what waits longest."""
        if process.is_idle and process.worn_out and process.usable:
            process.retire()
        if not process.usable:
            if process in self._processes:
                self._processes.remove(process)
            if self._waiting:
                self._start_another()
            return
        while self._waiting and process.room > 0:
            run = self._waiting.popleft()
            if not run.is_over:
                process.accept(run)

    def _returned(self, runs: list[Run]) -> None:
        """A process will not begin these: they go first, to others."""
        for run in reversed(runs):
            self._waiting.appendleft(run)
        self._forget_ended()
        while self._waiting and (process := self._with_room()) is not None:
            run = self._waiting.popleft()
            if not run.is_over:
                process.accept(run)
        if self._waiting:
            self._start_another()

    def drop_idle(self, unused_since: float) -> int:
        """Ends the idle processes that were last used before that time; returns how many."""
        old = [process for process in self._processes if process.is_idle and process.last_used < unused_since]
        for process in old:
            self._processes.remove(process)
            process.retire()
        return len(old)

    def drop_one_idle(self) -> bool:
        process = next((process for process in self._processes if process.is_idle), None)
        if process is None:
            return False
        self._processes.remove(process)
        process.retire()
        return True

    async def close(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(process.close() for process in self._processes))


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


def _tell(outcome: asyncio.Future[RunOutcome], end: RunOutcome | Exception) -> None:
    if outcome.done():
        return
    if isinstance(end, Exception):
        outcome.set_exception(end)
    else:
        outcome.set_result(end)
