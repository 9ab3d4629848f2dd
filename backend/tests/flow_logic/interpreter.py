"""What a flow comes to, said as simply as it can be: plain recursion over the document, no events, no state to keep.

Written from the description of flows, not from the engine, to be compared with it.
"""

from dataclasses import dataclass
from typing import Any

from tests.flow_logic.programs import (
    LIBRARY,
    LIMITS,
    Plan,
    Seen,
    Throws,
    error,
    evaluate,
    in_turn,
    plain,
    run_script,
)


@dataclass
class Outcome:
    """How a flow ended. ``stopped``: one of its steps said so; ``handled``: its failure module has run."""

    status: str
    value: Any
    stopped: bool = False
    handled: bool = False

    @property
    def success(self) -> bool:
        return self.status in ("success", "skipped")


class Fails(Exception):
    """The step has failed. ``final``: neither retry nor continue_on_error apply."""

    def __init__(
        self, value: Any, *, final: bool = False, handled: bool = False, unbuilt: bool = False
    ) -> None:
        super().__init__(value)
        self.value, self.final, self.handled, self.unbuilt = value, final, handled, unbuilt


class FlowFails(Exception):
    """The flow fails at once, without its failure module."""


class Stops(Exception):
    """The flow ends here, on a step's word."""

    def __init__(self, value: Any, *, skipped: bool) -> None:
        super().__init__(value)
        self.value, self.skipped = value, skipped


class Interpreter:
    """One list of steps, run with its arguments."""

    def __init__(
        self, flow: dict[str, Any], modules: list[Any], args: dict[str, Any], plan: Plan, depth: int = 0
    ) -> None:
        self.flow, self.modules, self.args, self.plan, self.depth = flow, modules, args, plan, depth
        self.previous: Any = args
        self.failed: Any = args
        self.resume: Any = None
        self.approvers: list[str] = []
        self.index = 0
        self.seen: Seen | None = None

    @classmethod
    def run(
        cls, flow: dict[str, Any], args: dict[str, Any], plan: Plan, depth: int = 0, seen: Seen | None = None
    ) -> Outcome:
        """A whole flow; what others see of it meanwhile goes into ``seen``."""
        one = cls(flow, flow["modules"], args, plan, depth)
        one.seen = seen
        skip = flow.get("skip_expr")
        if skip is not None:
            try:
                if evaluate(skip, one.context({})):
                    return Outcome("skipped", "stopped early", stopped=True)
            except Throws:
                return one.first_step_fails()
        return one.run_steps()

    def first_step_fails(self) -> Outcome:
        """A skip expression that throws is the failure of the first step, which may be tried again."""
        if not self.modules:
            return self.handle(Fails(error("ExecutionErr")))
        return self.run_steps(first_failure=Fails(error("ExecutionErr")))

    def context(self, result: Any = None, all_iters: Any = None) -> dict[str, Any]:
        return {
            "flow_input": self.args, "previous_result": self.previous, "result": result, "all_iters": all_iters,
            "resume": self.resume, "approvers": self.approvers,
        }  # fmt: skip

    def run_steps(self, first_failure: Fails | None = None) -> Outcome:
        armed: dict[str, Any] | None = None
        last_waits = bool(self.modules) and ("suspend" in self.modules[-1] or "sleep" in self.modules[-1])
        modules = (
            [*self.modules, {"id": "last", "value": {"type": "identity"}}] if last_waits else self.modules
        )
        try:
            for self.index, module in enumerate(modules):
                self.resume, self.approvers = None, []
                if armed is not None:
                    self.wait_for_answers(armed)
                if self.index > 0:
                    self.sleep(modules[self.index - 1])
                value, skipped, success = self.run_step(module, first_failure)
                self.step_ended(module, value, success=success)
                first_failure = None
                self.previous = value
                suspend = module.get("suspend") or {}
                armed = module if suspend.get("required_events", 0) >= 1 and success and not skipped else None
        except Fails as failure:
            self.step_ended(modules[self.index], failure.value, success=False)
            return self.handle(failure)
        except FlowFails:
            self.step_ended(modules[self.index], error("InternalError"), success=False)
            return Outcome("failure", error("InternalError"))
        except Stops as stop:
            self.step_ended(modules[self.index], stop.value, success=True)
            return Outcome("skipped" if stop.skipped else "success", stop.value, stopped=True)
        return Outcome("success", self.previous)

    def step_ended(self, module: dict[str, Any], value: Any, *, success: bool) -> None:
        """Callers hear of a failure early only where no failure module has a word to say about it."""
        if self.seen is None or module["id"] != self.flow.get("early_return") or self.seen.early:
            return
        if success or "failure_module" not in self.flow or module.get("continue_on_error"):
            self.seen.early.append(value)

    def handle(self, failure: Fails) -> Outcome:
        """The failure module runs once, unless one inside has."""
        module = self.flow.get("failure_module")
        if module is None or failure.handled:
            return Outcome("failure", failure.value, handled=failure.handled)
        # What fails inside it is not handled by it again.
        self.flow = {name: member for name, member in self.flow.items() if name != "failure_module"}
        self.previous, self.index = failure.value, 0
        self.resume, self.approvers = None, []
        try:
            value = self.retried(module, lambda attempt, last: self.kind(module, attempt, last)[0])
        except Fails as again:
            return Outcome("failure", again.value, handled=True)
        except Stops as stop:
            value = stop.value
        recovered = isinstance(value, dict) and value.get("recover") is True
        return Outcome("success" if recovered else "failure", value, handled=True)

    def wait_for_answers(self, asking: dict[str, Any]) -> None:
        suspend = asking["suspend"]
        answer = self.plan.answers.get(asking["id"], "approve")
        if answer == "approve":
            self.resume = asking["id"]
            self.approvers = ["ann"] * suspend["required_events"]
            return
        refused = error("SuspendedDisapproved" if answer == "refuse" else "SuspendedTimedOut")
        if not suspend["continue_on_disapprove_timeout"]:
            raise Fails(refused, final=True)
        self.resume = refused
        self.approvers = ["eve"] if answer == "refuse" else []

    def sleep(self, before: dict[str, Any]) -> None:
        """Behind a step; what is no number ends the flow."""
        sleep = before.get("sleep")
        if sleep is None or sleep["type"] == "static":
            return
        try:
            seconds = evaluate(sleep["expr"], self.context(self.previous))
        except Throws:
            raise FlowFails from None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise FlowFails

    # -- one step --

    def run_step(self, module: dict[str, Any], first_failure: Fails | None) -> tuple[Any, bool, bool]:
        """Its value, whether it was skipped, and whether it succeeded."""
        skipped = False

        def attempt(number: int, last: Any) -> Any:
            nonlocal skipped, first_failure
            skipped = False
            if first_failure is not None:
                failure, first_failure = first_failure, None
                raise failure
            if "skip_if" in module and self.asked(module["skip_if"]["expr"]):
                skipped = True
                return self.previous
            if "timeout" in module:
                self.require_number(module["timeout"])
            if module.get("mock"):
                return self.stopping(module, 9)
            value, was_skipped = self.kind(module, number, last)
            if was_skipped:
                skipped = True
                return value
            return value

        try:
            return self.retried(module, attempt), skipped, True
        except Fails as failure:
            if failure.final or not module.get("continue_on_error"):
                raise
            return failure.value, False, False

    def retried(self, module: dict[str, Any], attempt: Any) -> Any:
        retry = module.get("retry") or {}
        attempts = retry.get("constant", {}).get("attempts", 0)
        last: Any = None
        for number in range(attempts + 1):
            try:
                return attempt(number, last)
            except Fails as failure:
                if failure.final or number == attempts:
                    raise
                if "retry_if" in retry:
                    try:
                        if not evaluate(retry["retry_if"]["expr"], self.context(failure.value)):
                            raise failure
                    except Throws:
                        raise failure from None
        raise AssertionError

    def asked(self, expr: str) -> bool:
        try:
            return bool_of(evaluate(expr, self.context()))
        except Throws:
            raise self.fault() from None

    def require_number(self, timeout: dict[str, Any]) -> None:
        try:
            seconds = (
                timeout["value"] if timeout["type"] == "static" else evaluate(timeout["expr"], self.context())
            )
        except Throws:
            raise self.fault() from None
        if isinstance(seconds, str):
            raise self.fault()

    def fault(self) -> Exception:
        """The step cannot be started."""
        return Fails(error("ExecutionErr")) if self.index == 0 else FlowFails()

    def stopping(self, module: dict[str, Any], value: Any, *, name: str = "stop_after_if") -> Any:
        """The value, unless the step says that the flow ends with it."""
        stop = module.get(name)
        if stop is None:
            return value
        try:
            stops = bool_of(
                evaluate(stop["expr"], self.context(value, value if isinstance(value, list) else None))
            )
        except Throws:
            said = (
                {"error": "said"}
                if name == "stop_after_if" and not is_list_step(module)
                else error("ExecutionErr")
            )
            raise Fails(said, final=True) from None
        if not stops:
            return value
        if stop.get("skip_if_stopped"):
            raise Stops(value, skipped=True)
        if stop.get("error_message") is None:
            raise Stops(value, skipped=False)
        message = {"name": "EarlyStopError"}
        raise Fails(
            {"error": message | ({"result": plain(value)} if stop.get("error_include_result") else {})},
            final=True,
        )

    def kind(self, module: dict[str, Any], attempt: int, last: Any) -> tuple[Any, bool]:
        value = module["value"]
        kind = value["type"]
        if kind == "identity":
            return self.stopping(module, self.previous), False
        if kind == "rawscript":
            return self.stopping(module, self.call(module, attempt)), False
        if kind == "flow":
            return self.subflow(module)
        if kind == "forloopflow":
            return self.for_loop(module), False
        if kind == "whileloopflow":
            return self.while_loop(module), False
        if kind == "branchone":
            return self.branch_one(module)
        return self.branch_all(module), False

    def call(self, module: dict[str, Any], attempt: int) -> Any:
        value = module["value"]
        whole = module.get("pass_flow_input_directly")
        argument = self.args.get("x") if whole else self.argument(value)
        success, result = run_script(value["content"], argument, attempt)
        if not success:
            raise Fails(result)
        return result

    def argument(self, value: dict[str, Any]) -> Any:
        """The arguments of a later attempt are those of the first: nothing that they are made of has changed."""
        transform = value["input_transforms"].get("x")
        if transform is None:
            return None
        try:
            return evaluate(transform["expr"], self.context())
        except Throws:
            raise Fails(error("ExecutionErr"), unbuilt=True) from None

    def require_room(self) -> None:
        if self.depth + 1 > LIMITS.depth:
            raise Fails(error("ExecutionErr"), final=True)

    def subflow(self, module: dict[str, Any]) -> tuple[Any, bool]:
        self.require_room()
        value = module["value"]
        args = self.args if module.get("pass_flow_input_directly") else {"x": self.argument(value)}
        outcome = Interpreter.run(LIBRARY[value["path"]], args, self.plan, self.depth + 1)
        if not outcome.success:
            raise Fails(outcome.value)
        if outcome.status == "skipped":
            return outcome.value, True
        return self.stopping(module, outcome.value), False

    def inside(self, modules: list[Any], args: dict[str, Any] | None = None) -> Outcome:
        """A list of steps inside a step: a flow of its own, with the same failure module; a turn's ``args``."""
        args = self.args if args is None else args
        return Interpreter(self.flow, modules, args, self.plan, self.depth + 1).run_steps()

    # -- loops --

    def for_loop(self, module: dict[str, Any]) -> Any:
        value = module["value"]
        try:
            items = evaluate(value["iterator"]["expr"], self.context(self.previous))
        except Throws:
            raise self.fault() from None
        if not isinstance(items, list):
            raise self.fault()
        at_once = value["parallel"] and "parallelism" not in value
        if len(items) > (LIMITS.parallel if at_once else LIMITS.iterations):
            raise Fails(error("ExecutionErr"), final=True)
        if not items or not value["modules"]:
            return self.stopping(module, [], name="stop_after_all_iters_if")
        self.require_room()
        turns = [in_turn(self.args, index, item) for index, item in enumerate(items)]
        if value["parallel"]:
            outcomes = [self.inside(value["modules"], turn) for turn in turns]
            results = [outcome.value for outcome in outcomes]
            if not value["skip_failures"] and not all(outcome.success for outcome in outcomes):
                raise Fails(results, handled=any(o.handled and not o.success for o in outcomes))
            return self.stopping(module, results, name="stop_after_all_iters_if")
        return self.turns(module, turns)

    def while_loop(self, module: dict[str, Any]) -> Any:
        if not module["value"]["modules"]:
            raise Fails(error("ExecutionErr"), final=True)
        self.require_room()
        turns = [in_turn(self.args, index, index) for index in range(LIMITS.iterations)]
        return self.turns(module, turns, endless=True)

    def turns(self, module: dict[str, Any], turns: list[dict[str, Any]], *, endless: bool = False) -> Any:
        value = module["value"]
        results: list[Any] = []
        handled = False
        for turn in turns:
            outcome = self.inside(value["modules"], turn)
            results.append(outcome.value)
            handled = handled or (outcome.handled and not outcome.success)
            if outcome.stopped and outcome.success:
                break
            if not outcome.success and not value["skip_failures"]:
                raise Fails(results, handled=handled)
            if outcome.success and outcome.status != "skipped" and "stop_after_if" in module:
                try:
                    context = self.context(outcome.value, results)
                    if bool_of(evaluate(module["stop_after_if"]["expr"], context)):
                        break
                except Throws:
                    raise Fails({"error": "said"}, final=True, handled=handled) from None
        else:
            if endless:
                raise Fails(error("ExecutionErr"), final=True, handled=handled)
        return self.stopping(module, results, name="stop_after_all_iters_if")

    # -- branches --

    def branch_one(self, module: dict[str, Any]) -> tuple[Any, bool]:
        value = module["value"]
        chosen = value["default"]
        for branch in value["branches"]:
            try:
                if bool_of(evaluate(branch["expr"], self.context())):
                    chosen = branch["modules"]
                    break
            except Throws:
                raise Fails(error("ExecutionErr")) from None
        if not chosen:
            return self.stopping(module, self.previous), False
        self.require_room()
        outcome = self.inside(chosen)
        if not outcome.success:
            raise Fails(outcome.value, handled=outcome.handled)
        if outcome.stopped:
            raise Stops(outcome.value, skipped=outcome.status == "skipped")
        return self.stopping(module, outcome.value), False

    def branch_all(self, module: dict[str, Any]) -> Any:
        value = module["value"]
        branches = value["branches"]
        name = "stop_after_all_iters_if" if "stop_after_all_iters_if" in module else "stop_after_if"
        if not branches:
            return self.stopping(module, [], name=name)
        if value["parallel"] and len(branches) > LIMITS.parallel:
            raise Fails(error("ExecutionErr"), final=True)
        self.require_room()
        results: list[Any] = []
        failed = handled = False
        for branch in branches:
            outcome = self.inside(branch["modules"])
            results.append(outcome.value)
            failed = failed or (not outcome.success and not branch["skip_failure"])
            handled = handled or (outcome.handled and not outcome.success)
            if value["parallel"]:
                continue
            if outcome.stopped and outcome.success:
                raise Stops(results, skipped=outcome.status == "skipped")
            if failed:
                raise Fails(results, handled=handled)
        if failed:
            raise Fails(results, handled=handled)
        return self.stopping(module, results, name=name)


def is_list_step(module: dict[str, Any]) -> bool:
    """Whether its value is a list of children's; a mocked one has none."""
    return "mock" not in module and module["value"]["type"] in ("forloopflow", "whileloopflow", "branchall")


def bool_of(value: Any) -> bool:
    """As JavaScript's ``Boolean``."""
    return isinstance(value, list | dict) or bool(value)
