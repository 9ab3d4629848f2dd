"""Random flows on a real queue, side by side, come to what the simple interpreter of ``flow_logic`` says.

So they do once more when they are restarted from a step, a turn or a branch of chance, at whatever depth. Some are
canceled at a moment of chance: whatever they come to, nothing of them goes on, and no permit stays taken.

``POSTMILL_DRIVEN_PROGRAMS`` sets how many programs are tried. What is random there about the order of events is here
what the worker, its database and the evaluator make of it.
"""

import asyncio
import json
import os
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.restart import RestartRequest, restart
from postmill.flow_driver.restart_points import RestartStep
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import new_job_id
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.model.run_options import RunOptions
from postmill.model.subject import Subject
from postmill.queue.cancel import cancel
from postmill.queue.flow_events import record_event
from postmill.queue.jobs import get_job
from postmill.queue.results import EarlyStep, early_step_of
from postmill.tables.people.workspace_member import load_subject
from tests.flow_driver.conftest import Works, outcome
from tests.flow_driver.driven_programs import Plays, deploy_library, drivable, simpler
from tests.flow_logic.interpreter import Interpreter
from tests.flow_logic.programs import LIMITS, Plan, Seen, flows, plain, plans
from tests.job_makers import until

PROGRAMS = int(os.environ.get("POSTMILL_DRIVEN_PROGRAMS", "40"))
AT_ONCE = 10
ARGS = {"n": 3, "x": 5}


@dataclass
class Program:
    """A flow under way. ``cancels``: somebody has canceled it."""

    flow: dict[str, Any]
    plan: Plan
    cancels: bool = False


def programs() -> list[tuple[dict[str, Any], Plan]]:
    made: list[tuple[dict[str, Any], Plan]] = []

    @settings(
        max_examples=PROGRAMS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(flow=flows, plan=plans)
    def collect(flow: dict[str, Any], plan: Plan) -> None:
        made.append((simpler(flow), plan))

    collect()
    return made


@dataclass
class World:
    """Whoever is around the flows: answers what they ask, cancels some, and lets the time of things come."""

    works: Works
    under_way: dict[UUID, Program] = field(default_factory=dict)  # by the outermost flow

    async def keep_turning(self) -> None:
        while True:
            rows = await self.works.pool.fetch(
                """SELECT queue.job_id, coalesce(job.root_job, job.id) AS root
                   FROM queue JOIN job ON job.id = queue.job_id
                   WHERE queue.state = 'suspended' AND awaited > 0 AND suspend_until > now() + interval '9 s'"""
            )
            for row in rows:
                program = self.under_way.get(row["root"])
                if program is not None:  # it may have ended just now
                    await self.answer(row["job_id"], program.plan)
            await self.cancel_some()
            await self.works.wake()
            await asyncio.sleep(0.02)

    async def answer(self, flow: UUID, plan: Plan) -> None:
        status = await self.works.status(flow)
        asking = next((m for m in status["modules"] if m["type"] == "WaitingForEvents"), None)
        if asking is None:
            return
        step = asking["job"]
        step_id = await self.works.pool.fetchval("SELECT flow_step_id FROM job WHERE id = $1", step)
        async with self.works.pool.acquire() as connection, connection.transaction():
            if plan.answers.get(step_id) == "refuse":
                await record_event(connection, flow, step, 0, "disapprove", approver="eve")
                return
            for number in range(asking["count"]):
                await record_event(
                    connection, flow, step, number, "approve", payload=json.dumps(step_id), approver="ann"
                )

    async def cancel_some(self) -> None:
        """Those of whose tree so much has ended as their plan says."""
        waiting = [one for one in self.under_way.items() if one[1].plan.cancel_after is not None]
        for root, program in waiting:
            ended = await self.works.pool.fetchval(
                "SELECT count(*) FROM job JOIN completed_job ON job_id = id WHERE root_job = $1", root
            )
            if not program.cancels and ended >= (program.plan.cancel_after or 0):
                program.cancels = True
                await cancel(self.works.pool, "main", root, "bob")

    async def nothing_goes_on(self) -> bool:
        await self.works.wake()
        return bool(
            await self.works.pool.fetchval(
                """SELECT NOT EXISTS (SELECT FROM queue)
                      AND NOT EXISTS (SELECT FROM concurrency_permit WHERE counts_until IS NULL)"""
            )
        )


@dataclass
class Restarts:
    """Runs flows again from where they have been."""

    works: Works
    launcher: FlowLauncher
    documents: Documents
    alice: Subject
    made: int = 0

    @classmethod
    async def of(cls, works: Works) -> "Restarts":
        launcher = FlowLauncher(works.pool, Launcher(works.pool, works.writer))
        alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
        assert alice is not None
        return cls(works, launcher, Documents(works.pool, launcher.versions), alice)

    async def point(self, flow: UUID, chance: random.Random) -> RestartRequest | None:
        """Some step that has run, perhaps at a turn or a branch that has, or at a step inside; None where none has."""
        path = await self._path(flow, chance)
        if not path:
            return None
        first, *inner = path
        return RestartRequest(
            step_id=first.step_id,
            branch_or_iteration_n=first.branch_or_iteration_n,
            nested_path=tuple(inner),
        )

    async def _path(self, flow: UUID, chance: random.Random) -> list[RestartStep]:
        status = await self.works.status(flow)
        done = [module for module in status["modules"] if module["type"] in ("Success", "Failure")]
        if not done:
            return []
        module = chance.choice(done)
        children = module.get("flow_jobs") or ()
        number = chance.randrange(len(children)) if children and chance.random() < 0.7 else None
        step = RestartStep(module["id"], number)
        child = children[number or 0] if children else module["job"]
        if chance.random() < 0.5 and await self._is_flow(child):
            return [step, *await self._path(child, chance)]
        return [step]

    async def _is_flow(self, job_id: UUID) -> bool:
        kind = await self.works.pool.fetchval("SELECT kind FROM job WHERE id = $1", job_id)
        return kind in ("flow", "flowpreview")

    async def restart(self, flow: UUID, point: RestartRequest) -> UUID | None:
        """None where the flow cannot begin there: a step before it has failed, or its parts have no order."""
        earlier = await get_job(self.works.pool, self.alice, "main", flow)
        try:
            job_id = await restart(
                self.works.pool, self.launcher, self.documents, self.alice, earlier, point, RunOptions()
            )
        except InvalidInput:
            return None
        self.made += 1
        return job_id


async def test_the_driver_agrees_with_the_interpreter(works: Works) -> None:
    chosen = programs()  # before there is anything that would have to wait for it
    works.scripts = scripts = Plays(works)
    await deploy_library(works)
    bounds = {
        "flow_iterations": LIMITS.iterations,
        "flow_parallel": LIMITS.parallel,
        "flow_depth": LIMITS.depth,
    }
    restarts = await Restarts.of(works)
    world = World(works)
    places = asyncio.Semaphore(AT_ONCE)

    async def compare(flow: dict[str, Any], plan: Plan, seed: int) -> None:
        seen = Seen()
        expected = Interpreter.run(flow, ARGS, plan, seen=seen)
        document = drivable(flow, plan, f"program {seed}")
        settings_of_flow = {name: value for name, value in document.items() if name != "modules"}
        async with places:
            job_id = new_job_id()
            with works.waiters.expecting(job_id) as waiting:
                await works.push(*document["modules"], job={"id": job_id}, args=ARGS, **settings_of_flow)
                program = world.under_way[job_id] = Program(
                    flow, plan
                )  # nobody cancels what is not stored yet
                ended = await waiting.wait(120)
                del world.under_way[job_id]
                assert ended is not None, f"the flow did not end: {json.dumps([document, plan.answers])}"
            if program.cancels:
                return
            ends = [outcome(ended)]
            early = await early_answer(works, job_id, flow)
            # After an answer the step behind would read another one: it is not asked for again.
            point = None if "suspend" in str(document) else await restarts.point(job_id, random.Random(seed))
            if point is not None:
                again = await restarts.restart(job_id, point)
                if again is not None:
                    ends.append(await works.result(again))
        for status, value in ends:
            said = json.dumps([document, plan.answers, str(point), value])
            assert (status, plain(value)) == (expected.status, plain(expected.value)), said
        assert plain(early) == plain(seen.early), json.dumps([document, plan.answers])

    async with works.working(**bounds):
        turning = asyncio.create_task(world.keep_turning())
        try:
            await asyncio.gather(*(compare(*program, seed) for seed, program in enumerate(chosen)))
        finally:
            if turning.done():
                turning.result()  # why nothing was answered any more
            turning.cancel()
            await asyncio.gather(turning, return_exceptions=True)
        await until(world.nothing_goes_on)
    assert restarts.made > 0
    assert not scripts.exceeded
    left = await works.pool.fetch(
        "SELECT job.id FROM job LEFT JOIN completed_job ON job_id = job.id WHERE job_id IS NULL"
    )
    assert left == []


async def early_answer(works: Works, job_id: UUID, flow: dict[str, Any]) -> list[Any]:
    """What callers who wait for the step ``early_return`` find; nothing where they wait for the end."""
    step = next((module for module in flow["modules"] if module["id"] == flow.get("early_return")), None)
    if step is None:
        return []
    failed_too = "failure_module" not in flow or bool(step.get("continue_on_error"))
    found = await early_step_of(works.pool, job_id, EarlyStep(step["id"], failed_too))
    return [] if found is None else [outcome(found)[1]]
