"""Answers to steps of every kind: what comes in for any of their children counts."""

from typing import Any

import pytest

from postmill.queue.flow_events import record_event
from tests.flow_driver.conftest import Works
from tests.job_makers import until

SUSPEND = {"required_events": 1}
BODY = [{"id": "x", "value": {"type": "identity"}}, {"id": "y", "value": {"type": "identity"}}]
LAST = {"id": "b", "value": {"type": "identity"}, "skip_if": {"expr": "result === null"}}


def asking(kind: str, **value: Any) -> dict[str, Any]:
    return {"id": "l", "value": {"type": kind, **value}, "suspend": SUSPEND}


def loop(items: list[int], modules: list[Any], **value: Any) -> dict[str, Any]:
    return asking("forloopflow", iterator={"type": "static", "value": items}, modules=modules, **value)


@pytest.mark.parametrize(
    "module",
    [
        loop([1, 2], BODY[:1]),
        loop([1, 2], BODY),
        loop([1, 2], BODY, parallel=True),
        asking("branchone", branches=[{"expr": "false", "modules": []}], default=BODY),
        asking("branchall", branches=[{"modules": BODY[:1]}, {"modules": BODY[1:]}]),
    ],
    ids=["turns of one step", "turns", "parallel turns", "branch", "branches"],
)
async def test_an_answer_to_the_job_that_waits_lets_the_flow_go_on(works: Works, module: Any) -> None:
    async with works.working():
        flow = await works.push(module, LAST)
        await until(lambda: works.waits(flow))
        job = (await works.status(flow))["modules"][1]["job"]
        async with works.pool.acquire() as connection, connection.transaction():
            assert await record_event(connection, flow, job, 0, "approve", approver="ann")
        assert (await works.result(flow))[0] == "success"
    done = (await works.status(flow))["modules"][0]
    assert done["approvers"] == [{"resume_id": 0, "approver": "ann"}]


@pytest.mark.parametrize("parallel", [False, True])
async def test_answers_to_several_turns_are_shown_with_their_loop(works: Works, parallel: bool) -> None:
    asks = {**loop([1, 2, 3], BODY, parallel=parallel), "suspend": {"required_events": 2}}
    async with works.working():
        flow = await works.push(asks, LAST)
        await until(lambda: works.waits(flow))
        turns = (await works.status(flow))["modules"][0]["flow_jobs"]
        async with works.pool.acquire() as connection, connection.transaction():
            assert await record_event(connection, flow, turns[0], 5, "approve", approver="ann")
            assert await record_event(connection, flow, turns[1], 6, "approve", approver="eve")
        assert (await works.result(flow))[0] == "success"
    shown = (await works.status(flow))["modules"][0]["approvers"]
    assert shown == [{"resume_id": 5, "approver": "ann"}, {"resume_id": 6, "approver": "eve"}]


async def test_a_loop_over_nothing_is_answered_through_its_flow(works: Works) -> None:
    async with works.working():
        flow = await works.push(loop([], BODY), LAST)
        await until(lambda: works.waits(flow))
        async with works.pool.acquire() as connection, connection.transaction():
            assert await record_event(connection, flow, None, 0, "disapprove", approver="ann")
        status, result = await works.result(flow)
    assert (status, result["error"]["message"]) == ("failure", "Disapproved by ann")
