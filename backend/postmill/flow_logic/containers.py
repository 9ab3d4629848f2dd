"""Steps that hold others: loops over items or until something holds, and branches of which one or all run."""

from collections.abc import Callable

from postmill.flow_logic.commands import ChildWork, KeepItems, RunModule, RunSteps
from postmill.flow_logic.deciding import FAILED, Deciding
from postmill.flow_logic.events import ExpressionError
from postmill.flow_logic.json_texts import is_true, items_of, shown
from postmill.flow_logic.state import has_index, with_index
from postmill.flow_logic.values import error
from postmill.flow_logic.view import is_one_plain_script
from postmill.model import flow as model
from postmill.model.input_transform import JavaScript, expression_of


class Containers(Deciding):
    """How they begin."""

    # -- loops --

    def start_while(self, loop: model.WhileLoop) -> None:
        if not loop.modules:
            self.give_up(error(f"the while loop {self.step_id!r} has no steps and would never end", FAILED))
        elif not self.is_too_deep():
            self.state.width = 1
            self.state.finished = self._first_child()
            self.start(self.state.finished, 1, self.turn(), iterates=True)

    def turn(self) -> ChildWork:
        """What a loop does for each item."""
        value = self.module.value
        assert isinstance(value, model.ForLoop | model.WhileLoop)
        if is_one_plain_script(value.modules, self.view.failure) and self.state.phase == "steps":
            script = value.modules[0]
            hands_on = script.pass_flow_input_directly or getattr(
                script.value, "pass_flow_input_directly", False
            )
            return RunModule(script, "flow_args" if hands_on else "transforms", turn=True, warm=value.squash)
        return RunSteps(self.module, 0, "forloop" if self.is_parallel else "loop")

    def _start_for(self, loop: model.ForLoop, width: int) -> None:
        state = self.state
        state.width = max(1, min(width, state.total))
        if not loop.parallel:
            state.width = 1
        if self.is_too_deep():
            return
        if loop.parallel:
            if self._takes_turns_over():
                self.start_free_turns(state.width)
            else:
                self.start(0, state.width, self.turn(), iterates=True)
            return
        state.finished = min(self._first_child(), state.total)
        if state.finished == state.total:
            self.no_children()
        else:
            self.start(state.finished, 1, self.turn(), iterates=True)

    def _takes_turns_over(self) -> bool:
        """Marks the turns as done that a restarted flow has from the earlier run."""
        state = self.state
        kept, state.first_kept = int(state.first_kept or "0", 16) & ((1 << state.total) - 1), ""
        state.done = f"{kept:x}" if kept else ""
        state.finished = kept.bit_count()
        return kept > 0

    def start_free_turns(self, count: int) -> None:
        """Starts the next so many turns that are not done; the step ends where all are."""
        state = self.state
        while state.started < state.total and count > 0:
            if has_index(state.done, state.started):
                state.started += 1
            else:
                self.start(state.started, 1, self.turn(), iterates=True)
                count -= 1
        if state.finished == state.total:
            self.no_children()

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

    def start_branch_one(self, value: model.BranchOne) -> None:
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
        self.ask(
            "branch", {"branch": JavaScript(value.branches[index].expr)}, self.scope(self.state.previous)
        )

    def _take_branch(self, value: model.BranchOne, branch: int) -> None:
        self.state.branch = branch
        if not (value.branches[branch].modules if branch >= 0 else value.default):
            self.no_children()
        elif not self.is_too_deep():
            self.start_one(RunSteps(self.module, branch + 1, "branchone"))

    def start_branches(self, value: model.BranchAll) -> None:
        state = self.state
        state.total = len(value.branches)
        if state.total == 0:
            self.no_children()
        elif state.total > self.limits.parallel and value.parallel:
            limit = self.limits.parallel
            self.give_up(
                error(
                    f"step {self.step_id!r} has {state.total} branches, and {limit} at once are allowed",
                    FAILED,
                )
            )
        elif not self.is_too_deep():
            first = self._first_child()
            state.width = state.total - first if value.parallel else 1
            state.finished = first
            for index in range(first if value.parallel else 0):
                state.done = with_index(state.done, index)
            for index in range(first, first + state.width):
                self.start_branch(index, delayed=True)

    def start_branch(self, index: int, *, delayed: bool = False) -> None:
        self.start(index, 1, RunSteps(self.module, index, "branchall"), delayed=delayed)

    # -- what their expressions come to --

    def handlers(self) -> dict[str, Callable[[str | ExpressionError], None]]:
        return {
            **super().handlers(),
            "iterator": self._iterator,
            "parallelism": self._parallelism,
            "branch": self._branch,
        }

    def _iterator(self, value: str | ExpressionError) -> None:
        loop = self.module.value
        assert isinstance(loop, model.ForLoop)
        if isinstance(value, ExpressionError):
            self.predicate_fault("iterator", expression_of(loop.iterator), value)
        else:
            self._take_items(value, loop)

    def _parallelism(self, value: str | ExpressionError) -> None:
        loop = self.module.value
        assert isinstance(loop, model.ForLoop)
        if value == "null":
            self._start_for(loop, self.state.total)
            return
        width = self.number("parallelism", loop.parallelism, value)
        if width is None:
            return
        at_once = min(int(width), self.limits.parallel) if width >= 1 else self.state.total
        self._start_for(loop, at_once)

    def _branch(self, value: str | ExpressionError) -> None:
        branches = self.module.value
        assert isinstance(branches, model.BranchOne)
        if isinstance(value, ExpressionError):
            expr = branches.branches[self.state.branch].expr
            what = f"branch {self.state.branch + 1}"
            self.give_up_or_retry(error(self.fault_of_predicate(what, expr, value), FAILED))
        elif is_true(value):
            self._take_branch(branches, self.state.branch)
        else:
            self.consider_branch(self.state.branch + 1)
