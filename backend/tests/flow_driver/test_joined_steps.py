"""A step that waits for later runs: the last one does for all, and the flows of the others end as skipped."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, script
from tests.job_makers import state_of, until

JOINING = {
    "debounce_delay_s": 600,
    "debounce_key": "$args[kind]",
    "debounce_args_to_accumulate": ["items"],
}


def one_of(*modules: Any) -> dict[str, Any]:
    branch = {"expr": "true", "modules": list(modules)}
    return {"id": "o", "value": {"type": "branchone", "branches": [branch], "default": []}}


class Joined:
    """Runs of a flow whose step ``b`` waits for others of its kind."""

    def __init__(self, works: Works, around: Callable[..., Any]) -> None:
        self.works = works
        self.around = around
        self.behind = 0
        works.scripts.functions |= {
            "same": lambda n: n,
            "items": lambda kind, items: items,
            "z": self._behind,
        }

    def _behind(self, n: Any) -> Any:
        self.behind += 1
        return n

    async def start(self, kind: str, item: int, path: str = "u/alice/flow") -> UUID:
        """Answers when the step waits."""
        step = script("b", "items", {"debouncing": JOINING}, kind="flow_input.kind", items="[results.a]")
        modules = [script("a", n="flow_input.item"), self.around(step), script("z", "z", n="previous_result")]
        flow = await self.works.push(*modules, args={"kind": kind, "item": item}, job={"path": path})
        await until(lambda: self._step_waits(flow))
        return flow

    async def _step_waits(self, flow: UUID) -> bool:
        step: UUID | None = await self.works.pool.fetchval(
            "SELECT id FROM job WHERE root_job = $1 AND flow_step_id = 'b'", flow
        )
        return step is not None and await state_of(self.works.pool, step) == "scheduled"


@pytest.mark.parametrize("around", [lambda step: step, one_of], ids=["alone", "in a branch"])
async def test_the_last_run_does_for_all(works: Works, around: Callable[..., Any]) -> None:
    joined = Joined(works, around)
    async with works.working():
        first = await joined.start("x", 1)
        other_kind = await joined.start("y", 2)
        other_flow = await joined.start("x", 3, "u/alice/other")
        second = await joined.start("x", 4)
        third = await joined.start("x", 5)
        for replaced, by in ((first, second), (second, third)):
            assert await works.result(replaced) == ("skipped", f"debounced by {by}")
        status = await works.status(first)
        assert [module["type"] for module in status["modules"]] == [
            "Success",
            "Success",
            "WaitingForPriorSteps",
        ]
        assert status["modules"][1]["skipped"]
        assert joined.behind == 0
        await works.pool.execute("UPDATE queue SET scheduled_for = now() WHERE state = 'scheduled'")
        await works.wake()
        for flow, result in ((third, [1, 4, 5]), (other_kind, [2]), (other_flow, [3])):
            assert await works.result(flow) == ("success", result)
    assert joined.behind == 3
    assert await works.pool.fetchval("SELECT count(*) FROM queue") == 0


async def test_a_retry_does_not_wait(works: Works) -> None:
    attempts: list[int] = []

    def picky(n: int) -> int:
        attempts.append(n)
        if len(attempts) == 1:
            raise ValueError("not yet")
        return n

    works.scripts.functions |= {"picky": picky}
    settings = {"debouncing": {"debounce_delay_s": 600}, "retry": {"constant": {"attempts": 1, "seconds": 0}}}
    async with works.working():
        flow = await works.push(script("b", "picky", settings, n="7"), identity("z"))
        await until(lambda: _has_scheduled(works))
        await works.pool.execute("UPDATE queue SET scheduled_for = now() WHERE state = 'scheduled'")
        await works.wake()
        assert await works.result(flow) == ("success", 7)
    assert attempts == [7, 7]


async def _has_scheduled(works: Works) -> bool:
    return bool(await works.pool.fetchval("SELECT EXISTS (SELECT FROM queue WHERE state = 'scheduled')"))
