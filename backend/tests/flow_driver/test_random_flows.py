"""Random flows on a real queue, side by side, come to what the simple interpreter of ``flow_logic`` says.

So they do once more when they are restarted from a step, a turn or a branch of chance.

``POSTMILL_DRIVEN_PROGRAMS`` sets how many programs are tried. What is random there about the order of events is here
what the worker, its database and the evaluator make of it.
"""

import asyncio
import json
import os
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.restart import RestartRequest, restart
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import new_job_id
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.model.run_options import RunOptions
from postmill.model.subject import Subject
from postmill.queue.flow_events import record_event
from postmill.queue.jobs import get_job
from postmill.tables.workspace_member import load_subject
from tests.flow_driver.conftest import Scripts, Works, outcome
from tests.flow_logic.interpreter import Interpreter
from tests.flow_logic.programs import LIMITS, Plan, flows, plain, plans, run_script

PROGRAMS = int(os.environ.get("POSTMILL_DRIVEN_PROGRAMS", "40"))
AT_ONCE = 10
ARGS = {"n": 3}

WEIGHT = """return (() => {
  const plain = v => Array.isArray(v) ? v.map(plain) : v === null || typeof v !== "object" ? v
    : typeof v.error === "string" ? {error: "said"}
    : v.error && typeof v.error === "object" && !Array.isArray(v.error)
      ? {error: {name: v.error.name ?? null, ...("result" in v.error ? {result: plain(v.error.result)} : {})}}
    : Object.fromEntries(Object.entries(v).map(([name, member]) => [name, plain(member)]));
  const text = v => Array.isArray(v) ? "[" + v.map(text).join(", ") + "]"
    : v === null || typeof v !== "object" ? JSON.stringify(v)
    : "{" + Object.keys(v).sort().map(name => JSON.stringify(name) + ": " + text(v[name])).join(", ") + "}";
  return [...text(plain(WHAT))].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 97 % 2 === 0;
})()"""
"""``programs.weight`` of something is even."""


def in_javascript(expr: str) -> str:
    """An expression of ``programs.evaluate``."""
    word, _, argument = expr.partition(" ")
    if expr == "throw":
        return '(() => { throw new Error("thrown") })()'
    if expr.startswith("="):
        return f"({expr[1:]})"
    if word == "even":
        return WEIGHT.replace("WHAT", argument)
    if word == "turns":
        return f"Array.isArray(all_iters) && all_iters.length >= {argument}"
    if word == "iter":
        return "flow_input.iter ? flow_input.iter.index : -1"
    return expr


def drivable(part: Any, plan: Plan) -> Any:
    """The same flow for a worker: in JavaScript, without pauses, with no step that calls another flow."""
    if isinstance(part, list):
        return [drivable(item, plan) for item in part]
    if not isinstance(part, dict):
        return part
    made = {name: drivable(member, plan) for name, member in part.items()}
    for name in ("expr", "skip_expr"):
        if isinstance(made.get(name), str):
            made[name] = in_javascript(made[name])
    if "seconds" in made:
        made["seconds"] = 0
    if "sleep" in made:
        made["sleep"] = {"type": "static", "value": 0}
    if made.get("type") == "rawscript":
        made["lock"] = ""
    if "suspend" in made:
        answer = plan.answers.get(made["id"], "approve")
        made["suspend"] = {**made["suspend"], "timeout": 1000 if answer == "approve" else 0}
    return made


def simpler(part: Any) -> Any:
    """Without steps that call flows, and where only steps ask that have a job: others are answered for their flow."""
    if isinstance(part, list):
        return [simpler(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "flow":
        inputs = part["input_transforms"]
        return {"type": "rawscript", "language": "bash", "content": "value 4", "input_transforms": inputs}
    asks = (
        part.get("value", {}).get("type") in ("rawscript", "identity", "flow") if "suspend" in part else True
    )
    return {name: simpler(member) for name, member in part.items() if asks or name != "suspend"}


class Plays(Scripts):
    """Plays the scripts of ``programs``."""

    works: Works

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        if request.stored is not None:
            await request.stored()
        attempt = await self.works.pool.fetchval("SELECT flow_attempt FROM job WHERE id = $1", request.job_id)
        succeeds, result = run_script(request.code, json.loads(request.args).get("x"), attempt)
        return RunOutcome(
            "success" if succeeds else "error", json.dumps(result if succeeds else result["error"])
        )


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
        # A refusal is told like the end of time here: who refused is nobody's business there.
        answers = {
            step: "approve" if answer == "approve" else "timeout" for step, answer in plan.answers.items()
        }
        made.append((simpler(flow), Plan(answers)))

    collect()
    return made


async def keep_answering(works: Works) -> None:
    """Approves what waits for long, and lets the time of all other things come."""
    while True:
        rows = await works.pool.fetch(
            """SELECT job_id FROM queue
               WHERE state = 'suspended' AND awaited > 0 AND suspend_until > now() + interval '9 s'"""
        )
        for row in rows:
            await approve(works, row["job_id"])
        await works.wake()
        await asyncio.sleep(0.02)


async def approve(works: Works, flow: UUID) -> None:
    status = await works.status(flow)
    asking = next((m for m in status["modules"] if m["type"] == "WaitingForEvents"), None)
    if asking is None:
        return
    step = asking["job"]
    step_id = await works.pool.fetchval("SELECT flow_step_id FROM job WHERE id = $1", step)
    async with works.pool.acquire() as connection, connection.transaction():
        for number in range(asking["count"]):
            await record_event(
                connection, flow, step, number, "approve", payload=json.dumps(step_id), approver="ann"
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
        """Some step that has run, perhaps at a turn or a branch that has; None where none has."""
        status = await self.works.status(flow)
        done = [module for module in status["modules"] if module["type"] in ("Success", "Failure")]
        if not done:
            return None
        module = chance.choice(done)
        children = len(module.get("flow_jobs") or ())
        number = chance.randrange(children) if children and chance.random() < 0.7 else None
        return RestartRequest(step_id=module["id"], branch_or_iteration_n=number)

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
    works.scripts = scripts = Plays()
    scripts.works = works
    bounds = {
        "flow_iterations": LIMITS.iterations,
        "flow_parallel": LIMITS.parallel,
        "flow_depth": LIMITS.depth,
    }
    restarts = await Restarts.of(works)
    places = asyncio.Semaphore(AT_ONCE)

    async def compare(flow: dict[str, Any], plan: Plan, seed: int) -> None:
        expected = Interpreter.run(flow, ARGS, plan)
        document = drivable(flow, plan)
        settings_of_flow = {name: value for name, value in document.items() if name != "modules"}
        async with places:
            job_id = new_job_id()
            with works.waiters.expecting(job_id) as waiting:
                await works.push(*document["modules"], job={"id": job_id}, args=ARGS, **settings_of_flow)
                ended = await waiting.wait(120)
                assert ended is not None, f"the flow did not end: {json.dumps([document, plan.answers])}"
                ends = [outcome(ended)]
            # After an answer the step behind would read another one: it is not asked for again.
            point = None if "suspend" in str(document) else await restarts.point(job_id, random.Random(seed))
            if point is not None:
                again = await restarts.restart(job_id, point)
                if again is not None:
                    ends.append(await works.result(again))
        for status, value in ends:
            said = json.dumps([document, plan.answers, str(point), value])
            assert (status, plain(value)) == (expected.status, plain(expected.value)), said

    async with works.working(**bounds):
        answering = asyncio.create_task(keep_answering(works))
        try:
            await asyncio.gather(*(compare(*program, seed) for seed, program in enumerate(chosen)))
        finally:
            if answering.done():
                answering.result()  # why nothing was answered any more
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
    assert restarts.made > 0
