"""Steps with ``apply_preprocessor``: the script's own preprocessor makes its arguments of the step's, once."""

from typing import Any

import pytest

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
