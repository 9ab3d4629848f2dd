"""Watches how much memory, how many processes and how much disk running jobs use, by looking at them from outside.

This works everywhere, for every user, and costs nothing for jobs shorter than the interval. Control groups,
where they can be written, react faster; this watch stays on beside them. Disks are looked at once a second, more seldom
where there are so many files that a look takes long.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from postmill.model.limits import Limits
from postmill.sandbox.disk import disk_bytes

INTERVAL_SECONDS = 0.1
LOOKS_PER_SAMPLE = 10
LOOKS_PER_LOOK_AT_REST = 10
BUSY_AT_REST_MS = 100
"""A process that is kept between runs and works for so long from one look to the next is still at something."""
MOST_BUSY_AT_REST = 10
"""So many looks in a row; then it is ended."""
DISK_SECONDS = 1.0
DISK_SHARE = 20
"""How many times longer than a look at the disk the pause after it is."""
_PAGE_KB = 4
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")

Exceeded = Literal["memory", "processes", "disk", "timeout"]
UsageSink = Callable[[int, int], None]
"""Takes a sample of a running job: the most memory in kB since the one before it, and the processor time in ms."""


@dataclass(eq=False)
class Watched:
    """One process tree under watch; ``peak_kb`` is the largest sum seen so far.

    ``on_sample`` hears of it with every tenth look. ``at_rest``: it is between runs, is looked at every tenth time, and
    may not go on working for long.
    """

    pid: int
    limits: Limits
    folders: tuple[str, ...]
    over_limit: Callable[[Exceeded], None]
    on_sample: UsageSink | None = None
    peak_kb: int = 0
    looks: int = 0
    highest_kb: int = 0
    disk_due: float = 0.0
    at_rest: bool = False
    cpu_ms: int | None = None
    busy_looks: int = 0


class Watcher:
    """Looks at all running jobs at a fixed interval, and at nothing while there are none."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval = interval_seconds
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_slow = False
        self._looks = 0

    def add(
        self, pid: int, limits: Limits, folders: tuple[str, ...], over_limit: Callable[[Exceeded], None],
        on_sample: UsageSink | None = None,
    ) -> Watched:  # fmt: skip
        """Calls ``over_limit`` once the tree below ``pid`` or its ``folders`` exceed a bound, until ``remove``."""
        loop = asyncio.get_running_loop()
        watched = Watched(pid, limits, folders, over_limit, on_sample)
        watched.disk_due = loop.time() + DISK_SECONDS
        self._watched.add(watched)
        if self._is_slow and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_later(self._interval, self._look)
            self._is_slow = False
        return watched

    def remove(self, watched: Watched) -> None:
        self._watched.discard(watched)

    def _look(self) -> None:
        self._timer = None
        self._looks += 1
        is_turn_of_all = self._is_slow or self._looks % LOOKS_PER_LOOK_AT_REST == 0
        for watched in list(self._watched):
            if is_turn_of_all or not watched.at_rest:
                self._look_at(watched)
        if self._watched:
            self._is_slow = all(watched.at_rest for watched in self._watched)
            pause = self._interval * (LOOKS_PER_LOOK_AT_REST if self._is_slow else 1)
            self._timer = asyncio.get_running_loop().call_later(pause, self._look)

    def _look_at(self, watched: Watched) -> None:
        pids = descendants(watched.pid)
        if len(pids) > watched.limits.processes:  # before all that takes longer the more of them there are
            watched.over_limit("processes")
            return
        used = tree_memory_kb(pids)
        most = watched.limits.memory_bytes // 1024
        if used > most:
            # Pages that forks share are counted once per process above; the exact figure costs more, so ask late.
            used = min(used, sum(proportional_kb(pid) for pid in pids))
        watched.peak_kb = max(watched.peak_kb, used)
        if watched.on_sample is not None:
            _sample(watched, watched.on_sample, used, pids)
        if used > most:
            watched.over_limit("memory")
        elif watched.at_rest and _goes_on(watched, pids):
            watched.over_limit("timeout")
        elif asyncio.get_running_loop().time() >= watched.disk_due:
            self._look_at_disk(watched, pids)

    def _look_at_disk(self, watched: Watched, pids: list[int]) -> None:
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        watched.disk_due = float("inf")  # one look at a time

        def seen(look: "asyncio.Future[int]") -> None:
            if watched not in self._watched or look.cancelled() or look.exception() is not None:
                return
            watched.disk_due = loop.time() + max(DISK_SECONDS, DISK_SHARE * (time.monotonic() - began))
            if look.result() > watched.limits.disk_bytes:
                watched.over_limit("disk")

        looking = loop.run_in_executor(None, disk_bytes, watched.folders, pids, watched.limits.disk_bytes)
        looking.add_done_callback(seen)


def _sample(watched: Watched, on_sample: UsageSink, used: int, pids: list[int]) -> None:
    watched.highest_kb = max(watched.highest_kb, used)
    watched.looks += 1
    if watched.looks % LOOKS_PER_SAMPLE == 0:
        on_sample(watched.highest_kb, tree_cpu_ms(pids))
        watched.highest_kb = 0


def _goes_on(watched: Watched, pids: list[int]) -> bool:
    """Whether a process that is at rest has been working for several looks in a row."""
    cpu_ms = tree_cpu_ms(pids)
    is_busy = watched.cpu_ms is not None and cpu_ms - watched.cpu_ms >= BUSY_AT_REST_MS
    watched.busy_looks = watched.busy_looks + 1 if is_busy else 0
    watched.cpu_ms = cpu_ms
    return watched.busy_looks >= MOST_BUSY_AT_REST


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``; [] for one that is gone."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            with open(f"/proc/{parent}/task/{parent}/children", "rb") as listing:  # noqa: PTH123
                children = [int(text) for text in listing.read().split()]
        except OSError:
            continue
        found += children
        waiting += children
    return found


def tree_memory_kb(pids: list[int]) -> int:
    """The sum of the resident sizes, shared library pages counted only once per process."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
                fields = file.read().split()
        except OSError:
            continue
        total += int(fields[1]) * _PAGE_KB
    return total


def tree_cpu_ms(pids: list[int]) -> int:
    """The processor time of the processes, with that of children that they have waited for."""
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
                # The name of the program may hold anything; what follows its last bracket is numbers.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return int(ticks * _TICK_MS)


def proportional_kb(pid: int) -> int:
    """The process's share of the memory that it maps; 0 for one that is gone or closed to us."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1])
    except OSError:
        return 0
    return 0
