"""Restarts inside steps: a turn, a branch or a flow goes on at one of its own steps."""

import json
from typing import Any
from uuid import UUID

import pytest

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.restart import RestartRequest, restart
from postmill.flow_driver.restart_points import RestartStep
from postmill.kernel.clock import now
from postmill.kernel.errors import InvalidInput
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.model.flow_document import FlowDocument, FlowSettings
from postmill.model.run_options import RunOptions
from postmill.queue.jobs import get_job
from postmill.tables import flow as flows
from postmill.tables.workspace_member import load_subject
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, loop, prepare, script


class Restarts:
    """Runs that end at a step which refuses numbers from ``limit`` on, and restarts of them without that limit."""

    def __init__(self, works: Works, limit: int) -> None:
        prepare(works)
        self.works = works
        self.limit = limit
        self.calls = works.scripts.calls
        works.scripts.functions["picky"] = self._picky
        self.launcher = FlowLauncher(works.pool, Launcher(works.pool, works.writer))
        self.documents = Documents(works.pool, self.launcher.versions)

    def _picky(self, n: int) -> int:
        if n >= self.limit:
            raise ValueError(f"{n} is too much")
        return n

    def codes(self) -> list[str]:
        """What has run since the last call."""
        codes = [code for code, _ in self.calls]
        self.calls.clear()
        return codes

    async def failed(self, *modules: Any, **flow: Any) -> UUID:
        job_id = await self.works.push(*modules, **flow)
        assert (await self.works.result(job_id))[0] == "failure"
        self.limit = 1000
        self.codes()
        return job_id

    async def again(self, earlier: UUID, *path: tuple[str, int | None]) -> tuple[UUID, tuple[str, Any]]:
        works = self.works
        alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
        assert alice is not None
        (step, turn), *inner = path
        asked = RestartRequest(
            step_id=step, branch_or_iteration_n=turn, nested_path=tuple(RestartStep(*one) for one in inner)
        )
        job = await get_job(works.pool, alice, "main", earlier)
        job_id = await restart(works.pool, self.launcher, self.documents, alice, job, asked, RunOptions())
        return job_id, await works.result(job_id)

    async def deploy(self, path: str, *modules: Any) -> None:
        await flows.add(self.works.pool, "main", path, {})
        await flows.add_version(
            self.works.pool,
            FlowDocument(
                workspace_id="main", path=path, version=0, summary="", description="", schema=None,
                value=json.dumps({"modules": list(modules)}), settings=FlowSettings(), archived=False,
                extra_perms={}, lock_job=None, lock_error_logs=None, deployment_message=None, created_by="alice",
                created_at=now(),
            ),
        )  # fmt: skip


def one_of(step_id: str, *modules: Any) -> dict[str, Any]:
    branch = {"expr": "true", "modules": list(modules)}
    return {"id": step_id, "value": {"type": "branchone", "branches": [branch], "default": []}}


async def test_a_turn_goes_on_inside_its_branch(works: Works) -> None:
    restarts = Restarts(works, 2)
    async with works.working():
        earlier = await restarts.failed(
            loop(
                "l", [0, 1, 2, 3],
                script("x", n="flow_input.iter.value"),
                one_of("b", script("u", n="results.x"), script("y", "picky", n="results.x")),
                script("w", n="[results.x, results.y]"),
            ),
            script("z", n="results.l"),
        )  # fmt: skip
        job_id, outcome = await restarts.again(earlier, ("l", 2), ("b", None), ("y", None))
        assert outcome == ("success", [[0, 0], [1, 1], [2, 2], [3, 3]])
        # y and w of the third turn, all of the fourth, z.
        assert restarts.codes() == ["picky", "same", "same", "same", "picky", "same", "same"]
        point = (await works.status(job_id))["restarted_from"]
        assert point.nested.step_id == "b" and point.nested.branch_chosen.branch == 0
        assert point.nested.nested.step_id == "y" and point.nested.nested.nested is None
        # A restart of the restart, which knows its first turns from the run before.
        _, outcome = await restarts.again(job_id, ("l", 3), ("w", None))
        assert outcome == ("success", [[0, 0], [1, 1], [2, 2], [3, 3]])
        assert restarts.codes() == ["same", "same"]


async def test_a_result_inside_a_branch_is_that_of_the_turn_that_goes_on(works: Works) -> None:
    restarts = Restarts(works, 3)
    async with works.working():
        earlier = await restarts.failed(
            loop(
                "l", [0, 1, 2, 3],
                one_of("b", script("y", n="flow_input.iter.value"), identity("i")),
                script("w", "picky", n="results.y"),
            )
        )  # fmt: skip
        # y ran four times; the turn that goes on reads its own.
        _, outcome = await restarts.again(earlier, ("l", 1), ("w", None))
        assert outcome == ("success", [0, 1, 2, 3])
        assert restarts.codes() == ["picky", *["same", "picky"] * 2]


async def test_a_flow_inside_and_parallel_branches_go_on(works: Works) -> None:
    restarts = Restarts(works, 5)
    await restarts.deploy("u/alice/inner", script("p", n=5), script("q", "picky", n="results.p"))
    branches = [
        {"modules": [script("c", n=1), identity("c2")]},
        {
            "modules": [
                {"id": "s", "value": {"type": "flow", "path": "u/alice/inner", "input_transforms": {}}}
            ]
        },
        {"modules": [script("d", n=3), identity("d2")]},
    ]
    parallel = {"id": "m", "value": {"type": "branchall", "parallel": True, "branches": branches}}
    async with works.working():
        earlier = await restarts.failed(parallel)
        _, outcome = await restarts.again(earlier, ("m", 1), ("s", None), ("q", None))
        assert outcome == ("success", [1, 5, 3])
        assert sorted(restarts.codes()) == ["picky", "same"]


async def test_paths_that_lead_nowhere_are_refused(works: Works) -> None:
    restarts = Restarts(works, 1)
    async with works.working():
        earlier = await restarts.failed(
            script("a", n=0),
            loop("l", [0, 1], script("x", n="flow_input.iter.value"), script("y", "picky", n="results.x")),
            loop("p", [0], script("v", n=0), identity("i"), parallel=True),
        )
        for path, words in (
            ([("a", None), ("b", None)], "holds no steps"),
            ([("l", 5), ("x", None)], "has not started its number 5"),
            ([("l", 1), ("nothing", None)], "no step 'nothing' in the list"),
            ([("l", 1), ("y", 1)], "does not run its parts"),
            ([("p", 0), ("v", None)], "'l' of the earlier run has not succeeded|does not run its parts"),
            ([("l", -1), ("x", None)], "has no number -1"),
        ):
            with pytest.raises(InvalidInput, match=words):
                await restarts.again(earlier, *path)
        assert restarts.codes() == []
        _, outcome = await restarts.again(earlier, ("l", 1), ("x", None))
        assert outcome[0] == "success"
        assert restarts.codes() == ["same", "picky", "same"]
