"""Runs flows on ``decide`` alone: no database, no time. Expressions are Python's, scripts are functions.

``Playground.run`` answers (status, result). It carries out commands one after another, keeps children's results by key,
and offers events in an order of the caller's choosing (``order``), also twice (``duplicates``).
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postmill.flow_logic import commands as c
from postmill.flow_logic import events as e
from postmill.flow_logic import values as v
from postmill.flow_logic.decide import decide
from postmill.flow_logic.state import State
from postmill.flow_logic.view import Limits, inner_place, view_of
from postmill.model import flow as model
from postmill.model.flow import FlowValue
from postmill.model.flow_reading import parse_flow
from postmill.model.input_transform import Static


class Failed(Exception):
    """A script fails with this error object as its result."""

    def __init__(self, message: str, name: str = "ValueError") -> None:
        super().__init__(message)
        self.error = {"error": {"message": message, "name": name}}


Scripts = Mapping[str, Callable[..., Any]]


@dataclass
class Run:
    """One flow job: its state, its arguments, and what its children came to."""

    flow: FlowValue
    place: str
    args: dict[str, Any]
    parent: "Run | None" = None
    state: State = field(default_factory=State)
    results: dict[tuple[str, int, int], Any] = field(default_factory=dict)
    child_args: dict[tuple[str, int, int], Any] = field(default_factory=dict)
    steps: dict[str, c.Remember] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    wait: c.Wait | None = None


@dataclass
class Playground:
    """``scripts`` by the content of a step; ``answers`` for the steps that suspend; ``flows`` by path."""

    scripts: Scripts = field(default_factory=dict)
    answers: Mapping[str, list[e.Answers]] = field(default_factory=dict)
    flows: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    order: random.Random | None = None
    duplicates: bool = False
    calls: list[tuple[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    top: Run | None = None

    def run(self, flow: Any, args: dict[str, Any] | None = None, **state: Any) -> tuple[str, Any]:
        parsed = parse_flow(json.dumps(flow))
        self.top = Run(parsed, "", args or {}, state=State(**state))
        return self.drive(self.top)

    def drive(self, run: Run) -> tuple[str, Any]:
        view = view_of(run.flow, run.place)
        todo: list[e.Event] = [e.Begin()]
        while run.state.end is None:
            assert todo, f"the flow waits for nothing: {run.state}"
            event = todo.pop(self.order.randrange(len(todo)) if self.order else 0)
            before = repr(run.state)
            old, (run.state, commands) = run.state, decide(view, run.state, event, self.limits)
            assert repr(old) == before, "the given state was changed"
            urgent: list[e.Event] = []
            for command in commands:
                made = self.carry_out(run, command)
                (urgent if isinstance(command, c.Ask) else todo).extend(made)
            while urgent:
                run.state, commands = decide(view, run.state, urgent.pop(), self.limits)
                for command in commands:
                    made = self.carry_out(run, command)
                    (urgent if isinstance(command, c.Ask) else todo).extend(made)
            if self.duplicates and isinstance(event, e.ChildEnded):
                again, nothing = decide(view, run.state, event, self.limits)
                assert (nothing, again) == ((), run.state)
        end = run.state.end
        return end.status, self.value(run, end.value)

    def carry_out(self, run: Run, command: c.Command) -> list[e.Event]:
        if isinstance(command, c.Ask):
            answers = {name: self.answer(run, t, command.scope) for name, t in command.transforms.items()}
            return [e.Evaluated(answers)]
        if isinstance(command, c.Start):
            self.delays.append(command.delay)
            return [self.child(run, command, i) for i in range(command.first, command.first + command.count)]
        if isinstance(command, c.Remember):
            run.steps[command.step] = command
        elif isinstance(command, c.KeepItems):
            run.items = json.loads(command.items)
        elif isinstance(command, c.UseArgs):
            run.args = self.value(run, command.value)
            return [e.Prepared()]
        elif isinstance(command, c.Note):
            self.notes.append(command.text)
        elif isinstance(command, c.Wait) and command.begins:
            return list(self.answers[command.step])
        return []

    # -- children --

    def child(self, run: Run, start: c.Start, index: int) -> e.ChildEnded:
        key = (start.step, start.attempt, index)
        extra: dict[str, Any] = {}
        try:
            result, extra = self.work(run, start, index)
            success = extra.pop("success", True)
        except Failed as failure:
            result, success = failure.error, False
        run.results[key] = result
        recovered = isinstance(result, dict) and result.get("recover") is True
        return e.ChildEnded(
            step=start.step, attempt=start.attempt, index=index, success=success, recovered=recovered, **extra
        )

    def work(self, run: Run, start: c.Start, index: int) -> tuple[Any, dict[str, Any]]:
        work = start.work
        iteration = {}
        if start.iterates:
            iteration = {"iter": {"index": index, "value": run.items[index] if run.items else index}}
        if isinstance(work, c.PassOn):
            return self.value(run, work.value), {"skipped": work.skipped}
        if isinstance(work, c.RunSteps):
            place = inner_place(run.place, work.module.id, work.inner)
            state = State(depth=run.state.depth + 1, suffix=f"{run.state.suffix}-{start.step}-{index}")
            return self.flow(Run(run.flow, place, {**run.args, **iteration}, run, state))
        if work.args == "last_attempt":
            args = run.child_args[(start.step, start.attempt - 1, index)]
        elif work.args == "flow_args":
            args = run.args
        elif work.args == "event":
            args = {"event": run.args}
        else:
            try:
                args = self.transformed(run, work, start.scope, iteration)
            except Failed as failure:
                return failure.error, {"success": False, "unbuilt": True}
        run.child_args[(start.step, start.attempt, index)] = args
        return self.module(run, work.module, args)

    def module(self, run: Run, module: model.FlowModule, args: Any) -> tuple[Any, dict[str, Any]]:
        value = module.value
        if isinstance(value, model.Subflow):
            flow = parse_flow(json.dumps(self.flows[value.path]))
            result, extra = self.flow(Run(flow, "", args, None, State(depth=run.state.depth + 1)))
            return result, extra
        assert isinstance(value, model.InlineScript)
        self.calls.append((module.id, args))
        return self.scripts[value.content](**args), {}

    def flow(self, run: Run) -> tuple[Any, dict[str, Any]]:
        status, result = self.drive(run)
        end = run.state.end
        assert end is not None
        good = status in ("success", "skipped")
        return result, {
            "success": good,
            "skipped": status == "skipped",
            "stopped": end.stopped,
            "handled": end.handled,
        }

    # -- values --

    def value(self, run: Run, value: v.Value) -> Any:
        if isinstance(value, v.FlowArgs):
            return run.args
        if isinstance(value, v.OfChild):
            return run.results[(value.step, value.attempt, value.index)]
        if isinstance(value, v.OfChildren):
            return [run.results[(value.step, value.attempt, index)] for index in range(value.count)]
        if isinstance(value, v.StopError):
            error = {"name": "EarlyStopError", "message": value.message}
            if value.result is not None:
                error["result"] = self.value(run, value.result)
            return {"error": error}
        return json.loads(value.text)

    def transformed(self, run: Run, work: c.RunModule, scope: c.Scope, more: dict[str, Any]) -> Any:
        made = {}
        for name, transform in work.module.value.input_transforms.items():  # type: ignore[union-attr]
            answer = self.answer(run, transform, scope, more)
            if isinstance(answer, e.ExpressionError):
                raise Failed(answer.message, "ExecutionErr")
            made[name] = json.loads(answer)
        return made

    def answer(
        self, run: Run, transform: Any, scope: c.Scope, more: dict[str, Any] | None = None
    ) -> str | e.ExpressionError:
        if isinstance(transform, Static):
            return transform.text
        names: dict[str, Any] = {
            "flow_input": {**run.args, **(more or {})},
            "results": self.visible_results(run),
            "previous_result": self.value(run, scope.previous),
        }
        if scope.result is not None:
            names["result"] = self.value(run, scope.result)
        if scope.all_iters is not None:
            names["all_iters"] = self.value(run, scope.all_iters)
        failed = self.value(run, scope.previous)
        if isinstance(failed, dict) and "error" in failed:
            names["error"] = failed["error"]
        names["refusal"] = scope.refusal
        try:
            return json.dumps(eval(transform.expr, {}, names))
        except Exception as error:
            return e.ExpressionError(f"{type(error).__name__}: {error}")

    def visible_results(self, run: Run) -> dict[str, Any]:
        outer = {} if run.parent is None else self.visible_results(run.parent)
        return {**outer, **{step: self.value(run, done.value) for step, done in run.steps.items()}}
