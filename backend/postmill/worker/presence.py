"""What a worker tells about itself in the table of workers."""

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from postmill.db.pool import Pool
from postmill.db.retry import reason_of
from postmill.tables.instance import worker
from postmill.tables.instance.worker import Ping
from postmill.worker.running import RunningJobs
from postmill.worker.sides import Side, last_job

SPANS_SECONDS = (15.0, 300.0, 1800.0)

_log = logging.getLogger(__name__)


@dataclass
class Occupancy:
    """The share of slot time that jobs took: since the start and over the last spans."""

    slots: int
    began: float
    _samples: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, moment: float, busy_seconds: float) -> list[float]:
        """Takes the busy time so far; answers the shares since the start and over 15 s, 5 min and 30 min."""
        self._samples.append((moment, busy_seconds))
        while self._samples[0][0] < moment - SPANS_SECONDS[-1]:
            self._samples.popleft()
        return [self._share(moment, busy_seconds, self.began, 0.0)] + [
            self._share(moment, busy_seconds, *self._at(moment - span)) for span in SPANS_SECONDS
        ]

    def _at(self, moment: float) -> tuple[float, float]:
        if moment <= self.began:
            return self.began, 0.0
        return next(sample for sample in self._samples if sample[0] >= moment)

    def _share(self, moment: float, busy: float, since: float, busy_then: float) -> float:
        available = (moment - since) * self.slots
        return 0.0 if available <= 0 else max(0.0, min(1.0, (busy - busy_then) / available))


@dataclass
class Presence:
    """Pings the table of workers."""

    pool: Pool
    name: str
    group: str
    slots: int
    version: str
    isolation: str
    isolation_reasons: list[str]
    running: RunningJobs
    sides: Sequence[Side]

    def __post_init__(self) -> None:
        self._instance = socket.gethostname()
        self._ip = _own_address()
        self._memory_total = _memory_total()
        self._occupancy = Occupancy(self.slots, time.monotonic())

    async def ping(self, tags: list[str], *, draining: bool) -> bool:
        """Says that the worker is there; answers whether somebody asked it to start anew.

        A failure is only logged: the next ping says it again.
        """
        last = last_job(self.sides)
        busy = sum(side.slots.busy_seconds for side in self.sides) + self.running.busy_seconds()
        shares = self._occupancy.add(time.monotonic(), busy)
        state = Ping(
            name=self.name,
            instance=self._instance,
            worker_group=self.group,
            tags=tags,
            slots=self.slots,
            busy=len(self.running),
            version=self.version,
            ip=self._ip,
            isolation=self.isolation,
            isolation_reasons=self.isolation_reasons,
            jobs_executed=sum(side.slots.executed for side in self.sides),
            last_job_id=last.id if last else None,
            last_job_workspace_id=last.workspace_id if last else None,
            occupancy=shares[0],
            occupancy_15s=shares[1],
            occupancy_5m=shares[2],
            occupancy_30m=shares[3],
            cpus=os.cpu_count(),
            memory_total_bytes=self._memory_total,
            memory_used_bytes=_memory_used(),
            draining=draining,
        )
        try:
            return await worker.ping(self.pool, state)
        except Exception as error:
            _log.warning("the worker cannot tell that it is there: %s", reason_of(error))
            return False

    async def leave(self) -> None:
        """Takes the worker out of the table."""
        await worker.remove(self.pool, self.name)


def _own_address() -> str:
    """The address that other machines see; no packet is sent to find it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def _memory_total() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None


def _memory_used() -> int | None:
    """What this process keeps in memory, in bytes."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
