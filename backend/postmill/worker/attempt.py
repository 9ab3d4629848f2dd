"""One attempt under way, and how it ended."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from postmill.completion.record import Consequence
from postmill.languages.protocol import RunOutcome
from postmill.model.job import ClaimedJob, Ended
from postmill.worker.job_logs import JobLog
from postmill.worker.outcome import ended_by_failure, ended_by_run
from postmill.worker.tools import Tools

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """How an attempt ended, and what else is written in the same transaction."""

    ended: Ended
    consequence: Consequence | None = None


class Stored:
    """See ``languages.protocol.UntilStored``: the commit that stores a job, for those that wait for it."""

    def __init__(self) -> None:
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._to_begin: list[Callable[[], None]] = []

    @property
    def is_over(self) -> bool:
        return self._answered.done()

    async def __call__(self) -> None:
        await self._answered

    def then(self, begin: Callable[[], None]) -> None:
        """Calls ``begin`` once the job is stored; what that raises then is logged."""
        if not self.is_over:
            self._to_begin.append(begin)
        elif not self._answered.cancelled():
            begin()

    def succeeded(self) -> None:
        """The job is stored."""
        if self.is_over:
            return
        to_begin, self._to_begin = self._to_begin, []
        for begin in to_begin:
            try:
                begin()
            except Exception:  # the job is stored, whatever one of those that wait makes of it
                _log.exception("what waited for a job to be stored has failed")
        self._answered.set_result(None)

    def failed(self) -> None:
        """The job will not be stored, or nobody runs it here."""
        self._to_begin.clear()
        self._answered.cancel()


@dataclass(slots=True)
class Attempt:
    """A claimed job in the hands of this worker; ``began`` by the monotonic clock.

    ``being_stored``: the commit that stores the job is still under way, see ``worker.ahead``.
    """

    job: ClaimedJob
    tools: Tools
    log: JobLog
    began: float
    being_stored: Stored | None = None
    on_foreseen: Callable[[Ended], None] | None = None

    @property
    def is_stored(self) -> bool:
        return self.being_stored is None or self.being_stored.is_over

    async def stored(self) -> None:
        """Returns when the job is committed: before that nothing of it may be seen, nor what it came after be read."""
        if self.being_stored is not None:
            await self.being_stored()

    @property
    def duration_ms(self) -> int:
        return int((time.monotonic() - self.began) * 1000)

    def foresee(self, outcome: RunOutcome) -> None:
        """All of its code has run; its processes are about to go, which may still change how it ends."""
        if self.on_foreseen is not None and outcome.end == "success":
            self.on_foreseen(ended_by_run(self.job, outcome, self.duration_ms, self.log.masker))

    def failed(self, message: str) -> Finished:
        return Finished(ended_by_failure(self.job, message, self.duration_ms, self.log.masker))


def open_attempt(job: ClaimedJob, tools: Tools, start_at: int = 0) -> Attempt:
    """Opens the log of an attempt behind ``start_at`` characters that earlier ones printed."""
    log = JobLog(job, tools.logs, tools.limits.log_bytes, start_at)
    log.write(first_line(job, tools))
    return Attempt(job, tools, log, time.monotonic())


def first_line(job: ClaimedJob, tools: Tools) -> bytes:
    """What the log of an attempt begins with."""
    number = f" attempt={job.attempt}" if job.attempt > 1 else ""
    return f"job={job.id} tag={job.tag} worker={tools.worker}{number}\n".encode()
