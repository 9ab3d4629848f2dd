"""A step knows its own id and its flow's path, also where it is the whole turn of a loop."""

import json
from typing import Any

import pytest

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.status import raw_flow
from postmill.kernel.ids import new_job_id
from postmill.launch.flow_versions import FlowVersions
from tests.flow_driver.conftest import Works, outcome
from tests.flow_driver.test_flows import loop, prepare, script
from tests.flow_driver.test_joined_steps import one_of

PLACES = ({"path": None}, {"path": "u/alice/flow"})


def stands(works: Works) -> set[tuple[str, str]]:
    return {
        (request.env["WM_FLOW_PATH"], request.env["WM_FLOW_STEP_ID"]) for request in works.scripts.requests
    }


async def run_at(works: Works, job: dict[str, Any], *modules: Any) -> tuple[str, Any]:
    flow = new_job_id()
    with works.waiters.expecting(flow) as waiting:
        await works.push(*modules, job={"id": flow, **job})
        return outcome(await waiting.wait(60))


def at_path(step_id: str, path: str) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "script", "path": path, "input_transforms": {}}}


def of_own_path(step_id: str) -> dict[str, Any]:
    step = script(step_id, "here")
    step["value"]["path"] = "u/alice/elsewhere"
    return step


@pytest.fixture
async def scripts(works: Works) -> Works:
    prepare(works)
    works.scripts.functions["here"] = lambda: 1
    await works.pool.execute(
        """INSERT INTO script (workspace_id, hash, path, content, language, lock, created_by)
           VALUES ('main', 1, 'u/alice/here', 'here', 'bash', '', 'alice')"""
    )
    return works


@pytest.mark.parametrize("job", PLACES)
@pytest.mark.parametrize("only", [script("x", "here"), at_path("x", "u/alice/here"), of_own_path("x")])
@pytest.mark.parametrize("settings", [{"parallel": False}, {"parallel": True}, {"squash": True}])
async def test_the_only_step_of_a_loop_is_not_its_loop(
    scripts: Works, job: dict[str, Any], only: dict[str, Any], settings: dict[str, Any]
) -> None:
    async with scripts.working():
        assert await run_at(scripts, job, loop("l", [1, 2], only, **settings)) == ("success", [1, 1])
    assert stands(scripts) == {(job["path"] or "", "x")}


async def test_errors_name_the_step_and_not_the_loop(scripts: Works) -> None:
    broken = script("x", "here", n="nothing.at.all")
    failing = script("y", "fail")
    async with scripts.working():
        for step in (broken, failing):
            status, result = await run_at(scripts, {"path": None}, loop("l", [1], step))
            assert (status, result[0]["error"]["step_id"]) == ("failure", step["id"])


async def test_a_branch_of_the_failure_module_shows_its_steps(scripts: Works) -> None:
    handler = one_of(script("x", "here"))
    async with scripts.working():
        await scripts.run(script("a", "here", n="nothing.at.all"), failure_module=handler)
    branch = await scripts.pool.fetchval("SELECT id FROM job WHERE flow_step_id = 'failure'")
    documents = Documents(scripts.pool, FlowVersions(scripts.pool, None))
    shown = await raw_flow(scripts.pool, documents, "main", branch)
    assert shown is not None
    steps = handler["value"]["branches"][0]["modules"]
    assert json.loads(shown) == {"modules": steps, "failure_module": None}
