"""Runs whole trees of flows on ``decide`` alone, with everything that happens in an order of chance.

Whatever has happened and was not told yet lies in one bag; it is told in any order, some of it twice. Each child may be
started once, each flow may end once, and no more children run side by side than is allowed.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from postmill.flow_logic import commands as c
from postmill.flow_logic import events as e
from postmill.flow_logic import values as v
from postmill.flow_logic.decide import decide
from postmill.flow_logic.state import End, State
from postmill.flow_logic.view import View, inner_place, view_of
from postmill.model import flow as model
from postmill.model.flow import FlowValue
from postmill.model.flow_reading import parse_flow
from postmill.model.input_transform import JavaScript, Static
from tests.flow_logic.programs import (
    LIBRARY,
    LIMITS,
    Plan,
    Seen,
    Throws,
    error,
    evaluate,
    in_turn,
    run_script,
)

ChildKey = tuple[str, int, int]
CANCELED = '{"error": {"name": "Canceled"}}'


@dataclass(eq=False)
class Run:
    """One flow job."""

    flow: FlowValue
    place: str
    view: View
    args: dict[str, Any]
    state: State
    tell: Callable[["Run", End], None]
    parent: "Run | None" = None
    results: dict[ChildKey, Any] = field(default_factory=dict)
    arguments: dict[ChildKey, Any] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    running: set[ChildKey] = field(default_factory=set)
    answers: dict[str, list[e.Answers]] = field(default_factory=dict)
    ends: int = 0


class Simulator:
    """One program, one order of things."""

    def __init__(self, plan: Plan, chance: random.Random) -> None:
        self.plan = plan
        self.chance = chance
        self.bag: list[tuple[Run, e.Event]] = []
        self.runs: list[Run] = []
        self.is_canceled = False
        self.seen = Seen()
        self.holders: dict[tuple[Run, ChildKey], str] = {}  # of permits, by their names
        self.parked: list[tuple[str, Callable[[], None]]] = []
        self.cache: dict[tuple[str, str], Any] = {}

    def run(self, flow: dict[str, Any], args: dict[str, Any]) -> tuple[str, Any]:
        """Status and value of the whole."""
        top = self.begin(parse_flow(json.dumps(flow)), "", args, State(), lambda run, end: None)
        told = 0
        while top.state.end is None:
            assert self.bag, f"the flow waits for nothing: {top.state}"
            if told == self.plan.cancel_after:
                self.cancel()
            run, event = self.bag.pop(self.chance.randrange(len(self.bag)))
            self.release(run, event)
            self.tell(run, event)
            told += 1
            assert told < 20_000, "it does not end"
        assert all(run.ends <= 1 for run in self.runs)
        return top.state.end.status, self.value(top, top.state.end.value)

    def begin(
        self, flow: FlowValue, place: str, args: dict[str, Any], state: State, tell: Callable[[Run, End], None],
        parent: Run | None = None,
    ) -> Run:  # fmt: skip
        assert state.depth <= LIMITS.depth
        run = Run(flow, place, view_of(flow, place), args, state, tell, parent)
        self.runs.append(run)
        self.bag.append((run, e.Begin()))
        return run

    def cancel(self) -> None:
        self.is_canceled = True
        self.bag.extend((run, e.Canceled(CANCELED)) for run in self.runs if run.state.end is None)

    # -- telling --

    def tell(self, run: Run, event: e.Event) -> None:
        self.decided(run, event)
        if self.chance.random() < 0.3:
            self.decided(run, event)  # once more, at once
        if self.chance.random() < 0.1 and len(self.bag) < 500:
            self.bag.append((run, event))  # and once more, much later

    def decided(self, run: Run, event: e.Event) -> None:
        before = repr(run.state)
        old = run.state
        run.state, commands = decide(run.view, old, event, LIMITS)
        assert repr(old) == before, "the given state was changed"
        for command in commands:
            self.carry_out(run, command)

    def carry_out(self, run: Run, command: c.Command) -> None:
        if isinstance(command, c.Ask):
            values: dict[str, Any] = {}
            for name, transform in command.transforms.items():
                try:
                    value = self.evaluated(run, transform, command.scope)
                    values[name] = json.dumps(value)
                except Throws:
                    values[name] = e.ExpressionError("thrown")
            self.decided(run, e.Evaluated(values))
        elif isinstance(command, c.Start):
            for index in range(command.first, command.first + command.count):
                self.start(run, command, index)
        elif isinstance(command, c.KeepItems):
            run.items = json.loads(command.items)
            assert len(run.items) == command.count <= LIMITS.iterations
        elif isinstance(command, c.UseArgs):
            run.args = self.value(run, command.value)
            self.decided(run, e.Prepared())
        elif isinstance(command, c.Wait) and command.begins:
            self.ask(run, command)
        elif isinstance(command, c.Remember):
            self.remember(run, command)
        elif isinstance(command, c.Finish):
            run.ends += 1
            run.tell(run, command.end)

    def remember(self, run: Run, done: c.Remember) -> None:
        """The result of this step may be all that callers wait for."""
        early = run.flow.early_return == done.step and run.parent is None and not self.seen.early
        if early and (done.success or model.may_fail_early(run.flow)):
            self.seen.early.append(self.value(run, done.value))

    def ask(self, run: Run, wait: c.Wait) -> None:
        """Answers come one by one; some were there before."""
        plan = self.plan.answers.get(wait.step, "approve")
        required = wait.suspend.required_events
        if plan == "approve":
            counts = [e.Answers(approvals) for approvals in range(required + 1)]
        elif plan == "refuse":
            counts = [e.Answers(0), e.Answers(self.chance.randrange(required), "eve")]
        else:
            counts = [e.Answers(0), e.Answers(self.chance.randrange(required), timed_out=True)]
        known = self.chance.randrange(len(counts))
        self.decided(run, counts[known])
        self.bag.extend((run, answer) for answer in counts[known + 1 :])

    # -- children --

    def start(self, run: Run, command: c.Start, index: int) -> None:
        key = (command.step, command.attempt, index)
        assert key not in run.results, f"{key} was started twice"
        assert key not in run.running, f"{key} was started twice"
        run.running.add(key)
        side_by_side = sum(1 for step, attempt, _ in run.running if (step, attempt) == key[:2])
        assert side_by_side <= LIMITS.parallel
        assert command.delay == self.delay(run, command), f"{key} starts at the wrong time"
        args = run.args
        if command.iterates:
            args = in_turn(run.args, index, run.items[index] if self.has_items(run) else index)
        work = command.work
        if isinstance(work, c.PassOn):
            self.ended(run, key, self.value(run, work.value), skipped=work.skipped)
        elif isinstance(work, c.RunSteps):
            place = inner_place(run.place, work.module.id, work.inner)
            state = State(depth=run.state.depth + 1, suffix=f"{run.state.suffix}-{command.step}-{index}")
            self.begin(run.flow, place, args, state, self.teller(run, key), run)
        else:
            self.start_module(run, key, command, args)

    def delay(self, run: Run, command: c.Start) -> float:
        """Seconds: what the step before sleeps, or its own retry waits, once however many children it has."""
        state = run.state
        is_later = command.first > 0 and not isinstance(self.module(run).value, model.BranchAll)
        if is_later or (command.first > 0 and not command.parallel):
            return 0
        if command.attempt > 0:
            return 1
        if state.phase != "steps" or state.step == 0:
            return 0
        sleep = run.view.modules[state.step - 1].sleep
        if sleep is None:
            return 0
        if isinstance(sleep, Static):
            return float(json.loads(sleep.text))
        assert isinstance(sleep, JavaScript)
        return float(evaluate(sleep.expr, {}))

    def module(self, run: Run) -> model.FlowModule:
        state = run.state
        if state.phase == "failure":
            assert run.view.failure is not None
            return run.view.failure
        return run.view.modules[state.step]

    def has_items(self, run: Run) -> bool:
        return isinstance(self.module(run).value, model.ForLoop)

    def start_module(self, run: Run, key: ChildKey, command: c.Start, args: dict[str, Any]) -> None:
        work = command.work
        assert isinstance(work, c.RunModule)
        step, attempt, index = key
        try:
            given = self.arguments_of(run, work, command.scope, args, (step, attempt - 1, index))
        except Throws:
            self.ended(run, key, error("ExecutionErr"), success=False, unbuilt=True)
            return
        run.arguments[key] = given
        value = work.module.value
        if isinstance(value, model.Subflow):
            flow = parse_flow(json.dumps(LIBRARY[value.path]))
            self.begin(flow, "", given, State(depth=run.state.depth + 1), self.teller(run, key), run)
            return
        assert isinstance(value, model.InlineScript)
        content = value.content

        def begin() -> None:
            cached = (content, json.dumps(given))
            if work.module.cache_ttl and cached in self.cache:
                self.ended(run, key, self.cache[cached])
                return
            success, result = run_script(content, given.get("x"), attempt)
            if work.module.cache_ttl and success:
                self.cache[cached] = result
            self.ended(run, key, result, success=success)

        limit, name = value.concurrent_limit, value.custom_concurrency_key or ""

        def begin_with_permit() -> None:
            self.holders[run, key] = name
            begin()

        if limit is None:
            begin()
        elif list(self.holders.values()).count(name) < limit:
            begin_with_permit()
        else:
            self.parked.append((name, begin_with_permit))

    def release(self, run: Run, event: e.Event) -> None:
        """Whoever ends makes room for another that waited for its permit."""
        if not isinstance(event, e.ChildEnded):
            return
        name = self.holders.pop((run, (event.step, event.attempt, event.index)), None)
        waiting = [one for one in self.parked if one[0] == name]
        if waiting:
            chosen = self.chance.choice(waiting)
            self.parked.remove(chosen)
            chosen[1]()

    def arguments_of(
        self, run: Run, work: c.RunModule, scope: c.Scope, args: dict[str, Any], last: ChildKey
    ) -> dict[str, Any]:
        if work.args == "last_attempt":
            return dict(run.arguments[last])
        if work.args == "flow_args":
            return args
        transforms = getattr(work.module.value, "input_transforms", {})
        return {name: self.evaluated(run, t, scope, args) for name, t in transforms.items()}

    def teller(self, run: Run, key: ChildKey) -> Callable[[Run, End], None]:
        def tell(child: Run, end: End) -> None:
            self.ended(
                run, key, self.value(child, end.value), success=end.status in ("success", "skipped"),
                skipped=end.status == "skipped", canceled=end.status == "canceled", stopped=end.stopped,
                handled=end.handled,
            )  # fmt: skip

        return tell

    def ended(self, run: Run, key: ChildKey, result: Any, *, success: bool = True, **more: Any) -> None:
        run.running.discard(key)
        run.results[key] = result
        recovered = isinstance(result, dict) and result.get("recover") is True
        step, attempt, index = key
        event = e.ChildEnded(
            step=step, attempt=attempt, index=index, success=success, recovered=recovered, **more
        )
        self.bag.append((run, event))

    # -- values --

    def evaluated(self, run: Run, transform: Any, scope: c.Scope, args: dict[str, Any] | None = None) -> Any:
        if isinstance(transform, Static):
            return json.loads(transform.text)
        approved = None if scope.answered is None else self.plan.answers.get(scope.answered, "approve")
        resume: Any = None
        approvers: list[str] = []
        if scope.refusal is not None:
            resume = json.loads(scope.refusal)
            approvers = ["eve"] if approved == "refuse" else []
        elif approved == "approve":
            resume = scope.answered
            approvers = ["ann"] * self.required(run, scope.answered)
        result = None if scope.result is None else self.value(run, scope.result)
        own_args = run.args if args is None else args
        is_first = isinstance(scope.previous, v.FlowArgs)
        context = {
            "flow_input": own_args,
            "previous_result": own_args if is_first else self.value(run, scope.previous),
            "result": json.loads(scope.result_text) if scope.result_text is not None else result,
            "all_iters": None if scope.all_iters is None else self.value(run, scope.all_iters),
            "resume": resume,
            "approvers": approvers,
        }
        return evaluate(transform.expr, context)

    def required(self, run: Run, step: str | None) -> int:
        for module in run.view.modules:
            if module.id == step and module.suspend is not None:
                return module.suspend.required_events
        return 0

    def value(self, run: Run, value: v.Value) -> Any:
        if isinstance(value, v.FlowArgs):
            return run.args
        if isinstance(value, v.Written):
            return json.loads(value.text)
        if isinstance(value, v.OfChild):
            return run.results[value.step, value.attempt, value.index]
        if isinstance(value, v.OfChildren):
            return [run.results[value.step, value.attempt, index] for index in range(value.count)]
        made: dict[str, Any] = {"name": "EarlyStopError", "message": value.message}
        if value.result is not None:
            made["result"] = self.value(run, value.result)
        return {"error": made}
