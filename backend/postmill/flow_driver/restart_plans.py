"""What a restart would come to, before it begins: which recorded results still hold, what runs again, and why."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec

from postmill.flow_driver.contexts import Contexts, Expressions
from postmill.flow_driver.flow_in_hand import FlowInHand, read_origin, read_state
from postmill.flow_driver.named_results import InHand
from postmill.flow_driver.restart_points import (
    RestartStep,
    find_point,
    is_parallel_loop,
    kept_beside,
    outcomes_of,
)
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_driver.values import whole_args
from postmill.flow_logic.commands import Remember, Scope
from postmill.flow_logic.events import ExpressionError
from postmill.flow_logic.json_texts import is_true
from postmill.flow_logic.step_comparison import changed_settings, is_same_code, same_transform
from postmill.flow_logic.values import FlowArgs
from postmill.flow_logic.view import View, view_of
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, PostmillError
from postmill.kernel.ids import parse_hash
from postmill.model import flow as model
from postmill.model.flow import FlowModule
from postmill.model.flow_run import RestartedFrom
from postmill.model.input_transform import Ai, InputTransform, JavaScript
from postmill.model.subject import Subject
from postmill.references.step_values import holds_sealed_values
from postmill.sandbox.levels import IsolationUnavailable
from postmill.sandbox.zygote import ZygoteFailed
from postmill.tables.flow_runs import flow_run

LONGEST_SECONDS = 20.0

Fate = Literal["kept", "kept_partly", "again"]
Code = Literal[
    "code_changed", "setting_changed", "input_changed", "input_unknown", "not_recorded", "new_step", "restart_point",
    "after_restart_point",
]  # fmt: skip


class Reason(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why a step runs again, or why its recorded result may not hold. ``name``: of the input or setting."""

    code: Code
    message: str
    name: str | None = None


class StepPlan(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What becomes of one step.

    ``valid``: whether a recorded result is what the step would come to again, by its code and inputs; absent for
    steps that run again. ``kept``: how many turns or branches stay. ``inner``: the steps of the part that goes on.
    """

    step_id: str
    fate: Fate
    summary: str | None = None
    valid: bool | None = None
    kept: int | None = None
    reasons: tuple[Reason, ...] = ()
    inner: tuple["StepPlan", ...] | None = None


class RestartPlan(msgspec.Struct, frozen=True, kw_only=True):
    """``possible`` False: ``reason`` says why nothing can begin there.

    ``earliest_outdated``: the first step of the flow whose recorded result does not hold, or is not there; null when
    all of them hold.
    """

    possible: bool
    reason: str | None
    step_id: str
    earliest_outdated: str | None
    steps: tuple[StepPlan, ...]


@dataclass(frozen=True)
class Evaluating:
    """``until``: when evaluating has taken long enough, by the monotonic clock."""

    around: Surroundings
    evaluator: Expressions
    subject: Subject
    until: float


async def plan_restart(
    around: Surroundings,
    evaluator: Expressions,
    subject: Subject,
    earlier: UUID,
    recorded: View,
    following: View,
    path: Sequence[RestartStep],
) -> RestartPlan:
    """Compares the flow that ran with the one that would go on. ``path`` empty: from the first step that must run.

    Expressions are evaluated with the rights of ``subject``. Raises InvalidInput for a step that there is not.
    """
    evaluating = Evaluating(around, evaluator, subject, time.monotonic() + LONGEST_SECONDS)
    row = await flow_run.load(around.pool, earlier)
    if row is None:
        raise InvalidInput(f"Bad request: job {earlier} does not exist any more")
    level = await _Level.of(evaluating, earlier, recorded, following)
    held = [await level.holds(index) for index in range(len(following.modules))]
    outdated = next((m.id for m, reasons in zip(following.modules, held, strict=True) if reasons), None)
    if not path:
        first = outdated or (following.modules[-1].id if following.modules else "")
        path = [RestartStep(first)]
    reason, point = None, None
    try:
        point = await find_point(around.pool, around.flows, row.workspace_id, following, earlier, path)
    except InvalidInput as refused:
        reason = refused.message.removeprefix("Bad request: ")
    return RestartPlan(
        possible=reason is None,
        reason=reason,
        step_id=path[0].step_id,
        earliest_outdated=outdated,
        steps=await _steps(level, path, point, held),
    )


async def _steps(
    level: "_Level", path: Sequence[RestartStep], point: RestartedFrom | None, held: list[list[Reason]]
) -> tuple[StepPlan, ...]:
    (asked, *inner) = path
    modules = level.following.modules
    at = next((i for i, module in enumerate(modules) if module.id == asked.step_id), len(modules))
    plans = []
    for index, module in enumerate(modules):
        if index < at:
            certain = [reason for reason in held[index] if reason.code != "input_unknown"]
            is_there = not any(reason.code in ("not_recorded", "new_step") for reason in certain)
            valid = False if certain else None if held[index] else True
            fate: Fate = "kept" if is_there else "again"
            plan = StepPlan(step_id=module.id, fate=fate, valid=valid, reasons=tuple(held[index]))
        elif index == at:
            plan = await _first(level, module, asked, inner, point, held[index])
        else:
            why = Reason(
                code="after_restart_point", message=f"it comes after {asked.step_id}, where the run begins"
            )
            plan = StepPlan(step_id=module.id, fate="again", reasons=(why, *_changes(held[index])))
        plans.append(msgspec.structs.replace(plan, summary=module.summary))
    return tuple(plans)


async def _first(
    level: "_Level",
    module: FlowModule,
    asked: RestartStep,
    inner: Sequence[RestartStep],
    point: RestartedFrom | None,
    held: list[Reason],
) -> StepPlan:
    """The step with which the run begins."""
    why = Reason(code="restart_point", message="the run begins here")
    kept = asked.branch_or_iteration_n or None
    if point is not None and inner and is_parallel_loop(module):
        kept = len(await kept_beside(level.pool, module, point)) or None
    lines = None
    if point is not None and point.nested is not None and inner:
        nested = await level.inside(module, point)
        if nested is not None:
            inside = [await nested.holds(index) for index in range(len(nested.following.modules))]
            lines = await _steps(nested, inner, point.nested, inside)
    fate: Fate = "kept_partly" if kept or lines else "again"
    reasons = (why, *_changes(held))
    return StepPlan(step_id=module.id, fate=fate, kept=kept, reasons=reasons, inner=lines)


def _changes(reasons: list[Reason]) -> list[Reason]:
    return [reason for reason in reasons if reason.code not in ("input_unknown", "not_recorded")]


class _Level:
    """One list of steps: as it ran, and as it would go on."""

    def __init__(
        self, evaluating: Evaluating, flow: FlowInHand, following: View, done: dict[str, Remember]
    ) -> None:
        self._evaluating = evaluating
        self._flow = flow
        self._done = done
        self.following = following
        self.pool = evaluating.around.pool
        self._recorded = {module.id: module for module in flow.view.modules}
        contexts = Contexts(evaluating.around, evaluating.evaluator, flow, InHand({}, {}))
        self._contexts = contexts

    @classmethod
    async def of(cls, evaluating: Evaluating, flow_job: UUID, recorded: View, following: View) -> "_Level":
        row = await flow_run.load(evaluating.around.pool, flow_job)
        if row is None:
            raise InvalidInput(f"Bad request: job {flow_job} does not exist any more")
        origin = read_origin(row)
        subject = evaluating.subject
        # Who asks learns no more than what they may read.
        row = msgspec.structs.replace(
            row, permissioned_as=subject.permissioned_as, email=subject.email, scopes=subject.scopes
        )
        flow = FlowInHand(row=row, origin=origin, view=recorded, state=read_state(row), version=row.version)
        if origin.inherits and origin.parent is not None:
            flow.inherited = await whole_args(evaluating.around.pool, flow_job)
        return cls(evaluating, flow, following, await outcomes_of(evaluating.around.pool, flow_job))

    async def inside(self, module: FlowModule, point: RestartedFrom) -> "_Level | None":
        """The part of a step that goes on at a step of its own."""
        assert point.nested is not None
        child = point.nested.flow_job_id
        row = await flow_run.load(self._evaluating.around.pool, child)
        if row is None:
            return None
        origin = read_origin(row)
        documents = self._evaluating.around.documents
        recorded = await documents.view(row.workspace_id, origin.document, origin.place)
        if isinstance(module.value, model.Subflow):
            loaded = await self._evaluating.around.flows.deployed(row.workspace_id, module.value.path)
            following = None if loaded is None else view_of(loaded.value)
        else:
            last = origin.place.rpartition("/")[2]
            inner = int(last.rpartition(":")[2])
            following = View(
                model.inner_lists(module.value)[inner],
                self.following.failure,
                self.following.flow,
                is_whole=False,
            )
        return None if following is None else await _Level.of(self._evaluating, child, recorded, following)

    # -- whether a recorded result holds --

    async def holds(self, index: int) -> list[Reason]:
        """Why the recorded result of a step would not come out again; nothing when it would."""
        module = self.following.modules[index]
        outcome = self._done.get(module.id)
        before = self._recorded.get(module.id)
        if before is None:
            return [Reason(code="new_step", message="the flow that ran did not have it")]
        reasons = self._other_settings(before, module)
        reasons += await self._other_code(before, module)
        if outcome is None or not (outcome.success or module.continue_on_error):
            why = "it has not run" if outcome is None else "it failed"
            return [Reason(code="not_recorded", message=why), *reasons]
        if outcome.skipped or (module.mock is not None and module.mock.enabled):
            return reasons
        return reasons + await self._other_inputs(index, before, module, outcome)

    def _other_settings(self, before: FlowModule, after: FlowModule) -> list[Reason]:
        return [
            Reason(code="setting_changed", name=name, message=f"its setting {name} was changed")
            for name in changed_settings(before, after)
        ]

    async def _other_code(self, before: FlowModule, after: FlowModule) -> list[Reason]:
        if not is_same_code(before.value, after.value):
            return [Reason(code="code_changed", message="its code was changed")]
        pool, flow = self._evaluating.around.pool, self._flow
        for step_id, ran in await flow_run.versions_that_ran(pool, flow.id, after.id):
            now = await self._version_now(step_id, after)
            if now is not None and now != ran:
                what = "it was" if step_id == after.id else f"step {step_id} inside it was"
                return [Reason(code="code_changed", message=f"{what} deployed again since")]
        return []

    async def _version_now(self, step_id: str, within: FlowModule) -> int | None:
        """The version of a script or flow that the step would run; None where nothing can be said."""
        found = next((m for m in _with_inner(within) if m.id == step_id), None)
        around, workspace = self._evaluating.around, self._flow.row.workspace_id
        if found is None:
            return None
        if isinstance(found.value, model.ScriptStep):
            if found.value.hash:
                try:
                    return parse_hash(found.value.hash)
                except ValueError:
                    return None
            script = await around.versions.deployed(workspace, found.value.path)
            return None if script is None else script.hash
        if isinstance(found.value, model.Subflow):
            loaded = await around.flows.deployed(workspace, found.value.path)
            return None if loaded is None else loaded.document.version
        return None

    # -- inputs --

    async def _other_inputs(
        self, index: int, before: FlowModule, after: FlowModule, outcome: Remember
    ) -> list[Reason]:
        value, old = after.value, before.value
        scope = self._scope(index)
        if isinstance(value, model.ForLoop) and isinstance(old, model.ForLoop):
            pieces = await flow_run.items_of(
                self._evaluating.around.pool, self._flow.id, after.id, outcome.attempt
            )
            items = [item for piece in pieces for item in json.decode(piece)]
            ran = items if pieces or outcome.children == 0 else None
            return await self._compared(
                "iterator", old.iterator, value.iterator, scope, ran, ran is not None, is_iterator=True
            )
        if isinstance(value, model.BranchOne) and isinstance(old, model.BranchOne):
            return await self._other_branch(value, scope, outcome)
        if not isinstance(value, model.InlineScript | model.ScriptStep | model.Subflow):
            return []
        recorded = await flow_run.child_args(
            self._evaluating.around.pool, self._flow.id, after.id, outcome.attempt, 0
        )
        # What a preprocessor made of the inputs is not what the transforms gave.
        is_known = recorded is not None and not recorded.preprocessed
        ran_with = json.decode(recorded.args) if recorded is not None and is_known else None
        if after.pass_flow_input_directly or getattr(value, "pass_flow_input_directly", False):
            return []
        transforms = value.input_transforms
        known = getattr(old, "input_transforms", {})
        reasons = []
        for name in [*transforms, *(n for n in known if n not in transforms)]:
            is_recorded = ran_with is not None
            ran = ran_with.get(name) if ran_with is not None else None
            reasons += await self._compared(
                name, known.get(name), transforms.get(name), scope, ran, is_recorded
            )
        return reasons

    def _scope(self, index: int) -> Scope:
        """What the step's expressions saw: the results before it, and the answers that it waited for."""
        before = self.following.modules[index - 1] if index else None
        outcome = None if before is None else self._done.get(before.id)
        previous = FlowArgs() if before is None or outcome is None else outcome.value
        answered = before.id if before is not None and before.suspend is not None else None
        return Scope(previous=previous, result=previous, answered=answered)

    async def _compared(
        self,
        name: str,
        before: InputTransform | None,
        after: InputTransform | None,
        scope: Scope,
        ran_with: object,
        is_recorded: bool,
        *,
        is_iterator: bool = False,
    ) -> list[Reason]:
        if isinstance(after, Ai) and isinstance(before, Ai):
            return []
        if after is None or before is None:
            word = "removed" if after is None else "added"
            return [Reason(code="input_changed", name=name, message=f"input {name} was {word}")]
        if not is_recorded:
            value: str | ExpressionError | None = ExpressionError("it was not kept")
        elif holds_sealed_values(json.encode_text(ran_with)):
            value = ExpressionError("it was made of secrets, which are not compared")
        else:
            value = await self._value(after, scope, is_iterator=is_iterator)
        if isinstance(value, ExpressionError):
            if same_transform(before, after):
                message = f"whether input {name} is the same cannot be told: {value.message}"
                return [Reason(code="input_unknown", name=name, message=message)]
            return [
                Reason(code="input_changed", name=name, message=f"input {name} is computed in another way")
            ]
        if value is None or json.decode(value) == ran_with:
            return []
        return [Reason(code="input_changed", name=name, message=f"input {name} has another value")]

    async def _value(
        self, transform: InputTransform, scope: Scope, *, is_iterator: bool = False
    ) -> str | ExpressionError | None:
        if time.monotonic() > self._evaluating.until:
            return ExpressionError(f"comparing took longer than {LONGEST_SECONDS:g} s")
        try:
            value = await self._contexts.evaluate(transform, scope)
            if is_iterator and isinstance(value, str):
                return await self._evaluating.around.with_rows(self._flow.row, value)
            return value
        except (IsolationUnavailable, ZygoteFailed):
            return ExpressionError("expressions cannot be evaluated on this server")
        except PostmillError as error:
            return ExpressionError(error.message)

    async def _other_branch(self, value: model.BranchOne, scope: Scope, outcome: Remember) -> list[Reason]:
        """Whether another branch would be chosen."""
        from_now: int = -1
        for number, branch in enumerate(value.branches):
            answer = await self._value(JavaScript(branch.expr), scope)
            if isinstance(answer, ExpressionError) or answer is None:
                cause = "" if answer is None else answer.message
                message = f"whether branch {number + 1} would be chosen cannot be told: {cause}"
                return [Reason(code="input_unknown", name=f"branch {number + 1}", message=message)]
            if is_true(answer):
                from_now = number
                break
        if from_now == outcome.branch:
            return []
        return [Reason(code="input_changed", name="branch", message="another branch would be chosen")]


def _with_inner(module: FlowModule) -> list[FlowModule]:
    return [
        module,
        *(one for steps in model.inner_lists(module.value) for m in steps for one in _with_inner(m)),
    ]
