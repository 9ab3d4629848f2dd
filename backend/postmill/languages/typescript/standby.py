"""Children that have become a JavaScript runtime and wait for their job, so that no job pays for its start."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from postmill.kernel.json import encode
from postmill.languages.single_run import BASE_PATH, limits_record, take_child
from postmill.languages.spares import SparePool
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, encode_frame
from postmill.sandbox.tickets import Tickets
from postmill.sandbox.zygote import ZygoteFailed

IDLE_SECONDS = 600.0
START_SECONDS = 20.0
READY = b"W"
_NOT_FOR_JOBS = {
    # A job's files are its own; nothing is kept between runs, and nothing is sent home.
    "BUN_RUNTIME_TRANSPILER_CACHE_PATH": "0",
    "DO_NOT_TRACK": "1",
    "DENO_NO_UPDATE_CHECK": "1",
}


class Standby:
    """Keeps some children ready. ``take`` gives one that belongs to the caller alone and takes orders."""

    def __init__(
        self,
        pool: Callable[[], SparePool],
        argv: tuple[str, ...],
        limits: Limits,
        kept_ready: int,
        search_path: str = BASE_PATH,
        files: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        takes_ahead: bool = False,
    ) -> None:
        """``pool`` is asked anew each time. The waiting children have ``limits``; other runs start their own.

        ``files`` are put into the home of the program, ``variables`` are added to its own. A program that nobody waits
        for is started with ``--rehearse``. ``takes_ahead``: it takes runs ahead, with tickets.
        """
        self._pool = pool
        self._argv = argv
        self._name = argv[0].rpartition("/")[2]
        self._limits = limits
        self._kept_ready = kept_ready
        self.search_path = search_path
        self._files = files or {}
        self._variables = variables or {}
        self._takes_ahead = takes_ahead
        self._ready: deque[Child] = deque()
        self._starting: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[Child]] = deque()
        self._idle_timer: asyncio.TimerHandle | None = None

    async def take(self, limits: Limits) -> Child:
        """Raises ZygoteFailed when none can be had."""
        if _process_limits(limits) != _process_limits(self._limits):
            return await self._start(limits)
        while self._ready:
            child = self._ready.popleft()
            if child.usable:
                self.refill()
                return child
        waiter: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self.refill()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._hand_over(waiter.result())
            raise

    def keep_ready(self, count: int) -> None:
        """From now on so many wait for a job that is to come; those that are too many go."""
        self._kept_ready = count
        while len(self._ready) > count:
            self._ready.popleft().terminate("cancelled", 0.0)

    def refill(self) -> None:
        """Starts what is missing, for those that wait first, without waiting for it."""
        self._restart_idle_timer()
        self._waiting = deque(waiter for waiter in self._waiting if not waiter.done())
        wanted = self._kept_ready + len(self._waiting) - len(self._ready) - len(self._starting)
        for _ in range(wanted):
            task = asyncio.create_task(self._add())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _add(self) -> None:
        try:
            child = await self._start(self._limits, rehearse=not self._waiting)
        except Exception as error:  # whatever it is, nobody waits for ever
            self._fail_waiting(error if isinstance(error, ZygoteFailed) else ZygoteFailed(str(error)))
            return
        self._hand_over(child)

    def _hand_over(self, child: Child) -> None:
        """To the job that waits longest, else it waits for the next."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(child)
                return
        if len(self._ready) < self._kept_ready:
            self._ready.append(child)
        else:
            child.terminate("cancelled", 0.0)

    def _fail_waiting(self, error: ZygoteFailed) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)

    async def _start(self, limits: Limits, rehearse: bool = False) -> Child:
        child = await take_child(self._pool())
        ready = asyncio.get_running_loop().create_future()
        printed = bytearray()

        def frame(kind: bytes, _content: bytes) -> None:
            if kind == READY and not ready.done():
                ready.set_result(None)

        def output(data: bytes) -> None:
            printed.extend(data)

        child.on_frame = frame
        child.on_output = output
        child.send(encode_frame(b"H", encode(self._header(child, limits, rehearse))))
        if self._takes_ahead:
            child.tickets = Tickets()
            child.hand_tickets_over()
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.wait([ready, child.ended], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            child.terminate("cancelled", 0.0)
            raise ZygoteFailed(f"{self._name} did not start within {START_SECONDS:g} s") from None
        except BaseException:
            child.terminate("cancelled", 0.0)
            raise
        if not ready.done():
            said = printed[-500:].decode("utf-8", "replace").strip()
            raise ZygoteFailed(f"{self._name} did not start: {said}")
        return child

    def _header(self, child: Child, limits: Limits, rehearse: bool) -> dict[str, object]:
        temporary = child.slot.temporary
        env = {
            "PATH": self.search_path,
            "HOME": temporary,
            "LANG": "C.UTF-8",
            "TMPDIR": temporary,
            **_NOT_FOR_JOBS,
            **self._variables,
        }
        return {
            "argv": (*self._argv, "--rehearse") if rehearse else self._argv,
            "files": {f"{temporary}/{name}": text for name, text in self._files.items()},
            "env": env,
            "limits": _process_limits(limits),
            "keeps_channel": True,
            "tickets": self._takes_ahead,
        }

    def _restart_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._idle_timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._drop_ready)

    def _drop_ready(self) -> None:
        """Nobody has asked for a while: waiting costs memory."""
        while self._ready:
            self._ready.popleft().terminate("cancelled", 0.0)

    async def close(self) -> None:
        self._fail_waiting(ZygoteFailed("the worker is stopping"))
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        waiting = list(self._ready)
        self._drop_ready()
        if waiting:
            await asyncio.wait([child.ended for child in waiting])


def _process_limits(limits: Limits) -> dict[str, int]:
    """What the process sets on itself. JavaScript engines reserve far more than they use, so that no limit of the
    address space can be set: the watcher of the memory in use ends them."""
    record = limits_record(limits)
    del record["data_bytes"]
    return record
