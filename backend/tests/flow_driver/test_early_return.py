"""The step whose result is all that callers wait for, as they are told and as they find it stored."""

import json
from typing import Any

import pytest

from postmill.kernel.ids import new_job_id
from postmill.model.job import Completed
from postmill.queue.results import EarlyStep, early_step_of
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, loop, prepare, script

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
    with works.waiters.expecting(job_id) as waiting:
        async with works.working():
            await works.push(step, script("b", n=5), early_return="a", job={"id": job_id}, **more)
            told = await waiting.wait(20)
            assert _plain(told) == (early or end)
            assert _plain(await works.waiters.wait(job_id, 20)) == end
    failed_too = failure_module is None or step.get("continue_on_error", False)
    stored = await early_step_of(works.pool, job_id, EarlyStep("a", failed_too))
    assert (None if stored is None else _plain(stored)) == early
    # Who was told to look and comes after the end gets the same.
    looked = await works.waiters.look(job_id, EarlyStep("a", failed_too))
    assert _plain(looked) == (early or end)


async def test_an_end_that_follows_at_once_does_not_replace_the_step(works: Works) -> None:
    job_id = new_job_id()
    with works.waiters.expecting(job_id) as waiting:
        works.waiters.tell(job_id, Completed("success", "1"))
        works.waiters.tell(job_id, Completed("success", "5"))
        assert await waiting.wait(20) == Completed("success", "1")


def _plain(completed: Any) -> tuple[str, Any]:
    result = json.loads(completed.result)
    if isinstance(result, dict) and "error" in result:
        result = result["error"]["message"]
    return completed.status, result
