"""The jobs that a worker runs now, and why one of them is broken off."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from postmill.model.job import ClaimedJob, Ended
from postmill.worker.outcome import ended_by_cancel

BrokenOff = Literal["canceled", "lost", "handed back"]


@dataclass(eq=False, slots=True)
class RunningJob:
    """One job in a slot or ahead of one. It runs in a task, or directly (see ``direct``).

    It can be broken off while it executes, not while its end is written down.
    """

    job: ClaimedJob
    began: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None
    begun: bool = False
    """Its task has taken its first step: before that a cancelled task would end without running any of its code."""
    executing: bool = True
    broken_off: BrokenOff | None = None
    canceled_by: str = ""
    canceled_reason: str | None = None
    on_break_off: Callable[[], None] | None = None  # ends what runs directly

    def break_off(self, why: BrokenOff) -> None:
        """Ends the run's processes; the first reason stays."""
        if not self.executing or self.broken_off is not None:
            return
        self.broken_off = why
        if self.on_break_off is not None:
            self.on_break_off()
        elif self.task is not None and self.begun:
            self.task.cancel()

    def canceled_end(self, duration_ms: int) -> Ended | None:
        """The end of a job that was broken off; None where others are to end it."""
        if self.broken_off != "canceled":
            return None
        return ended_by_cancel(self.job, self.canceled_by, self.canceled_reason, duration_ms)


class RunningJobs:
    """By id; an attempt that was taken away and given to this worker again replaces the older one."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, RunningJob] = {}
        self._none_left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: UUID) -> bool:
        return job_id in self._jobs

    def add(self, running: RunningJob) -> None:
        earlier = self._jobs.get(running.job.id)
        if earlier is not None:
            earlier.break_off("lost")
        self._jobs[running.job.id] = running

    def remove(self, running: RunningJob) -> None:
        if self._jobs.get(running.job.id) is running:
            del self._jobs[running.job.id]
            if not self._jobs:
                self._none_left.set()

    def find(self, job_id: UUID) -> RunningJob | None:
        return self._jobs.get(job_id)

    def all(self) -> list[RunningJob]:
        return list(self._jobs.values())

    def executing(self) -> list[RunningJob]:
        return [running for running in self._jobs.values() if running.executing]

    def busy_seconds(self) -> float:
        """How long the present jobs run already, together."""
        now = time.monotonic()
        return sum(now - running.began for running in self.executing())

    async def ended(self) -> None:
        """Returns when nothing runs any more."""
        while self._jobs:
            self._none_left.clear()
            await self._none_left.wait()
