"""A flow that is not stored yet: stored with its first step where that is possible, else as one that was claimed."""

from collections.abc import Callable
from typing import NamedTuple

import asyncpg
import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.commits import Commits, claimed_at_birth
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.making_ready import BeingStored, MakesReady
from postmill.flow_driver.new_flows import begin_new
from postmill.flow_driver.unit import Unit
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import PostmillError
from postmill.model.job import ClaimedJob, NewJob
from postmill.queue.next_door import Storing
from postmill.tables.jobs import queue


class Launched(NamedTuple):
    """A flow that is stored and has begun, and the job that the slot goes on with."""

    flow: FlowInHand
    next: ClaimedJob | None


class Launches:
    """Of one worker, in whose hands the flows are from their birth."""

    def __init__(self, pool: Pool, commits: Commits, being_stored: BeingStored, worker: str) -> None:
        self._pool = pool
        self._commits = commits
        self._being_stored = being_stored
        self._worker = worker

    async def launch(
        self, unit: Unit, job: NewJob, answer: Callable[[Storing], None], ahead: MakesReady
    ) -> Launched | ClaimedJob | None:
        """Stores the flow; ``answer`` hears whether it is.

        Where it begins with a script that can start at once, its beginning is stored in the same statement. Else it
        comes back claimed, to be driven. None: its id is taken.
        """
        now = None
        try:
            if await _begins(unit, job):
                making = self._being_stored.make_ready_soon(unit, ahead)
                try:
                    now = await self._commits.launch(unit)
                finally:
                    making.cancel()
        except asyncpg.UniqueViolationError:
            answer("taken")
            return None
        if now is not None:
            crash_point("flow.commit.after_commit")
            if unit.next is not None:
                ahead.stored(unit.next.id)
            answer("stored")
            flow = unit.flows[job.id]
            flow.row = msgspec.structs.replace(flow.row, started_at=now, scheduled_for=now)
            claimed = unit.claimed
            if claimed is None and unit.next is not None:
                claimed = claimed_at_birth(unit.next, now)
            return Launched(flow, claimed)
        claimed = await queue.push_running(self._pool, job, self._worker)
        answer("taken" if claimed is None else "stored")
        return claimed


async def _begins(unit: Unit, job: NewJob) -> bool:
    try:
        begins = await begin_new(unit, job)
    except PostmillError:
        return False  # it ends with that sentence when it is driven
    crash_point("flow.commit.before_commit")
    return begins
