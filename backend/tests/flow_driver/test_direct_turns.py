"""Turns side by side begin without a task where a worker has all at hand; their ends are messages to their flow."""

from typing import Any

import pytest

from postmill.languages.protocol import BegunRun, OnEnd, RunRequest
from tests.flow_driver.conftest import Scripts, Works
from tests.flow_driver.test_flows import loop, prepare, script
from tests.worker.conftest import Begun


class Keeps(Scripts):
    """Keeps processes, so that runs may begin directly."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str | None] = []

    def may_begin(self, language: str, warm_key: str | None) -> bool:
        return True

    def begin(self, language: str, request: RunRequest, on_end: OnEnd) -> BegunRun | None:
        self.begun.append(request.env["WM_FLOW_STEP_ID"])
        return Begun(self.run(language, request), on_end)


@pytest.fixture
async def keeping(works: Works, monkeypatch: pytest.MonkeyPatch) -> Works:
    """A worker that keeps processes, and scripts at paths; what is at hand stays so."""
    monkeypatch.setattr("postmill.worker.code.GOOD_FOR_SECONDS", 3600.0)
    works.scripts = Keeps()
    prepare(works)
    for number, code in enumerate(("same", "double", "fail")):
        await works.pool.execute(
            """INSERT INTO script (workspace_id, hash, path, content, language, lock, created_by)
               VALUES ('main', $1, 'u/alice/' || $2, $2, 'bash', '', 'alice')""",
            number + 1,
            code,
        )
    return works


def at(step_id: str, path: str) -> dict[str, Any]:
    expr = {"type": "javascript", "expr": "flow_input.iter.value"}
    value = {"type": "script", "path": f"u/alice/{path}", "input_transforms": {"n": expr}}
    return {"id": step_id, "value": value}


def begun(works: Works) -> list[str | None]:
    assert isinstance(works.scripts, Keeps)
    return works.scripts.begun


async def test_turns_side_by_side_begin_directly(keeping: Works) -> None:
    numbers = list(range(40))
    over = f"[{','.join(map(str, numbers))}]"
    async with keeping.working():
        result = await keeping.run(
            loop("l", over, at("x", "double"), parallel=True), script("after", n="results.l.length")
        )
        assert result == ("success", len(numbers))
    # Some wait until the code is at hand.
    assert 0 < begun(keeping).count("x") < len(numbers)
    rows = await keeping.pool.fetch(
        "SELECT result::text FROM completed_job JOIN job ON id = job_id WHERE path = $1", "u/alice/double"
    )
    assert sorted(int(row["result"]) for row in rows) == [2 * number for number in numbers]
    assert await keeping.pool.fetchval("SELECT count(*) FROM flow_inbox") == 0


async def test_failures_name_the_step(keeping: Works) -> None:
    async with keeping.working():
        failed = loop("l", "[1,2,3,4,5,6,7,8,9]", at("x", "fail"), parallel=True, skip_failures=True)
        status, results = await keeping.run(failed)
    assert status == "success" and "x" in begun(keeping)
    assert {result["error"]["step_id"] for result in results} == {"x"}


@pytest.mark.parametrize("settings", [{"parallel": False}, {"parallel": True, "squash": True}])
async def test_other_turns_have_a_task(keeping: Works, settings: Any) -> None:
    async with keeping.working():
        result = await keeping.run(loop("l", "[1,2,3,4,5,6]", at("x", "same"), **settings))
        assert result == ("success", [1, 2, 3, 4, 5, 6])
    assert begun(keeping) == []
