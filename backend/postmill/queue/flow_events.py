"""What comes to a flow from outside: it is written down, and some worker looks at the flow again."""

from uuid import UUID

from postmill.db.pool import Pool, Session
from postmill.kernel.crash_points import crash_point
from postmill.tables.flow_runs import flow_event, flow_run
from postmill.tables.flow_runs.flow_event import Answer
from postmill.tables.jobs import queue


async def record_event(
    connection: Session,
    flow_job: UUID,
    step_job: UUID | None,
    resume_id: int,
    kind: Answer,
    *,
    payload: str = "null",
    approver: str | None = None,
) -> bool:
    """Records an answer inside the caller's transaction and makes the flow go on when it commits.

    ``flow_job`` is the flow that holds the step (the parent of ``step_job``), or with ``step_job`` None the flow that
    the answer is for. ``payload`` is JSON text. False: answered already under this ``resume_id``; nothing happens then.
    """
    if not await flow_event.record(connection, flow_job, step_job, resume_id, kind, payload, approver):
        return False
    await queue.poke(connection, [flow_job])
    crash_point("queue.flow_event.before_commit")
    return True


async def poke_overlooked(pool: Pool, seconds: float, limit: int) -> int:
    """Makes flows claimable that have had messages of their children for so long; how many there were."""
    async with pool.acquire() as connection, connection.transaction():
        flows = await flow_run.overlooked(connection, seconds, limit)
        await queue.poke(connection, flows)
        for root in await flow_run.forget_messages(connection, seconds):
            # The data of a child that ended last would stay: its flow has seen to all others.
            await flow_run.schedule_deletion(connection, root, only_new=True)
        crash_point("queue.flow_poke.before_commit")
    return len(flows)
