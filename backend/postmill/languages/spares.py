"""Children that wait, walled in and rehearsed, so that a job does not pay for its sandbox.

A zygote serves one set of packages. Zygotes are kept while they are used and their number allows; each has a few
children ready, in slots that are used again and again, by one job at a time.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from postmill.sandbox.child import Child
from postmill.sandbox.memory import Watcher
from postmill.sandbox.slot import Slot, SlotLost
from postmill.sandbox.zygote import Zygote, ZygoteFailed, ZygoteSpec

MOST_ZYGOTES = 7
IDLE_SECONDS = 600.0
_SPARED_SECONDS = 2.0
"""A pool that was asked for so recently is about to be used; the number of zygotes may exceed its bound for it."""

_log = logging.getLogger(__name__)


class SparePool:
    """One zygote, its slots and their waiting children. ``take`` gives a child that belongs to the caller alone."""

    def __init__(
        self, spec: ZygoteSpec, watcher: Watcher, kept_ready: int, on_close: Callable[[], None] | None = None
    ) -> None:
        self.spec = spec
        self.last_used = time.monotonic()
        self.in_use = 0
        self._watcher = watcher
        self._kept_ready = kept_ready
        self._on_close = on_close
        self._zygote: Zygote | None = None
        self._starting: asyncio.Task[Zygote] | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._slots: set[Slot] = set()
        self._free: list[Slot] = []  # set up, without a child
        self._ready: deque[Child] = deque()
        self._coming = 0
        self._waiting: deque[asyncio.Future[Child]] = deque()
        self._closed = False

    @property
    def is_idle(self) -> bool:
        return self.in_use == 0 and not self._waiting and self._starting is None

    @property
    def stands(self) -> bool:
        """Whether its zygote is there to give children."""
        return self._zygote is not None and self._zygote.alive

    async def take(self) -> Child:
        """A child that takes orders. Raises ZygoteFailed when none can be had."""
        self.last_used = time.monotonic()
        while self._ready:
            child = self._ready.popleft()
            if child.usable:
                return self._taken(child)
        zygote = await self._running_zygote()
        waiter: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._order_more(zygote)
        try:
            child = await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._ready.append(waiter.result())
            raise
        return self._taken(child)

    def _taken(self, child: Child) -> Child:
        self.in_use += 1
        child.ended.add_done_callback(self._ended)
        return child

    def _ended(self, _end: object) -> None:
        self.in_use -= 1
        self.last_used = time.monotonic()

    async def warm_up(self) -> None:
        """Starts the zygote and its first children ahead of need."""
        self._order_more(await self._running_zygote())

    def begin(self) -> None:
        """Does the same in the background, unless it is under way already."""
        if not self._closed and self._beginning is None:
            self._beginning = asyncio.create_task(self._begin())

    async def _begin(self) -> None:
        try:
            await self.warm_up()
        except ZygoteFailed as error:
            _log.warning("children that wait for jobs could not be had: %s", error)
        finally:
            self._beginning = None

    async def _running_zygote(self) -> Zygote:
        if self._closed:
            raise ZygoteFailed("its zygote was closed")
        if self._zygote is not None and self._zygote.alive:
            return self._zygote
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self) -> Zygote:
        try:
            if self._zygote is not None:
                await self._zygote.close()
            self._free.clear()
            self._slots.clear()
            self._zygote = await Zygote.start(self.spec, self._watcher)
            return self._zygote
        finally:
            self._starting = None

    def _order_more(self, zygote: Zygote) -> None:
        """Orders children until those that wait are served and enough stand ready: in free slots first.

        A slot that is being cleaned is free sooner than a new one would be there.
        """
        while (lacking := len(self._waiting) + self._kept_ready - len(self._ready) - self._coming) > 0:
            try:
                if self._free:
                    self._start_child(self._free.pop())
                elif lacking > sum(slot.is_being_cleaned for slot in self._slots):
                    self._open_slot(zygote)
                else:
                    return
            except SlotLost:
                continue
            except ZygoteFailed as error:
                self._fail_waiting(error)
                return

    def _open_slot(self, zygote: Zygote) -> None:
        slot = zygote.open_slot()
        self._coming += 1
        slot.ready.add_done_callback(lambda _ready: self._slot_opened(slot))

    def _slot_opened(self, slot: Slot) -> None:
        self._coming -= 1
        if not slot.usable:
            self._fail_waiting(ZygoteFailed(slot.trouble))
            return
        self._slots.add(slot)
        slot.on_free = lambda: self._slot_freed(slot)
        try:
            self._start_child(slot)
        except SlotLost as error:
            self._fail_waiting(ZygoteFailed(str(error)))

    def _start_child(self, slot: Slot) -> None:
        child = slot.start_child(rehearse=len(self._waiting) <= self._coming)
        self._coming += 1
        child.ready.add_done_callback(lambda _ready: self._arrived(child))

    def _arrived(self, child: Child) -> None:
        self._coming -= 1
        if not child.usable:
            self._fail_waiting(
                ZygoteFailed(child.trouble or "the isolated process ended before it was ready")
            )
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(child)
                return
        self._ready.append(child)

    def _slot_freed(self, slot: Slot) -> None:
        """A child has ended: its slot can have the next."""
        if slot.usable:
            self._free.append(slot)
        else:
            self._slots.discard(slot)
            if slot in self._free:
                self._free.remove(slot)
        if self.stands:
            assert self._zygote is not None
            self._order_more(self._zygote)
        else:
            self._fail_waiting(ZygoteFailed(slot.trouble))

    def _fail_waiting(self, error: ZygoteFailed) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)

    async def close(self) -> None:
        self._closed = True
        self._fail_waiting(ZygoteFailed("the worker is stopping"))
        under_way = [task for task in (self._beginning, self._starting) if task is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._ready.clear()
        self._free.clear()
        if self._zygote is not None:
            await self._zygote.close()
        if self._on_close is not None:
            self._on_close()


@dataclass(frozen=True)
class PoolKey:
    """What makes two zygotes the same: the packages on their interpreter, what is imported ahead."""

    environment: str
    preimports: tuple[str, ...]


class SparePools:
    """All pools of a worker; the longest unused ones go when there are too many."""

    def __init__(self, base: ZygoteSpec, watcher: Watcher, kept_ready: int, most: int = MOST_ZYGOTES) -> None:
        self._base = base
        self._watcher = watcher
        self._kept_ready = kept_ready
        self._most = most
        self._pools: dict[PoolKey, SparePool] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def base(self) -> ZygoteSpec:
        """What all zygotes have in common; a pool's specification is made from it."""
        return self._base

    def find(self, key: PoolKey) -> SparePool | None:
        pool = self._pools.get(key)
        if pool is not None:
            pool.last_used = time.monotonic()
        return pool

    def open(self, key: PoolKey, spec: ZygoteSpec, on_close: Callable[[], None] | None = None) -> SparePool:
        """Makes the pool of the key; ``on_close`` is called once when its zygote has ended for good."""
        self._evict()
        pool = self._pools[key] = SparePool(spec, self._watcher, self._kept_ready, on_close)
        return pool

    def _evict(self) -> None:
        now = time.monotonic()
        unused = [(pool.last_used, key) for key, pool in self._pools.items() if pool.is_idle]
        excess = len(self._pools) + 1 - self._most
        for position, (last_used, key) in enumerate(sorted(unused, key=lambda item: item[0])):
            unused_for = now - last_used
            if (position < excess and unused_for > _SPARED_SECONDS) or unused_for > IDLE_SECONDS:
                self._close_later(self._pools.pop(key))

    def _close_later(self, pool: SparePool) -> None:
        task = asyncio.create_task(pool.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        pools, self._pools = list(self._pools.values()), {}
        await asyncio.gather(*(pool.close() for pool in pools), *self._closing, return_exceptions=True)
