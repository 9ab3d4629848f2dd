"""One list of steps of a flow document as a flow of its own: the whole flow, a loop's body, a branch."""

import msgspec

from postmill.flow_logic.json_texts import number_of
from postmill.model import flow as model
from postmill.model.flow import FlowModule, FlowValue
from postmill.model.input_transform import Static


class View(msgspec.Struct, frozen=True):
    """What runs in one flow job. ``is_whole``: the document itself, to which its settings apply."""

    modules: tuple[FlowModule, ...]
    failure: FlowModule | None
    flow: FlowValue
    is_whole: bool = True


class Limits(msgspec.Struct, frozen=True):
    """Bounds that end a step with a sentence."""

    iterations: int = 100_000
    parallel: int = 10_000
    depth: int = 50


def view_of(flow: FlowValue, place: str = "") -> View:
    """The flow, or the list of steps at a place: ``a:0/b:2`` is list 2 of step ``b`` in list 0 of step ``a``.

    What fails inside the failure module is not handled by that module again. Raises KeyError for a place that the flow
    does not have.
    """
    modules, failure = flow.modules, flow.failure_module
    for part in place.split("/") if place else ():
        step_id, _, inner = part.rpartition(":")
        if failure is not None and failure.id == step_id:
            step, failure = failure, None
        else:
            step = _find(modules, step_id)
        modules = model.inner_lists(step.value)[int(inner)]
    return View(with_last_wait(modules), failure, flow, is_whole=not place)


def inner_place(place: str, step_id: str, inner: int) -> str:
    part = f"{step_id}:{inner}"
    return f"{place}/{part}" if place else part


def with_last_wait(modules: tuple[FlowModule, ...]) -> tuple[FlowModule, ...]:
    """Waiting happens before the next step, so that a last step that waits is followed by one that does nothing."""
    if not modules or (modules[-1].suspend is None and modules[-1].sleep is None):
        return modules
    return (*modules, FlowModule(id=f"{modules[-1].id}-v", value=model.Identity()))


def written_seconds(module: FlowModule) -> float | None:
    """The timeout of a step, where it is a number that is written down."""
    return number_of(module.timeout.text) if isinstance(module.timeout, Static) else None


def is_one_plain_script(modules: tuple[FlowModule, ...], failure: FlowModule | None) -> bool:
    """Whether a loop's body is a script without settings, which needs no flow around it."""
    if len(modules) != 1 or failure is not None:
        return False
    module = modules[0]
    plain = FlowModule(
        id=module.id,
        value=module.value,
        summary=module.summary,
        timeout=module.timeout if written_seconds(module) is not None else None,
        priority=module.priority,
        pass_flow_input_directly=module.pass_flow_input_directly,
        continue_on_error=False,
    )
    return isinstance(module.value, model.InlineScript | model.ScriptStep) and module == plain


def own_step_id(view: View, child_of: str) -> str:
    """The id of the step whose script a child runs: a loop's only step where the child is a whole turn of it."""
    loop = next((module.value for module in view.modules if module.id == child_of), None)
    if not isinstance(loop, model.ForLoop | model.WhileLoop):
        return child_of
    return loop.modules[0].id if is_one_plain_script(loop.modules, view.failure) else child_of


def _find(modules: tuple[FlowModule, ...], step_id: str) -> FlowModule:
    for module in modules:
        if module.id == step_id:
            return module
    raise KeyError(step_id)
