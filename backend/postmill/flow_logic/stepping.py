"""How a step begins: wait for answers, sleep, skip, and then what its kind does first."""

from collections.abc import Callable, Mapping

from postmill.flow_logic.commands import (
    Ask,
    ChildWork,
    Command,
    Finish,
    KeepItems,
    Note,
    PassOn,
    RunModule,
    RunSteps,
    Scope,
    Start,
    Wait,
)
from postmill.flow_logic.events import Answers, ExpressionError
from postmill.flow_logic.json_texts import is_true, items_of, number_of, shown, strings_of
from postmill.flow_logic.state import End, Stage, State, Status, reset_step, with_index
from postmill.flow_logic.values import FlowArgs, OfChild, OfChildren, Value, Written, error
from postmill.flow_logic.view import Limits, View, is_one_plain_script
from postmill.model import flow as model
from postmill.model.flow import FlowModule
from postmill.model.input_transform import InputTransform, JavaScript, Static

FAILED = "ExecutionErr"
INTERNAL = "InternalError"
LARGEST_NUMBER = 2**31 - 1
STEP_KINDS = (model.InlineScript, model.ScriptStep, model.AiAgent, model.Subflow)


class Stepping:
    """One decision under way: ``state`` is changed in place, ``commands`` are collected."""

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
            failed=state.previous,
            result=result,
            answered=state.answered,
            refusal=state.refusal,
            **more,  # type: ignore[arg-type]
        )

    # -- the beginning --

    def begin(self) -> None:
        self.state.depth = max(0, self.state.depth)
        if self.state.preprocess and self.view.is_whole and self.view.flow.preprocessor_module is not None:
            self.state.phase = "preprocessor"
            reset_step(self.state)
            self.start_kind()
        else:
            self.begin_steps()

    def begin_steps(self) -> None:
        self.state.phase = "steps"
        expr = self.view.flow.skip_expr
        if expr and self.view.is_whole and self.state.step == 0:
            scope = Scope(previous=FlowArgs(), failed=FlowArgs(), result_text="{}")
            self.ask("skip_expr", {"skip_expr": JavaScript(expr)}, scope)
        else:
            self.enter(self.state.step)

    def enter(self, step: int) -> None:
        """Goes to a step of the list, or to the end."""
        state = self.state
        if step != state.step:
            state.first_child, state.first_branch = 0, None
        state.step = step
        reset_step(state)
        if step >= len(self.view.modules):
            self.finish("success", state.previous)
        elif state.armed:
            self._ask_for_groups()
        else:
            self._sleep()

    # -- answers --

    def _suspend(self) -> model.Suspend:
        before = self.before
        assert before is not None and before.suspend is not None
        return before.suspend

    def _ask_for_groups(self) -> None:
        suspend = self._suspend()
        if suspend.user_auth_required and suspend.user_groups_required is not None:
            self.ask("groups", {"groups": suspend.user_groups_required}, self.scope(self.state.previous))
        else:
            self._wait(())

    def _wait(self, groups: tuple[str, ...]) -> None:
        before, suspend = self.before, self._suspend()
        assert before is not None
        self.state.stage = "answers"
        self.state.groups = groups
        self.commands.append(Wait(before.id, suspend, suspend.required_events, begins=True))

    def answers(self, event: Answers) -> None:
        """Enough of them, a refusal, or the end of the time."""
        before, suspend = self.before, self._suspend()
        assert before is not None
        if event.refused_by is not None:
            self._refused("SuspendedDisapproved", f"Disapproved by {event.refused_by}")
        elif event.approvals >= suspend.required_events:
            self._answered(None)
        elif event.timed_out:
            self._refused("SuspendedTimedOut", "Timed out waiting to be resumed")
        else:
            self.commands.append(Wait(before.id, suspend, suspend.required_events - event.approvals))

    def _answered(self, refusal: str | None) -> None:
        assert self.before is not None
        self.state.armed = False
        self.state.answered = self.before.id
        self.state.refusal = refusal
        self._sleep()

    def _refused(self, name: str, message: str) -> None:
        if self._suspend().continue_on_disapprove_timeout:
            self._answered(error(message, name).text)
            return
        self.state.armed = False
        self.give_up(error(message, name))

    # -- sleep, skip, and the kind --

    def _sleep(self) -> None:
        before = self.before
        if before is not None and before.sleep is not None:
            self.ask("sleep", {"sleep": before.sleep}, self.scope(self.state.previous))
        else:
            self.consider()

    def consider(self) -> None:
        """The step begins, for the first time or again."""
        skip_if = self.module.skip_if
        if skip_if is not None and self.state.phase == "steps":
            self.ask("skip_if", {"skip_if": JavaScript(skip_if.expr)}, self.scope())
        else:
            self.start_kind()

    def start_kind(self) -> None:
        module = self.module
        timeout = module.timeout
        if isinstance(timeout, Static):
            if not self._take_timeout(timeout.text):
                return
        elif isinstance(timeout, JavaScript):
            self.ask("timeout", {"timeout": timeout}, self.scope(self.state.previous))
            return
        self.start_work()

    def start_work(self) -> None:
        module, value = self.module, self.module.value
        if module.mock is not None and module.mock.enabled:
            self.start_one(PassOn(Written(bytes(module.mock.return_value).decode() or "null")))
        elif isinstance(value, model.Identity):
            self.start_one(PassOn(self.state.previous))
        elif isinstance(value, STEP_KINDS):
            self._start_module(module)
        elif isinstance(value, model.ForLoop):
            self.ask("iterator", {"iterator": value.iterator}, self.scope(self.state.previous))
        elif isinstance(value, model.WhileLoop):
            self._start_while(value)
        elif isinstance(value, model.BranchOne):
            self._start_branch_one(value)
        elif isinstance(value, model.BranchAll):
            self._start_branches(value)

    def _start_module(self, module: FlowModule) -> None:
        state = self.state
        if isinstance(module.value, model.Subflow) and self._is_too_deep():
            return
        if state.phase == "preprocessor":
            self.start_one(RunModule(module, "event"))
        elif state.attempt > 0 and not state.unbuilt:
            self.start_one(RunModule(module, "last_attempt"))
        elif module.pass_flow_input_directly or getattr(module.value, "pass_flow_input_directly", False):
            self.start_one(RunModule(module, "flow_args"))
        else:
            self.start_one(RunModule(module))

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
                scope=self.scope(),
                delay=state.delay if delayed else 0,
                timeout=state.timeout,
                iterates=iterates,
                parallel=self.is_parallel,
            )
        )

    # -- loops --

    def _start_while(self, loop: model.WhileLoop) -> None:
        if not loop.modules:
            self.give_up(error(f"the while loop {self.step_id!r} has no steps and would never end", FAILED))
        elif not self._is_too_deep():
            self.state.width = 1
            self.state.finished = self._first_child()
            self.start(self.state.finished, 1, self.turn(), iterates=True)

    def turn(self) -> ChildWork:
        """What a loop does for each item."""
        value = self.module.value
        assert isinstance(value, model.ForLoop | model.WhileLoop)
        if is_one_plain_script(value.modules, self.view.failure) and self.state.phase == "steps":
            return RunModule(value.modules[0], turn=True, warm=value.squash)
        return RunSteps(self.module, 0, "forloop" if self.is_parallel else "loop")

    def _start_for(self, loop: model.ForLoop, width: int) -> None:
        state = self.state
        state.width = max(1, min(width, state.total))
        if not loop.parallel:
            state.width = 1
        if self._is_too_deep():
            return
        if loop.parallel:
            self.start(0, state.width, self.turn(), iterates=True)
            return
        state.finished = min(self._first_child(), state.total)
        if state.finished == state.total:
            self.no_children()
        else:
            self.start(state.finished, 1, self.turn(), iterates=True)

    def _first_child(self) -> int:
        """Where the container begins with which a restarted flow begins."""
        first, self.state.first_child = self.state.first_child, 0
        return first

    def _take_items(self, text: str, loop: model.ForLoop) -> None:
        items = items_of(text)
        if items is None:
            self.fault(
                f"Expected an array value in the iterator expression, found: {shown(text)} (in loop {self.step_id!r})"
            )
            return
        limit = self.limits.parallel if loop.parallel and loop.parallelism is None else self.limits.iterations
        if items > limit:
            what = "parallel turns at once" if loop.parallel and loop.parallelism is None else "turns"
            self.give_up(
                error(
                    f"the loop {self.step_id!r} goes over {items} items, and {limit} {what} are allowed",
                    FAILED,
                )
            )
            return
        self.state.total = items
        if items == 0 or not loop.modules:
            self.state.total = 0
            self.no_children()
            return
        self.commands.append(KeepItems(self.step_id, self.state.attempt, text, items))
        if loop.parallel and loop.parallelism is not None:
            self.ask("parallelism", {"parallelism": loop.parallelism}, self.scope(self.state.previous))
        else:
            self._start_for(loop, items)

    # -- branches --

    def _start_branch_one(self, value: model.BranchOne) -> None:
        branch, self.state.first_branch = self.state.first_branch, None
        if branch is None:
            self.consider_branch(0)
        else:
            self._take_branch(value, branch)

    def consider_branch(self, index: int) -> None:
        """Asks for the predicate of a branch, or takes the default one."""
        value = self.module.value
        assert isinstance(value, model.BranchOne)
        if index >= len(value.branches):
            self._take_branch(value, -1)
            return
        self.state.branch = index
        self.ask("branch", {"branch": JavaScript(value.branches[index].expr)}, self.scope())

    def _take_branch(self, value: model.BranchOne, branch: int) -> None:
        self.state.branch = branch
        if not (value.branches[branch].modules if branch >= 0 else value.default):
            self.no_children()
        elif not self._is_too_deep():
            self.start_one(RunSteps(self.module, branch + 1, "branchone"))

    def _start_branches(self, value: model.BranchAll) -> None:
        state = self.state
        state.total = len(value.branches)
        if state.total == 0:
            self.no_children()
        elif state.total > self.limits.parallel and value.parallel:
            self.give_up(error(f"step {self.step_id!r} has more branches than may run at once", FAILED))
        elif not self._is_too_deep():
            first = self._first_child()
            state.width = state.total - first if value.parallel else 1
            state.finished = first
            for index in range(first if value.parallel else 0):
                state.done = with_index(state.done, index)
            for index in range(first, first + state.width):
                self.start_branch(index, delayed=True)

    def start_branch(self, index: int, *, delayed: bool = False) -> None:
        self.start(index, 1, RunSteps(self.module, index, "branchall"), delayed=delayed)

    def _is_too_deep(self) -> bool:
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
        return {
            "skip_expr": self._skip_expr,
            "groups": self._groups,
            "sleep": self._slept,
            "skip_if": self._skip_if,
            "timeout": self._timeout,
            "iterator": self._iterator,
            "parallelism": self._parallelism,
            "branch": self._branch,
        }

    def _skip_expr(self, value: str | ExpressionError) -> None:
        if isinstance(value, ExpressionError):
            self._predicate_fault("skip_expr", self.view.flow.skip_expr or "", value)
        elif is_true(value):
            self.finish("skipped", Written('"stopped early"'), stopped=True)
        else:
            self.enter(self.state.step)

    def _groups(self, value: str | ExpressionError) -> None:
        groups = None if isinstance(value, ExpressionError) else strings_of(value)
        if groups is None:
            cause = value.message if isinstance(value, ExpressionError) else f"found: {shown(value)}"
            self.fault(f"Expected a list of group names in user_groups_required, {cause}")
        else:
            self._wait(groups)

    def _slept(self, value: str | ExpressionError) -> None:
        seconds = self._number("sleep", value, "Expected an integer")
        if seconds is not None:
            self.state.delay = max(0.0, seconds)
            self.consider()

    def _skip_if(self, value: str | ExpressionError) -> None:
        if isinstance(value, ExpressionError):
            assert self.module.skip_if is not None
            self._predicate_fault("skip_if", self.module.skip_if.expr, value)
        elif is_true(value):
            self.state.skipped = True
            self.start_one(PassOn(self.state.previous, skipped=True))
        else:
            self.start_kind()

    def _timeout(self, value: str | ExpressionError) -> None:
        if isinstance(value, ExpressionError):
            self.fault(f"Error evaluating timeout of module {self.step_id!r}: {value.message}")
        elif self._take_timeout(value):
            self.start_work()

    def _take_timeout(self, text: str) -> bool:
        seconds = self._number("timeout", text, "Expected an integer")
        if seconds is None:
            return False
        self.state.timeout = seconds if seconds > 0 else None
        return True

    def _iterator(self, value: str | ExpressionError) -> None:
        loop = self.module.value
        assert isinstance(loop, model.ForLoop)
        if isinstance(value, ExpressionError):
            self.fault(f"Error evaluating iterator of module {self.step_id!r}: {value.message}")
        else:
            self._take_items(value, loop)

    def _parallelism(self, value: str | ExpressionError) -> None:
        loop = self.module.value
        assert isinstance(loop, model.ForLoop)
        if value == "null":
            self._start_for(loop, self.state.total)
            return
        width = self._number("parallelism", value, "Expected an integer")
        if width is None:
            return
        at_once = min(int(width), self.limits.parallel) if width >= 1 else self.state.total
        self._start_for(loop, at_once)

    def _branch(self, value: str | ExpressionError) -> None:
        branches = self.module.value
        assert isinstance(branches, model.BranchOne)
        if isinstance(value, ExpressionError):
            self.give_up_or_retry(error(value.message, FAILED))
        elif is_true(value):
            self._take_branch(branches, self.state.branch)
        else:
            self.consider_branch(self.state.branch + 1)

    def _number(self, what: str, value: str | ExpressionError, expected: str) -> float | None:
        """None when it is none; then the flow has gone on already."""
        if isinstance(value, ExpressionError):
            self.fault(f"Error evaluating {what} of module {self.step_id!r}: {value.message}")
            return None
        number = number_of(value)
        if number is None:
            self.fault(f"{expected}, found: {shown(value)} (as {what} of step {self.step_id!r})")
        elif number > LARGEST_NUMBER:
            self.fault(
                f"{what} of step {self.step_id!r} is {shown(value)}, and at most {LARGEST_NUMBER} is allowed"
            )
            return None
        return number

    def _predicate_fault(self, name: str, expr: str, cause: ExpressionError) -> None:
        self.fault(f"Error evaluating {name} of module {self.step_id!r} expression {expr!r}: {cause.message}")

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
