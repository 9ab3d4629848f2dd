"""Leases: the worker says every few seconds which attempts it still runs, and kills those that it has lost.

A worker that cannot say so in time kills its jobs before others may start them again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from uuid import UUID

from postmill.db.pool import Pool
from postmill.db.retry import reason_of, retrying
from postmill.tables.jobs import queue
from postmill.tables.jobs.queue import Beat
from postmill.worker.running import RunningJob, RunningJobs

_log = logging.getLogger(__name__)


class Heart:
    """Beats for all running jobs in one statement, with the most memory that each was seen with.

    Also carries wishes to cancel, should their notification be lost.
    """

    def __init__(
        self,
        pool: Pool,
        worker: str,
        running: RunningJobs,
        peak_kb: Callable[[UUID], int],
        *,
        beat_seconds: float,
        lease_seconds: float,
    ) -> None:
        self._pool = pool
        self._worker = worker
        self._running = running
        self._peak_kb = peak_kb
        self._beat_seconds = beat_seconds
        self._lease_seconds = lease_seconds
        self._last_beat = time.monotonic()

    async def run(self) -> None:
        """Beats until cancelled."""
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(self._lease_seconds / 2):
                    await self.beat()
                self._last_beat = began
            except Exception as error:
                _log.warning("the heartbeat failed: %s", reason_of(error))
                self._give_up_in_time()
            await asyncio.sleep(max(0.0, self._beat_seconds - (time.monotonic() - began)))

    async def beat(self) -> None:
        """Renews all leases; attempts that are this worker's no more are broken off."""
        # Also those whose end is being written down: that may take a while when the database is slow.
        asked = self._running.all()
        attempts = sorted((running.job.id, running.job.attempt) for running in asked)
        if attempts:
            peaks = [self._peak_kb(job_id) for job_id, _ in attempts]
            beats = {beat.job_id: beat for beat in await queue.heartbeat(self._pool, attempts, peaks)}
            for running in asked:
                self._judge(running, beats.get(running.job.id))
        await self._return_unknown()

    async def cancel(self, running: RunningJob) -> None:
        """Looks up who wants the job canceled, and breaks it off."""
        attempts = [(running.job.id, running.job.attempt)]
        beats = await retrying(lambda: queue.heartbeat(self._pool, attempts))
        self._judge(running, beats[0] if beats else None)

    def _judge(self, running: RunningJob, beat: Beat | None) -> None:
        if beat is None:
            # Between the question and the answer it may have ended by itself; then there is nothing to break off.
            running.break_off("lost")
        elif beat.canceled_by is not None:
            running.canceled_by, running.canceled_reason = beat.canceled_by, beat.canceled_reason
            running.break_off("canceled")

    async def _return_unknown(self) -> None:
        """Gives back what the database says this worker runs but it does not: claims whose answer was lost."""
        held = await queue.held_by(self._pool, self._worker, self._lease_seconds / 2)
        unknown = [(job_id, attempt) for job_id, attempt in held if job_id not in self._running]
        if unknown:
            _log.warning("%d claimed jobs never reached this worker and are given back", len(unknown))
            await queue.hand_back(self._pool, unknown)

    def _give_up_in_time(self) -> None:
        silent = time.monotonic() - self._last_beat
        if silent + self._beat_seconds < self._lease_seconds:
            return
        jobs = self._running.executing()
        if jobs:
            _log.error("no heartbeat for %.1f s: %d jobs are killed, others will run them", silent, len(jobs))
        for running in jobs:
            running.break_off("lost")
