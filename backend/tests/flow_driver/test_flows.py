"""Flows on a real queue: what they come to, what they cost, and that they wait without holding anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from postmill.flow_driver.commits import Commits
from postmill.flow_driver.documents import Documents
from postmill.flow_driver.driver import Driver
from postmill.flow_driver.restart import RestartRequest, restart
from postmill.flow_driver.unit import Unit
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import new_job_id
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.model.run_options import FlowPreview, RunOptions
from postmill.queue.cancel import cancel
from postmill.queue.flow_events import poke_overlooked, record_event
from postmill.queue.jobs import get_job
from postmill.queue.permits import promote_in
from postmill.queue.results import EarlyStep, early_step_of
from postmill.tables.flow_runs import flow_run
from postmill.tables.jobs import queue
from postmill.tables.people.workspace_member import load_subject
from postmill.worker import job_logs
from postmill.worker import loop as loop_of_worker
from tests.flow_driver.conftest import Works
from tests.job_makers import until


def transform(value: Any) -> dict[str, Any]:
    return (
        {"type": "javascript", "expr": value}
        if isinstance(value, str)
        else {"type": "static", "value": value}
    )


def script(step_id: str, content: str = "same", settings: Any = None, **inputs: Any) -> dict[str, Any]:
    value = {
        "type": "rawscript", "language": "bash", "content": content, "lock": "",
        "input_transforms": {name: transform(expr) for name, expr in inputs.items()},
    }  # fmt: skip
    return {"id": step_id, "value": value, **(settings or {})}


def identity(step_id: str) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "identity"}}


def loop(step_id: str, over: Any, *modules: Any, **value: Any) -> dict[str, Any]:
    kind = {"type": "forloopflow", "iterator": transform(over), "modules": list(modules), **value}
    return {"id": step_id, "value": kind}


def prepare(works: Works) -> None:
    def fail(**_: Any) -> Any:
        raise ValueError("boom")

    works.scripts.functions |= {"same": lambda n=None: n, "double": lambda n: n * 2, "fail": fail}


@asynccontextmanager
async def nothing_beside(works: Works) -> AsyncIterator[None]:
    """Keeps away what takes transaction ids as time passes, which on a slow machine is a lot for a few steps."""
    await works.pool.execute("ALTER SYSTEM SET autovacuum = off")
    await works.pool.execute("SELECT pg_reload_conf()")
    cleaning = "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'autovacuum%'"

    async def is_quiet() -> bool:
        return bool(await works.pool.fetchval(cleaning))

    try:
        await until(is_quiet, 60)
        yield
    finally:
        await works.pool.execute("ALTER SYSTEM RESET autovacuum")
        await works.pool.execute("SELECT pg_reload_conf()")


async def test_forty_steps_cost_at_most_forty_five_transactions(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    monkeypatch.setattr(job_logs, "FLUSH_SECONDS", 600)
    monkeypatch.setattr(loop_of_worker, "SLOW_POLL_SECONDS", 600)
    async with nothing_beside(works), works.working(heartbeat_seconds=600, lease_seconds=3000):
        await works.run(script("a", n=1))
        before = int(await works.pool.fetchval("SELECT pg_current_xact_id()::text"))
        steps = [script(f"s{i}", n=f"results.s{i - 1} + 1" if i else 1) for i in range(40)]
        assert await works.run(*steps) == ("success", 40)
        after = int(await works.pool.fetchval("SELECT pg_current_xact_id()::text"))
    assert after - before - 1 <= 45


@pytest.mark.parametrize("name", ["result", "previous_result"])
async def test_what_is_asked_behind_a_step_reads_what_it_came_to(works: Works, name: str) -> None:
    prepare(works)
    stops = {"stop_after_if": {"expr": f"{name} == 4", "skip_if_stopped": False}}
    ends = {"stop_after_all_iters_if": {"expr": f"{name}.length == 2", "skip_if_stopped": False}}
    tries = {
        "retry": {
            "constant": {"attempts": 1, "seconds": 0},
            "retry_if": {"expr": f"{name}.error.name == 'No'"},
        }
    }
    async with works.working():
        assert await works.run(script("a", n=3), script("b", settings=stops, n=4), script("c", n=5)) == (
            "success",
            4,
        )
        turns = {**loop("l", [1, 2], script("x", n="flow_input.iter.value")), **ends}
        assert await works.run(script("a", n=3), turns, script("c", n=5)) == ("success", [1, 2])
        turn = {**loop("l", [3, 4, 5], script("x", n="flow_input.iter.value")), **stops}
        assert await works.run(script("a", n=3), turn) == ("success", [3, 4])
        assert (await works.run(script("a", n=3), script("b", "fail", settings=tries)))[0] == "failure"
    assert [code for code, _ in works.scripts.calls].count("fail") == 1


@pytest.mark.parametrize("parallel", [False, True])
async def test_the_first_step_of_a_turn_reads_the_arguments_of_its_turn(works: Works, parallel: bool) -> None:
    prepare(works)
    body = script("x", n="previous_result")
    async with works.working():
        alone = await works.run(script("a", n=9), loop("l", [7, 8], body, parallel=parallel), args={"k": 1})
        first_of_two = loop("l", [7, 8], body, script("y", n="previous_result"), parallel=parallel)
        assert await works.run(script("a", n=9), first_of_two, args={"k": 1}) == alone
    assert alone == ("success", [{"k": 1, "iter": {"index": i, "value": 7 + i}} for i in range(2)])


async def test_nested_loops_and_branches(works: Works) -> None:
    prepare(works)
    chosen = {
        "type": "branchone",
        "default": [script("d", n="'small'")],
        "branches": [
            {"expr": "flow_input.iter.value > 1", "modules": [script("e", n="'large'"), identity("f")]}
        ],
    }
    async with works.working():
        assert await works.run(
            script("a", n="flow_input.list"),
            loop(
                "outer",
                "results.a",
                loop(
                    "inner", "[flow_input.iter.value, 10]", script("x", "double", n="flow_input.iter.value")
                ),
            ),
            loop("o2", [1, 2], {"id": "b", "value": chosen}, identity("y")),
            script("z", n="[results.outer, results.o2, results.f]"),
            args={"list": [1, 2]},
        ) == ("success", [[[2, 20], [4, 20]], ["small", "large"], "large"])


async def test_a_parallel_loop_keeps_order_and_bound(works: Works) -> None:
    async def soon(n: int) -> int:
        await asyncio.sleep(0)
        if n == 3:
            raise ValueError("three")
        return n

    works.scripts.functions["soon"] = soon
    body = script("x", "soon", n="flow_input.iter.value")
    async with works.working(workers=8):
        status, result = await works.run(
            loop("l", list(range(60)), body, parallel=True, parallelism=3, skip_failures=True)
        )
        assert status == "success" and works.scripts.most_running <= 3
        assert [r if isinstance(r, int) else r["error"]["message"] for r in result] == [
            0,
            1,
            2,
            "three",
            *range(4, 60),
        ]
        status, result = await works.run(
            loop("l", list(range(30)), body, script("y", n="previous_result"), parallel=True)
        )
    assert status == "failure" and len(result) == 30
    assert await works.pool.fetchval("SELECT count(*) FROM flow_inbox") == 0
    assert await works.pool.fetchval("SELECT count(*) FROM queue") == 0


async def test_a_serial_loop_of_many_turns_without_processes(works: Works) -> None:
    async with works.working():
        status, result = await works.run(loop("l", list(range(700)), identity("x"), identity("y")))
    assert status == "success" and len(result) == 700
    assert result[5]["iter"] == {"index": 5, "value": 5}


async def test_retries_recoveries_and_statuses(works: Works) -> None:
    prepare(works)
    tries: list[Any] = []

    def second_time(n: Any) -> Any:
        tries.append(n)
        if len(tries) < 2:
            raise ValueError("not yet")
        return "ok"

    works.scripts.functions["second"] = second_time
    retry = {"retry": {"constant": {"attempts": 1, "seconds": 0}}}
    async with works.working():
        flow = await works.push(
            script("a", "second", retry, n="flow_job_id"),
            script("b", "fail", {"continue_on_error": True}),
            script("c", "fail"),
            failure_module=script("failure", n="[error.step_id, error.message]"),
        )
        assert await works.result(flow) == ("failure", ["c", "boom"])
    assert tries == [str(flow)] * 2
    status = await works.status(flow)
    assert [module["type"] for module in status["modules"]] == ["Success", "Failure", "Failure"]
    assert len(status["modules"][0]["failed_retries"]) == 1
    assert status["failure_module"]["parent_module"] == "c" and status["step"] == 3


async def answer(works: Works, flow: UUID, step: UUID, kind: Any = "approve", **more: Any) -> None:
    async with works.pool.acquire() as connection, connection.transaction():
        assert await record_event(connection, flow, step, 0, kind, **more)


async def test_a_suspended_flow_holds_nothing_and_survives_its_worker(works: Works) -> None:
    prepare(works)
    suspend = {"suspend": {"required_events": 1}}
    async with works.working():
        flow = await works.push(
            script("a", "same", suspend, n=7), script("b", n="[resume, resumes, approvers, results.a]")
        )
        await until(lambda: works.waits(flow))
        assert await works.pool.fetchval("SELECT count(*) FROM queue WHERE worker IS NOT NULL") == 0
        status = await works.status(flow)
        step = status["modules"][1]["job"]
        assert status["modules"][1]["type"] == "WaitingForEvents"
    async with works.working():
        await answer(works, flow, step, payload='{"go": true}', approver="ann")
        assert await works.result(flow) == ("success", [{"go": True}, [{"go": True}], ["ann"], 7])
    approvers = (await works.status(flow))["modules"][0]["approvers"]
    assert approvers == [{"resume_id": 0, "approver": "ann"}]


async def test_patience_ends_and_refusals_fail(works: Works) -> None:
    prepare(works)
    quick = {"suspend": {"required_events": 1, "timeout": 0}}
    patient = {"suspend": {"required_events": 1}}
    async with works.working():
        flow = await works.push(script("a", "same", quick, n=1))
        await until(lambda: works.waits(flow))
        await works.wake()
        _, result = await works.result(flow)
        assert result["error"]["name"] == "SuspendedTimedOut"
        flow = await works.push(loop("l", [1], script("a", "same", patient, n=1), identity("b")))
        inner: list[Any] = []

        async def inner_waits() -> bool:
            inner[:] = await works.pool.fetch("SELECT job_id FROM queue WHERE awaited > 0")
            return bool(inner)

        await until(inner_waits)
        nested = inner[0]["job_id"]
        step = (await works.status(nested))["modules"][1]["job"]
        await answer(works, nested, step, "disapprove", approver="ruth")
        _, result = await works.result(flow)
        assert result == [{"error": {"message": "Disapproved by ruth", "name": "SuspendedDisapproved"}}]


async def test_an_answer_may_come_before_its_step_ends(works: Works) -> None:
    gate = asyncio.Event()

    async def slow(**_: Any) -> int:
        await gate.wait()
        return 1

    works.scripts.functions |= {"slow": slow, "same": lambda n: n}
    async with works.working():
        flow = await works.push(
            script("a", "slow", {"suspend": {"required_events": 1}}), script("b", n="resume")
        )
        child: list[UUID | None] = []

        async def started() -> bool:
            child[:] = [await flow_run.child_job(works.pool, flow, "a")]
            return child[0] is not None and bool(works.scripts.calls)

        await until(started)
        assert child[0] is not None
        await answer(works, flow, child[0], payload='"early"')
        gate.set()
        assert await works.result(flow) == ("success", "early")


async def test_what_fails_behind_the_end_of_a_cancelled_flow_is_no_failure_of_its_commit(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    async def fails(*given: Any) -> None:
        asked.append(given)
        raise RuntimeError("the inside of a fault")

    monkeypatch.setattr("postmill.flow_driver.driver.queue.cancel_descendants", fails)
    driver: Any = Driver.__new__(Driver)
    driver._around = SimpleNamespace(pool=works.pool)
    ended = SimpleNamespace(id=new_job_id(), row=SimpleNamespace(canceled_by="alice", canceled_reason=None))
    await driver._cancel_children(ended)
    assert len(asked) == 1


async def test_canceling_a_flow_ends_all_of_it(works: Works) -> None:
    async def for_ever(**_: Any) -> None:
        await asyncio.Event().wait()

    works.scripts.functions["for_ever"] = for_ever
    body = script("x", "for_ever", n="flow_input.iter.value")
    async with works.working(workers=2):
        flow = await works.push(
            loop("l", [1, 2, 3, 4, 5], body, identity("y"), parallel=True),
            failure_module=script("failure", "for_ever"),
        )

        async def both_run() -> bool:
            return works.scripts.running == 2

        await until(both_run)
        await cancel(works.pool, "main", flow, "alice", "enough")
        status, result = await works.result(flow)
        assert (status, result["error"]["reason"]) == ("canceled", "enough")

        async def nothing_left() -> bool:
            return await works.pool.fetchval("SELECT count(*) FROM queue") == 0

        await until(nothing_left)
    assert (await works.status(flow))["modules"][0]["type"] == "Failure"
    statuses = await works.pool.fetch("SELECT DISTINCT status FROM completed_job")
    assert [row["status"] for row in statuses] == ["canceled"]


async def test_a_lost_child_is_known_to_its_flow_from_the_inbox(works: Works) -> None:
    """Messages that nobody looked at are found by whoever claims the flow next."""
    prepare(works)
    flow = await works.push(
        script("a", "fail", {"continue_on_error": True}), script("b", n="previous_result.error.name")
    )
    stopped = asyncio.Event()

    async def hang(**_: Any) -> None:
        stopped.set()
        await asyncio.Event().wait()

    works.scripts.functions["fail"] = hang
    async with works.working(drain_seconds=0) as stopping:
        await stopped.wait()
        stopping.set()
    child = await flow_run.child_job(works.pool, flow, "a")
    assert child is not None
    async with works.pool.acquire() as connection, connection.transaction():
        ended = await queue.end_from_outside(
            connection, child, ("ready",), "failure", '{"error": {"name": "Gone", "message": "x"}}'
        )
        assert ended is not None and ended.flow_job == flow
        await queue.poke(connection, [flow])
    async with works.working():
        assert await works.result(flow) == ("success", "Gone")


async def test_a_worker_that_stops_begins_no_further_step(works: Works) -> None:
    prepare(works)
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(**_: Any) -> int:
        begun.set()
        await gate.wait()
        return 1

    works.scripts.functions["slow"] = slow
    flow = await works.push(script("a", "slow"), script("b", n="results.a"))
    async with works.working() as stopping:
        await begun.wait()
        stopping.set()
        await until(lambda: works.pool.fetchval("SELECT draining FROM worker"))
        gate.set()
    assert [code for code, _ in works.scripts.calls] == ["slow"]
    async with works.working():
        assert await works.result(flow) == ("success", 1)


async def test_expressions_that_fail_name_the_step(works: Works) -> None:
    prepare(works)
    async with works.working():
        _, result = await works.run(script("a", n="flow_input.x.y"))
        assert (
            "'n' of step 'a'" in result["error"]["message"] and "flow_input.x.y" in result["error"]["message"]
        )
        _, result = await works.run(script("a", n=1), script("b", "same", {"skip_if": {"expr": "nope.nope"}}))
        assert result["error"]["name"] == "InternalError" and "'b'" in result["error"]["message"]
        _, result = await works.run(
            {"id": "s", "value": {"type": "script", "path": "u/alice/ghost", "input_transforms": {}}}
        )
        assert "u/alice/ghost" in result["error"]["message"]


async def test_a_flow_is_restarted_from_a_step_and_from_a_turn(works: Works) -> None:
    prepare(works)
    limit = [2]

    def picky(n: int) -> int:
        if n >= limit[0]:
            raise ValueError(f"{n} is too much")
        return n

    works.scripts.functions["picky"] = picky
    launcher = FlowLauncher(works.pool, Launcher(works.pool, works.writer))
    documents = Documents(works.pool, launcher.versions)
    alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
    assert alice is not None
    body = script("x", "picky", n="flow_input.iter.value + results.a")
    async with works.working():
        flow = await works.push(
            script("a", n=0), loop("l", [0, 1, 2, 3], body), script("z", n="[results.a, results.l]")
        )
        assert (await works.result(flow))[0] == "failure"
        earlier = await get_job(works.pool, alice, "main", flow)
        works.scripts.calls.clear()
        limit[0] = 9

        async def again(step: str, turn: int | None = None) -> Any:
            asked = RestartRequest(step_id=step, branch_or_iteration_n=turn)
            job_id = await restart(works.pool, launcher, documents, alice, earlier, asked, RunOptions())
            return job_id, await works.result(job_id)

        job_id, outcome = await again("l", 2)
        assert outcome == ("success", [0, [0, 1, 2, 3]])
        # Only the turns from the third on ran, and what follows them.
        assert [code for code, _ in works.scripts.calls] == ["picky", "picky", "same"]
        status = await works.status(job_id)
        assert len(status["modules"][1]["flow_jobs"]) == 4
        assert status["restarted_from"].flow_job_id == flow
        works.scripts.calls.clear()
        assert (await again("l"))[1] == ("success", [0, [0, 1, 2, 3]])
        assert len(works.scripts.calls) == 5
        for step, turn in (("z", None), ("nothing", None), ("l", 3), ("a", 1)):
            with pytest.raises(InvalidInput):
                await again(step, turn)


async def test_callers_may_wait_for_one_step_only(works: Works) -> None:
    prepare(works)
    gate = asyncio.Event()

    async def later(**_: Any) -> int:
        await gate.wait()
        return 2

    works.scripts.functions["later"] = later
    async with works.working():
        job_id = new_job_id()
        with works.waiters.expecting(job_id) as waiting:
            waiting.early_step = EarlyStep("a")
            await works.push(script("a", n=1), script("b", "later"), early_return="a", job={"id": job_id})
            completed = await waiting.wait(60)
        assert completed is not None and (completed.status, completed.result) == ("success", "1")
        assert await early_step_of(works.pool, job_id, EarlyStep("a")) == completed
        gate.set()
        assert await works.result(job_id) == ("success", 2)


async def test_an_overlooked_inbox_is_found(works: Works) -> None:
    prepare(works)
    flow = await works.push(script("a", n=1))
    async with works.working():
        await works.result(flow)
    waiting = await works.push(script("a", "fail", {"continue_on_error": True}), script("b", n=5))
    await works.pool.execute(
        "INSERT INTO flow_inbox (flow_job, child_job, arrived_at) VALUES ($1, $2, now() - interval '1 minute'),"
        " ($3, $2, now() - interval '1 minute')",
        waiting, new_job_id(), flow,
    )  # fmt: skip
    await works.pool.execute("UPDATE queue SET state = 'suspended' WHERE job_id = $1", waiting)
    await poke_overlooked(works.pool, 10, 10)
    state = await works.pool.fetchval("SELECT state FROM queue WHERE job_id = $1", waiting)
    assert state == "ready"
    # A message to a flow that has ended is of no use to anybody.
    left = await works.pool.fetch("SELECT flow_job FROM flow_inbox")
    assert [row["flow_job"] for row in left] == [waiting]


async def test_long_arguments_stay_with_the_flow_around(works: Works) -> None:
    prepare(works)
    args = {"text": "x" * 10_000, "k": 2}
    inner = loop(
        "inner",
        [5],
        script("x", n="[flow_input.k, flow_input.iter.value, flow_input.iter_parent.value]"),
        identity("y"),
    )
    async with works.working():
        status, result = await works.run(
            loop("outer", [1, 2], inner, identity("z")),
            loop(
                "side",
                [1, 2],
                script("s", n="flow_input.text.length + flow_input.iter.value"),
                identity("t"),
                parallel=True,
            ),
            script("end", n="[results.outer, results.side]"),
            args=args,
        )
    assert (status, result) == ("success", [[[[2, 5, 1]], [[2, 5, 2]]], [10_001, 10_002]])
    longest = "SELECT max(length(args::text)) FROM job WHERE parent_job IS NOT NULL"
    assert await works.pool.fetchval(longest) < 1000


async def test_a_flow_that_takes_too_long_is_ended_with_all_of_it(works: Works) -> None:
    async def for_ever(**_: Any) -> None:
        await asyncio.Event().wait()

    works.scripts.functions["for_ever"] = for_ever
    async with works.working():
        flow = await works.push(
            loop("l", [1], script("x", "for_ever"), identity("y")), job={"timeout_seconds": 600}
        )

        async def runs() -> bool:
            return works.scripts.running == 1

        await until(runs)
        await works.pool.execute(
            "UPDATE queue SET started_at = now() - interval '601 s', suspend_until = now() - interval '1 s'"
            " WHERE job_id = $1 AND suspend_until IS NOT NULL",
            flow,
        )
        await works.wake()
        status, result = await works.result(flow)
        assert (status, result["error"]["reason"]) == ("canceled", "it took longer than 600 s")

        async def nothing_left() -> bool:
            return await works.pool.fetchval("SELECT count(*) FROM queue") == 0

        await until(nothing_left)


async def test_a_flow_that_comes_to_what_cannot_be_stored_ends_with_a_sentence(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    write = Commits._write

    async def refuse(self: Commits, unit: Unit) -> datetime:
        if any(job.flow_step_id == "b" for job, _ in unit.jobs.values()):
            raise asyncpg.DataError("a number is out of range")
        return await write(self, unit)

    monkeypatch.setattr(Commits, "_write", refuse)
    async with works.working():
        for first in (script("a", n=1), identity("a")):
            status, result = await works.run(first, script("b"))
            assert (status, result["error"]["message"]) == (
                "failure", "what follows in the flow cannot be stored: a number is out of range",
            )  # fmt: skip


async def test_flows_share_a_limit(works: Works) -> None:
    async def soon(n: int) -> int:
        await asyncio.sleep(0)
        return n

    works.scripts.functions["soon"] = soon
    limit = {"concurrency_key": "main/one", "concurrency_limit": 1}
    async with works.working():
        flows = [
            await works.push(script("a", "soon", n=n), script("b", "soon", n=n), job=limit) for n in range(4)
        ]
        async with works.pool.acquire() as connection, connection.transaction():
            await promote_in(connection, ["main/one"])
        assert [await works.result(flow) for flow in flows] == [("success", n) for n in range(4)]
    order = [args["n"] for _, args in works.scripts.calls]
    assert order == [0, 0, 1, 1, 2, 2, 3, 3]


async def test_runs_in_quick_succession_become_one(works: Works) -> None:
    prepare(works)
    launcher = FlowLauncher(works.pool, Launcher(works.pool, works.writer))
    alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
    assert alice is not None

    async def run(items: list[int], most: int | None = None) -> UUID:
        value = {
            "modules": [script("a", n="flow_input.items")],
            "debounce_delay_s": 60, "debounce_args_to_accumulate": ["items"], "max_total_debounces_amount": most,
        }  # fmt: skip
        preview = FlowPreview(
            value=msgspec.Raw(msgspec.json.encode(value)), args={"items": items}, path="u/alice/flow"
        )
        return await launcher.run_preview(alice, preview)

    first, second, third = await run([1]), await run([2, 3]), await run([4])
    for replaced, by in ((first, second), (second, third)):
        assert await works.result(replaced) == ("skipped", f"debounced by {by}")
    await works.pool.execute("UPDATE queue SET scheduled_for = now()")
    async with works.working():
        await works.wake()
        assert await works.result(third) == ("success", [1, 2, 3, 4])
    # The limit is reached: what waits is left to begin, and the next one waits for others.
    fourth, fifth = await run([5], most=1), await run([6], most=1)
    queued = await works.pool.fetch("SELECT job_id FROM queue ORDER BY job_id")
    assert {row["job_id"] for row in queued} == {fourth, fifth}


async def test_a_preview_whose_tries_would_wait_too_long_is_refused(works: Works) -> None:
    launcher = FlowLauncher(works.pool, Launcher(works.pool, works.writer))
    alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
    assert alice is not None
    retry = {"exponential": {"attempts": 5, "seconds": 10, "multiplier": 1}}
    body = [{**identity("x"), "retry": retry}]
    value = msgspec.Raw(msgspec.json.encode({"modules": [loop("l", [1], *body)]}))
    with pytest.raises(InvalidInput, match=r"'x'.*longer than 6 hours"):
        await launcher.run_preview(alice, FlowPreview(value=value))


async def test_limits_of_flows_are_settings(works: Works) -> None:
    prepare(works)
    inner = loop("m", [1], script("x"), identity("y"))
    async with works.working(flow_iterations=2, flow_parallel=1, flow_depth=1):
        for flow, words in (
            (loop("l", [1, 2, 3], identity("x")), "goes over 3 items, and 2 turns are allowed"),
            (loop("l", [1, 2], identity("x"), parallel=True), "1 parallel turns at once are allowed"),
            (loop("l", [1], inner), "flows nest at most 1 deep"),
        ):
            status, result = await works.run(flow)
            assert status == "failure"
            assert words in str(result)
