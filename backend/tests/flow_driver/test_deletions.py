"""The data of steps that asked for it goes when the outermost flow has ended, however that comes to be."""

import asyncio
from typing import Any

import pytest

from postmill.maintenance.expiry import scrub_deleted
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


async def holding(works: Works, text: str) -> list[str]:
    """The tables in which it can be read."""
    tables = [
        row["tablename"]
        for row in await works.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    found = [
        table
        for table in tables
        if await works.pool.fetchval(
            f"SELECT EXISTS (SELECT FROM {table} WHERE {table}::text LIKE '%' || $1 || '%')", text
        )
    ]
    return sorted(found)


THROWS = {"stop_after_if": {"expr": "(() => { throw new Error(result) })()"}}
TELLS = {"stop_after_if": {"expr": "true", "error_message": "no", "error_include_result": True}}
CONTINUED = {"continue_on_error": True}


@pytest.mark.parametrize(
    "modules",
    [
        (script("a", n="flow_input.s"), identity("z")),
        (script("a", settings=THROWS, n="flow_input.s"),),
        (script("a", settings=TELLS, n="flow_input.s"),),
        (loop("l", [1], script("a", settings=THROWS, n="flow_input.s"), identity("y")),),
        (loop("l", [1, 2], script("a", settings=THROWS, n="flow_input.s"), parallel=True), identity("z")),
        ({**identity("a"), "sleep": {"type": "javascript", "expr": "flow_input.s"}}, identity("z")),
        (script("a", n="(() => { throw new Error(flow_input.s) })()"),),
        (script("a", settings=CONTINUED, n="(() => { throw new Error(flow_input.s) })()"), identity("z")),
        (
            {
                **loop("l", [1], identity("i")),
                "skip_if": {"expr": "(() => { throw new Error(flow_input.s) })()"},
            },
        ),
    ],
)
@pytest.mark.parametrize("fails", ["", "handled"])
async def test_nothing_can_be_read_any_more_of_a_flow_that_is_deleted(
    works: Works, modules: Any, fails: str
) -> None:
    prepare(works)
    handler = {"failure_module": {**script("failure", n="error.message"), "id": "failure"}} if fails else {}
    async with works.working():
        flow = await works.push(
            *modules, args={"s": "hush-hush"}, delete_after_secs=0, job={"delete_after_seconds": 0}, **handler
        )
        await works.result(flow)
    assert await holding(works, "hush-hush")
    await scrub_deleted(works.pool)
    assert await holding(works, "hush-hush") == []
    status = await works.status(flow)  # where it stood can be read still
    assert status["modules"][0]["id"] == modules[0]["id"]


async def test_what_a_step_wrote_down_goes_with_its_data(works: Works) -> None:
    prepare(works)
    settings = {**SOON, "stop_after_if": THROWS["stop_after_if"]}
    async with works.working():
        flow = await works.push(script("a", settings=settings, n="'hush-hush'"))
        await works.result(flow)
    await scrub_deleted(works.pool)
    text = await works.pool.fetchval("SELECT outcome FROM flow_step WHERE flow_job = $1", flow)
    assert "hush" not in text
