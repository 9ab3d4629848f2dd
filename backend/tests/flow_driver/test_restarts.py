"""Restarts inside steps: a turn, a branch or a flow goes on at one of its own steps."""

import json
from contextlib import aclosing
from typing import Any
from uuid import UUID

import msgspec
import pytest

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.restart import RestartRequest, restart
from postmill.flow_driver.restart_planner import PlanRequest, RestartPlanner
from postmill.flow_driver.restart_plans import RestartPlan
from postmill.flow_driver.restart_points import RestartStep
from postmill.kernel.clock import now
from postmill.kernel.errors import InvalidInput
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.model.flow_document import FlowDocument, FlowSettings
from postmill.model.run_options import FlowPreview, RunOptions
from postmill.queue.jobs import get_job
from postmill.tables.items import flow as flows
from postmill.tables.people.workspace_member import load_subject
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
        self.planner = RestartPlanner(
            works.settings, works.pool, works.keyring, works.notifications, self.launcher
        )

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

    async def plan(self, earlier: UUID, modules: list[Any], *path: tuple[str, int | None]) -> RestartPlan:
        works = self.works
        alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
        assert alice is not None
        value = msgspec.Raw(json.dumps({"modules": modules}).encode())
        steps = tuple(RestartStep(*one) for one in path)
        job = await get_job(works.pool, alice, "main", earlier)
        return await self.planner.plan(alice, job, PlanRequest(path=steps, value=value))

    async def aclose(self) -> None:
        await self.planner.close()

    async def deploy(self, path: str, *modules: Any) -> None:
        await flows.add(self.works.pool, "main", path, {})
        await self.deploy_again(path, *modules)

    async def deploy_again(self, path: str, *modules: Any) -> None:
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


async def test_a_turn_of_a_parallel_loop_goes_on_beside_those_that_succeeded(works: Works) -> None:
    body = (script("x", n="flow_input.iter.value"), script("y", "picky", n="results.x"))
    async with aclosing(Restarts(works, 5)) as restarts, works.working():
        for bound in ({}, {"parallelism": 1}, {"parallelism": 2}):
            restarts.limit = 5
            turns = loop("p", [1, 7, 2, 6, 3], *body, parallel=True, **bound)
            earlier = await restarts.failed(turns, script("z", n="results.p"))
            job_id, outcome = await restarts.again(earlier, ("p", 1), ("y", None))
            assert outcome == ("success", [1, 7, 2, 6, 3])
            # Of turn 1 only the step that was named, all of turn 3, which had failed too, and the step behind the loop.
            assert sorted(restarts.codes()) == ["picky", "picky", "same", "same"]
            status = await works.status(job_id)
            assert status["modules"][0]["flow_jobs_success"] == [True] * 5
            assert len(set(status["modules"][0]["flow_jobs"])) == 5
        plan = await restarts.plan(earlier, [turns], ("p", 1), ("y", None))
        first = plan.steps[0]
        assert (first.fate, first.kept, [line.fate for line in first.inner or ()]) == (
            "kept_partly", 3, ["kept", "again"],
        )  # fmt: skip
        with pytest.raises(InvalidInput, match="with a nested_path into one of its turns"):
            await restarts.again(earlier, ("p", 1))
        # As a whole it runs anew.
        _, outcome = await restarts.again(earlier, ("p", None))
        assert outcome[0] == "success" and len(restarts.codes()) == 11


async def test_a_plain_turn_of_a_parallel_loop_runs_again_alone(works: Works) -> None:
    restarts = Restarts(works, 5)
    async with works.working():
        turns = loop("p", [1, 7, 2], script("x", "picky", n="flow_input.iter.value"), parallel=True)
        earlier = await restarts.failed(turns)
        _, outcome = await restarts.again(earlier, ("p", 1), ("x", None))
        assert outcome == ("success", [1, 7, 2]) and restarts.codes() == ["picky"]
        # A turn that had succeeded may run again too.
        _, outcome = await restarts.again(earlier, ("p", 0), ("x", None))
        assert outcome == ("success", [1, 7, 2]) and restarts.codes() == ["picky", "picky"]


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
            ([("p", 0), ("v", None)], "has not started its number 0"),
            ([("l", -1), ("x", None)], "has no number -1"),
        ):
            with pytest.raises(InvalidInput, match=words):
                await restarts.again(earlier, *path)
        assert restarts.codes() == []
        _, outcome = await restarts.again(earlier, ("l", 1), ("x", None))
        assert outcome[0] == "success"
        assert restarts.codes() == ["same", "picky", "same"]


def reasons_of(plan: RestartPlan) -> dict[str, tuple[str, bool | None, list[str]]]:
    """Fate, validity and reasons of each step."""
    return {
        step.step_id: (step.fate, step.valid, [f"{r.code} {r.name or ''}".strip() for r in step.reasons])
        for step in plan.steps
    }


async def test_a_plan_says_what_holds_and_what_runs_again(works: Works) -> None:
    restarts = Restarts(works, 5)

    def flow(**changes: Any) -> list[Any]:
        first = script("a", changes.get("code", "same"), n=1)
        again = script("c", n=changes.get("input", "results.b.map(v => v + flow_input.k)"))
        return [
            first,
            loop("b", changes.get("over", "[results.a, 2]"), script("x", n="flow_input.iter.value")),
            {**again, **changes.get("settings", {})},
            *changes.get("more", []),
            script("d", "picky", n=9),
        ]

    async with works.working(), aclosing(restarts):
        earlier = await restarts.failed(*flow(), args={"k": 10})

        async def plan(step: str = "d", **changes: Any) -> RestartPlan:
            return await restarts.plan(earlier, flow(**changes), (step, None))

        found = await plan()
        assert found.possible and found.earliest_outdated == "d"
        assert reasons_of(found) == {
            "a": ("kept", True, []), "b": ("kept", True, []), "c": ("kept", True, []),
            "d": ("again", None, ["restart_point"]),
        }  # fmt: skip
        # Other words for the same value change nothing, another value does.
        assert reasons_of(await plan(input="[results.b[0] + 10, 12]"))["c"] == ("kept", True, [])
        assert reasons_of(await plan(input="results.b"))["c"] == ("kept", False, ["input_changed n"])
        assert reasons_of(await plan(over="[1, 2, 3]"))["b"] == ("kept", False, ["input_changed iterator"])
        assert reasons_of(await plan(input="nothing.there"))["c"] == ("kept", False, ["input_changed n"])
        found = await plan(code="double")
        assert (found.earliest_outdated, reasons_of(found)["a"]) == ("a", ("kept", False, ["code_changed"]))
        skipping = {"skip_if": {"expr": "true"}}
        assert reasons_of(await plan(settings=skipping))["c"] == ("kept", False, ["setting_changed skip_if"])
        assert reasons_of(await plan(settings={"retry": {"constant": {"attempts": 2}}}))["c"][1] is True
        found = await plan("b", code="double")
        assert reasons_of(found)["c"] == ("again", None, ["after_restart_point"])
        # A step that never ran cannot be taken over: the plan says where the run has to begin instead.
        found = await plan(more=[identity("new")])
        assert not found.possible and found.reason is not None and "'new'" in found.reason
        assert reasons_of(found)["new"] == ("again", False, ["new_step"])
        assert (await restarts.plan(earlier, flow(more=[identity("new")]))).step_id == "new"


async def test_a_plan_looks_into_the_part_that_goes_on(works: Works) -> None:
    restarts = Restarts(works, 1)
    await restarts.deploy("u/alice/inner", script("p", n=5))

    def flow(code: str = "same") -> list[Any]:
        inner = {"type": "flow", "path": "u/alice/inner", "input_transforms": {}}
        body = [script("x", code, n="flow_input.iter.value"), script("y", "picky", n="results.x")]
        return [{"id": "s", "value": inner}, loop("l", [0, 1], *body), script("z")]

    async with works.working(), aclosing(restarts):
        earlier = await restarts.failed(*flow())
        found = await restarts.plan(earlier, flow("double"), ("l", 1), ("y", None))
        assert reasons_of(found)["l"] == ("kept_partly", None, ["restart_point", "code_changed"])
        assert found.steps[1].kept == 1
        inner = {step.step_id: (step.fate, step.valid) for step in found.steps[1].inner or ()}
        assert inner == {"x": ("kept", False), "y": ("again", None)}
        await restarts.deploy_again("u/alice/inner", script("p", n=6))
        restarts.launcher.versions.forget("main:u/alice/inner")
        found = await restarts.plan(earlier, flow(), ("l", None))
        assert reasons_of(found)["s"] == ("kept", False, ["code_changed"])


async def test_a_restart_behind_a_failure_needs_a_run_that_went_on_there(works: Works) -> None:
    restarts = Restarts(works, 1)
    tolerant = {"continue_on_error": True}
    first, second = script("a", "picky", tolerant, n="1"), script("b", "picky", n="2")
    stops = {**tolerant, "stop_after_if": {"expr": "true", "error_message": "enough"}}
    async with works.working():
        went_on = await restarts.failed(first, second)
        assert (await restarts.again(went_on, ("b", None)))[1] == ("success", 2)
        ended = await restarts.failed(script("a", settings=stops, n="1"), script("b", n="2"))
        with pytest.raises(InvalidInput, match="the earlier run ended with the failure of step 'a'"):
            await restarts.again(ended, ("b", None))


async def test_a_restart_takes_nothing_from_the_cache_of_whole_runs(works: Works) -> None:
    restarts = Restarts(works, 1000)
    flow = [script("a", n="1"), script("b", n="results.a")]
    async with works.working():
        alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
        assert alice is not None
        value = msgspec.Raw(json.dumps({"modules": flow, "cache_ttl": 1000}).encode())
        earlier = await restarts.launcher.run_preview(alice, FlowPreview(value=value, path="u/alice/flow"))
        assert await works.result(earlier) == ("success", 1)
        restarts.codes()
        await restarts.again(earlier, ("b", None))
        assert restarts.codes() == ["same"]
