"""The data of steps that asked for it goes when the outermost flow has ended, however that comes to be."""

import asyncio
from typing import Any

import pytest

from postmill.queue.cancel import cancel, force_cancel
from postmill.queue.flow_events import poke_overlooked
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, loop, prepare, script
from tests.job_makers import until

SOON = {"delete_after_secs": 0}


async def going(works: Works) -> list[str]:
    """The steps whose data goes."""
    rows = await works.pool.fetch(
        "SELECT job.flow_step_id AS step FROM completed_job JOIN job ON job.id = job_id WHERE delete_at IS NOT NULL"
    )
    return sorted(row["step"] or "" for row in rows)


@pytest.mark.parametrize("parallel", [False, True])
async def test_data_of_steps_goes_when_the_outermost_flow_has_ended(works: Works, parallel: bool) -> None:
    prepare(works)
    body = (script("a", settings=SOON, n="'secret'"), identity("y"))
    async with works.working():
        flow = await works.push(loop("l", [1], *body, parallel=parallel), script("z", n="results.l"))
        assert await works.result(flow) == ("success", ["secret"])
    assert await going(works) == ["a"]


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize(
    ("body", "gone"),
    [
        ((script("a", n="1"),), ["l", "l"]),
        ((script("a", n="1"), script("b", n="2")), ["a", "a", "b", "b", "l", "l"]),
    ],
)
async def test_all_that_is_in_a_step_goes_with_it(
    works: Works, body: Any, gone: list[str], parallel: bool
) -> None:
    prepare(works)
    async with works.working():
        flow = await works.push({**loop("l", [1, 2], *body, parallel=parallel), **SOON}, script("z", n=5))
        assert await works.result(flow) == ("success", 5)
    assert await going(works) == gone


async def test_all_of_a_flow_goes_with_it(works: Works) -> None:
    prepare(works)
    async with works.working():
        flow = await works.push(
            loop("l", [1], script("a", n="1"), identity("y")),
            delete_after_secs=0,
            job={"delete_after_seconds": 0},
        )
        assert await works.result(flow) == ("success", [1])
    assert await going(works) == ["", "a", "l", "y"]


async def test_data_goes_when_a_flow_is_canceled_that_waits(works: Works) -> None:
    prepare(works)
    async with works.working():
        flow = await works.push(
            script("a", settings={**SOON, "suspend": {"required_events": 1}}, n=1), identity("z")
        )
        await until(lambda: works.waits(flow))
        await cancel(works.pool, "main", flow, "bob")
        assert (await works.result(flow))[0] == "canceled"
    assert await going(works) == ["a"]


@pytest.mark.parametrize("end", [cancel, force_cancel])
async def test_data_of_a_step_goes_that_ends_after_its_flow(works: Works, end: Any) -> None:
    prepare(works)
    runs = asyncio.Event()

    async def for_long() -> None:
        runs.set()
        await asyncio.Event().wait()

    works.scripts.functions["for_long"] = for_long
    async with works.working():
        flow = await works.push(script("a", settings=SOON, n=1), script("b", "for_long", SOON))
        await runs.wait()
        await end(works.pool, "main", flow, "bob")
        assert (await works.result(flow))[0] == "canceled"

        async def both_ended() -> bool:
            return bool(await works.pool.fetchval("SELECT count(*) = 0 FROM queue"))

        await until(both_ended)
    await poke_overlooked(works.pool, 0, 10)
    assert await going(works) == ["a", "b"]
