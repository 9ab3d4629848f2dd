"""What a slot goes on with is made ready while the commit that stores it is under way; see `worker.ahead`."""

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


class NothingAhead:
    """For whoever goes on with no job."""

    def prepare(self, job: ClaimedJob) -> None:
        """The job is made ready when it begins."""


NOTHING_AHEAD = NothingAhead()


class BeingStored:
    """Flows whose next step is made ready, which asks for what never changes of them."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._flows: WeakValueDictionary[UUID, FlowInHand] = WeakValueDictionary()

    def make_ready(self, unit: Unit, ahead: MakesReady) -> None:
        """Has the job made ready that the slot goes on with, if the unit leaves it one."""
        job = unit.next
        if job is None:
            return
        flow = None if job.parent_job is None else unit.flows.get(job.parent_job)
        if flow is not None:
            self._flows[flow.id] = flow
        ahead.prepare(claimed_at_birth(job, self._commits.about_now()))

    def find(self, flow_id: UUID) -> FlowInHand | None:
        return self._flows.get(flow_id)
