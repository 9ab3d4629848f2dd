"""Figures of jobs: what they report about themselves, and what they were seen to use."""

from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound
from postmill.model.usage import UsagePoint
from postmill.tables.output import job_metric, job_usage


async def set_progress(pool: Pool, workspace_id: str, job_id: UUID, percent: int) -> None:
    """Stores the percentage as it is given; raises NotFound when the workspace has no such job."""
    if not await job_metric.set_progress(pool, workspace_id, job_id, percent):
        raise NotFound(f"Not found: job {job_id} does not exist, or you may not see it")


async def get_progress(pool: Pool, workspace_id: str, job_id: UUID) -> int | None:
    """The percentage, held between 0 and 99; None when the job never told."""
    return await job_metric.get_progress(pool, workspace_id, job_id)


async def usage_of(pool: Pool, job_id: UUID) -> list[UsagePoint]:
    """What the latest attempt used over time; [] for one that was over before it was looked at."""
    return await job_usage.get(pool, job_id)


def thinned(points: Sequence[UsagePoint], most: int) -> list[UsagePoint]:
    """At most so many points (1 or more): neighbours become one, that with the most memory counts."""
    size = -(-len(points) // most) if points else 1
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [
        UsagePoint(group[-1].at, max(point.memory_kb for point in group), group[-1].cpu_ms)
        for group in groups
    ]


def cpu_percent(points: Sequence[UsagePoint]) -> list[tuple[UsagePoint, float]]:
    """How busy the job kept processors up to each point but the first: 100 is one of them all the time."""
    return [
        (later, 100.0 * max(0, later.cpu_ms - earlier.cpu_ms) / milliseconds)
        for earlier, later in pairwise(points)
        if (milliseconds := (later.at - earlier.at).total_seconds() * 1000) > 0
    ]
