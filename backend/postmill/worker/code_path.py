"""Where code stands: the path from which its relative imports count, and the flow that it is a step of."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from postmill.db.pool import Pool
from postmill.model.flow_paths import NOWHERE, PlaceInFlow, whole_path
from postmill.model.job import ClaimedJob
from postmill.tables.jobs import queue

_KEPT = 1000


def code_path(job: ClaimedJob) -> str | None:
    """The job's path; for inline code of a flow the flow's, whatever loops and branches the step is in."""
    place = _place_in_flow(job)
    return job.path if place is None else whole_path(place[0])


def _place_in_flow(job: ClaimedJob) -> tuple[str, str] | None:
    """The path of the list of steps that inline code is in, and its id; None where the path does not say it."""
    path, known_as = job.path, job.flow_step_id
    if path is None or known_as is None or job.script_hash is not None:
        return None
    around, _, last = path.rpartition("/")
    if last == known_as:
        return around, last
    around, _, loop = around.rpartition("/")
    if loop == known_as:
        return around, last  # a turn stands below its loop: flow_driver.children
    return None  # the step names a path of its own


class Flows(Protocol):
    """The part of `flow_driver.driver.Driver` that places need."""

    async def place_of(self, job: ClaimedJob) -> PlaceInFlow | None: ...


@dataclass
class Places:
    """Where the jobs of a worker stand in their flows. A task of a workflow as code stands in that."""

    pool: Pool
    flows: Flows
    _known: OrderedDict[UUID, str] = field(default_factory=OrderedDict)

    async def of(self, job: ClaimedJob) -> PlaceInFlow:
        if job.flow_step_id is None or job.parent_job is None:
            return NOWHERE
        place = await self.flows.place_of(job)
        if place is not None:
            return place
        path = self._known.get(job.parent_job)
        if path is None:
            path = whole_path(await queue.path_of(self.pool, job.parent_job) or "")
            self._known[job.parent_job] = path
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return PlaceInFlow(path, job.flow_step_id)
