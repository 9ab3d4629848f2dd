"""Results that are stored as files of rows, read by expressions of later steps."""

import json
from typing import Any

import pytest

from postmill.flow_driver import surroundings
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.languages.rows import Column
from tests.flow_driver.conftest import Scripts, Works
from tests.flow_driver.test_flows import identity, loop, prepare, script


class WithRows(Scripts):
    """``rows`` is a script whose result is stored as a file."""

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        if request.code != "rows":
            return await super().run(language, request)
        assert request.large_rows is not None
        sink = request.large_rows.stored()
        await sink.open((Column("x", "int", "int8"), Column("note", "text", "text")))
        await sink.write([(n, f"note {n}") for n in range(50)])
        return RunOutcome("success", await sink.close())


async def test_expressions_read_stored_rows(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    works.scripts = WithRows()
    prepare(works)

    def only(expr: str) -> list[Any]:
        return [script("q", "rows"), identity("i"), script("z", n=expr)]

    async with works.working():
        for expr, expected in (
            ("results.q[3].note", "note 3"),
            ("results.q[60]", None),
            ("results.q.length", 50),
            ("previous_result[1].x", 1),
            ("results.q.filter(row => row.x > 47).map(row => row.note)", ["note 48", "note 49"]),
            ("results['q'].length + previous_result.length", 100),
        ):
            assert await works.run(*only(expr)) == ("success", expected), expr
        # All of them are passed on by their reference: the step reads the rows, whatever their size.
        status, rows = await works.run(*only("results.q"))
        assert status == "success" and len(rows) == 50
        args = await works.pool.fetchval(
            "SELECT args::text FROM job WHERE flow_step_id = 'z' ORDER BY id DESC LIMIT 1"
        )
        assert "postmill_rows" in json.loads(args)["n"]
        double = loop("l", "results.q", script("x", n="flow_input.iter.value.x"))
        status, turns = await works.run(script("q", "rows"), double)
        assert (status, turns) == ("success", list(range(50)))

        monkeypatch.setattr(surroundings, "MOST_BYTES_OF_ROWS", 100)
        assert (await works.run(*only("results.q")))[0] == "success"
        for flow in (only("results.q.map(row => row.x)"), [script("q", "rows"), double]):
            status, result = await works.run(*flow)
            assert status == "failure"
            assert "stored rows of more than 0 MB" in json.dumps(result)
