"""Decisions that take more than one example: retries, answers, cancellation, limits, and the state itself."""

import json
from typing import Any

import msgspec
import pytest

from postmill.flow_logic.decide import decide
from postmill.flow_logic.events import Answers, Begin, Canceled, ChildEnded, Evaluated
from postmill.flow_logic.state import State, has_index, with_index
from postmill.flow_logic.view import Limits, view_of
from postmill.model.flow_reading import parse_flow

from .pieces import (
    BOOM,
    HANDLER,
    ITEM,
    SCRIPTS,
    all_of,
    fail,
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
from .playground import Failed, Playground


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
        (all_of("l", [script("x")], [script("y")], [script("z")]), "3 branches, and 2 at once"),
    ):
        status, result = run(step, play=Playground(SCRIPTS, limits=limits))
        assert (
            status == "failure" and word in result["error"]["message"] and "'l'" in result["error"]["message"]
        )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"sleep": transform("nothing")}, {}),
        ({"sleep": transform("'soon'")}, {}),
        ({"sleep": transform(10**12)}, {}),
        (
            {
                "suspend": {
                    "required_events": 1,
                    "user_auth_required": True,
                    "user_groups_required": "nothing",
                }
            },
            {},
        ),
        ({"suspend": {"required_events": 1, "user_auth_required": True, "user_groups_required": "5"}}, {}),
        ({}, {"skip_if": {"expr": "nothing"}}),
        ({}, {"timeout": transform("nothing")}),
        ({}, {"timeout": transform("'soon'")}),
    ],
)
def test_sentences_name_the_step_whose_setting_it_is(before: Any, after: Any) -> None:
    if "suspend" in before:
        groups = before["suspend"]["user_groups_required"]
        before = {"suspend": {**before["suspend"], "user_groups_required": transform(groups)}}
    status, result = run(script("first", n=1, **before), script("second", n=2, **after))
    said = result["error"]["message"]
    wanted, other = ("'first'", "'second'") if before else ("'second'", "'first'")
    assert status == "failure" and wanted in said and other not in said
    assert next(iter(before or after)).replace("suspend", "user_groups_required") in said


def test_a_broken_predicate_of_a_branch_names_branch_and_step() -> None:
    status, result = run(one_of("o", [], ("False", []), ("nothing", [])))
    assert status == "failure" and "branch 2 of module 'o'" in result["error"]["message"]


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
