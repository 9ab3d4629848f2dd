"""The commit of a flow's most frequent decision: one step has ended and one script follows."""

from datetime import datetime
from operator import attrgetter

from postmill.db.line import Fetches
from postmill.db.queries import load_queries
from postmill.tables.flow_run import Writes, or_stale

QUERIES = load_queries(__file__)

_of_ended = attrgetter("id", "attempt", "status", "result", "duration_ms", "memory_peak_kb")
_of_job = attrgetter(
    "id", "workspace_id", "kind", "created_by", "permissioned_as", "email", "tag", "args", "language", "path",
    "script_hash", "raw_code", "raw_lock", "entrypoint", "priority", "trigger_kind", "trigger", "timeout_seconds",
    "max_attempts", "cache_ttl_seconds", "cache_key", "warm", "delete_after_seconds", "visible_to_owner", "scopes",
    "end_user_email", "flow_step_id", "flow_attempt", "flow_index",
)  # fmt: skip


def is_all_of(writes: Writes) -> bool:
    """Whether the statement here writes all of it."""
    if not (len(writes.ended) == len(writes.driven) == len(writes.steps) == len(writes.jobs) == 1):
        return False
    job, flow = writes.jobs[0][0], writes.driven[0]
    return (
        writes.is_step
        and writes.ended[0].result_blob is None
        and writes.steps[0][0] == flow.id == job.parent_job
        and flow.root == job.root_job
        and job.retry is None
        and not job.preprocess
    )


async def commit(connection: Fetches, writes: Writes, worker: str) -> datetime:
    """Writes it or nothing, and answers the database's time. Raises StaleFlow."""
    ended, flow, (job, place) = writes.ended[0], writes.driven[0], writes.jobs[0]
    _, step, scope, outcome = writes.steps[0]
    row = await or_stale(
        connection.fetchrow(
            QUERIES.commit,
            *_of_ended(ended),
            ended.labels or None,
            ended.log_start,
            ended.log_tail,
            ended.canceled_by,
            ended.canceled_reason,
            ended.isolation,
            flow.id,
            flow.version,
            flow.state,
            flow.root,
            step,
            scope,
            outcome,
            *_of_job(job),
            worker if place.place == "running" else None,
        )
    )
    now: datetime = row["now"]
    return now
