"""How a step begins: wait for answers, sleep, skip, and then what its kind does first."""

from collections.abc import Callable

from postmill.flow_logic.commands import PassOn, RunModule, Scope, Wait
from postmill.flow_logic.containers import Containers
from postmill.flow_logic.events import Answers, ExpressionError
from postmill.flow_logic.json_texts import is_true, shown, strings_of
from postmill.flow_logic.state import reset_step
from postmill.flow_logic.values import FlowArgs, Written, error
from postmill.model import flow as model
from postmill.model.flow import FlowModule
from postmill.model.input_transform import JavaScript, Static, expression_of

STEP_KINDS = (model.InlineScript, model.ScriptStep, model.AiAgent, model.Subflow)


class Stepping(Containers):
    """From the beginning of the flow, or of a step, to its first children."""

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
            scope = Scope(previous=FlowArgs(), result_text='"{}"')
            self.ask("skip_expr", {"skip_expr": JavaScript(expr)}, scope)
        else:
            self.enter(self.state.step)

    def enter(self, step: int) -> None:
        """Goes to a step of the list, or to the end."""
        state = self.state
        if step != state.step:
            state.first_child, state.first_kept, state.first_branch = 0, "", None
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
            self.ask("skip_if", {"skip_if": JavaScript(skip_if.expr)}, self.scope(self.state.previous))
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
            self.start_while(value)
        elif isinstance(value, model.BranchOne):
            self.start_branch_one(value)
        elif isinstance(value, model.BranchAll):
            self.start_branches(value)

    def _start_module(self, module: FlowModule) -> None:
        state = self.state
        if isinstance(module.value, model.Subflow) and self.is_too_deep():
            return
        if state.phase == "preprocessor":
            self.start_one(RunModule(module, "event"))
        elif state.attempt > 0 and not state.unbuilt:
            self.start_one(RunModule(module, "last_attempt"))
        elif module.pass_flow_input_directly or getattr(module.value, "pass_flow_input_directly", False):
            self.start_one(RunModule(module, "flow_args"))
        else:
            self.start_one(RunModule(module))

    # -- what expressions come to --

    def handlers(self) -> dict[str, Callable[[str | ExpressionError], None]]:
        return {
            **super().handlers(),
            "skip_expr": self._skip_expr,
            "groups": self._groups,
            "sleep": self._slept,
            "skip_if": self._skip_if,
            "timeout": self._timeout,
        }

    def _skip_expr(self, value: str | ExpressionError) -> None:
        if isinstance(value, ExpressionError):
            self.predicate_fault("skip_expr", self.view.flow.skip_expr or "", value)
        elif is_true(value):
            self.finish("skipped", Written('"stopped early"'), stopped=True)
        else:
            self.enter(self.state.step)

    def _groups(self, value: str | ExpressionError) -> None:
        before, name = self.before, "user_groups_required"
        assert before is not None
        if isinstance(value, ExpressionError):
            expr = expression_of(self._suspend().user_groups_required)
            self.fault(self.fault_of_predicate(name, expr, value, before.id))
            return
        groups = strings_of(value)
        if groups is None:
            self.fault(
                f"Expected a list of group names, found: {shown(value)} (as {name} of step {before.id!r})"
            )
        else:
            self._wait(groups)

    def _slept(self, value: str | ExpressionError) -> None:
        before = self.before
        assert before is not None
        seconds = self.number("sleep", before.sleep, value, before.id)
        if seconds is not None:
            self.state.delay = max(0.0, seconds)
            self.consider()

    def _skip_if(self, value: str | ExpressionError) -> None:
        if isinstance(value, ExpressionError):
            assert self.module.skip_if is not None
            self.predicate_fault("skip_if", self.module.skip_if.expr, value)
        elif is_true(value):
            self.state.skipped = True
            self.start_one(PassOn(self.state.previous, skipped=True))
        else:
            self.start_kind()

    def _timeout(self, value: str | ExpressionError) -> None:
        if isinstance(value, ExpressionError):
            self.predicate_fault("timeout", expression_of(self.module.timeout), value)
        elif self._take_timeout(value):
            self.start_work()

    def _take_timeout(self, text: str) -> bool:
        seconds = self.number("timeout", self.module.timeout, text)
        if seconds is None:
            return False
        self.state.timeout = seconds if seconds > 0 else None
        return True
