"""Watches how much memory and how many processes running jobs use, by looking at their process trees.

This works everywhere, for every user, and costs nothing for jobs shorter than the interval. Control groups,
where they can be written, react faster; this watch stays on beside them.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

INTERVAL_SECONDS = 0.1
LOOKS_PER_SAMPLE = 10
_PAGE_KB = 4
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")

UsageSink = Callable[[int, int], None]
"""Takes a sample of a running job: the most memory in kB since the one before it, and the processor time in ms."""


@dataclass(eq=False)
class Watched:
    """One process tree under watch; ``peak_kb`` is the largest sum seen so far.

    ``on_sample`` hears of it with every tenth look.
    """

    pid: int
    memory_kb: int
    processes: int
    over_limit: Callable[[Literal["memory", "processes"]], None]
    on_sample: UsageSink | None = None
    peak_kb: int = 0
    looks: int = 0
    highest_kb: int = 0


class Watcher:
    """Looks at all running jobs at a fixed interval, and at nothing while there are none."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval = interval_seconds
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(
        self, pid: int, memory_bytes: int, processes: int,
        over_limit: Callable[[Literal["memory", "processes"]], None], on_sample: UsageSink | None = None,
    ) -> Watched:  # fmt: skip
        """Calls ``over_limit`` once the tree below ``pid`` exceeds a bound; ``remove`` ends the watch."""
        watched = Watched(pid, memory_bytes // 1024, processes, over_limit, on_sample)
        self._watched.add(watched)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._interval, self._look)
        return watched

    def remove(self, watched: Watched) -> None:
        self._watched.discard(watched)

    def _look(self) -> None:
        self._timer = None
        for watched in list(self._watched):
            self._look_at(watched)
        if self._watched:
            self._timer = asyncio.get_running_loop().call_later(self._interval, self._look)

    def _look_at(self, watched: Watched) -> None:
        pids = descendants(watched.pid)
        used = tree_memory_kb(pids)
        if used > watched.memory_kb:
            # Pages that forks share are counted once per process above; the exact figure costs more, so ask late.
            used = min(used, sum(proportional_kb(pid) for pid in pids))
        watched.peak_kb = max(watched.peak_kb, used)
        if watched.on_sample is not None:
            _sample(watched, watched.on_sample, used, pids)
        if used > watched.memory_kb:
            watched.over_limit("memory")
        elif len(pids) > watched.processes:
            watched.over_limit("processes")


def _sample(watched: Watched, on_sample: UsageSink, used: int, pids: list[int]) -> None:
    watched.highest_kb = max(watched.highest_kb, used)
    watched.looks += 1
    if watched.looks % LOOKS_PER_SAMPLE == 0:
        on_sample(watched.highest_kb, tree_cpu_ms(pids))
        watched.highest_kb = 0


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
