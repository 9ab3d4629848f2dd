"""Workflows as code on a worker whose scripts answer as a test says: rounds, tasks, sleeps, approvals, failures."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from postmill.kernel.ids import new_job_id
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.queue.cancel import cancel
from postmill.queue.workflows import shown_steps
from postmill.tables.jobs import queue
from tests.job_makers import new_job, state_of, until

from .conftest import Shop

CODE = "from wmill import workflow\n@workflow\nasync def main(n: int = 1):\n    return n\n"


def says(**said: Any) -> RunOutcome:
    return RunOutcome("success", json.dumps(said))


def done(request: RunRequest) -> dict[str, Any]:
    assert request.checkpoint is not None
    found: dict[str, Any] = json.loads(request.checkpoint)
    return found


def task(key: str, **more: Any) -> dict[str, Any]:
    return {"name": key, "script": key, "args": {}, "key": key, "dispatch_type": "inline", **more}


async def test_tasks_run_side_by_side_and_the_workflow_goes_on_with_what_they_came_to(shop: Shop) -> None:
    held: dict[str, int] = {}

    async def play(request: RunRequest) -> RunOutcome:
        before = done(request)
        executing = before.get("_executing_key")
        if executing is not None:
            held[executing] = await shop.pool.fetchval("SELECT count(*) FROM queue WHERE state = 'running'")
            if executing == "bad":
                return RunOutcome("error", '{"message": "no luck", "name": "ValueError"}')
            return says(type="complete", result={"of": executing})
        steps = before["completed_steps"]
        if not steps:
            return says(type="dispatch", mode="parallel", steps=[task("a"), task("b")])
        if "stamp" not in steps:
            return says(type="inline_checkpoint", key="stamp", result=7, duration_ms=3)
        if "bad" not in steps:
            return says(type="dispatch", mode="sequential", steps=[task("bad")])
        return says(type="complete", result=steps)

    shop.runner.behaviour = play
    job_id = new_job_id()
    async with shop.working():
        completed = await shop.run(id=job_id, raw_code=CODE, args='{"n": 3}')
    result = json.loads(completed.result)
    bad = result.pop("bad")
    assert result == {"a": {"of": "a"}, "b": {"of": "b"}, "stamp": 7}
    assert (bad["__wmill_error"], bad["message"], bad["step_key"]) == (True, "no luck", "bad")
    assert bad["result"]["error"]["name"] == "ValueError" and UUID(bad["child_job_id"])
    # The workflow itself holds no slot while its tasks run.
    assert held["bad"] == 1 and max(held["a"], held["b"]) <= 2
    assert all(request.args == '{"n": 3}' for request in shop.runner.requests)
    shown = {step.key: step for step in (await shown_steps(shop.pool, job_id)).values()}
    assert {key: step.kind for key, step in shown.items()} == {
        "a": "task", "b": "task", "stamp": "step", "bad": "task",
    }  # fmt: skip
    assert (shown["a"].status, shown["bad"].status, shown["stamp"].duration_ms) == ("success", "failure", 3)


async def test_a_retry_runs_the_failed_steps_again_and_no_others(shop: Shop) -> None:
    ran: list[str] = []

    async def play(request: RunRequest) -> RunOutcome:
        before = done(request)
        executing, steps = before.get("_executing_key"), before["completed_steps"]
        if executing is not None:
            ran.append(executing)
            if ran.count("flaky") == 1 and executing == "flaky":
                return RunOutcome("error", '{"message": "not yet", "name": "Error"}')
            return says(type="complete", result=executing)
        for key in ("good", "flaky"):
            if key not in steps:
                return says(type="dispatch", mode="sequential", steps=[task(key)])
        if isinstance(steps["flaky"], dict):
            return RunOutcome("error", '{"message": "a task failed", "name": "TaskError"}')
        return says(type="complete", result=steps)

    shop.runner.behaviour = play
    retry = '{"constant": {"attempts": 1, "seconds": 0}}'
    job = new_job(raw_code=CODE, retry=retry, reply_channel=shop.waiters.channel)
    async with shop.working():
        with shop.waiters.expecting(job.id) as waiting:
            await shop.writer.push(job)

            async def is_scheduled() -> bool:
                return await state_of(shop.pool, job.id) == "scheduled"

            await until(is_scheduled)
            await queue.wake_due(shop.pool, 10)
            completed = await waiting.wait(60)
    assert completed is not None and json.loads(completed.result) == {"good": "good", "flaky": "flaky"}
    assert ran == ["good", "flaky", "flaky"]


async def test_a_workflow_sleeps_in_the_queue_and_wakes_up(shop: Shop) -> None:
    async def play(request: RunRequest) -> RunOutcome:
        if "sleep" in done(request)["completed_steps"]:
            return says(type="complete", result="slept")
        return says(type="sleep", key="sleep", seconds=600)

    shop.runner.behaviour = play
    job = new_job(raw_code=CODE, reply_channel=shop.waiters.channel)
    async with shop.working():
        with shop.waiters.expecting(job.id) as waiting:
            await shop.writer.push(job)

            async def is_suspended() -> bool:
                return await state_of(shop.pool, job.id) == "suspended"

            await until(is_suspended)
            # Woken too early it goes on waiting, and runs nothing.
            await queue.poke(shop.pool, [job.id])
            await until(is_suspended)
            assert len(shop.runner.requests) == 1
            await shop.pool.execute("UPDATE workflow_step SET due_at = now()")
            await queue.poke(shop.pool, [job.id])
            completed = await waiting.wait(60)
    assert completed is not None and completed.result == '"slept"'


async def test_canceling_a_workflow_that_waits_ends_its_tasks_too(shop: Shop) -> None:
    running = asyncio.Event()

    async def play(request: RunRequest) -> RunOutcome:
        if "_executing_key" in done(request):
            running.set()
            await asyncio.Event().wait()
        return says(type="dispatch", mode="sequential", steps=[task("slow")])

    shop.runner.behaviour = play
    job = new_job(raw_code=CODE, reply_channel=shop.waiters.channel)
    async with shop.working():
        with shop.waiters.expecting(job.id) as waiting:
            await shop.writer.push(job)
            await running.wait()
            assert await cancel(shop.pool, "main", job.id, "alice") == "canceled"
            completed = await waiting.wait(60)
            assert completed is not None and completed.status == "canceled"
            async with asyncio.timeout(60):
                await shop.runner.cancel_seen.wait()

            async def is_empty() -> bool:
                return await shop.pool.fetchval("SELECT count(*) FROM queue") == 0

            await until(is_empty)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"type": "dance"}, "said something unknown"),
        ({"type": "sleep", "key": "s", "seconds": -1}, "cannot sleep"),
        ({"type": "sleep", "key": "", "seconds": 1}, "name of a workflow's step"),
        (
            {"type": "dispatch", "steps": [task("x", dispatch_type="script", script="f/none/here")]},
            "f/none/here",
        ),
        (
            {"type": "dispatch", "steps": [task("x", dispatch_type="flow", script="f/none/flow")]},
            "f/none/flow",
        ),
        ({"type": "dispatch", "steps": [task("x", timeout=-3)]}, "timeout"),
    ],
)
async def test_what_a_round_cannot_come_to_ends_the_workflow_with_a_sentence(
    shop: Shop, said: dict[str, Any], words: str
) -> None:
    async def play(request: RunRequest) -> RunOutcome:
        return says(**said)

    shop.runner.behaviour = play
    async with shop.working():
        completed = await shop.run(raw_code=CODE)
    assert completed.status == "failure" and words in completed.result


async def test_a_debounced_script_runs_at_once_as_the_step_of_a_workflow(shop: Shop) -> None:
    await shop.pool.execute(
        """INSERT INTO script (workspace_id, hash, path, content, language, lock, settings, created_by)
           VALUES ('main', 7, 'u/alice/joined', 'x', 'python3', '', '{"debounce_delay_s": 600}', 'alice')"""
    )

    async def play(request: RunRequest) -> RunOutcome:
        if request.checkpoint is None or request.path == "u/alice/joined":
            return RunOutcome("success", "5")
        steps = done(request)["completed_steps"]
        if "x" not in steps:
            joined = task("x", dispatch_type="script", script="u/alice/joined")
            return says(type="dispatch", mode="sequential", steps=[joined])
        return says(type="complete", result=steps)

    shop.runner.behaviour = play
    async with shop.working():
        completed = await shop.run(raw_code=CODE)
    assert json.loads(completed.result) == {"x": 5}


async def test_rounds_that_differ_end_the_workflow(shop: Shop) -> None:
    async def play(request: RunRequest) -> RunOutcome:
        executing = done(request).get("_executing_key")
        if executing is not None:  # the replay takes another way
            return says(type="dispatch", mode="sequential", steps=[task("other")])
        if not done(request)["completed_steps"]:
            return says(type="dispatch", mode="sequential", steps=[task("one")])
        return says(type="inline_checkpoint", key="one", result=1)

    shop.runner.behaviour = play
    async with shop.working():
        completed = await shop.run(raw_code=CODE)
    assert "came to the step 'one' again: its rounds must call the same steps" in completed.result
    child = json.loads(
        await shop.pool.fetchval(
            "SELECT result FROM completed_job JOIN job ON id = job_id WHERE flow_step_id = 'one'"
        )
    )
    assert "did not come to the step 'one' again" in child["error"]["message"]


async def test_a_function_of_a_script_runs_as_its_own_job_with_its_name_in_the_environment(
    shop: Shop,
) -> None:
    async with shop.working():
        await shop.run(raw_code=CODE, entrypoint="other")
    (request,) = shop.runner.requests
    assert request.checkpoint is None and request.env["MAIN_OVERRIDE"] == "other"
