"""Steps with ``apply_preprocessor``: the script's own preprocessor makes its arguments of the step's, once."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from postmill.flow_driver.commits import Commits
from postmill.flow_driver.unit import Unit
from tests.flow_driver.conftest import Works

RETRY = {"retry": {"constant": {"attempts": 1, "seconds": 0}}}


def step(step_id: str, **settings: Any) -> dict[str, Any]:
    value = {
        "type": "rawscript", "language": "bash", "content": "main", "lock": "",
        "input_transforms": {"event": {"type": "static", "value": 5}},
    }  # fmt: skip
    return {"id": step_id, "value": value, "apply_preprocessor": True, **settings}


@pytest.mark.parametrize("parallel", [False, True])
async def test_the_arguments_are_made_once_whatever_is_tried_again(works: Works, parallel: bool) -> None:
    prepared: list[int] = []
    tries: list[int] = []

    def preprocessor(event: int) -> dict[str, int]:
        prepared.append(event)
        return {"n": event + 1}

    def main(n: int) -> int:
        tries.append(n)
        if len(tries) == 1:
            raise ValueError("not yet")
        return n

    works.scripts.functions |= {"preprocessor": preprocessor, "main": main}
    modules: list[Any] = [step("a", **RETRY)]
    if parallel:
        loop = {"type": "forloopflow", "iterator": {"type": "static", "value": [1]}, "parallel": True}
        modules = [{"id": "l", "value": {**loop, "modules": modules}}]
    async with works.working():
        status, result = await works.run(*modules)
    assert (status, result) == ("success", [6] if parallel else 6)
    assert (prepared, tries) == ([5], [6, 6])
    rows = await works.pool.fetch(
        "SELECT args, preprocessed FROM job WHERE kind = 'preview' ORDER BY created_at"
    )
    assert [row["args"] for row in rows] == ['{"n": 6}'] * 2
    assert rows[0]["preprocessed"]


async def test_an_end_that_comes_before_its_start_is_known_counts(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second try is claimed and ends while the answer to the commit that stored it is on its way."""
    write, ended = Commits.write, asyncio.Event()

    async def held_back(commits: Commits, unit: Unit) -> datetime:
        now = await write(commits, unit)
        if unit.writes.ended:
            ended.set()
        elif unit.writes.known:
            await ended.wait()
        return now

    monkeypatch.setattr(Commits, "write", held_back)
    tries: list[int] = []

    def main(n: int) -> int:
        tries.append(n)
        if len(tries) == 1:
            raise ValueError("not yet")
        return n

    works.scripts.functions |= {"preprocessor": lambda event: {"n": event + 1}, "main": main}
    async with works.working():
        assert await works.run(step("a", **RETRY)) == ("success", 6)
