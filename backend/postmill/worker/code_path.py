"""Where code stands: the path from which its relative imports count, and the flow that it is a step of."""

from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from postmill.db.pool import Pool
from postmill.model.flow_paths import whole_path
from postmill.model.job import ClaimedJob
from postmill.tables import queue

_KEPT = 1000


def code_path(job: ClaimedJob) -> str | None:
    """The job's path; for inline code of a flow the flow's, whatever loops and branches the step is in."""
    path = job.path
    if path is None or job.flow_step_id is None or job.script_hash is not None:
        return path
    if not path.endswith(f"/{job.flow_step_id}"):
        return path  # the step names a path of its own
    return whole_path(path.removesuffix(f"/{job.flow_step_id}"))


@dataclass
class FlowPaths:
    """The paths of the flows whose steps a worker runs. Most say theirs themselves; the others cost a query a flow."""

    pool: Pool
    _known: OrderedDict[UUID, str] = field(default_factory=OrderedDict)

    async def of(self, job: ClaimedJob) -> str:
        """Empty for what is no step of a flow, or of one without a path."""
        if job.flow_step_id is None or job.parent_job is None:
            return ""
        if job.script_hash is None:
            if job.path is None:
                return ""  # inline code has a path wherever its flow has one
            if job.path.endswith(f"/{job.flow_step_id}"):
                return whole_path(job.path.removesuffix(f"/{job.flow_step_id}"))
        path = self._known.get(job.parent_job)
        if path is None:
            path = whole_path(await queue.path_of(self.pool, job.parent_job) or "")
            self._known[job.parent_job] = path
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return path
