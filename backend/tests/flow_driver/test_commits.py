"""The short statements of plain flows write what the statement for all cases writes."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from postmill.db.line import Fetches
from postmill.tables.flow_runs import flow_commit, flow_run
from postmill.tables.flow_runs.flow_run import Driven, StaleFlow, Writes
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
        used.append(
            now is not None and not writes.known
        )  # how often a flow hears of its turns is up to chance
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
    # Whether the step behind a loop ends in the slot that heard of the loop, or tells it, is up to chance.
    assert sum(used) in (short_ones, short_ones - bool(seen[0]["flow_items"]))
    assert seen[0] == seen[1] and len(seen[0]["completed_job"]) > len(steps)


async def test_a_flow_hears_of_many_children_at_once(works: Works) -> None:
    """What they left in its inbox goes together with its new state, or stays with the old one."""
    flow, others, beside = uuid4(), uuid4(), uuid4()
    children = [uuid4() for _ in range(50)]

    async def begin() -> None:
        await works.pool.execute("TRUNCATE flow_state, flow_inbox")
        await works.pool.execute(
            "INSERT INTO flow_state (job_id, workspace_id, state, origin, version) VALUES ($1, 'main', 'old', '{}', 7)",
            flow,
        )
        for told, child in [*((flow, child) for child in (*children, beside)), (others, children[0])]:
            await works.pool.execute(
                "INSERT INTO flow_inbox (flow_job, child_job) VALUES ($1, $2)", told, child
            )

    async def stands() -> Any:
        state = await works.pool.fetchrow("SELECT version, state FROM flow_state WHERE job_id = $1", flow)
        messages = await works.pool.fetch("SELECT flow_job, child_job FROM flow_inbox")
        return tuple(state or ()), {tuple(row) for row in messages}

    def heard(version: int) -> Writes:
        driven = Driven(id=flow, version=version, state="new", root=flow)
        return Writes(driven=[driven], known=[(flow, child) for child in children])

    for commit in (flow_commit.commit, flow_run.commit):
        await begin()
        assert isinstance(await commit(works.pool, heard(7), "a worker"), datetime)
        assert await stands() == ((8, "new"), {(flow, beside), (others, children[0])})
        await begin()
        before = await stands()
        with pytest.raises(StaleFlow):
            await commit(works.pool, heard(6), "a worker")
        assert await stands() == before


async def test_hearing_is_short_only_where_nothing_follows(works: Works) -> None:
    flow, child = uuid4(), uuid4()
    driven = Driven(id=flow, version=1, state="new", root=flow)
    known = [(flow, child)]
    for more in (
        Writes(driven=[driven], known=known, steps=[(flow, "a", flow, "{}")]),
        Writes(driven=[driven], known=known, notes=[(flow, "a line")]),
        Writes(driven=[driven], known=[*known, (uuid4(), child)]),
        Writes(driven=[Driven(id=flow, version=1, state="new", awaited=0)], known=known),
        Writes(driven=[Driven(id=flow, version=1, state="new", attempt=1)], known=known),
        Writes(driven=[Driven(id=flow, version=1, state="new", ends=True, status="success")], known=known),
    ):
        assert await flow_commit.commit(works.pool, more, "a worker") is None
