"""From where relative imports count, and where the steps of flows keep things."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from postmill.db.pool import Pool
from postmill.kernel.ids import new_job_id
from postmill.model.flow_paths import NOWHERE, PlaceInFlow
from postmill.model.job import ClaimedJob
from postmill.worker.code_path import Places, code_path
from postmill.worker.environment import object_path, state_path


def job(**given: Any) -> ClaimedJob:
    """A claimed job of which only these members matter."""
    values: dict[str, Any] = dict.fromkeys(ClaimedJob.__struct_fields__)
    return msgspec.structs.replace(ClaimedJob(**values), **given)


class KnowsNoFlow:
    async def place_of(self, job: ClaimedJob) -> PlaceInFlow | None:
        return None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"path": "f/x/script"}, "f/x/script"),
        ({"path": None, "flow_step_id": "a"}, None),
        ({"path": "f/x/flow/a", "flow_step_id": "a"}, "f/x/flow"),
        ({"path": "f/x/flow/loop-3/branchone-0/a", "flow_step_id": "a"}, "f/x/flow"),
        ({"path": "f/x/y/flow/forloop-12/a", "flow_step_id": "a"}, "f/x/y/flow"),
        ({"path": "f/x/loop-1/a", "flow_step_id": "a"}, "f/x/loop-1"),
        ({"path": "f/x/flow/loop/a", "flow_step_id": "loop"}, "f/x/flow"),
        ({"path": "f/x/flow/loop-3/loop/a", "flow_step_id": "loop"}, "f/x/flow"),
        ({"path": "f/x/own", "flow_step_id": "a"}, "f/x/own"),
        ({"path": "f/x/script/a", "flow_step_id": "a", "script_hash": 5}, "f/x/script/a"),
    ],
)
def test_where_code_stands(given: dict[str, Any], expected: str | None) -> None:
    assert code_path(job(**given)) == expected


@pytest.mark.parametrize(
    ("given", "flow_path", "state", "place"),
    [
        ({"path": "f/x/script"}, "", "f/x/script/user", "f_x_script/manual/"),
        ({"path": None}, "", "u/ada/tmp_state", "preview/manual/"),
        ({"path": "f/x/fl/a", "flow_step_id": "a"}, "f/x/fl", "f/x/fl/a_user", "f_x_fl/manual/a/"),
        ({"path": "f/x/script", "flow_step_id": "a"}, "f/x/fl", "f/x/fl/a_user", "f_x_fl/manual/a/"),
        (
            {"path": "f/x/fl/a", "flow_step_id": "a", "trigger_kind": "schedule", "trigger": "f/x/daily"},
            "f/x/fl",
            "f/x/fl/a_ada",
            "f_x_fl/f_x_daily/a/",
        ),
    ],
)
def test_where_a_run_keeps_things(given: dict[str, Any], flow_path: str, state: str, place: str) -> None:
    run = job(permissioned_as="u/ada", id=UUID(int=1), started_at=datetime(2024, 1, 1, tzinfo=UTC), **given)
    where = PlaceInFlow(flow_path, "a" if flow_path else None)
    assert state_path(run, where) == state
    assert object_path(run, where) == f"{place}1704067200000_{run.id}"


async def test_a_task_knows_the_path_of_its_workflow(database: Pool) -> None:
    flow, turn = new_job_id(), new_job_id()
    for job_id, path in ((flow, "f/x/fl"), (turn, "f/x/fl/loop-3")):
        await database.execute(
            "INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag, path)"
            " VALUES ($1, 'main', 'flow', 'ada', 'u/ada', 'ada@example.com', 'flow', $2)",
            job_id,
            path,
        )
    places = Places(database, KnowsNoFlow())
    assert await places.of(job(path="f/x/s", script_hash=5)) == NOWHERE
    for parent in (flow, turn, turn):
        task = job(path="f/x/s", script_hash=5, flow_step_id="a", parent_job=parent)
        assert await places.of(task) == PlaceInFlow("f/x/fl", "a")
    assert await places.of(job(flow_step_id="a", parent_job=new_job_id())) == PlaceInFlow("", "a")
