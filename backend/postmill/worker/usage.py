"""What running jobs use, on its way into the database: a bounded number of points per job, in one statement for all."""

import asyncio
import logging
from uuid import UUID

from postmill.db.pool import Pool
from postmill.db.retry import retrying
from postmill.kernel.clock import now
from postmill.model.job import ClaimedJob
from postmill.model.usage import UsagePoint
from postmill.tables.output import job_usage
from postmill.tables.output.job_usage import Usage

MOST_POINTS = 120
FLUSH_SECONDS = 5.0

_log = logging.getLogger(__name__)


class JobUsage:
    """The points of one attempt. When there are too many, two become one, and from then on two samples make one."""

    def __init__(self, job: ClaimedJob, writer: "UsageWriter") -> None:
        self.job_id = job.id
        self.attempt = job.attempt
        self.peak_kb = 0
        self.points: list[UsagePoint] = []
        self._writer = writer
        self._stride = 1
        self._gathered = 0
        self._highest_kb = 0

    def take(self, memory_kb: int, cpu_ms: int) -> None:
        """A sample: the most memory since the one before it, and the processor time so far."""
        self.peak_kb = max(self.peak_kb, memory_kb)
        self._highest_kb = max(self._highest_kb, memory_kb)
        self._gathered += 1
        if self._gathered < self._stride:
            return
        if len(self.points) >= MOST_POINTS:
            self.points = [
                UsagePoint(later.at, max(earlier.memory_kb, later.memory_kb), later.cpu_ms)
                for earlier, later in zip(self.points[::2], self.points[1::2], strict=True)
            ]
            self._stride *= 2
        self.points.append(UsagePoint(now(), self._highest_kb, cpu_ms))
        self._gathered = 0
        self._highest_kb = 0
        self._writer.note_change(self)


class UsageWriter:
    """Stores the points of all jobs of a worker every few seconds."""

    def __init__(self, pool: Pool, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._pool = pool
        self._flush_seconds = flush_seconds
        self._running: dict[UUID, JobUsage] = {}
        self._changed: set[JobUsage] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._flushes: set[asyncio.Task[None]] = set()

    def begin(self, job: ClaimedJob) -> JobUsage:
        """Where the samples of an attempt go."""
        return JobUsage(job, self)

    def peak_kb(self, job_id: UUID) -> int:
        """The most memory that a running job was seen with; 0 for one that was not looked at yet."""
        usage = self._running.get(job_id)
        return 0 if usage is None else usage.peak_kb

    def note_change(self, usage: JobUsage) -> None:
        """Has the points stored soon."""
        self._running[usage.job_id] = usage
        self._changed.add(usage)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_seconds, self._start_flush)

    def ended(self, usage: JobUsage) -> None:
        """The attempt takes no more samples."""
        if self._running.get(usage.job_id) is usage:
            del self._running[usage.job_id]

    def has_more(self, usage: JobUsage) -> bool:
        """Whether ``finish`` has something to store."""
        return usage in self._changed

    async def finish(self, usage: JobUsage) -> None:
        """Stores what is left of an attempt, before its end is recorded; nothing to do for short ones."""
        if usage in self._changed:
            self._changed.discard(usage)
            await self._store([usage])

    async def close(self) -> None:
        """Stores what is left."""
        if self._timer is not None:
            self._timer.cancel()
            self._start_flush()
        await asyncio.gather(*self._flushes)

    def _start_flush(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        if changed:
            task = asyncio.create_task(self._store(list(changed)))
            self._flushes.add(task)
            task.add_done_callback(self._flushes.discard)

    async def _store(self, usages: list[JobUsage]) -> None:
        given = [Usage(usage.job_id, usage.attempt, list(usage.points)) for usage in usages]
        try:
            await retrying(lambda: job_usage.put(self._pool, given))
        except Exception:
            # The jobs matter more than what is told of them; newer points come with the next flush.
            _log.exception("what %d jobs use is not recorded", len(usages))
