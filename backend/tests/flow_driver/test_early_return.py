"""The step whose result is all that callers wait for, as they are told and as they find it stored."""

import asyncio
import json
from typing import Any

import pytest

from postmill.kernel.ids import new_job_id
from postmill.queue.results import EarlyStep, early_step_of
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, loop, prepare, script


def mocked(step_id: str, value: Any) -> dict[str, Any]:
    return {**identity(step_id), "mock": {"enabled": True, "return_value": value}}


RECOVERS = script("failure", n="({recover: true})")
GOES_ON = {"continue_on_error": True}


@pytest.mark.parametrize(
    ("step", "failure_module", "early", "end"),
    [
        (script("a", "fail"), None, ("failure", "boom"), ("failure", "boom")),
        # The failure module has the word: callers are told what the flow comes to.
        (script("a", "fail"), script("failure", n="'handled'"), None, ("failure", "handled")),
        (script("a", "fail"), RECOVERS, None, ("success", {"recover": True})),
        (script("a", "fail", GOES_ON), RECOVERS, ("failure", "boom"), ("success", 5)),
        (script("a", n=1), RECOVERS, ("success", 1), ("success", 5)),
        (
            loop("a", [1, 2], script("x", n="flow_input.iter.value")),
            None,
            ("success", [1, 2]),
            ("success", 5),
        ),
        (loop("a", [], identity("x")), None, ("success", []), ("success", 5)),
    ],
)
async def test_callers_get_the_step_or_what_the_flow_makes_of_it(
    works: Works, step: Any, failure_module: Any, early: Any, end: Any
) -> None:
    prepare(works)
    job_id = new_job_id()
    more = {} if failure_module is None else {"failure_module": failure_module}
    failed_too = failure_module is None or step.get("continue_on_error", False)
    with works.waiters.expecting(job_id) as waiting:
        waiting.early_step = EarlyStep("a", failed_too)
        async with works.working():
            await works.push(step, script("b", n=5), early_return="a", job={"id": job_id}, **more)
            told = await waiting.wait(60)
            assert _plain(told) == (early or end)
            assert _plain(await works.waiters.wait(job_id, 60)) == end
    stored = await early_step_of(works.pool, job_id, EarlyStep("a", failed_too))
    assert (None if stored is None else _plain(stored)) == early
    # Who was told to look and comes after the end gets the same.
    looked = await works.waiters.look(job_id, EarlyStep("a", failed_too))
    assert _plain(looked) == (early or end)


async def test_an_end_that_comes_with_the_step_does_not_replace_it(works: Works) -> None:
    """Both are told in one commit; who waits for the step takes neither for the other."""
    job_id = new_job_id()
    with works.waiters.expecting(job_id) as waiting, works.waiters.expecting(job_id) as for_the_end:
        waiting.early_step = EarlyStep("a")
        async with works.working():
            await works.push(
                identity("a"), mocked("b", 5), early_return="a", job={"id": job_id}, args={"n": 3}
            )
            assert _plain(await for_the_end.wait(60)) == ("success", 5)
            assert _plain(await waiting.wait(60)) == ("success", {"n": 3})


async def test_a_step_that_is_done_is_not_taken_for_the_end(works: Works) -> None:
    prepare(works)
    go_on = asyncio.Event()

    async def last() -> int:
        await go_on.wait()
        return 7

    works.scripts.functions["last"] = last
    job_id = new_job_id()
    with works.waiters.expecting(job_id) as waiting, works.waiters.expecting(job_id) as for_the_end:
        waiting.early_step = EarlyStep("a")
        async with works.working():
            await works.push(script("a", n=1), script("b", "last"), early_return="a", job={"id": job_id})
            assert _plain(await waiting.wait(60)) == ("success", 1)
            ended = asyncio.ensure_future(for_the_end.wait(60))
            go_on.set()
            assert _plain(await ended) == ("success", 7)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (script("a", settings={"skip_if": {"expr": "true"}}, n=1), ("success", {"n": 3})),
        (
            script(
                "a",
                settings={
                    "stop_after_if": {"expr": "true", "error_message": "enough", "error_include_result": True}
                },
                n=1,
            ),
            ("failure", "enough"),
        ),
    ],
)
async def test_whatever_the_step_comes_to_is_the_answer(works: Works, first: Any, expected: Any) -> None:
    prepare(works)
    job_id = new_job_id()
    with works.waiters.expecting(job_id) as waiting:
        waiting.early_step = EarlyStep("a")
        async with works.working():
            await works.push(first, script("b", n=5), early_return="a", job={"id": job_id}, args={"n": 3})
            assert _plain(await waiting.wait(60)) == expected


def _plain(completed: Any) -> tuple[str, Any]:
    result = json.loads(completed.result)
    if isinstance(result, dict) and "error" in result:
        result = result["error"]["message"]
    return completed.status, result
