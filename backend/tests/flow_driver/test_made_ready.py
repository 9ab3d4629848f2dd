"""The next step is made ready while the commit that stores it is under way, and begins only behind it."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from postmill.flow_driver.commits import Commits
from postmill.flow_driver.unit import Unit
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.queue.cancel import cancel
from postmill.tables.flow_runs.flow_run import StaleFlow
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_direct_turns import begun, keeping
from tests.flow_driver.test_flows import loop, prepare, script
from tests.job_makers import until

__all__ = ["keeping"]


def python(step_id: str, content: str = "same", **inputs: Any) -> dict[str, Any]:
    step = script(step_id, content, **inputs)
    return {**step, "value": {**step["value"], "language": "python3"}}


async def is_ready(works: Works, job_id: UUID) -> bool:
    return job_id in works.scripts.made_ready


STEPS = [python("a", n=1), python("b", "double", n="results.a"), python("c", n="previous_result")]


def commit_behind_the_child(works: Works, monkeypatch: pytest.MonkeyPatch, only: str | None = None) -> None:
    """A commit that is sooner than the child is no failure, and leaves nothing to see.

    ``only``: the one step whose commit waits; of all of them without it.
    """
    write = Commits.write

    async def slowly(commits: Commits, unit: Unit) -> datetime:
        following = unit.next
        if following is not None and only in (None, following.flow_step_id):
            await until(lambda: is_ready(works, following.id))
        return await write(commits, unit)

    monkeypatch.setattr(Commits, "write", slowly)


async def test_each_step_is_made_ready(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(works)
    commit_behind_the_child(works, monkeypatch)
    async with works.working():
        assert await works.run(*STEPS) == ("success", 2)
        assert await works.run(loop("l", "[1, 2, 3]", python("x", n="flow_input.iter.value"))) == (
            "success",
            [1, 2, 3],
        )
    assert len(works.scripts.made_ready) == len(works.scripts.calls) == 6
    logs = await works.pool.fetch("SELECT job_id, start_at, content FROM job_log")
    assert {row["job_id"] for row in logs} == set(works.scripts.made_ready)
    assert all(row["start_at"] == 0 and row["content"].startswith("job=") for row in logs)


async def test_a_step_whose_commit_fails_never_begins(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(works)
    write, failed = Commits.write, list[UUID]()

    async def failing(commits: Commits, unit: Unit) -> datetime:
        following = unit.next
        if following is not None and following.flow_step_id not in [name for name, _ in seen]:
            seen.append((following.flow_step_id, following.id))
            await until(lambda: is_ready(works, following.id))
            failed.append(following.id)
            raise StaleFlow("stale")
        return await write(commits, unit)

    seen: list[tuple[str | None, UUID]] = []
    monkeypatch.setattr(Commits, "write", failing)
    async with works.working():
        assert await works.run(*STEPS) == ("success", 2)
    assert len(failed) == 3 and [code for code, _ in works.scripts.calls] == ["same", "double", "same"]
    assert await works.pool.fetchval("SELECT count(*) FROM job WHERE id = ANY($1)", failed) == 0
    assert await works.pool.fetchval("SELECT count(*) FROM job_log WHERE job_id = ANY($1)", failed) == 0


async def test_what_reads_more_than_a_plain_step_waits_for_the_commit(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    commit_behind_the_child(works, monkeypatch, only="a")
    cached = {**python("b", n=2), "cache_ttl": 60}
    named = python("c", n={"a": "$var:u/alice/gone"})
    async with works.working():
        assert (await works.run(python("a", n=1), cached, script("bash", n=3), named))[0] == "failure"
    assert len(works.scripts.calls) == 3 and len(works.scripts.made_ready) == 1


async def test_the_first_step_of_a_flow_on_one_worker_is_made_ready_with_its_folder(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    commit_behind_the_child(works, monkeypatch)
    async with works.working():
        assert await works.run(*STEPS, same_worker=True) == ("success", 2)
    assert len(works.scripts.made_ready) == 3
    (shared,) = {request.shared for request in works.scripts.requests}
    assert shared is not None


async def test_what_follows_is_decided_before_the_processes_are_gone(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    commit_behind_the_child(works, monkeypatch)
    steps = ["a", "b", "c"]

    async def goes(request: RunRequest, outcome: RunOutcome) -> RunOutcome:
        foreseen, ready = request.foreseen, len(works.scripts.made_ready)
        assert foreseen is not None
        foreseen(outcome)
        step = request.env["WM_FLOW_STEP_ID"]

        async def is_decided() -> bool:
            return len(works.scripts.made_ready) > ready

        if step != "c":
            await until(is_decided)
        # Nothing of it is stored yet.
        stored = await works.pool.fetchval(
            "SELECT count(*) FROM completed_job WHERE job_id = $1", request.job_id
        )
        assert stored == 0 and len(works.scripts.calls) == steps.index(step) + 1
        return outcome

    works.scripts.before_the_end = goes
    async with works.working():
        assert await works.run(*STEPS) == ("success", 2)
    assert [args["n"] for _, args in works.scripts.calls] == [1, 1, 2]
    assert len(works.scripts.made_ready) == 3 == await works.pool.fetchval("SELECT count(*) FROM flow_child")


async def test_a_decision_for_another_end_is_thrown_away(works: Works) -> None:
    prepare(works)

    async def fails(request: RunRequest, outcome: RunOutcome) -> RunOutcome:
        if request.env["WM_FLOW_STEP_ID"] != "b":
            return outcome
        assert request.foreseen is not None
        request.foreseen(outcome)
        ready = len(works.scripts.made_ready)

        async def is_decided() -> bool:
            return len(works.scripts.made_ready) > ready

        await until(is_decided)
        return RunOutcome("timeout", '{"name": "ExecutionErr", "message": "too late"}')

    works.scripts.before_the_end = fails
    async with works.working():
        status, result = await works.run(*STEPS)
        assert (status, result["error"]["message"], result["error"]["step_id"]) == (
            "failure",
            "too late",
            "b",
        )
    assert [code for code, _ in works.scripts.calls] == ["same", "double"]
    assert await works.pool.fetchval("SELECT count(*) FROM job") == 3


# -- steps of scripts that keep their processes --


def at(step_id: str, path: str, expr: str) -> dict[str, Any]:
    transforms = {"n": {"type": "javascript", "expr": expr}}
    return {
        "id": step_id,
        "value": {"type": "script", "path": f"u/alice/{path}", "input_transforms": transforms},
    }


KEPT = [at("a", "same", "flow_input.n"), at("b", "double", "results.a"), at("c", "double", "previous_result")]


async def in_python(keeping: Works) -> Works:
    """The scripts at paths are such as may be made ready, and at hand."""
    await keeping.pool.execute("UPDATE script SET language = 'python3'")
    return keeping


async def test_steps_that_keep_their_processes_begin_without_a_task(keeping: Works) -> None:
    works = await in_python(keeping)
    async with works.working():
        assert await works.run(*KEPT, args={"n": 3}) == ("success", 12)
        at_first = len(begun(works))
        assert await works.run(*KEPT, args={"n": 4}) == ("success", 16)
        assert begun(works)[at_first:] == ["a", "b", "c"]
        over = loop("l", "[1, 2]", at("x", "double", "flow_input.iter.value"))
        assert await works.run(over) == ("success", [2, 4])
        assert begun(works)[-1] == "x"
    logs = await works.pool.fetch("SELECT job_id, start_at, content FROM job_log")
    assert {row["job_id"] for row in logs} == {request.job_id for request in works.scripts.requests}
    assert all(row["start_at"] == 0 and row["content"].startswith("job=") for row in logs)


async def test_what_shares_with_its_flow_takes_a_task(keeping: Works) -> None:
    works = await in_python(keeping)
    over = loop("l", "[1, 2, 3]", at("x", "double", "flow_input.iter.value"), squash=True)
    async with works.working():
        for _ in range(2):
            assert await works.run(*KEPT, args={"n": 3}, same_worker=True) == ("success", 12)
            assert await works.run(over) == ("success", [2, 4, 6])
    assert begun(works) == []


async def test_such_a_step_may_fail(keeping: Works) -> None:
    works = await in_python(keeping)
    async with works.working():
        for _ in range(3):
            status, result = await works.run(KEPT[0], at("f", "fail", "results.a"), KEPT[1], args={"n": 3})
            assert (status, result["error"]["step_id"]) == ("failure", "f")
    assert "f" in begun(works)


async def test_such_a_step_whose_commit_fails_never_begins(
    keeping: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = await in_python(keeping)
    write, failed = Commits.write, list[UUID]()

    async def failing(commits: Commits, unit: Unit) -> datetime:
        following = unit.next
        if following is not None and len(failed) < 2:
            await until(lambda: is_ready(works, following.id))
            failed.append(following.id)
            raise StaleFlow("stale")
        return await write(commits, unit)

    async with works.working():
        assert await works.run(*KEPT, args={"n": 3}) == ("success", 12)
        monkeypatch.setattr(Commits, "write", failing)
        assert await works.run(*KEPT, args={"n": 3}) == ("success", 12)
    assert len(failed) == 2 and len(works.scripts.calls) == 6
    assert await works.pool.fetchval("SELECT count(*) FROM job WHERE id = ANY($1)", failed) == 0


async def test_such_a_step_is_canceled_with_its_flow(keeping: Works) -> None:
    works = await in_python(keeping)
    runs = asyncio.Event()

    async def waits(n: int) -> int:
        runs.set()
        await asyncio.Event().wait()
        return n

    async with works.working():
        assert await works.run(*KEPT, args={"n": 3}) == ("success", 12)
        known = len(begun(works))
        works.scripts.functions["double"] = waits
        flow = await works.push(*KEPT, args={"n": 3})
        await runs.wait()
        assert begun(works)[known:] == ["a", "b"]
        await cancel(works.pool, "main", flow, "alice", "enough")
        assert (await works.result(flow))[0] == "canceled"
    assert works.scripts.running == 0
