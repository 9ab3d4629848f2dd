"""A worker that dies around any commit of a flow: another one ends the flow with the right result, each step once."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from postmill.queue.flow_events import poke_overlooked
from postmill.queue.rescue import rescue
from tests.flow_driver.conftest import Works
from tests.flow_driver.crashing import FLOW, FUNCTIONS, RESULT

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


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_heals_by_itself(works: Works, tmp_path: Path, point: str) -> None:
    flow = await works.push(*FLOW["modules"])
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "POSTMILL_CRASH_AT": point}
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
    # The leases of the dead worker are over, and what it did not look at has been waiting.
    await works.pool.execute(
        "UPDATE queue SET heartbeat_at = now() - interval '1 hour' WHERE state = 'running'"
    )
    await works.pool.execute("UPDATE flow_inbox SET arrived_at = now() - interval '1 hour'")
    await rescue(works.pool, 30)
    await poke_overlooked(works.pool, 10, 100)
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
