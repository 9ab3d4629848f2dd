"""Where code stands: the path from which its relative imports count. Pure."""

import re

from postmill.model.job import ClaimedJob

_INNER = re.compile(r"/(?:loop|forloop|branchone|branchall)-\d+$")
_SHORTEST = 2  # slashes that every path of an item has


def code_path(job: ClaimedJob) -> str | None:
    """The job's path; for inline code of a flow the flow's, whatever loops and branches the step is in."""
    path = job.path
    if path is None or job.flow_step_id is None or job.script_hash is not None:
        return path
    if not path.endswith(f"/{job.flow_step_id}"):
        return path  # the step names a path of its own
    path = path.removesuffix(f"/{job.flow_step_id}")
    while path.count("/") > _SHORTEST and (inner := _INNER.search(path)) is not None:
        path = path[: inner.start()]
    return path
