"""One decision under way: where the flow is, what it asks for, and how it ends. The parts around share this."""

from collections.abc import Callable, Mapping

import msgspec

from postmill.flow_logic.commands import Ask, ChildWork, Command, Finish, Note, RunModule, Scope, Start
from postmill.flow_logic.events import ExpressionError
from postmill.flow_logic.json_texts import number_of, shown
from postmill.flow_logic.state import End, Stage, State, Status
from postmill.flow_logic.values import FlowArgs, OfChild, OfChildren, Value, error
from postmill.flow_logic.view import Limits, View
from postmill.model.flow import FlowModule
from postmill.model.input_transform import InputTransform, Static, expression_of

FAILED = "ExecutionErr"
INTERNAL = "InternalError"
LARGEST_NUMBER = 2**31 - 1

_SCOPE_OF_TURN = Scope(previous=FlowArgs())
"""A script that is the whole turn of a loop reads the arguments of its turn, as the first one of several steps does."""


class Deciding:
    """``state`` is changed in place, ``commands`` are collected."""

    def __init__(self, view: View, state: State, limits: Limits) -> None:
        self.view = view
        self.state = state
        self.limits = limits
        self.commands: list[Command] = []

    # -- where the flow is --

    @property
    def module(self) -> FlowModule:
        """The step that the flow is at."""
        if self.state.phase == "failure":
            assert self.view.failure is not None
            return self.view.failure
        if self.state.phase == "preprocessor":
            assert self.view.flow.preprocessor_module is not None
            return self.view.flow.preprocessor_module
        return self.view.modules[self.state.step]

    @property
    def step_id(self) -> str:
        """Its id; nested flows have failure modules of their own."""
        if self.state.phase == "failure":
            return self.module.id + self.state.suffix
        if self.state.phase == "steps" and self.state.step >= len(self.view.modules):
            return ""
        return self.module.id if self.state.phase in ("steps", "preprocessor") else ""

    @property
    def before(self) -> FlowModule | None:
        """The step before; none for the first one and for the special ones."""
        state = self.state
        return self.view.modules[state.step - 1] if state.phase == "steps" and state.step > 0 else None

    @property
    def is_parallel(self) -> bool:
        """Whether the children of this step run side by side."""
        return bool(getattr(self.module.value, "parallel", False)) and not self.is_replaced

    @property
    def is_replaced(self) -> bool:
        """Whether an identity runs in place of the step."""
        mock = self.module.mock
        return self.state.skipped or (mock is not None and mock.enabled)

    def child(self, index: int) -> OfChild:
        return OfChild(self.step_id, self.state.attempt, index)

    def children(self, count: int) -> OfChildren:
        return OfChildren(self.step_id, self.state.attempt, count)

    def scope(self, result: Value | None = None, **more: object) -> Scope:
        state = self.state
        return Scope(
            previous=state.previous,
            result=result,
            answered=state.answered,
            refusal=state.refusal,
            **more,  # type: ignore[arg-type]
        )

    def scope_behind(self, result: Value, **more: object) -> Scope:
        """What an expression reads that is evaluated once the step, or a turn of it, has come to ``result``."""
        return msgspec.structs.replace(self.scope(result, **more), previous=result, done=self.step_id)

    # -- children --

    def start_one(self, work: ChildWork) -> None:
        """The only child of the step."""
        self.state.total = self.state.width = 1
        self.start(0, 1, work)

    def start(
        self, first: int, count: int, work: ChildWork, *, iterates: bool = False, delayed: bool = True
    ) -> None:
        """``delayed`` False: what the step waits for has passed already."""
        state = self.state
        state.stage = "children"
        state.started = first + count
        self.commands.append(
            Start(
                step=self.step_id,
                attempt=state.attempt,
                first=first,
                count=count,
                work=work,
                scope=_SCOPE_OF_TURN if isinstance(work, RunModule) and work.turn else self.scope(),
                delay=state.delay if delayed else 0,
                timeout=state.timeout,
                iterates=iterates,
                parallel=self.is_parallel,
            )
        )

    def is_too_deep(self) -> bool:
        if self.state.depth + 1 <= self.limits.depth:
            return False
        self.give_up(
            error(
                f"step {self.step_id!r} would be flow number {self.limits.depth + 1} inside another: "
                f"flows nest at most {self.limits.depth} deep; does a flow call itself?",
                FAILED,
            )
        )
        return True

    # -- questions --

    def ask(self, stage: Stage, transforms: Mapping[str, InputTransform], scope: Scope) -> None:
        """Asks the driver; values that are written down need no asking."""
        self.state.stage = stage
        known = {name: t.text for name, t in transforms.items() if isinstance(t, Static)}
        if len(known) == len(transforms) and not any('"$' in text for text in known.values()):
            self.evaluated(known)
        else:
            self.commands.append(Ask(transforms, scope))

    def evaluated(self, values: Mapping[str, str | ExpressionError]) -> None:
        """The answer to the question of this stage."""
        handler = self.handlers().get(self.state.stage)
        if handler is None:
            return
        (value,) = values.values()
        handler(value)

    def handlers(self) -> dict[str, Callable[[str | ExpressionError], None]]:
        """What an answer means, by the stage at which it was asked for."""
        return {}

    def number(
        self, what: str, given: InputTransform | None, value: str | ExpressionError, step: str | None = None
    ) -> float | None:
        """What ``given`` came to; None when it is none, and then the flow has gone on already.

        ``step``: whose setting it is, where that is another one than the flow is at.
        """
        step = step or self.step_id
        if isinstance(value, ExpressionError):
            self.fault(self.fault_of_predicate(what, expression_of(given), value, step))
            return None
        number = number_of(value)
        if number is None:
            self.fault(f"Expected an integer, found: {shown(value)} (as {what} of step {step!r})")
        elif number > LARGEST_NUMBER:
            self.fault(f"{what} of step {step!r} is {shown(value)}, and at most {LARGEST_NUMBER} is allowed")
            return None
        return number

    def predicate_fault(self, name: str, expr: str, cause: ExpressionError) -> None:
        self.fault(self.fault_of_predicate(name, expr, cause))

    def fault_of_predicate(
        self, name: str, expr: str, cause: ExpressionError, step: str | None = None
    ) -> str:
        return f"Error evaluating {name} of module {(step or self.step_id)!r} expression {expr!r}: {cause.message}"

    # -- endings --

    def fault(self, message: str) -> None:
        """The step cannot be started. At the first step that is its failure; later the flow itself fails."""
        self.commands.append(Note(message))
        if self.state.phase == "steps" and not self.view.modules:
            self.give_up(error(message, FAILED))
            return
        if self.state.phase != "steps" or self.state.step == 0:
            self.state.unbuilt = True  # no child was started whose arguments another try could take
            self.give_up_or_retry(error(message, FAILED))
            return
        self.forget_step(error(message, INTERNAL))
        self.finish("failure", error(message, INTERNAL))

    def finish(self, status: Status, value: Value, *, stopped: bool = False, handled: bool = False) -> None:
        self.state.phase = "ended"
        self.state.end = End(status, value, stopped, handled)
        self.commands.append(Finish(self.state.end))

    def give_up(self, value: Value) -> None:
        raise NotImplementedError

    def give_up_or_retry(self, value: Value) -> None:
        raise NotImplementedError

    def forget_step(self, value: Value) -> None:
        raise NotImplementedError

    def no_children(self) -> None:
        raise NotImplementedError
