"""Random flows for the property test, and what their scripts and expressions mean. Used by interpreter and simulator.

A script's code says what it does: ``value N`` returns a number that depends on its argument, ``fail`` fails, ``fail N``
fails in its first N attempts, ``recover`` returns ``{"recover": true}``. Expressions are the few of ``evaluate``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from postmill.flow_logic.view import Limits

LIMITS = Limits(iterations=4, parallel=3, depth=4)
NAMES = (
    "ExecutionErr",
    "InternalError",
    "EarlyStopError",
    "SuspendedDisapproved",
    "SuspendedTimedOut",
    "ScriptErr",
)


class Throws(Exception):
    """The expression fails."""


@dataclass
class Seen:
    """What somebody around a flow sees before it ends. ``early``: what the step ``early_return`` came to, if it has."""

    early: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What comes in from outside: answers by step, and after how many events the flow is canceled."""

    answers: Mapping[str, str] = field(default_factory=dict)  # step: "approve", "refuse" or "timeout"
    cancel_after: int | None = None


def error(name: str) -> dict[str, Any]:
    return {"error": {"name": name}}


def plain(value: Any) -> Any:
    """A value without the words of error messages, which are nobody's business here."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if isinstance(value.get("error"), str):
            return {"error": "said"}
        if isinstance(value.get("error"), dict):
            inner = value["error"]
            kept = {"name": inner.get("name")}
            if "result" in inner:
                kept["result"] = plain(inner["result"])
            return {"error": kept}
        return {name: plain(member) for name, member in value.items()}
    return value


def in_turn(args: dict[str, Any], index: int, item: Any) -> dict[str, Any]:
    """The arguments of a turn of a loop; what turns around it are about is pushed one place outwards."""
    outwards = {f"{name}_parent": args[name] for name in args if re.fullmatch("iter(_parent)*", name)}
    return {**args, **outwards, "iter": {"index": index, "value": item}}


def weight(value: Any) -> int:
    return sum(json.dumps(plain(value), sort_keys=True).encode()) % 97


def run_script(content: str, argument: Any, attempt: int) -> tuple[bool, Any]:
    """Whether the script succeeds, and its result."""
    word, _, number = content.partition(" ")
    if word == "fail" and (not number or attempt < int(number)):
        return False, error("ScriptErr")
    if word == "recover":
        return True, {"recover": True}
    return True, int(number or 0) * 100 + weight(argument)


def evaluate(expr: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression; raises Throws."""
    if expr == "throw":
        raise Throws
    if expr.startswith("="):
        return json.loads(expr[1:])
    word, _, argument = expr.partition(" ")
    if word == "even":
        return weight(context[argument]) % 2 == 0
    if word == "turns":
        turns = context["all_iters"]
        return isinstance(turns, list) and len(turns) >= int(argument)
    if word == "iter":
        return (context["flow_input"].get("iter") or {}).get("index", -1)
    return context[expr]


_constants = st.sampled_from(("=true", "=false"))


def _predicates(of: str) -> st.SearchStrategy[str]:
    return st.one_of(_constants, st.just(f"even {of}"), st.sampled_from((f"even {of}", "throw")))


def _stop(of: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda expr, skip, message, include: {
            "expr": expr, "skip_if_stopped": skip, "error_message": message, "error_include_result": include,
        },
        _predicates(of), st.booleans(), st.sampled_from((None, None, "", "stop it")), st.booleans(),
    )  # fmt: skip


_inputs = st.sampled_from(("previous_result", "flow_input", "iter", "resume", "approvers", "=7", "throw"))
_codes = st.sampled_from(("value 1", "value 2", "value 3", "fail", "fail 1", "fail 2", "recover"))
_scripts = st.builds(
    lambda code, expr, limit: {
        "type": "rawscript", "language": "bash", "content": code,
        "input_transforms": {"x": {"type": "javascript", "expr": expr}},
        **({"concurrent_limit": limit, "custom_concurrency_key": f"at most {limit}"} if limit else {}),
    },
    _codes, _inputs, st.sampled_from((None, None, 1, 1, 2)),
)  # fmt: skip
_subflows = st.builds(
    lambda path, expr: {
        "type": "flow", "path": path, "input_transforms": {"x": {"type": "javascript", "expr": expr}},
    },
    st.sampled_from(
        ("f/lib/good", "f/lib/bad", "f/lib/stops", "f/lib/self", "f/lib/limited", "f/lib/cached")
    ), _inputs,
)  # fmt: skip
_leaves = st.one_of(_scripts, _scripts, st.just({"type": "identity"}), _subflows)
_retries = st.builds(
    lambda attempts, expr: {
        "constant": {"attempts": attempts, "seconds": 1}, **({"retry_if": {"expr": expr}} if expr else {}),
    },
    st.integers(1, 2), st.sampled_from((None, None, "=true", "=false", "even result", "throw")),
)  # fmt: skip
_suspends = st.builds(
    lambda events, tolerant: {"required_events": events, "continue_on_disapprove_timeout": tolerant},
    st.integers(0, 2), st.booleans(),
)  # fmt: skip
_sleeps = st.one_of(
    st.sampled_from((1, 0, 2.5)).map(lambda seconds: {"type": "static", "value": seconds}),
    st.sampled_from(("=2", "=0.5", '="soon"', "throw")).map(
        lambda expr: {"type": "javascript", "expr": expr}
    ),
)
_timeouts = st.one_of(
    st.sampled_from((500, 0, -1)).map(lambda seconds: {"type": "static", "value": seconds}),
    st.sampled_from(("=500", '="soon"', "throw")).map(lambda expr: {"type": "javascript", "expr": expr}),
)
_lists = st.sampled_from(
    (
        "=[]",
        "=[1]",
        "=[1, 2]",
        "=[1, 2]",
        "=[1, 2, 3]",
        "=[1, 2, 3]",
        "=[1, 2, 3, 4]",
        "=[1, 2, 3, 4, 5]",
        "=3",
        "throw",
    )
)


def _module(value: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    # A script that fails in some attempts only comes to other things than its arguments say.
    if value.get("content", "").startswith("fail "):
        settings = {name: setting for name, setting in settings.items() if name != "cache_ttl"}
    return {"value": value, **settings}


def _settings(is_loop: bool) -> st.SearchStrategy[dict[str, Any]]:
    of = "all_iters" if is_loop else "result"
    options: dict[str, st.SearchStrategy[Any]] = {
        "stop_after_if": st.sampled_from(("turns 2", "turns 1", "=false", "throw")).map(
            lambda expr: {"expr": expr}
        )
        if is_loop
        else _stop("result"),
        "stop_after_all_iters_if": _stop("result"),
        "skip_if": _predicates("previous_result").map(lambda expr: {"expr": expr}),
        "sleep": _sleeps,
        "cache_ttl": st.just(1000),
        "suspend": _suspends,
        "retry": _retries,
        "timeout": _timeouts,
        "pass_flow_input_directly": st.booleans(),
        "continue_on_error": st.booleans(),
        "mock": st.just({"enabled": True, "return_value": 9}),
    }
    assert of
    return st.lists(st.sampled_from(sorted(options)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: options[name] for name in names})
    )


def _containers(modules: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    loops = st.builds(
        lambda expr, inner, skip, parallel, width, squash: {
            "type": "forloopflow", "iterator": {"type": "javascript", "expr": expr}, "modules": inner, "squash": squash,
            "skip_failures": skip, "parallel": parallel, **({"parallelism": width} if width else {}),
        },
        _lists, modules, st.booleans(), st.booleans(), st.sampled_from((None, 1, 2, 9)),
        st.sampled_from((False, False, True)),
    )  # fmt: skip
    whiles = st.builds(
        lambda inner, skip, squash: {
            "type": "whileloopflow", "modules": inner, "skip_failures": skip, "squash": squash,
        },
        modules, st.booleans(), st.booleans(),
    )  # fmt: skip
    one = st.builds(
        lambda branches, default: {
            "type": "branchone", "default": default,
            "branches": [{"expr": expr, "modules": inner} for expr, inner in branches],
        },
        st.lists(st.tuples(_predicates("previous_result"), modules), max_size=2), modules,
    )  # fmt: skip
    every = st.builds(
        lambda branches, parallel: {
            "type": "branchall", "parallel": parallel,
            "branches": [{"modules": inner, "skip_failure": skip} for inner, skip in branches],
        },
        st.lists(st.tuples(modules, st.booleans()), max_size=4), st.booleans(),
    )  # fmt: skip
    return st.one_of(loops, whiles, one, every)


def _with_settings(values: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return values.flatmap(
        lambda value: st.builds(
            _module, st.just(value), _settings(value["type"] in ("forloopflow", "whileloopflow"))
        )
    )


def _lists_of(values: st.SearchStrategy[dict[str, Any]], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(_with_settings(values), max_size=most)


_inner = _lists_of(_leaves, 2)
_middle = _lists_of(st.one_of(_leaves, _leaves, _containers(_inner)), 2)
_outer = _lists_of(st.one_of(_leaves, _containers(_inner), _containers(_middle)), 3)

_failure_modules = st.builds(
    lambda value, retry: {"id": "failure", "value": value, **({"retry": retry} if retry else {})},
    st.one_of(_scripts, _scripts, _leaves, _containers(_inner)),
    st.sampled_from((None, None, {"constant": {"attempts": 1, "seconds": 1}})),
)  # fmt: skip


def _numbered(flow: dict[str, Any]) -> dict[str, Any]:
    """Every step gets an id of its own."""
    count = 0

    def number(modules: list[Any]) -> list[Any]:
        nonlocal count
        named = []
        for module in modules:
            count += 1
            value = dict(module["value"])
            step = {**module, "id": f"s{count}"}
            for name in ("modules", "default"):
                if name in value:
                    value[name] = number(value[name])
            if "branches" in value:
                value["branches"] = [
                    {**branch, "modules": number(branch["modules"])} for branch in value["branches"]
                ]
            named.append({**step, "value": value})
        return named

    numbered = {**flow, "modules": number(flow["modules"])}
    if "failure_module" in flow:
        numbered["failure_module"] = {**number([flow["failure_module"]])[0], "id": "failure"}
    return numbered


def _answering_early(flow: dict[str, Any], number: int | None) -> dict[str, Any]:
    """``number`` of a step of the flow itself, after whose end callers wait no longer; there may be none."""
    modules = flow["modules"]
    return (
        flow if number is None or number >= len(modules) else {**flow, "early_return": modules[number]["id"]}
    )


def _on_one_worker(part: Any) -> Any:
    """The same with nothing side by side, which is what such a flow may hold."""
    if isinstance(part, list):
        return [_on_one_worker(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {name: name != "parallel" and _on_one_worker(member) for name, member in part.items()}


flows = st.builds(
    lambda modules, failure, skip, early, one_worker: _answering_early(
        _numbered(
            {
                "modules": _on_one_worker(modules) if one_worker else modules,
                "same_worker": one_worker,
                **({"failure_module": _on_one_worker(failure) if one_worker else failure} if failure else {}),
                **({"skip_expr": skip} if skip else {}),
            }
        ),
        early,
    ),
    _outer, st.one_of(st.none(), _failure_modules), st.sampled_from((None, None, None, "=true", "=false", "throw")),
    st.sampled_from((None, 0, 1, 2)), st.sampled_from((False, False, False, True)),
)  # fmt: skip

plans = st.builds(
    lambda answers, cancel: Plan({f"s{number}": answer for number, answer in enumerate(answers, 1)}, cancel),
    st.lists(st.sampled_from(("approve", "approve", "refuse", "timeout")), min_size=30, max_size=30),
    st.one_of(st.none(), st.none(), st.integers(0, 12)),
)  # fmt: skip


def _script(code: str, **inputs: str) -> dict[str, Any]:
    transforms = {name: {"type": "javascript", "expr": expr} for name, expr in inputs.items()}
    return {"type": "rawscript", "language": "bash", "content": code, "input_transforms": transforms}


LIBRARY: dict[str, dict[str, Any]] = {
    "f/lib/good": {"modules": [{"id": "g", "value": _script("value 5")}]},
    "f/lib/bad": {
        "modules": [{"id": "b", "value": _script("fail")}],
        "failure_module": {"id": "failure", "value": _script("value 6")},
    },
    "f/lib/stops": {
        "modules": [
            {
                "id": "x",
                "value": _script("value 7"),
                "stop_after_if": {"expr": "=true", "skip_if_stopped": True},
            },
            {"id": "y", "value": _script("fail")},
        ]
    },
    "f/lib/limited": {
        "modules": [{"id": "m", "value": _script("value 8")}, {"id": "n", "value": {"type": "identity"}}],
        "concurrent_limit": 1,
        "concurrency_key": "one at a time",
    },
    "f/lib/cached": {
        "modules": [{"id": "c", "value": _script("value 4", x="flow_input")}],
        "cache_ttl": 1000,
    },
    "f/lib/self": {
        "modules": [{"id": "z", "value": {"type": "flow", "path": "f/lib/self", "input_transforms": {}}}]
    },
}
