"""The next step is made ready while the commit that stores it is under way, and begins only behind it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from postmill.flow_driver.commits import Commits
from postmill.flow_driver.unit import Unit
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.tables.flow_run import StaleFlow
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import loop, prepare, script
from tests.job_makers import until


def python(step_id: str, content: str = "same", **inputs: Any) -> dict[str, Any]:
    step = script(step_id, content, **inputs)
    return {**step, "value": {**step["value"], "language": "python3"}}


async def is_ready(works: Works, job_id: UUID) -> bool:
    return job_id in works.scripts.made_ready


STEPS = [python("a", n=1), python("b", "double", n="results.a"), python("c", n="previous_result")]


def commit_behind_the_child(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that is sooner than the child is no failure, and leaves nothing to see."""
    write = Commits.write

    async def slowly(commits: Commits, unit: Unit) -> datetime:
        following = unit.next
        if following is not None:
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


async def test_what_reads_more_than_a_plain_step_waits_for_the_commit(works: Works) -> None:
    prepare(works)
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


async def test_what_follows_is_decided_before_the_processes_are_gone(works: Works) -> None:
    prepare(works)
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
