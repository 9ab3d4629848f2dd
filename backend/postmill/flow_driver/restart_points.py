"""Where a flow begins that takes its first steps from an earlier run: at a step, and inside it at a step of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_logic.commands import Remember
from postmill.flow_logic.state import State
from postmill.flow_logic.values import FlowArgs
from postmill.flow_logic.view import View, inner_place, is_one_plain_script, view_of
from postmill.kernel.errors import InvalidInput
from postmill.launch.flow_versions import FlowVersions
from postmill.model import flow as model
from postmill.model.flow import FlowModule
from postmill.model.flow_run import BranchChosen, RestartedFrom
from postmill.tables.flow_runs import flow_run
from postmill.tables.flow_runs.flow_run import CopiedSteps

MOST_LEVELS = 50
_outcomes = msgspec.json.Decoder(Remember)


class RestartStep(msgspec.Struct, frozen=True):
    """A step, and for serial loops and for branches how many of its turns or branches stay as they are."""

    step_id: str
    branch_or_iteration_n: int | None = None


@dataclass(frozen=True)
class Beginning:
    """``steps`` of the earlier run are taken over, of the step ``container`` the first ``children`` and ``others``."""

    state: State
    earlier: UUID
    steps: tuple[str, ...]
    container: str | None
    children: int
    others: tuple[int, ...] = ()

    def copied_to(self, flow_job: UUID) -> CopiedSteps:
        return CopiedSteps(self.earlier, flow_job, self.steps, self.container, self.children, self.others)


async def beginning_of(pool: Pool, view: View, point: RestartedFrom) -> Beginning:
    """Raises InvalidInput when the flow cannot begin there."""
    step = _position(view, point.step_id)
    module = view.modules[step]
    done = await outcomes_of(pool, point.flow_job_id)
    before = view.modules[:step]
    for index, earlier in enumerate(before):
        outcome = done.get(earlier.id)
        if outcome is None or not (outcome.success or earlier.continue_on_error):
            raise InvalidInput(
                f"Bad request: step {earlier.id!r} of the earlier run has not succeeded, so that step "
                f"{point.step_id!r} cannot be the first"
            )
        if not outcome.success and not await _has_begun(
            pool, point.flow_job_id, view.modules[index + 1 :], done
        ):
            # A lost worker, a stop with a message or a refused answer ends a flow that goes on behind other failures.
            raise InvalidInput(
                f"Bad request: the earlier run ended with the failure of step {earlier.id!r}, so that step "
                f"{point.step_id!r} cannot be the first"
            )
    others: tuple[int, ...] = ()
    children = 0
    if is_parallel_loop(module):
        others = await kept_beside(pool, module, point)
    else:
        children = await _kept_children(pool, module, point)
    state = State(
        step=step,
        previous=done[before[-1].id].value if before else FlowArgs(),
        first_child=children,
        first_kept=f"{sum(1 << index for index in others):x}" if others else "",
        first_branch=_branch_number(point.branch_chosen),
    )
    steps = tuple(earlier.id for earlier in before)
    container = point.step_id if children or others else None
    return Beginning(state, point.flow_job_id, steps, container, children, others)


async def _has_begun(
    pool: Pool, flow_job: UUID, modules: Sequence[FlowModule], done: Mapping[str, Remember]
) -> bool:
    """Whether any of these steps has come to something in a run, or was about to."""
    for module in modules:
        if module.id in done or await flow_run.child_job(pool, flow_job, module.id) is not None:
            return True
    return False


async def outcomes_of(pool: Pool, flow_job: UUID) -> dict[str, Remember]:
    """What the steps of a flow came to."""
    return {name: _outcomes.decode(text) for name, text in (await flow_run.steps_of(pool, flow_job)).items()}


async def find_point(
    pool: Pool, versions: FlowVersions, workspace: str, view: View, earlier: UUID, path: Sequence[RestartStep]
) -> RestartedFrom:
    """The point at the end of a path of steps, each inside the one before. Raises InvalidInput."""
    if len(path) > MOST_LEVELS:
        raise InvalidInput(f"Bad request: nested_path is more than {MOST_LEVELS} steps long")
    return await _point(pool, versions, workspace, view, "", earlier, path)


async def _point(
    pool: Pool,
    versions: FlowVersions,
    workspace: str,
    view: View,
    place: str,
    earlier: UUID,
    path: Sequence[RestartStep],
) -> RestartedFrom:
    (asked, *inner) = path
    module = view.modules[_position(view, asked.step_id)]
    point = RestartedFrom(
        flow_job_id=earlier, step_id=asked.step_id, branch_or_iteration_n=asked.branch_or_iteration_n
    )
    if is_parallel_loop(module):
        if not inner and asked.branch_or_iteration_n:
            raise _not_serial(module)
        # Without a way into one of its turns all of them run again.
        number = asked.branch_or_iteration_n or 0
        point = msgspec.structs.replace(point, branch_or_iteration_n=number if inner else None)
    if not inner:
        await beginning_of(pool, view, point)
        return point
    number = asked.branch_or_iteration_n or 0
    if isinstance(module.value, model.BranchOne | model.Subflow):
        number = 0
        point = msgspec.structs.replace(point, branch_or_iteration_n=None)
    child = await _earlier_child(pool, earlier, module, number)
    if isinstance(module.value, model.Subflow):
        loaded = await versions.deployed(workspace, module.value.path)
        if loaded is None:
            raise InvalidInput(f"Bad request: the flow {module.value.path} of step {module.id!r} is gone")
        inner_view, place = view_of(loaded.value), ""
    else:
        which, chosen = await _inner_list(pool, earlier, module, number)
        point = msgspec.structs.replace(point, branch_chosen=chosen)
        place = inner_place(place, module.id, which)
        inner_view = view_of(view.flow, place)
    await beginning_of(pool, view, point)
    if not child.is_flow or _is_plain_turn(module, view):
        _require_first(inner_view, module, inner)
        return point
    nested = await _point(pool, versions, workspace, inner_view, place, child.id, inner)
    return msgspec.structs.replace(point, nested=nested)


@dataclass(frozen=True)
class _Child:
    id: UUID
    is_flow: bool


async def _earlier_child(pool: Pool, earlier: UUID, module: FlowModule, number: int) -> _Child:
    if not model.inner_lists(module.value) and not isinstance(module.value, model.Subflow):
        raise InvalidInput(
            f"Bad request: step {module.id!r} holds no steps, so that nested_path cannot lead into it"
        )
    if number < 0:
        raise InvalidInput(f"Bad request: step {module.id!r} has no number {number}")
    job_id = await flow_run.child_job(pool, earlier, module.id, number)
    row = None if job_id is None else await flow_run.load(pool, job_id)
    if row is None:
        raise InvalidInput(
            f"Bad request: step {module.id!r} of the earlier run has not started its number {number}, into which "
            "nested_path leads"
        )
    return _Child(row.id, row.kind in ("flow", "flowpreview"))


async def _inner_list(
    pool: Pool, earlier: UUID, module: FlowModule, number: int
) -> tuple[int, BranchChosen | None]:
    """Which of the lists inside the step ran as its number so-and-so."""
    value = module.value
    if isinstance(value, model.BranchOne):
        outcome = (await outcomes_of(pool, earlier)).get(module.id)
        if outcome is None or outcome.branch is None:
            raise InvalidInput(f"Bad request: step {module.id!r} of the earlier run has not chosen a branch")
        if outcome.branch >= len(value.branches):
            raise InvalidInput(f"Bad request: step {module.id!r} has no branch {outcome.branch} any more")
        if outcome.branch < 0:
            return 0, BranchChosen(type="default")
        return outcome.branch + 1, BranchChosen(type="branch", branch=outcome.branch)
    if isinstance(value, model.BranchAll):
        if number >= len(value.branches):
            raise InvalidInput(f"Bad request: step {module.id!r} has no branch {number}")
        return number, None
    return 0, None


def _is_plain_turn(module: FlowModule, view: View) -> bool:
    """Whether a turn of the loop is its only script, without a flow around it."""
    return isinstance(module.value, model.ForLoop | model.WhileLoop) and is_one_plain_script(
        module.value.modules, view.failure
    )


def _require_first(view: View, module: FlowModule, inner: Sequence[RestartStep]) -> None:
    """Of what was not a flow of several steps only the beginning can be named."""
    if len(inner) == 1 and _position(view, inner[0].step_id) == 0 and not inner[0].branch_or_iteration_n:
        return
    raise InvalidInput(
        f"Bad request: step {module.id!r} ran a single script, so that it cannot go on inside it at "
        f"{inner[0].step_id[:60]!r}"
    )


def _branch_number(chosen: BranchChosen | None) -> int | None:
    if chosen is None:
        return None
    return -1 if chosen.branch is None else chosen.branch


def _position(view: View, step_id: str) -> int:
    for index, module in enumerate(view.modules):
        if module.id == step_id:
            return index
    where = "at its outermost level" if view.is_whole else "in the list of steps that nested_path leads to"
    raise InvalidInput(f"Bad request: the flow has no step {step_id[:60]!r} {where}")


async def _kept_children(pool: Pool, module: FlowModule, point: RestartedFrom) -> int:
    """How many turns or branches of the step are taken over."""
    wanted = point.branch_or_iteration_n
    if wanted is None or wanted == 0:
        return 0
    value = module.value
    if not isinstance(value, model.ForLoop | model.WhileLoop | model.BranchAll):
        raise _not_serial(module)
    children = await flow_run.children_of(pool, point.flow_job_id, module.id)
    ended = {child.index: child.status for child in children}
    if isinstance(value, model.BranchAll) and not 0 <= wanted < len(value.branches):
        raise InvalidInput(f"Bad request: step {module.id!r} has no branch {wanted}")
    if wanted < 0 or not all(_is_good(value, index, ended.get(index)) for index in range(wanted)):
        raise InvalidInput(
            f"Bad request: step {module.id!r} cannot go on at number {wanted}: some part before it has not succeeded"
        )
    return wanted


def is_parallel_loop(module: FlowModule) -> bool:
    return isinstance(module.value, model.ForLoop) and module.value.parallel


async def kept_beside(pool: Pool, module: FlowModule, point: RestartedFrom) -> tuple[int, ...]:
    """The turns that stay beside the one that goes on: of those that ran side by side all that have succeeded."""
    if point.branch_or_iteration_n is None:
        return ()
    children = await flow_run.children_of(pool, point.flow_job_id, module.id)
    status = {child.index: child.status for child in children}  # the last attempt comes last
    kept = (
        index
        for index, ended in status.items()
        if index != point.branch_or_iteration_n and _is_good(module.value, index, ended)
    )
    return tuple(sorted(kept))


def _is_good(value: model.ModuleValue, index: int, status: str | None) -> bool:
    if status == "failure":
        if isinstance(value, model.BranchAll):
            return value.branches[index].skip_failure
        return isinstance(value, model.ForLoop | model.WhileLoop) and value.skip_failures
    return status in ("success", "skipped")


def _not_serial(module: FlowModule) -> InvalidInput:
    return InvalidInput(
        f"Bad request: step {module.id!r} does not run its parts one after the other, so that it can only be "
        "restarted as a whole, or with a nested_path into one of its turns"
    )
