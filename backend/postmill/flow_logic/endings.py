"""How a step ends: stop, next turn, retry, go on, or hand the failure over."""

from collections.abc import Callable

import msgspec

from postmill.flow_logic.commands import Note, Remember, UseArgs
from postmill.flow_logic.deciding import FAILED
from postmill.flow_logic.events import ChildEnded, ExpressionError, Prepared
from postmill.flow_logic.json_texts import is_true
from postmill.flow_logic.retry_delays import next_delay
from postmill.flow_logic.state import has_index, reset_step, with_index
from postmill.flow_logic.stepping import Stepping
from postmill.flow_logic.values import OfChild, OfChildren, StopError, Value, Written, error
from postmill.model import flow as model
from postmill.model.flow import Stop
from postmill.model.input_transform import JavaScript


class Endings(Stepping):
    """The other half of a decision."""

    # -- children --

    def child_ended(self, event: ChildEnded) -> None:
        state = self.state
        value = self.module.value
        state.finished += 1
        if self.is_parallel:
            state.done = with_index(state.done, event.index)
        if event.handled and not event.success and not isinstance(value, model.Subflow):
            state.handled = True
        state.unbuilt = event.unbuilt
        if isinstance(value, model.ForLoop | model.WhileLoop) and not self.is_replaced:
            self._turn_ended(event, value)
        elif isinstance(value, model.BranchAll) and not self.is_replaced:
            self._branch_ended(event, value)
        elif event.success:
            self._only_child_succeeded(event)
        else:
            self._only_child_failed(event)

    def _only_child_succeeded(self, event: ChildEnded) -> None:
        value = self.child(0)
        if event.superseded or (event.stopped and isinstance(self.module.value, model.BranchOne)):
            self._stop_with_child(event, value)
        else:
            self._ended_well(value, skipped=self.state.skipped or event.skipped, recovered=event.recovered)

    def _only_child_failed(self, event: ChildEnded) -> None:
        value = self.child(0)
        if event.canceled:
            self._after_retries(value, with_handler=False)
        elif event.lost:
            self.give_up(value)
        else:
            self.give_up_or_retry(value, event.chance)

    def _stop_with_child(self, event: ChildEnded, value: OfChild | OfChildren) -> None:
        """A stop inside a branch stops the flow around it, and so does a later run whose step does for this one.

        In the failure module it ends no more than that.
        """
        if self.state.phase == "failure":
            recovered = event.recovered and isinstance(value, OfChild)
            self._succeed(value, skipped=event.skipped, recovered=recovered)
            return
        self.remember(value, success=True, skipped=event.skipped)
        self.finish("skipped" if event.skipped else "success", value, stopped=True)

    # -- loops --

    def _turn_ended(self, event: ChildEnded, loop: model.ForLoop | model.WhileLoop) -> None:
        state = self.state
        if not event.success:
            state.failed += 1
        if self.is_parallel:
            self._one_of_many_ended(event, may_fail=loop.skip_failures)
        elif event.stopped:
            self._all_turns_ended()
        elif not event.success and not loop.skip_failures:
            self._container_failed(event)
        elif event.success and not event.skipped and self.module.stop_after_if is not None:
            expr = self.module.stop_after_if.expr
            scope = self.scope_behind(self.child(event.index), all_iters=self.children(state.finished))
            self.ask("stop_turn", {"stop": JavaScript(expr)}, scope)
        else:
            self._next_turn()

    def _next_turn(self) -> None:
        state = self.state
        if isinstance(self.module.value, model.ForLoop):
            if state.finished >= state.total:
                self._all_turns_ended()
                return
        elif state.finished >= self.limits.iterations:
            message = (
                f"the loop {self.step_id!r} has made {self.limits.iterations} turns, and no more are allowed"
            )
            self.give_up(error(message, FAILED))
            return
        self.start(state.finished, 1, self.turn(), iterates=True, delayed=False)

    def _one_of_many_ended(self, event: ChildEnded, *, may_fail: bool) -> None:
        """Of children that run side by side; another may start in its place."""
        state = self.state
        while state.started < state.total and has_index(state.done, state.started):
            state.started += 1  # taken over from an earlier run
        if state.started < state.total:
            self.start(state.started, 1, self.turn(), iterates=True, delayed=False)
        elif state.finished == state.total:
            if state.failed and not may_fail:
                self._container_failed(event)
            else:
                self._all_turns_ended()

    def _all_turns_ended(self) -> None:
        """The step with its children is done, for a loop also when it was stopped.

        As the failure module it stops nothing: the flow has failed already.
        """
        # Failures inside that did not fail the step are over: if it fails now, that is a failure of its own.
        self.state.handled = False
        value = self.children(self.state.finished)
        stop = self.module.stop_after_all_iters_if
        if stop is None and isinstance(self.module.value, model.BranchAll):
            stop = self.module.stop_after_if
        if stop is None or self.state.phase == "failure":
            self._succeed(value)
        else:
            self.ask("stop_all", {"stop": JavaScript(stop.expr)}, self.scope_behind(value))

    def _container_failed(self, event: ChildEnded) -> None:
        value = self.children(self.state.finished)
        if event.canceled:
            self._after_retries(value, with_handler=False)
        else:
            self.give_up_or_retry(value, event.chance)

    # -- branches --

    def _branch_ended(self, event: ChildEnded, value: model.BranchAll) -> None:
        state = self.state
        counts = not event.success and not value.branches[event.index].skip_failure
        state.failed += counts
        if value.parallel:
            if state.finished == state.total:
                if state.failed:
                    self._container_failed(event)
                else:
                    self._all_turns_ended()
        elif event.stopped and event.success:
            self._stop_with_child(event, self.children(state.finished))
        elif counts:
            self._container_failed(event)
        elif state.finished == state.total:
            self._all_turns_ended()
        else:
            self.start_branch(state.finished)

    def no_children(self) -> None:
        """A loop over nothing, or a branch without steps."""
        if isinstance(self.module.value, model.BranchOne):
            self._ended_well(self.state.previous, skipped=False)
        else:
            self._all_turns_ended()

    # -- stops --

    def _ended_well(self, value: Value, *, skipped: bool, recovered: bool = False) -> None:
        stop = self.module.stop_after_if
        if stop is not None and not skipped and self.state.phase == "steps":
            self.state.held = value
            # What stands for a loop that is mocked stands for what its turns came to.
            is_loop = isinstance(self.module.value, model.ForLoop | model.WhileLoop)
            scope = self.scope_behind(value, all_iters=value if is_loop else None)
            self.ask("stop", {"stop": JavaScript(stop.expr)}, scope)
        else:
            self._succeed(value, skipped=skipped, recovered=recovered)

    def handlers(self) -> dict[str, Callable[[str | ExpressionError], None]]:
        return {
            **super().handlers(),
            "stop": self._stop_answered,
            "stop_turn": self._turn_stop_answered,
            "stop_all": self._stop_all_answered,
            "retry_if": self._retry_answered,
        }

    def _stop_answered(self, answer: str | ExpressionError) -> None:
        stop = self.module.stop_after_if
        assert stop is not None
        value = self.state.held
        if isinstance(answer, ExpressionError):
            self._stop_fault(stop, answer)
        elif is_true(answer):
            self._stop(stop, value)
        else:
            self._succeed(value)

    def _turn_stop_answered(self, answer: str | ExpressionError) -> None:
        stop = self.module.stop_after_if
        assert stop is not None
        if isinstance(answer, ExpressionError):
            self._stop_fault(stop, answer)
        elif is_true(answer):
            self._all_turns_ended()
        else:
            self._next_turn()

    def _stop_all_answered(self, answer: str | ExpressionError) -> None:
        stop = self.module.stop_after_all_iters_if
        name = "stop_after_all_iters_if"
        if stop is None:
            stop, name = self.module.stop_after_if, "stop_after_if"
        assert stop is not None
        value = self.children(self.state.finished)
        if isinstance(answer, ExpressionError):
            message = f"Error evaluating {name} expression {stop.expr!r} of module {self.step_id!r}: {answer.message}"
            self.commands.append(Note(message))
            self.give_up(error(message, FAILED))
        elif is_true(answer):
            self._stop(stop, value)
        else:
            self._succeed(value)

    def _stop_fault(self, stop: Stop, cause: ExpressionError) -> None:
        message = self.fault_of_predicate("stop_after_if", stop.expr, cause)
        self.commands.append(Note(message))
        self.give_up(Written(msgspec.json.encode({"error": message}).decode()))

    def _stop(self, stop: Stop, value: Value) -> None:
        if stop.skip_if_stopped:
            self.remember(value, success=True, skipped=True)
            self.finish("skipped", value, stopped=True)
        elif stop.error_message is not None:
            message = stop.error_message or f"stop after if: {stop.expr}"
            result = value if stop.error_include_result and not isinstance(value, StopError) else None
            self.give_up(StopError(message, result))
        else:
            self.remember(value, success=True)
            self.finish("success", value, stopped=True)

    # -- success --

    def _succeed(self, value: Value, *, skipped: bool = False, recovered: bool = False) -> None:
        state, module = self.state, self.module
        self.remember(value, success=True, skipped=skipped)
        if state.phase == "preprocessor":
            state.stage = "args"
            self.commands.append(UseArgs(value))
        elif state.phase == "failure":
            self.finish("success" if recovered else "failure", value, handled=True)
        else:
            suspend = module.suspend
            state.armed = suspend is not None and suspend.required_events >= 1 and not skipped
            state.previous = value
            self.enter(state.step + 1)

    def prepared(self, event: Prepared) -> None:
        """The steps begin with the arguments that the preprocessor made, once the flow may run with them."""
        if event.refusal is not None:
            self.give_up(error(event.refusal, FAILED))
        elif event.waits:
            self.state.stage = "permit"
        else:
            self.begin_steps()

    # -- failure --

    def give_up_or_retry(self, value: Value, chance: float = 0.5) -> None:
        state, retry = self.state, self.module.retry
        delay = None if retry is None else next_delay(retry.policy, state.attempt, chance)
        if retry is None or delay is None:
            self._after_retries(value)
            return
        state.held, state.retry_delay = value, delay
        if retry.retry_if is None:
            self._try_again()
        else:
            self.ask("retry_if", {"retry_if": JavaScript(retry.retry_if.expr)}, self.scope_behind(value))

    def _retry_answered(self, answer: str | ExpressionError) -> None:
        retry = self.module.retry
        assert retry is not None and retry.retry_if is not None
        if isinstance(answer, ExpressionError):
            self.commands.append(Note(self.fault_of_predicate("retry_if", retry.retry_if.expr, answer)))
            self._after_retries(self.state.held)
        elif is_true(answer):
            self._try_again()
        else:
            self._after_retries(self.state.held)

    def _try_again(self) -> None:
        state = self.state
        kept = (state.attempt + 1, state.retry_delay, state.answered, state.refusal, state.unbuilt)
        reset_step(state)
        state.attempt, state.delay, state.answered, state.refusal, state.unbuilt = kept
        self.consider()

    def _after_retries(self, value: Value, *, with_handler: bool = True) -> None:
        state = self.state
        if self.module.continue_on_error and state.phase == "steps":
            self.remember(value, success=False)
            state.previous = value
            state.armed = False
            self.enter(state.step + 1)
        else:
            self.give_up(value, with_handler=with_handler)

    def give_up(self, value: Value, *, with_handler: bool = True) -> None:
        """The step has failed for good."""
        state = self.state
        if state.step < len(self.view.modules) or state.phase != "steps":
            self.remember(value, success=False)
        handled = state.handled
        if state.phase == "failure":
            self.finish("failure", value, handled=True)
        elif self.view.failure is None or handled or not with_handler:
            self.finish("failure", value, handled=handled)
        else:
            state.failed_step = self.step_id
            state.phase = "failure"
            state.previous = value
            reset_step(state)
            self.start_kind()

    def forget_step(self, value: Value) -> None:
        self.remember(value, success=False)

    def remember(self, value: Value, *, success: bool, skipped: bool = False) -> None:
        state, kind = self.state, self.module.value
        has_list = (
            isinstance(kind, model.ForLoop | model.WhileLoop | model.BranchAll) and not self.is_replaced
        )
        self.commands.append(
            Remember(
                step=self.step_id,
                attempt=state.attempt,
                success=success,
                value=value,
                skipped=skipped,
                branch=state.branch if isinstance(kind, model.BranchOne) else None,
                children=state.started if has_list else None,
            )
        )
