"""What a slot goes on with is made ready while the commit that stores it is under way; see `worker.ahead`."""

import asyncio
from typing import Protocol
from uuid import UUID
from weakref import WeakValueDictionary

from postmill.flow_driver.commits import Commits, claimed_at_birth
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.unit import Unit
from postmill.model.job import ClaimedJob


class MakesReady(Protocol):
    """One slot; its owner drops what is not stored then."""

    def prepare(self, job: ClaimedJob) -> None: ...

    def stored(self, job_id: UUID) -> None:
        """The commit was answered: what was made ready begins."""


class NothingAhead:
    """For whoever goes on with no job."""

    def prepare(self, job: ClaimedJob) -> None:
        """The job is made ready when it begins."""

    def stored(self, job_id: UUID) -> None:
        """It has not been made ready."""


NOTHING_AHEAD = NothingAhead()


class BeingStored:
    """Flows whose next step is made ready, which asks for what never changes of them."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._flows: WeakValueDictionary[UUID, FlowInHand] = WeakValueDictionary()

    def make_ready_soon(self, unit: Unit, ahead: MakesReady) -> asyncio.Handle:
        """The same once the statement is on its way, for which the database needs longer; cancelled when it is back."""
        return asyncio.get_running_loop().call_soon(self.make_ready, unit, ahead)

    def make_ready(self, unit: Unit, ahead: MakesReady) -> None:
        """Has the job made ready that the slot goes on with, if the unit leaves it one."""
        job = unit.next
        if job is None:
            return
        flow = None if job.parent_job is None else unit.flows.get(job.parent_job)
        if flow is not None:
            self._flows[flow.id] = flow
        unit.claimed = claimed_at_birth(job, self._commits.about_now())
        ahead.prepare(unit.claimed)

    def find(self, flow_id: UUID) -> FlowInHand | None:
        return self._flows.get(flow_id)
