"""The short statements of plain flows write what the statement for all cases writes."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from postmill.db.line import Fetches
from postmill.tables import flow_commit
from postmill.tables.flow_run import Writes
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import loop, prepare, script

ROWS = {
    "job": "SELECT * FROM job",
    "completed_job": "SELECT * FROM completed_job",
    "job_log": "SELECT * FROM job_log",
    "flow_child": "SELECT * FROM flow_child",
    "flow_step": "SELECT flow_job, step_id, scope_flow, outcome FROM flow_step",
    "flow_state": "SELECT * FROM flow_state",
    "flow_items": "SELECT * FROM flow_items",
    "queue": "SELECT * FROM queue",
}


async def written(works: Works, flow: UUID) -> dict[str, list[str]]:
    """All rows, with ids by their order and without times and names."""
    names = {str(flow): "the flow"}
    for row in await works.pool.fetch("SELECT job_id, step_id, index FROM flow_child"):
        names[str(row["job_id"])] = f"job {row['index']} of {row['step_id']}"

    def plain(column: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return "a time"
        if column in ("worker", "duration_ms"):
            return value is not None
        text = str(value)
        for known, name in names.items():
            text = text.replace(known, name)
        return "a worker" if "worker=" in text else text

    return {
        table: sorted(
            str({column: plain(column, value) for column, value in row.items()})
            for row in await works.pool.fetch(query)
        )
        for table, query in ROWS.items()
    }


MANY = list(range(250))  # three pieces
TURNS = loop("l", "results.a", script("x", n="flow_input.iter.value"), parallel=True)
FIRST = loop("l", "flow_input.k", script("x", n="flow_input.iter.index"), parallel=True)


@pytest.mark.parametrize(
    ("steps", "result", "short_ones"),
    [
        ([script("a", n=1), script("b", n="results.a"), script("c", n="previous_result")], 1, 4),
        ([script("a", n=MANY), TURNS], MANY, 2),
        ([FIRST, script("b", n="results.l")], MANY, 2),
    ],
)
async def test_they_write_the_same(
    works: Works, monkeypatch: pytest.MonkeyPatch, steps: Any, result: Any, short_ones: int
) -> None:
    prepare(works)
    short, used = flow_commit.commit, []

    async def counted(connection: Fetches, writes: Writes, worker: str) -> datetime | None:
        now = await short(connection, writes, worker)
        used.append(now is not None)
        return now

    async def none(connection: Fetches, writes: Writes, worker: str) -> datetime | None:
        return None

    seen = []
    for commit in (counted, none):
        monkeypatch.setattr(flow_commit, "commit", commit)
        async with works.working():
            flow = await works.push(*steps, args={"k": MANY})
            assert await works.result(flow) == ("success", result)
        seen.append(await written(works, flow))
        if seen[-1]["flow_items"]:  # how often a flow looks for ends that come together is up to chance
            seen[-1]["flow_state"] = [re.sub(r"'version': '\d+'", "", row) for row in seen[-1]["flow_state"]]
            # A turn that was claimed ahead and waited long for a slot goes back, and is claimed once more.
            ended = seen[-1]["completed_job"]
            seen[-1]["completed_job"] = [re.sub(r"'attempt': '\d+'", "", row) for row in ended]
        tables = ", ".join(ROWS)
        await works.pool.execute(f"TRUNCATE {tables}")
    assert sum(used) == short_ones
    assert seen[0] == seen[1] and len(seen[0]["completed_job"]) > len(steps)
