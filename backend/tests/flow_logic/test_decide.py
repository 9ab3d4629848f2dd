"""What each kind of step and each setting does, one example per rule. Expressions are Python's here."""

import json
import random
from typing import Any

import msgspec
import pytest

from postmill.flow_logic.decide import decide
from postmill.flow_logic.events import Answers, Begin, Canceled, ChildEnded, Evaluated
from postmill.flow_logic.state import State, has_index, with_index
from postmill.flow_logic.view import Limits, view_of
from postmill.model.flow_reading import parse_flow

from .playground import Failed, Playground


def fail(message: str = "boom", **_: Any) -> Any:
    raise Failed(message)


def fail_above(n: Any, most: Any = 1, **_: Any) -> Any:
    if n > most:
        raise Failed(f"bad {n}")
    return n


SCRIPTS = {
    "same": lambda n=None, **_: n,
    "double": lambda n, **_: n * 2,
    "args": lambda **given: given,
    "fail": fail,
    "picky": fail_above,
}


def transform(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"type": "javascript", "expr": value}
    return {"type": "static", "value": value}


def script(step_id: str, content: str = "same", n: Any = None, **settings: Any) -> dict[str, Any]:
    inputs = {} if n is None else {"n": transform(n)}
    value = {"type": "rawscript", "language": "bash", "content": content, "input_transforms": inputs}
    return {"id": step_id, "value": value, **settings}


def identity(step_id: str, **settings: Any) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "identity"}, **settings}


def loop(step_id: str, over: Any, *modules: Any, settings: Any = None, **value: Any) -> dict[str, Any]:
    loop_value = {"type": "forloopflow", "iterator": transform(over), "modules": list(modules), **value}
    return {"id": step_id, "value": loop_value, **(settings or {})}


def while_loop(step_id: str, *modules: Any, settings: Any = None, **value: Any) -> dict[str, Any]:
    return {
        "id": step_id,
        "value": {"type": "whileloopflow", "modules": list(modules), **value},
        **(settings or {}),
    }


def one_of(step_id: str, default: list[Any], *branches: tuple[str, list[Any]], **settings: Any) -> Any:
    parts = [{"expr": expr, "modules": modules} for expr, modules in branches]
    return {"id": step_id, "value": {"type": "branchone", "branches": parts, "default": default}, **settings}


def all_of(step_id: str, *branches: Any, settings: Any = None, **value: Any) -> dict[str, Any]:
    parts = [branch if isinstance(branch, dict) else {"modules": branch} for branch in branches]
    return {"id": step_id, "value": {"type": "branchall", "branches": parts, **value}, **(settings or {})}


def stop(expr: str = "True", **settings: Any) -> dict[str, Any]:
    return {"stop_after_if": {"expr": expr, **settings}}


def retry(attempts: int, **more: Any) -> dict[str, Any]:
    return {"retry": {"constant": {"attempts": attempts, "seconds": 1}, **more}}


HANDLER = script("failure", "args", "error['message']")
BOOM = {"error": {"message": "boom", "name": "ValueError"}}
EVEN = "flow_input['iter']['value'] % 2 == 0"
ITEM = "flow_input['iter']['value']"
INDEX = "flow_input['iter']['index']"


def bad(n: Any) -> dict[str, Any]:
    return {"error": {"message": f"bad {n}", "name": "ValueError"}}


def run(*modules: Any, args: Any = None, play: Playground | None = None, **flow: Any) -> tuple[str, Any]:
    play = play or Playground(SCRIPTS)
    return play.run({"modules": list(modules), **flow}, args)


CASES: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[str, Any]]] = [
    ("nothing to do", (), {}, ("success", {"k": 3})),
    ("one after another", (script("a", n=2), script("b", "double", "results['a']")), {}, ("success", 4)),
    ("an identity hands on", (script("a", n=2), identity("b")), {}, ("success", 2)),
    ("a mock", (script("a", "fail", mock={"enabled": True, "return_value": 7}),), {}, ("success", 7)),
    (
        "a mock that is off",
        (script("a", n=1, mock={"enabled": False, "return_value": 7}),),
        {},
        ("success", 1),
    ),
    ("a failure", (script("a", "fail"), script("b", n=1)), {}, ("failure", BOOM)),
    (
        "an input that cannot be made",
        (script("a", n="nope"),),
        {},
        ("failure", {"error": {"message": "NameError: name 'nope' is not defined", "name": "ExecutionErr"}}),
    ),
    ("skip_if", (script("a", n=1), script("b", n=2, skip_if={"expr": "True"})), {}, ("success", 1)),
    ("skip_if false", (script("a", n=1), script("b", n=2, skip_if={"expr": "0"})), {}, ("success", 2)),
    ("skip_expr", (script("a", n=1),), {"skip_expr": "True"}, ("skipped", "stopped early")),
    (
        "pass_flow_input_directly",
        (script("a", "args", n=1, pass_flow_input_directly=True),),
        {},
        ("success", {"k": 3}),
    ),
    # continue_on_error
    (
        "a tolerated failure",
        (script("a", "fail", continue_on_error=True), script("b", "args", "previous_result")),
        {},
        ("success", {"n": BOOM}),
    ),
    ("tolerated at the end", (script("a", "fail", continue_on_error=True),), {}, ("success", BOOM)),
    # stops
    ("stop", (script("a", n=1, **stop()), script("b", "fail")), {}, ("success", 1)),
    ("no stop", (script("a", n=1, **stop("result > 1")), script("b", n=2)), {}, ("success", 2)),
    ("stop and skip", (script("a", n=1, **stop(skip_if_stopped=True)),), {}, ("skipped", 1)),
    (
        "stop with a message",
        (script("a", n=1, **stop(error_message="no")), script("b", n=1)),
        {},
        ("failure", {"error": {"name": "EarlyStopError", "message": "no"}}),
    ),
    (
        "stop with the result",
        (script("a", n=1, **stop(error_message="", error_include_result=True)),),
        {},
        ("failure", {"error": {"name": "EarlyStopError", "message": "stop after if: True", "result": 1}}),
    ),
    ("stop is not asked after a failure", (script("a", "fail", **stop()),), {}, ("failure", BOOM)),
    (
        "stop is not asked after a skip",
        (script("a", n=1, skip_if={"expr": "True"}, **stop()), script("b", n=2)),
        {},
        ("success", 2),
    ),
    (
        "a stop that cannot be evaluated",
        (script("a", n=1, continue_on_error=True, **retry(3), **stop("nope")), script("b", n=2)),
        {},
        (
            "failure",
            {
                "error": "Error evaluating stop_after_if of module 'a' expression 'nope': "
                "NameError: name 'nope' is not defined"
            },
        ),
    ),
    # for loops
    ("for", (loop("l", [1, 2], script("x", "double", ITEM)),), {}, ("success", [2, 4])),
    ("for of two steps", (loop("l", [1, 2], script("x", n=ITEM), identity("y")),), {}, ("success", [1, 2])),
    ("for index", (loop("l", ["a", "b"], script("x", n=INDEX), identity("y")),), {}, ("success", [0, 1])),
    ("for over nothing", (loop("l", [], script("x")), identity("b")), {}, ("success", [])),
    ("for without a body", (loop("l", [1]), identity("b")), {}, ("success", [])),
    ("for sees the arguments", (loop("l", "[result['k']]", script("x", n=ITEM)),), {}, ("success", [3])),
    (
        "for over no list at step 0",
        (loop("l", "result", script("x")),),
        {"failure_module": HANDLER},
        (
            "failure",
            {"n": "Expected an array value in the iterator expression, found: {\"k\": 3} (in loop 'l')"},
        ),
    ),
    (
        "for over no list later",
        (script("a", n=4), loop("l", "result", script("x"))),
        {"failure_module": HANDLER},
        (
            "failure",
            {
                "error": {
                    "message": "Expected an array value in the iterator expression, found: 4 (in loop 'l')",
                    "name": "InternalError",
                }
            },
        ),
    ),
    ("for fails", (loop("l", [0, 5, 1], script("x", "picky", ITEM)),), {}, ("failure", [0, bad(5)])),
    (
        "for skips failures",
        (loop("l", [0, 5, 1], script("x", "picky", ITEM), skip_failures=True),),
        {},
        ("success", [0, bad(5), 1]),
    ),
    (
        "parallel runs all",
        (loop("l", [5, 0, 6], script("x", "picky", ITEM), parallel=True),),
        {},
        ("failure", [bad(5), 0, bad(6)]),
    ),
    (
        "parallel, one at a time, still runs all",
        (loop("l", [5, 0, 6], script("x", "picky", ITEM), parallel=True, parallelism=1),),
        {},
        ("failure", [bad(5), 0, bad(6)]),
    ),
    (
        "parallel with a bound",
        (
            loop(
                "l", [0, 1, 2, 3], script("x", "double", ITEM), parallel=True, parallelism=transform("1 + 1")
            ),
        ),
        {},
        ("success", [0, 2, 4, 6]),
    ),
    (
        "a loop's own stop",
        (
            loop("l", [1, 2, 3], script("x", n=ITEM), settings=stop("result == 2", error_message="x")),
            identity("b"),
        ),
        {},
        ("success", [1, 2]),
    ),
    (
        "a stop in the body ends the loop",
        (
            loop("l", [1, 2, 3], script("x", n=ITEM, **stop("result == 2"))),
            script("b", "double", "results['l']"),
        ),
        {},
        ("success", [1, 2, 1, 2]),
    ),
    (
        "a stop in a parallel body ends its turn",
        (loop("l", [1, 2], script("x", n=ITEM, **stop()), script("y", "fail"), parallel=True),),
        {},
        ("success", [1, 2]),
    ),
    (
        "stop after all",
        (
            loop(
                "l", [1], script("x", n=ITEM), settings={"stop_after_all_iters_if": {"expr": "result == [1]"}}
            ),
            script("b", "fail"),
        ),
        {},
        ("success", [1]),
    ),
    (
        "stop after all that cannot be evaluated",
        (all_of("l", [script("x", n=1)], settings={"stop_after_all_iters_if": {"expr": "nope"}}),),
        {},
        (
            "failure",
            {
                "error": {
                    "message": "Error evaluating stop_after_all_iters_if expression 'nope' of module 'l': "
                    "NameError: name 'nope' is not defined",
                    "name": "ExecutionErr",
                }
            },
        ),
    ),
    (
        "loops in loops",
        (loop("o", [1, 2], loop("i", f"[{ITEM}, 9]", script("x", n=ITEM), parallel=True)),),
        {},
        ("success", [[1, 9], [2, 9]]),
    ),
    # while loops
    (
        "while with a stop inside",
        (
            while_loop(
                "w", script("x", n=INDEX, **stop("result >= 1")), script("y", "double", "previous_result")
            ),
        ),
        {},
        ("success", [0, 1]),
    ),
    (
        "while with all_iters",
        (while_loop("w", script("x", "double", INDEX), settings=stop("len(all_iters) >= 3")),),
        {},
        ("success", [0, 2, 4]),
    ),
    ("while fails", (while_loop("w", script("x", "picky", INDEX)),), {}, ("failure", [0, 1, bad(2)])),
    # branches
    ("the default", (one_of("b", [script("d", n=1)], ("0", [script("x", n=2)])),), {}, ("success", 1)),
    (
        "the first that is true",
        (one_of("b", [], ("0", []), ("1", [script("x", n=2)]), ("1", [script("y", n=3)])),),
        {},
        ("success", 2),
    ),
    ("a branch without steps", (script("a", n=7), one_of("b", []), identity("c")), {}, ("success", 7)),
    (
        "a predicate that cannot be evaluated",
        (script("a", n=1), one_of("b", [], ("nope", []), continue_on_error=True), script("c", n=3)),
        {},
        ("success", 3),
    ),
    ("a failure in a branch", (one_of("b", [script("x", "fail")]), identity("c")), {}, ("failure", BOOM)),
    (
        "a stop in a branch stops the flow",
        (one_of("b", [script("x", n=1, **stop(skip_if_stopped=True))]), script("c", "fail")),
        {},
        ("skipped", 1),
    ),
    (
        "a stop in a branch in a loop ends the loop",
        (loop("l", [1, 2, 3], one_of("b", [script("x", n=ITEM, **stop("result == 2"))]), identity("y")),),
        {},
        ("success", [1, 2]),
    ),
    ("all", (all_of("b", [script("x", n=1)], [script("y", n=2)]),), {}, ("success", [1, 2])),
    ("all of nothing", (all_of("b"),), {}, ("success", [])),
    (
        "all run although one fails",
        (all_of("b", [script("x", "fail")], [script("y", n=2)]),),
        {},
        ("failure", [BOOM, 2]),
    ),
    (
        "all with a failure that may be",
        (all_of("b", {"modules": [script("x", "fail")], "skip_failure": True}, [script("y", n=2)]),),
        {},
        ("success", [BOOM, 2]),
    ),
    (
        "one after the other",
        (all_of("b", [script("x", n=1)], [script("y", "fail")], [script("z", n=3)], parallel=False),),
        {},
        ("failure", [1, BOOM]),
    ),
    (
        "a stop in one of those",
        (all_of("b", [script("x", n=1, **stop())], [script("z", n=3)], parallel=False), script("c", "fail")),
        {},
        ("success", [1]),
    ),
    (
        "a stop in one side by side",
        (all_of("b", [script("x", n=1, **stop()), script("y", "fail")], [script("z", n=3)]), identity("c")),
        {},
        ("success", [1, 3]),
    ),
    # failure modules
    ("handled", (script("a", "fail"),), {"failure_module": HANDLER}, ("failure", {"n": "boom"})),
    ("not needed", (script("a", n=1),), {"failure_module": HANDLER}, ("success", 1)),
    (
        "recovered",
        (script("a", "fail"), script("b", n=1)),
        {"failure_module": script("failure", n={"recover": True})},
        ("success", {"recover": True}),
    ),
    (
        "handled where it failed, once",
        (one_of("b", [script("x", "fail")]), script("c", n=1)),
        {"failure_module": HANDLER},
        ("failure", {"n": "boom"}),
    ),
    (
        "the handler fails",
        (script("a", "fail"),),
        {"failure_module": script("failure", "picky", 5)},
        ("failure", bad(5)),
    ),
    (
        "after a stop with a message",
        (script("a", n=1, **stop(error_message="no")),),
        {"failure_module": HANDLER},
        ("failure", {"n": "no"}),
    ),
    (
        "after a stop with a message, where a failure inside was handled and skipped before",
        (
            all_of(
                "b",
                {"modules": [script("x", "fail")], "skip_failure": True},
                settings={"stop_after_all_iters_if": {"expr": "True", "error_message": "no"}},
            ),
        ),
        {"failure_module": HANDLER},
        ("failure", {"n": "no"}),
    ),
]


@pytest.mark.parametrize(
    ("modules", "flow", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
@pytest.mark.parametrize("order", [None, 1, 2])
def test_rules(modules: Any, flow: Any, expected: Any, order: int | None) -> None:
    """In order, and with the ends of children in any order and twice."""
    play = Playground(
        SCRIPTS, order=None if order is None else random.Random(order), duplicates=order is not None
    )
    assert run(*modules, args={"k": 3}, play=play, **flow) == expected


def test_retries_come_first_with_the_same_arguments() -> None:
    seen: list[Any] = []

    def third_time(n: Any) -> Any:
        seen.append(n)
        if len(seen) < 3:
            raise Failed("boom")
        return "ok"

    play = Playground({"third": third_time}, order=None)
    step = script("a", "third", "len(flow_input)", **retry(1, exponential={"attempts": 1, "seconds": 2}))
    assert run(step, play=play, failure_module=HANDLER) == ("success", "ok")
    assert seen == [0, 0, 0]
    # The exponential wait is seconds ** (failures + 1), and the constant try counts as one.
    assert play.delays == [0, 1, 4]


def test_retry_if_and_what_follows_retries() -> None:
    play = Playground(SCRIPTS)
    step = script("a", "fail", **retry(9, retry_if={"expr": "error['message'] == 'other'"}))
    assert run(step, play=play, failure_module=HANDLER) == ("failure", {"n": "boom"})
    assert [name for name, _ in play.calls] == ["a", "failure"]
    play = Playground(SCRIPTS)
    assert run(script("a", "fail", continue_on_error=True, **retry(2)), play=play)[0] == "success"
    assert [name for name, _ in play.calls] == ["a", "a", "a"]


def test_inputs_that_could_not_be_made_are_made_again() -> None:
    play = Playground(SCRIPTS)
    assert run(script("a", n="nope", **retry(2)), play=play)[0] == "failure"
    assert play.delays == [0, 1, 1]
    assert play.calls == []


def test_a_lost_worker_goes_straight_to_the_failure_module() -> None:
    flow = {"modules": [script("a", continue_on_error=True, **retry(3))], "failure_module": HANDLER}
    view = view_of(parse_flow(json_of(flow)))
    state = decide(view, State(), Begin()).state
    ended = ChildEnded(step="a", attempt=0, success=False, lost=True)
    assert decide(view, state, ended).state.phase == "failure"


def test_a_canceled_step_is_a_failure_without_retry_or_handler() -> None:
    flow = {"modules": [script("a", **retry(3))], "failure_module": HANDLER}
    view = view_of(parse_flow(json_of(flow)))
    state = decide(view, State(), Begin()).state
    end = decide(view, state, ChildEnded(step="a", attempt=0, success=False, canceled=True)).state.end
    assert end is not None and end.status == "failure"


def test_cancellation_ends_a_flow_wherever_it_is() -> None:
    view = view_of(parse_flow(json_of({"modules": [script("a")], "failure_module": HANDLER})))
    state = decide(view, State(), Begin()).state
    canceled = decide(view, state, Canceled("1"))
    assert canceled.state.end is not None and canceled.state.end.status == "canceled"
    assert decide(view, canceled.state, Canceled("2")) == (canceled.state, ())


def test_sleep_delays_what_comes_next_once() -> None:
    play = Playground(SCRIPTS)
    steps = (script("a", n=1, sleep={"type": "static", "value": 2.5}), script("b", "fail", **retry(1)))
    run(*steps, play=play)
    assert play.delays == [0, 2.5, 1]
    play = Playground(SCRIPTS)
    # A last step that sleeps is followed by one that does nothing, later.
    assert run(script("a", n=1, sleep={"type": "static", "value": 2}), play=play) == ("success", 1)
    assert play.delays == [0, 2]


@pytest.mark.parametrize(
    ("answers", "settings", "expected"),
    [
        ([Answers(1)], {}, ("success", 1)),
        ([Answers(0), Answers(1)], {}, ("success", 1)),
        ([Answers(1), Answers(2)], {"required_events": 2}, ("success", 1)),
        (
            [Answers(0, refused_by="ann")],
            {},
            ("failure", {"error": {"name": "SuspendedDisapproved", "message": "Disapproved by ann"}}),
        ),
        (
            [Answers(0), Answers(0, timed_out=True)],
            {},
            (
                "failure",
                {"error": {"name": "SuspendedTimedOut", "message": "Timed out waiting to be resumed"}},
            ),
        ),
        ([Answers(0, timed_out=True)], {"continue_on_disapprove_timeout": True}, ("success", 1)),
        ([Answers(0, refused_by="x")], {"continue_on_disapprove_timeout": True}, ("success", 1)),
    ],
)
def test_suspension(answers: Any, settings: Any, expected: Any) -> None:
    suspend = {"required_events": 1, **settings}
    for steps in ((script("a", n=1, suspend=suspend), identity("b")), (script("a", n=1, suspend=suspend),)):
        assert run(*steps, play=Playground(SCRIPTS, {"a": answers})) == expected


def test_a_skipped_or_failed_step_does_not_suspend() -> None:
    suspend = {"suspend": {"required_events": 1}}
    assert run(script("a", n=1, skip_if={"expr": "True"}, **suspend), args={}) == ("success", {})
    assert run(script("a", "fail", continue_on_error=True, **suspend), identity("b"))[0] == "success"


def test_a_refusal_runs_the_failure_module() -> None:
    play = Playground(SCRIPTS, {"a": [Answers(0, refused_by="ann")]})
    steps = (script("a", n=1, suspend={"required_events": 1}), script("b", n=2, continue_on_error=True))
    assert run(*steps, play=play, failure_module=HANDLER) == ("failure", {"n": "Disapproved by ann"})


def test_subflows() -> None:
    flows = {
        "f/x/inner": {"modules": [script("i", "double", "flow_input['n']", **stop()), script("j", "fail")]},
        "f/x/bad": {"modules": [script("i", "fail")], "failure_module": HANDLER},
        "f/x/self": {
            "modules": [{"id": "s", "value": {"type": "flow", "path": "f/x/self", "input_transforms": {}}}]
        },
    }

    def sub(path: str, n: Any = 2) -> dict[str, Any]:
        return {"id": "s", "value": {"type": "flow", "path": path, "input_transforms": {"n": transform(n)}}}

    # A stop inside ends only the subflow.
    assert run(
        sub("f/x/inner"), script("b", "double", "previous_result"), play=Playground(SCRIPTS, {}, flows)
    ) == (
        "success",
        8,
    )
    # Around flow steps the failure module runs once more.
    play = Playground(SCRIPTS, {}, flows)
    assert run(sub("f/x/bad"), play=play, failure_module=script("failure", n="'outer'")) == (
        "failure",
        "outer",
    )
    play = Playground(SCRIPTS, {}, flows, Limits(depth=5))
    status, result = run(sub("f/x/self"), play=play)
    assert (
        status == "failure"
        and "calls itself" not in result
        and "nest at most 5" in result["error"]["message"]
    )


def test_limits_are_sentences() -> None:
    limits = Limits(iterations=3, parallel=2)
    for step, word in (
        (loop("l", [1, 2, 3, 4], script("x")), "4 items, and 3 turns"),
        (loop("l", [1, 2, 3], script("x"), parallel=True), "3 items, and 2 parallel"),
        (while_loop("l", script("x")), "made 3 turns"),
        (all_of("l", [script("x")], [script("y")], [script("z")]), "more branches"),
    ):
        status, result = run(step, play=Playground(SCRIPTS, limits=limits))
        assert (
            status == "failure" and word in result["error"]["message"] and "'l'" in result["error"]["message"]
        )


def test_the_preprocessor_makes_the_arguments() -> None:
    play = Playground({**SCRIPTS, "pre": lambda event: {"made": event}})
    flow = {
        "modules": [script("a", n="flow_input['made']")],
        "preprocessor_module": script("preprocessor", "pre"),
    }
    assert play.run(flow, {"x": 1}, preprocess=True) == ("success", {"x": 1})
    play = Playground({**SCRIPTS, "pre": fail})
    assert play.run(flow, {"x": 1}, preprocess=True) == ("failure", BOOM)


def test_the_state_does_not_grow_with_the_turns() -> None:
    def size(turns: int) -> int:
        play = Playground(SCRIPTS)
        run(loop("l", list(range(turns)), script("x", n=ITEM), identity("y")), play=play)
        assert play.top is not None
        return len(msgspec.json.encode(play.top.state))

    assert size(200) <= size(2) + 10


def test_sets_of_children() -> None:
    done = ""
    for index in (0, 5, 9999):
        assert not has_index(done, index)
        done = with_index(done, index)
    assert [index for index in range(10_000) if has_index(done, index)] == [0, 5, 9999]


def test_answers_to_nothing_change_nothing() -> None:
    view = view_of(parse_flow(json_of({"modules": [script("a"), script("b")]})))
    state = decide(view, State(), Begin()).state
    for event in (
        Begin(),
        Answers(5),
        Evaluated({"x": "1"}),
        ChildEnded(step="b", attempt=0, success=True),
        ChildEnded(step="a", attempt=1, success=True),
        ChildEnded(step="a", attempt=0, index=1, success=True),
    ):
        assert decide(view, state, event) == (state, ())


def json_of(flow: Any) -> str:
    return json.dumps(flow)
