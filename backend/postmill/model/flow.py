"""A flow: steps with their settings, as engine and API understand them. Read from OpenFlow JSON by model/flow_reading.

Absent members have the engine's defaults. What only editors use (notes, groups, assets) lives in the stored JSON.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from postmill.model.debouncing import Debouncing
from postmill.model.input_transform import NULL, InputTransform, InputTransforms
from postmill.model.retry_policy import RetryPolicy

NO_TRANSFORMS: InputTransforms = {}


class Stop(msgspec.Struct, frozen=True):
    """When a step or loop is the last one, and what the flow's end then is."""

    expr: str
    skip_if_stopped: bool = False
    error_message: str | None = None
    error_include_result: bool = False


class Condition(msgspec.Struct, frozen=True):
    expr: str


class Suspend(msgspec.Struct, frozen=True):
    """What has to come in before the step after this one starts. ``timeout`` in seconds."""

    required_events: int = 0
    timeout: float = 1800
    resume_form: msgspec.Raw | None = None
    user_auth_required: bool = False
    user_groups_required: InputTransform | None = None
    self_approval_disabled: bool = False
    hide_cancel: bool = False
    continue_on_disapprove_timeout: bool = False


class StepRetry(msgspec.Struct, frozen=True):
    """When a failed step runs again; the constant tries come first."""

    policy: RetryPolicy = RetryPolicy()
    retry_if: Condition | None = None


class Mock(msgspec.Struct, frozen=True):
    enabled: bool = False
    return_value: msgspec.Raw = NULL


class InlineScript(msgspec.Struct, frozen=True):
    content: str
    language: str
    input_transforms: InputTransforms = NO_TRANSFORMS
    lock: str | None = None
    path: str | None = None
    tag: str | None = None
    concurrent_limit: int | None = None
    concurrency_time_window_s: int | None = None
    custom_concurrency_key: str | None = None
    is_trigger: bool = False


class ScriptStep(msgspec.Struct, frozen=True):
    """A deployed script; without a hash the version that is deployed when the step starts."""

    path: str
    input_transforms: InputTransforms = NO_TRANSFORMS
    hash: str | None = None
    tag_override: str | None = None
    is_trigger: bool = False
    pass_flow_input_directly: bool = False


class Subflow(msgspec.Struct, frozen=True):
    """A deployed flow, in the version that is deployed when the step starts."""

    path: str
    input_transforms: InputTransforms = NO_TRANSFORMS
    pass_flow_input_directly: bool = False


class ForLoop(msgspec.Struct, frozen=True):
    iterator: InputTransform
    modules: tuple["FlowModule", ...]
    skip_failures: bool = False
    parallel: bool = False
    parallelism: InputTransform | None = None
    squash: bool = False


class WhileLoop(msgspec.Struct, frozen=True):
    modules: tuple["FlowModule", ...]
    skip_failures: bool = False
    squash: bool = False


class Branch(msgspec.Struct, frozen=True):
    """One way of a branching step; ``expr`` only where one is chosen, ``skip_failure`` only where all run."""

    modules: tuple["FlowModule", ...]
    summary: str | None = None
    expr: str = ""
    skip_failure: bool = False


class BranchOne(msgspec.Struct, frozen=True):
    branches: tuple[Branch, ...]
    default: tuple["FlowModule", ...]


class BranchAll(msgspec.Struct, frozen=True):
    branches: tuple[Branch, ...]
    parallel: bool = True


class Identity(msgspec.Struct, frozen=True):
    """Hands the preceding result on."""


class AiAgent(msgspec.Struct, frozen=True):
    """A language model with tools; what it may use is kept as it was sent."""

    input_transforms: InputTransforms = NO_TRANSFORMS
    tools: tuple[Any, ...] = ()
    tag: str | None = None
    agent: str | None = None
    tool_inputs: dict[str, InputTransforms] | None = None
    omit_output_from_conversation: bool = False


ModuleValue = (
    InlineScript | ScriptStep | Subflow | ForLoop | WhileLoop | BranchOne | BranchAll | Identity | AiAgent
)


class FlowModule(msgspec.Struct, frozen=True):
    """One step. ``timeout`` and ``sleep`` in seconds, once evaluated."""

    id: str
    value: ModuleValue
    summary: str | None = None
    stop_after_if: Stop | None = None
    stop_after_all_iters_if: Stop | None = None
    skip_if: Condition | None = None
    sleep: InputTransform | None = None
    suspend: Suspend | None = None
    retry: StepRetry | None = None
    timeout: InputTransform | None = None
    cache_ttl: int | None = None
    cache_ignore_s3_path: bool = False
    mock: Mock | None = None
    priority: int | None = None
    delete_after_secs: int | None = None
    continue_on_error: bool = False
    pass_flow_input_directly: bool = False
    apply_preprocessor: bool = False
    debouncing: Debouncing | None = None


class FlowValue(msgspec.Struct, frozen=True, kw_only=True):
    """What runs when a flow runs."""

    modules: tuple[FlowModule, ...]
    failure_module: FlowModule | None = None
    preprocessor_module: FlowModule | None = None
    same_worker: bool = False
    preserve_step_tags: bool = False
    concurrent_limit: int | None = None
    concurrency_key: str | None = None
    concurrency_time_window_s: int | None = None
    debouncing: Debouncing = Debouncing()
    skip_expr: str | None = None
    cache_ttl: int | None = None
    cache_ignore_s3_path: bool = False
    delete_after_secs: int | None = None
    flow_env: dict[str, msgspec.Raw] | None = None
    priority: int | None = None
    early_return: str | None = None
    chat_input_enabled: bool = False


def may_fail_early(flow: FlowValue) -> bool:
    """Whether a failure of the step ``early_return`` is an answer: not where the failure module has a word to say."""
    return flow.failure_module is None or any(
        module.id == flow.early_return and module.continue_on_error for module in flow.modules
    )


def inner_lists(value: ModuleValue) -> tuple[tuple[FlowModule, ...], ...]:
    """The lists of steps inside a step: a loop's body, or the branches in order (the default branch first)."""
    if isinstance(value, ForLoop | WhileLoop):
        return (value.modules,)
    if isinstance(value, BranchOne):
        return (value.default, *(branch.modules for branch in value.branches))
    if isinstance(value, BranchAll):
        return tuple(branch.modules for branch in value.branches)
    return ()


def all_modules(flow: FlowValue) -> Iterator[FlowModule]:
    """Every step at every depth; preprocessor first, failure module last."""
    if flow.preprocessor_module is not None:
        yield flow.preprocessor_module
    for module in flow.modules:
        yield from _with_inner(module)
    if flow.failure_module is not None:
        yield from _with_inner(flow.failure_module)


def _with_inner(module: FlowModule) -> Iterator[FlowModule]:
    yield module
    for modules in inner_lists(module.value):
        for inner in modules:
            yield from _with_inner(inner)
