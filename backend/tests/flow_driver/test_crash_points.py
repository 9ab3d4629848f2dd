"""A worker that dies around any commit of a flow: another one ends the flow with the right result, each step once."""

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from postmill.model.job import ClaimedJob
from postmill.queue.flow_events import poke_overlooked
from postmill.queue.rescue import rescue
from postmill.worker.workflows import Position, Workflows
from tests.flow_driver.conftest import Works
from tests.flow_driver.crashing import FLOW, FUNCTIONS, RESULT, WORKFLOW
from tests.job_makers import new_job, until

BACKEND = Path(__file__).parents[2]
POINTS = [
    "flow.commit.before_commit",
    "flow.commit.before_commit:5",
    "flow.commit.after_commit:2",
    "flow.commit.after_commit:9",
    "flow.commit.inside_transaction",
    "queue.exchange.before_commit:2",
    "completion.record.before_commit",
]


async def crash(works: Works, tmp_path: Path, point: str) -> None:
    """A worker that dies at this point; what it left behind is found by those who look for such things."""
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "POSTMILL_CRASH_AT": point}
    began = await works.pool.fetchval("SELECT clock_timestamp()")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.flow_driver.crashing",
        works.database_url,
        str(tmp_path / "w"),
        env=environment,
    )
    try:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()
    await until(lambda: nobody_came_since(works, began))
    # The leases of the dead worker are over, and what it did not look at has been waiting.
    await works.pool.execute(
        "UPDATE queue SET heartbeat_at = now() - interval '1 hour' WHERE state = 'running'"
    )
    await works.pool.execute("UPDATE flow_inbox SET arrived_at = now() - interval '1 hour'")
    await rescue(works.pool, 30)
    await poke_overlooked(works.pool, 10, 100)


async def nobody_came_since(works: Works, began: datetime) -> bool:
    """Whether the connections of the dead are gone: the database still ends the statements that it had got."""
    count = await works.pool.fetchval(
        """SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND backend_type = 'client backend' AND backend_start > $1""",
        began,
    )
    return count == 0


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_heals_by_itself(works: Works, tmp_path: Path, point: str) -> None:
    flow = await works.push(*FLOW["modules"])
    await crash(works, tmp_path, point)
    works.scripts.functions |= FUNCTIONS
    async with works.working():
        assert await works.result(flow) == ("success", RESULT)
    doubled = await works.pool.fetch(
        "SELECT flow_job, step_id, attempt, index FROM flow_child GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"
    )
    assert doubled == []
    children = await works.pool.fetch(
        "SELECT c.step_id, count(*) FROM flow_child c JOIN completed_job USING (job_id) GROUP BY 1"
    )
    assert {row["step_id"]: row["count"] for row in children} == {
        "a": 1, "serial": 2, "x": 2, "y": 2, "limited": 1, "parallel": 3, "z": 3, "i": 3, "long": 1, "end": 1,
    }  # fmt: skip
    left = "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM flow_inbox)"
    assert await works.pool.fetchval(left) == 0
    status = await works.status(flow)
    assert [module["type"] for module in status["modules"]] == ["Success"] * 6


@pytest.mark.parametrize(
    "point",
    [
        "workflow.pause.before_commit",
        "workflow.pause.before_commit:2",
        "workflow.task_ended.after_commit",
        "workflow.task_ended.after_commit:2",
        "queue.exchange.before_commit",
    ],
)
async def test_a_workflow_as_code_goes_on_where_its_worker_died(
    works: Works, tmp_path: Path, point: str
) -> None:
    job = new_job(raw_code=WORKFLOW, reply_channel=works.waiters.channel)
    await works.writer.push(job)
    await crash(works, tmp_path, point)
    async with works.working():
        assert await works.result(job.id) == ("success", {"a": "aa", "b": "bb", "stamp": 7, "c": "cc"})
    ran = await works.pool.fetch(
        "SELECT flow_step_id, count(*) FROM job WHERE parent_job = $1 GROUP BY 1", job.id
    )
    assert {row["flow_step_id"]: row["count"] for row in ran} == {"a": 1, "b": 1, "c": 1}
    assert await works.pool.fetchval("SELECT count(*) FROM queue") == 0


async def test_a_task_that_ends_while_its_workflow_is_looking_counts(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_job(raw_code=WORKFLOW, reply_channel=works.waiters.channel)
    await works.writer.push(job)
    await crash(works, tmp_path, "workflow.task_ended.after_commit")
    position, wake, told = Workflows.position, Workflows.wake, asyncio.Event()

    async def looked(self: Workflows, claimed: ClaimedJob) -> Position:
        found = await position(self, claimed)
        if found.waits:
            await told.wait()
        return found

    async def woken(self: Workflows, job_id: UUID) -> None:
        await wake(self, job_id)
        told.set()

    monkeypatch.setattr(Workflows, "position", looked)
    monkeypatch.setattr(Workflows, "wake", woken)
    async with works.working():
        assert await works.result(job.id) == ("success", {"a": "aa", "b": "bb", "stamp": 7, "c": "cc"})
