"""One attempt under way, and how it ended."""

import time
from dataclasses import dataclass

from postmill.completion.record import Consequence
from postmill.model.job import ClaimedJob, Ended
from postmill.worker.job_logs import JobLog
from postmill.worker.outcome import ended_by_failure
from postmill.worker.tools import Tools


@dataclass(frozen=True)
class Finished:
    """How an attempt ended, and what else is written in the same transaction."""

    ended: Ended
    consequence: Consequence | None = None


@dataclass
class Attempt:
    """A claimed job in the hands of this worker; ``began`` by the monotonic clock."""

    job: ClaimedJob
    tools: Tools
    log: JobLog
    began: float

    @property
    def duration_ms(self) -> int:
        return int((time.monotonic() - self.began) * 1000)

    def failed(self, message: str) -> Finished:
        return Finished(ended_by_failure(self.job, message, self.duration_ms, self.log.masker))
