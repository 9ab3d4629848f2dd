"""What each kind of step and each setting does, one example per rule."""

import random
from typing import Any

import pytest

from .pieces import (
    BOOM,
    HANDLER,
    INDEX,
    ITEM,
    SCRIPTS,
    all_of,
    bad,
    identity,
    loop,
    one_of,
    retry,
    run,
    script,
    stop,
    transform,
    while_loop,
)
from .playground import Playground

STOP = {"expr": "True", "skip_if_stopped": True}

CASES: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[str, Any]]] = [
    ("nothing to do", (), {}, ("success", {"k": 3})),
    ("one after another", (script("a", n=2), script("b", "double", "results['a']")), {}, ("success", 4)),
    ("an identity hands on", (script("a", n=2), identity("b")), {}, ("success", 2)),
    ("a mock", (script("a", "fail", mock={"enabled": True, "return_value": 7}),), {}, ("success", 7)),
    (
        "a mocked loop with a condition",
        (
            loop(
                "l",
                [1],
                script("x", "fail"),
                settings={"mock": {"enabled": True, "return_value": [4, 5]}, **stop("len(all_iters) == 2")},
            ),
            script("z", "fail"),
        ),
        {},
        ("success", [4, 5]),
    ),
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
        "the handler fails inside a branch of its own",
        (script("a", "fail"),),
        {"failure_module": one_of("failure", [script("x", "picky", 5)])},
        ("failure", bad(5)),
    ),
    (
        "a handler with branches, inside a loop",
        (loop("l", [1], script("a", "fail"), identity("b")),),
        {"failure_module": one_of("failure", [script("x", n=7), identity("y")])},
        ("failure", [7]),
    ),
    (
        "a stop in a branch of the handler ends no more than that",
        (script("a", "fail"),),
        {"failure_module": one_of("failure", [script("x", n=7, **stop()), script("y", n=8)])},
        ("failure", 7),
    ),
    *(
        (
            f"a stop behind all turns of the handler ends no more than that, {name}",
            (script("a", "fail"),),
            {"failure_module": handler},
            ("failure", [7]),
        )
        for name, handler in (
            ("a loop", loop("failure", [1], script("x", n=7), settings={"stop_after_all_iters_if": STOP})),
            ("branches", all_of("failure", [script("x", n=7)], settings={"stop_after_if": STOP})),
        )
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
