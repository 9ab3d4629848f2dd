"""Loops whose turns are one script without settings, which runs without a flow around it."""

from typing import Any

import pytest

from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, loop, prepare, script, transform


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_turn_takes_the_arguments_of_the_flow_directly(works: Works, parallel: bool) -> None:
    def given(**args: Any) -> Any:
        return args

    works.scripts.functions["given"] = given
    body = script("x", "given", {"pass_flow_input_directly": True}, n=1)
    async with works.working():
        status, result = await works.run(loop("l", ["a"], body, parallel=parallel), args={"k": 1})
    assert (status, result) == ("success", [{"k": 1, "iter": {"index": 0, "value": "a"}}])


@pytest.mark.parametrize(
    ("own", "of_loop", "expected"),
    [
        (7, None, 7),
        (7, 9, 7),
        (0, 9, 9),
        (None, 9, 9),
        ("flow_input.t", None, 5),
        (None, None, None),
    ],
)
async def test_a_turn_keeps_the_timeout_of_its_step(
    works: Works, own: Any, of_loop: Any, expected: Any
) -> None:
    prepare(works)
    body = script("x", "same", {} if own is None else {"timeout": transform(own)}, n=1)
    turns = loop("l", [1], body)
    if of_loop is not None:
        turns["timeout"] = transform(of_loop)
    async with works.working():
        assert (await works.run(turns, args={"t": 5}))[0] == "success"
    seconds = await works.pool.fetchval("SELECT timeout_seconds FROM job WHERE kind = 'preview'")
    assert seconds == expected


async def test_turns_of_several_steps_share_what_is_cached_and_limited(works: Works) -> None:
    prepare(works)
    limited = {"concurrent_limit": 1, "concurrency_time_window_s": 0}
    body = script("x", "same", {"cache_ttl": 60}, n=3)
    body["value"] |= limited
    async with works.working():
        status, result = await works.run(loop("l", [1, 2, 3], body, identity("y")))
    assert (status, result) == ("success", [3, 3, 3])
    assert [code for code, _ in works.scripts.calls] == ["same"]
    keys = await works.pool.fetch(
        "SELECT DISTINCT concurrency_key FROM job WHERE concurrency_key IS NOT NULL"
    )
    assert [row["concurrency_key"] for row in keys] == ["main/script/u/alice/flow/x"]
