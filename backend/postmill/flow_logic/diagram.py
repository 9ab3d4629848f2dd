"""The states of a flow and what leads from one to another, found by asking ``decide`` itself.

    python -m postmill.flow_logic.diagram

Small flows with every kind of step and every setting are driven through every answer; what is seen becomes a Mermaid
diagram. Used for ``docs/explanation/flows.md`` only.
"""

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from postmill.flow_logic.commands import Command, Start
from postmill.flow_logic.decide import decide
from postmill.flow_logic.events import (
    Answers,
    Begin,
    Canceled,
    ChildEnded,
    Evaluated,
    Event,
    ExpressionError,
    Prepared,
)
from postmill.flow_logic.state import State, has_index
from postmill.flow_logic.view import Limits, View, view_of
from postmill.model.flow_reading import parse_flow

LIMITS = Limits(iterations=3, parallel=3, depth=3)
MOST_STATES = 20_000

_LEAF = {"type": "script", "path": "f/a/b", "input_transforms": {}}
_JS = {"type": "javascript", "expr": "x"}
_STOP = {"expr": "x", "skip_if_stopped": True}
_INNER = [{"value": _LEAF, "retry": {"constant": {"attempts": 1}}}]

_FLOWS: tuple[dict[str, Any], ...] = (
    {"modules": [], "skip_expr": "x"},
    {
        "modules": [
            {
                "id": "a", "value": _LEAF, "skip_if": {"expr": "x"}, "timeout": _JS, "stop_after_if": _STOP,
                "retry": {"constant": {"attempts": 1}, "retry_if": {"expr": "x"}}, "sleep": _JS,
            },
            {"id": "b", "value": _LEAF},
        ],
        "failure_module": {"id": "failure", "value": _LEAF},
        "preprocessor_module": {"id": "preprocessor", "value": _LEAF},
    },
    {
        "modules": [
            {
                "id": "a", "value": _LEAF,
                "suspend": {"required_events": 2, "user_auth_required": True, "user_groups_required": _JS},
            },
        ],
        "failure_module": {"id": "failure", "value": _LEAF},
    },
    {
        "modules": [
            {
                "id": "a", "stop_after_if": _STOP, "stop_after_all_iters_if": _STOP,
                "value": {"type": "forloopflow", "iterator": _JS, "modules": _INNER, "skip_failures": False},
            }
        ]
    },
    {
        "modules": [
            {
                "id": "a",
                "value": {
                    "type": "forloopflow", "iterator": _JS, "modules": _INNER, "parallel": True, "parallelism": _JS,
                    "skip_failures": False,
                },
            }
        ]
    },
    {
        "modules": [
            {
                "id": "a",
                "value": {
                    "type": "branchone", "branches": [{"expr": "x", "modules": _INNER}], "default": _INNER,
                },
            },
            {"id": "b", "value": {"type": "branchall", "branches": [{"modules": _INNER}]}, "stop_after_if": _STOP},
        ]
    },
)  # fmt: skip

_NAMES = {
    "new": "new",
    "skip_expr": "asks skip_expr",
    "groups": "asks user_groups_required",
    "answers": "waits for answers",
    "sleep": "asks sleep",
    "skip_if": "asks skip_if",
    "timeout": "asks timeout",
    "iterator": "asks iterator",
    "parallelism": "asks parallelism",
    "branch": "asks a branch's expr",
    "stop": "asks stop_after_if",
    "stop_turn": "asks stop_after_if of a loop",
    "stop_all": "asks stop_after_all_iters_if",
    "retry_if": "asks retry_if",
    "children": "children run",
    "args": "uses the preprocessor's arguments",
    "permit": "waits for a permit",
    "preprocessor children": "the preprocessor runs",
    "failure children": "the failure module runs",
}
_VALUES: dict[str, tuple[str, ...]] = {
    "iterator": ("[1, 2]", "[]", "3"),
    "sleep": ("1",),
    "timeout": ("1",),
    "parallelism": ("1", "null"),
    "groups": ('["g"]',),
}


def name_of(state: State) -> str:
    """What a state is called."""
    if state.end is not None:
        return f"ended: {state.end.status}"
    if state.phase == "new":
        return _NAMES["new"]
    if state.stage == "children" and state.phase != "steps":
        return _NAMES[f"{state.phase} children"]
    return _NAMES[state.stage]


def transitions() -> dict[tuple[str, str], set[str]]:
    """The events that lead from one named state to another."""
    found: dict[tuple[str, str], set[str]] = {}
    for document in _FLOWS:
        view = view_of(parse_flow(json.dumps(document)))
        for before, event, after in _explored(view, "preprocessor_module" in document):
            found.setdefault((name_of(before), name_of(after)), set()).add(_label(event))
    return found


def _explored(view: View, preprocess: bool) -> Iterator[tuple[State, Event, State]]:
    first = State(preprocess=preprocess)
    waiting: deque[tuple[State, str]] = deque([(first, "")])
    seen = {repr(first)}
    while waiting:
        state, step = waiting.popleft()
        for event in _events(state, step):
            after, commands = decide(view, state, event, LIMITS)
            yield state, event, after
            if repr(after) not in seen and len(seen) < MOST_STATES:
                seen.add(repr(after))
                waiting.append((after, _started(commands) or step))


def _started(commands: tuple[Command, ...]) -> str:
    return next((command.step for command in commands if isinstance(command, Start)), "")


def _events(state: State, step: str) -> Iterator[Event]:
    if state.end is not None:
        return
    yield Canceled("{}")
    if state.phase == "new":
        yield Begin()
    elif state.stage == "answers":
        yield Answers(1)
        yield Answers(2)
        yield Answers(0, refused_by="x")
        yield Answers(0, timed_out=True)
    elif state.stage in ("args", "permit"):
        yield Prepared()
        yield Prepared(waits=True)
        yield Prepared(refusal="no")
    elif state.stage == "children":
        for index in range(state.started):
            if not has_index(state.done, index):
                for success in (True, False):
                    yield ChildEnded(step=step, attempt=state.attempt, index=index, success=success)
                yield ChildEnded(step=step, attempt=state.attempt, index=index, success=True, stopped=True)
    else:
        for text in _VALUES.get(state.stage, ("true", "false")):
            yield Evaluated({"x": text})
        yield Evaluated({"x": ExpressionError("no")})


def _label(event: Event) -> str:
    if isinstance(event, ChildEnded):
        return "a child succeeded" if event.success else "a child failed"
    if isinstance(event, Evaluated):
        (value,) = event.values.values()
        return "no value" if isinstance(value, ExpressionError) else "a value"
    if isinstance(event, Answers):
        return "answers"
    if isinstance(event, Prepared):
        return (
            "others have the permit"
            if event.waits
            else "the arguments are refused"
            if event.refusal
            else "may run"
        )
    return "canceled" if isinstance(event, Canceled) else "begins"


def mermaid() -> str:
    """The diagram. Cancelling leads everywhere to the same end, and is drawn once."""
    edges = {pair: labels - {"canceled"} for pair, labels in transitions().items() if labels - {"canceled"}}
    names = sorted({name for pair in edges for name in pair} | {"ended: canceled"})
    ids = {name: f"s{number}" for number, name in enumerate(names)}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{name}" as {ids[name]}' for name in names]
    lines.append(f"    [*] --> {ids['new']}")
    lines += [
        f"    {ids[before]} --> {ids[after]}: {', '.join(sorted(labels))}"
        for (before, after), labels in sorted(edges.items())
    ]
    lines.append(
        f"    note right of {ids['ended: canceled']}: from every state, when somebody cancels the run"
    )
    lines += [f"    {ids[name]} --> [*]" for name in names if name.startswith("ended")]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(mermaid(), end="")
