"""OpenFlow JSON becomes a FlowValue, or a sentence that names the step at fault.

The JSON itself stays the stored form: it holds members that only editors know, and its numbers keep their spelling.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from postmill.kernel import ids, json
from postmill.kernel.errors import InvalidInput
from postmill.model import flow as model
from postmill.model.debouncing import Debouncing
from postmill.model.input_transform import InputTransform
from postmill.model.retry_policy import Constant, Exponential, RetryPolicy

T = TypeVar("T")
Members = dict[str, msgspec.Raw]

MAX_NESTING = 20
MAX_STEPS = 2000
MAX_ID_LENGTH = 100
LONGEST_WAIT_SECONDS = 6 * 3600
LARGEST_NUMBER = 2**31 - 1

_NULL = b"null"
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_NUMBER = re.compile(rb"-?[0-9]")
_PATH_STARTS = ("u/", "f/", "g/", "hub/")


def parse_flow(value: bytes | str | msgspec.Raw, *, seed: str = "") -> model.FlowValue:
    """Reads the ``value`` of an OpenFlow document. Raises InvalidInput.

    Steps without an id get one made from ``seed`` and their place, the same at every reading.
    """
    text = bytes(value) if not isinstance(value, str) else value.encode()
    if b"\\u0000" in text and _holds_nul(text):
        raise InvalidInput("Bad request: the flow holds a NUL character")
    reader = _Reader(seed)
    return reader.flow(_members(text, "the flow"))


def _holds_nul(text: bytes) -> bool:
    try:
        return json.holds_nul(json.decode(text))
    except InvalidInput:
        return False


class _Reader:
    """Reads one document; ``seen`` are the ids met so far."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._seen: set[str] = set()

    def flow(self, given: Members) -> model.FlowValue:
        where = "the flow"
        if "modules" not in given:
            raise InvalidInput("Bad request: the flow has no modules: a list of steps is expected")
        settings = _settings(given, where)
        delete = settings.pop("delete_after_secs", None)
        debouncing = _convert(_pick(given, Debouncing), Debouncing, where)
        flow = model.FlowValue(
            modules=self.modules(given["modules"], "modules of the flow", 1),
            failure_module=self._special(given, "failure_module", "failure"),
            preprocessor_module=self._special(given, "preprocessor_module", "preprocessor"),
            debouncing=debouncing,
            delete_after_secs=_delete_after(given, delete),
            **settings,
        )
        _require_bounds(flow, "the flow")
        _require_bounds(debouncing, "the flow")
        _require_sense(flow)
        return flow

    def modules(self, given: msgspec.Raw, where: str, depth: int) -> tuple[model.FlowModule, ...]:
        if depth > MAX_NESTING:
            raise InvalidInput(
                f"Bad request: {where} lie {depth} levels deep, and steps nest at most {MAX_NESTING} levels"
            )
        if not isinstance(given, msgspec.Raw) or bytes(given).lstrip()[:1] != b"[":
            raise InvalidInput(f"Bad request: {where} must be a list of steps")
        items = _decode(given, list[msgspec.Raw], where)
        return tuple(
            self.module(item, f"step {index + 1} of the {where}", depth, f"{where}/{index}")
            for index, item in enumerate(items)
        )

    def module(self, given: msgspec.Raw, where: str, depth: int, place: str) -> model.FlowModule:
        members = _members(given, where)
        step_id = self._id(members, where, place)
        where = f"step {step_id!r}"
        settings = _pick(members, model.FlowModule, leave=_READ_HERE)
        module = model.FlowModule(
            id=step_id,
            value=self._value(members, where, depth),
            sleep=_transform(members, "sleep", where),
            timeout=_transform(members, "timeout", where),
            suspend=_suspend(members, where),
            retry=_retry(members, where),
            debouncing=_debouncing(members, where),
            delete_after_secs=_delete_after(
                members, _one(members, "delete_after_secs", int | None, where, None)
            ),
            **_convert_each(settings, model.FlowModule, where),
        )
        if module.apply_preprocessor and not isinstance(module.value, model.InlineScript | model.ScriptStep):
            raise InvalidInput(f"Bad request: {where} has apply_preprocessor, which only scripts can have")
        for part in (module, module.value, module.debouncing):
            _require_bounds(part, where)
        return module

    def _special(self, given: Members, name: str, step_id: str) -> model.FlowModule | None:
        if name not in given:
            return None
        module = self.module(given[name], f"the {name}", 1, name)
        if module.id != step_id:
            # Windmill's editor lets nobody choose this id, and error handling goes by it.
            self._seen.discard(module.id)
            if step_id in self._seen:
                raise InvalidInput(f"Bad request: a step has the id {step_id!r}, which is that of the {name}")
            module = msgspec.structs.replace(module, id=step_id)
        if name == "preprocessor_module" and not isinstance(
            module.value, model.InlineScript | model.ScriptStep | model.Identity
        ):
            raise InvalidInput("Bad request: step 'preprocessor' must be a script")
        return module

    def _id(self, members: Members, where: str, place: str) -> str:
        step_id: str = _one(members, "id", str, where, "")
        if not step_id:
            step_id = ids.short_id(f"{self._seed}:{place}")
        if len(step_id) > MAX_ID_LENGTH or _ID.fullmatch(step_id) is None:
            raise InvalidInput(
                f"Bad request: {where} has the id {step_id[:60]!r}: letters, digits, _, - and . are allowed, "
                f"at most {MAX_ID_LENGTH}"
            )
        if step_id in self._seen:
            raise InvalidInput(f"Bad request: two steps have the id {step_id!r}: ids must differ in a flow")
        self._seen.add(step_id)
        if len(self._seen) > MAX_STEPS:
            raise InvalidInput(f"Bad request: the flow has more than {MAX_STEPS} steps")
        return step_id

    def _value(self, module: Members, where: str, depth: int) -> model.ModuleValue:
        if "value" not in module:
            raise InvalidInput(f"Bad request: {where} has no value, which says what it does")
        value = _members(module["value"], f"the value of {where}")
        kind = _one(value, "type", str, where, "")
        read = _KINDS.get(kind)
        if read is None:
            raise InvalidInput(
                f"Bad request: {where} has the type {kind[:60]!r}: one of {', '.join(sorted(_KINDS))} is expected"
            )
        return read(self, value, where, depth)


def _plain(kind: type[Any]) -> Callable[[_Reader, Members, str, int], Any]:
    """Reads a step that holds no others."""

    def read(_: _Reader, value: Members, where: str, __: int) -> Any:
        if "input_transform" in value and "input_transforms" not in value:
            value = {**value, "input_transforms": value["input_transform"]}
        read_value = _convert(_pick(value, kind), kind, where)
        path = getattr(read_value, "path", None)
        if kind in (model.ScriptStep, model.Subflow) and path and not path.startswith(_PATH_STARTS):
            raise InvalidInput(
                f"Bad request: {where} has the path {path[:80]!r}: it must begin with u/, f/, g/ or hub/"
            )
        return read_value

    return read


def _for_loop(reader: _Reader, value: Members, where: str, depth: int) -> model.ForLoop:
    iterator = _transform(value, "iterator", where)
    if iterator is None:
        raise InvalidInput(f"Bad request: {where} has no iterator, which gives the items of the loop")
    return model.ForLoop(
        iterator=iterator,
        modules=reader.modules(_required(value, "modules", where), f"modules of {where}", depth + 1),
        skip_failures=_one(value, "skip_failures", bool, where, False),
        parallel=_one(value, "parallel", bool, where, False),
        parallelism=_transform(value, "parallelism", where),
        squash=_one(value, "squash", bool, where, False),
    )


def _while_loop(reader: _Reader, value: Members, where: str, depth: int) -> model.WhileLoop:
    return model.WhileLoop(
        modules=reader.modules(_required(value, "modules", where), f"modules of {where}", depth + 1),
        skip_failures=_one(value, "skip_failures", bool, where, False),
        squash=_one(value, "squash", bool, where, False),
    )


def _branches(reader: _Reader, value: Members, where: str, depth: int) -> tuple[model.Branch, ...]:
    given = _decode(_required(value, "branches", where), list[msgspec.Raw], f"the branches of {where}")
    branches = []
    for index, item in enumerate(given):
        name = f"branch {index + 1} of {where}"
        members = _members(item, name)
        branches.append(
            model.Branch(
                modules=reader.modules(_required(members, "modules", name), f"modules of {name}", depth + 1),
                summary=_one(members, "summary", str | None, name, None),
                expr=_one(members, "expr", str, name, ""),
                skip_failure=_one(members, "skip_failure", bool, name, False),
            )
        )
    return tuple(branches)


def _branch_one(reader: _Reader, value: Members, where: str, depth: int) -> model.BranchOne:
    branches = _branches(reader, value, where, depth)
    for index, branch in enumerate(branches):
        if not branch.expr.strip():
            raise InvalidInput(f"Bad request: branch {index + 1} of {where} has no expr, which chooses it")
    default = reader.modules(
        _required(value, "default", where), f"modules of the default branch of {where}", depth + 1
    )
    return model.BranchOne(branches=branches, default=default)


def _branch_all(reader: _Reader, value: Members, where: str, depth: int) -> model.BranchAll:
    return model.BranchAll(
        branches=_branches(reader, value, where, depth),
        parallel=_one(value, "parallel", bool, where, True),
    )


_KINDS: Mapping[str, Callable[[_Reader, Members, str, int], model.ModuleValue]] = {
    "rawscript": _plain(model.InlineScript),
    "script": _plain(model.ScriptStep),
    "flow": _plain(model.Subflow),
    "identity": _plain(model.Identity),
    "aiagent": _plain(model.AiAgent),
    "forloopflow": _for_loop,
    "whileloopflow": _while_loop,
    "branchone": _branch_one,
    "branchall": _branch_all,
}

_READ_HERE = frozenset(
    {"id", "value", "sleep", "timeout", "suspend", "retry", "debouncing", "delete_after_secs"}
)


_JOINED = (model.InlineScript, model.ScriptStep, model.Subflow)


def _settings(given: Members, where: str) -> dict[str, Any]:
    leave = frozenset({"modules", "failure_module", "preprocessor_module", "debouncing"})
    return _convert_each(_pick(given, model.FlowValue, leave=leave), model.FlowValue, where)


_BOUNDED = (
    "cache_ttl", "delete_after_secs", "concurrent_limit", "concurrency_time_window_s", "required_events", "timeout",
    "debounce_delay_s", "max_total_debouncing_time", "max_total_debounces_amount",
)  # fmt: skip


def _require_bounds(record: Any, where: str) -> None:
    """Numbers that are stored have an end; what would do nothing is refused, as in scripts."""
    if getattr(record, "cache_ignore_s3_path", False):
        raise InvalidInput(f"Bad request: cache_ignore_s3_path of {where} is not supported yet")
    for name in _BOUNDED:
        number = getattr(record, name, None)
        if isinstance(number, int | float) and not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
            raise InvalidInput(f"Bad request: {name} of {where} is at most {LARGEST_NUMBER}")


def _debouncing(members: Members, where: str) -> Debouncing | None:
    if "debouncing" not in members:
        return None
    name = f"debouncing of {where}"
    return _convert(_pick(_members(members["debouncing"], name), Debouncing), Debouncing, name)


def _require_alone(modules: tuple[model.FlowModule, ...], *, alone: bool) -> None:
    """Steps that wait for those of later runs: others of the same run are none of these."""
    for module in modules:
        joins = module.debouncing is not None and module.debouncing.joins
        if joins and not (alone and isinstance(module.value, _JOINED)):
            raise InvalidInput(
                f"Bad request: step {module.id!r} has debouncing, which only scripts and flows can have, and none in "
                "loops, in branches that all run, or before and behind the steps of a flow"
            )
        for inner in model.inner_lists(module.value):
            _require_alone(inner, alone=alone and isinstance(module.value, model.BranchOne))


def _suspend(members: Members, where: str) -> model.Suspend | None:
    if "suspend" not in members:
        return None
    name = f"suspend of {where}"
    given = _members(members["suspend"], name)
    picked = _pick(given, model.Suspend, leave=frozenset({"user_groups_required"}))
    suspend = model.Suspend(
        user_groups_required=_transform(given, "user_groups_required", name),
        **_convert_each(picked, model.Suspend, name),
    )
    if suspend.required_events < 0 or suspend.timeout < 0:
        raise InvalidInput(f"Bad request: {name}: required_events and timeout cannot be negative")
    _require_bounds(suspend, name)
    return suspend


def _retry(members: Members, where: str) -> model.StepRetry | None:
    if "retry" not in members:
        return None
    name = f"retry of {where}"
    given = _members(members["retry"], name)
    parts: dict[str, Any] = {}
    for part, kind in (("constant", Constant), ("exponential", Exponential)):
        if part in given:
            parts[part] = _convert(_members(given[part], f"{part} of {name}"), kind, f"{part} of {name}")
    policy = RetryPolicy(**parts)
    _require_sensible_retry(policy, name)
    return model.StepRetry(policy, _one(given, "retry_if", model.Condition | None, name, None))


def _require_sensible_retry(policy: RetryPolicy, name: str) -> None:
    growing = policy.exponential
    if policy.constant.attempts < 0 or growing.attempts < 0:
        raise InvalidInput(f"Bad request: {name}: attempts cannot be negative")
    if policy.constant.seconds < 0 or growing.seconds < 0 or growing.multiplier < 0:
        raise InvalidInput(f"Bad request: {name}: seconds and multiplier cannot be negative")
    if growing.attempts > 0 and growing.seconds == 0:
        raise InvalidInput(
            f"Bad request: {name}: the exponential wait is a power of seconds, so seconds must be above 0"
        )
    if policy.constant.attempts > 0 and policy.constant.seconds > LONGEST_WAIT_SECONDS:
        raise InvalidInput(f"Bad request: {name}: it waits at most {LONGEST_WAIT_SECONDS} seconds (6 hours)")


def _delete_after(members: Members, seconds: int | None) -> int | None:
    """Seconds; the older spelling ``delete_after_use: true`` means at once."""
    if seconds is None and bytes(members.get("delete_after_use", b"")) == b"true":
        return 0
    return seconds


def _require_sense(flow: model.FlowValue) -> None:
    if flow.early_return and all(module.id != flow.early_return for module in flow.modules):
        raise InvalidInput(f"Bad request: early_return names the step {flow.early_return!r}, which is none")
    _require_alone(flow.modules, alone=True)
    _require_alone(
        tuple(m for m in (flow.failure_module, flow.preprocessor_module) if m is not None), alone=False
    )
    if not flow.same_worker:
        return
    for module in model.all_modules(flow):
        if getattr(module.value, "parallel", False):
            raise InvalidInput(
                f"Bad request: step {module.id!r} runs its parts in parallel, which same_worker does not allow"
            )


def _transform(members: Members, name: str, where: str) -> InputTransform | None:
    """An input transform; a bare number is a static one."""
    if name not in members:
        return None
    given = bytes(members[name])
    if _NUMBER.match(given):
        given = b'{"type":"static","value":' + given + b"}"
    return _decode(msgspec.Raw(given), InputTransform, f"{name} of {where}")  # type: ignore[arg-type]


def _members(given: bytes | msgspec.Raw, where: str) -> Members:
    """The members of an object; those that are null count as absent."""
    members = _decode(given, Members, where)
    return {name: value for name, value in members.items() if bytes(value) != _NULL}


def _required(members: Members, name: str, where: str) -> msgspec.Raw:
    if name not in members:
        raise InvalidInput(f"Bad request: {where} has no {name}")
    return members[name]


def _pick(members: Members, kind: type[Any], *, leave: frozenset[str] = frozenset()) -> Members:
    """The members that the record knows; others belong to editors."""
    return {name: members[name] for name in kind.__struct_fields__ if name in members and name not in leave}


# Kept: finding the types of a record's members out takes longer than reading a step.
_TYPES = {
    kind: {field.name: field.type for field in msgspec.structs.fields(kind)}
    for kind in (model.FlowModule, model.FlowValue, model.Suspend)
}


def _convert_each(members: Members, kind: type[Any], where: str) -> dict[str, Any]:
    types = _TYPES[kind]
    return {name: _decode(value, types[name], f"{name} of {where}") for name, value in members.items()}


def _convert(members: Members, kind: type[T], where: str) -> T:
    return _decode(json.encode(members), kind, where)


def _one(members: Members, name: str, kind: Any, where: str, default: Any) -> Any:
    return _decode(members[name], kind, f"{name} of {where}") if name in members else default


def _decode(given: bytes | msgspec.Raw, kind: type[T], where: str) -> T:
    if kind == msgspec.Raw | None:  # the decoder knows Raw alone, but not in a union
        return given  # type: ignore[return-value]
    try:
        return msgspec.json.decode(given, type=kind, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Bad request: {where}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"Bad request: {where}: malformed JSON: {error}") from None
