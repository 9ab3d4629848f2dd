"""OpenFlow documents are read with the engine's defaults, or refused with a sentence that names the step."""

import json
from pathlib import Path
from typing import Any

import pytest

from postmill.kernel.errors import InvalidInput
from postmill.model import flow as model
from postmill.model.debouncing import Debouncing
from postmill.model.flow_reading import MAX_NESTING, parse_flow
from postmill.model.input_transform import JavaScript, Static

CASES = Path(__file__).parents[3] / "e2e" / "conformance" / "flow_cases"


def identity(step_id: str, **settings: Any) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "identity"}, **settings}


def read(*modules: Any, **settings: Any) -> model.FlowValue:
    return parse_flow(json.dumps({"modules": list(modules), **settings}))


def refusal(*modules: Any, **settings: Any) -> str:
    with pytest.raises(InvalidInput) as refused:
        read(*modules, **settings)
    return refused.value.message


def step(value: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"id": "a", "value": value, **settings}


JOINED = {
    "id": "j",
    "value": {"type": "script", "path": "u/a/b"},
    "debouncing": {"debounce_delay_s": 5},
}


def test_every_conformance_flow_is_read() -> None:
    flows = [
        case["flow"]
        for file in sorted(CASES.glob("*.json"))
        for case in json.loads(file.read_text())
        if "flow" in case
    ]
    assert len(flows) > 100
    for flow in flows:
        parsed = parse_flow(json.dumps(flow).replace("{{prefix}}", "u/admin/x"))
        assert len(parsed.modules) == len(flow["modules"])


def test_numbers_keep_their_spelling() -> None:
    script = {"type": "rawscript", "language": "bash", "content": ""}
    text = (
        '{"modules": [{"id": "a", "value": '
        + json.dumps(script)[:-1]
        + ', "input_transforms": {"n": {"type": "static", "value": 12345678901234567890123}}}}]}'
    )
    value = parse_flow(text).modules[0].value
    assert isinstance(value, model.InlineScript)
    transform = value.input_transforms["n"]
    assert isinstance(transform, Static) and transform.text == "12345678901234567890123"


def test_older_spellings() -> None:
    value = {
        "type": "rawscript", "language": "bash", "content": "",
        "input_transform": {"x": {"type": "javascript", "expr": "1"}},
    }  # fmt: skip
    flow = read(step(value, timeout=5, delete_after_use=True), delete_after_use=True)
    module = flow.modules[0]
    assert isinstance(module.value, model.InlineScript)
    assert module.value.input_transforms == {"x": JavaScript("1")}
    assert isinstance(module.timeout, Static) and module.timeout.text == "5"
    assert (module.delete_after_secs, flow.delete_after_secs) == (0, 0)


def test_null_counts_as_absent_and_unknown_members_are_the_editors() -> None:
    flow = read(
        identity("a", retry=None, suspend=None, stop_after_if=None, x=1), notes=[1], failure_module=None
    )
    assert flow.modules[0] == model.FlowModule(id="a", value=model.Identity())
    assert flow.failure_module is None


def test_steps_without_an_id_get_the_same_one_at_every_reading() -> None:
    first, again, other = (
        parse_flow('{"modules": [{"value": {"type": "identity"}}]}', seed=seed) for seed in ("x", "x", "y")
    )
    assert len(first.modules[0].id) == 6
    assert first.modules[0].id == again.modules[0].id != other.modules[0].id


def test_the_error_handler_has_its_own_id() -> None:
    flow = read(identity("a"), failure_module=identity("whatever"))
    assert flow.failure_module is not None and flow.failure_module.id == "failure"


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ([step({"type": "teleport"})], ["'a'", "teleport", "rawscript"]),
        ([step({})], ["'a'", "type"]),
        ([{"id": "a"}], ["'a'", "no value"]),
        ([identity("a"), identity("a")], ["two steps", "'a'"]),
        ([identity("a b")], ["'a b'"]),
        ([identity("../x")], ["'../x'"]),
        ([step({"type": "branchone", "branches": []})], ["'a'", "default"]),
        ([step({"type": "branchall"})], ["'a'", "branches"]),
        ([step({"type": "branchall", "branches": [{}]})], ["branch 1", "'a'", "modules"]),
        ([step({"type": "branchone", "branches": [{"modules": []}], "default": []})], ["branch 1", "expr"]),
        ([step({"type": "forloopflow", "modules": []})], ["'a'", "iterator"]),
        ([step({"type": "whileloopflow"})], ["'a'", "modules"]),
        ([step({"type": "script", "path": "/etc/passwd"})], ["'a'", "/etc/passwd", "u/"]),
        ([step({"type": "flow", "path": "x/y"})], ["'a'", "x/y"]),
        ([step({"type": "rawscript", "language": "bash"})], ["'a'", "content"]),
        ([step({"type": "rawscript", "content": "", "language": 3})], ["'a'", "language"]),
        ([identity("a", retry={"exponential": {"attempts": 2, "seconds": 0}})], ["retry", "'a'", "seconds"]),
        ([identity("a", retry={"constant": {"attempts": -1}})], ["retry", "'a'", "negative"]),
        ([identity("a", retry={"constant": {"attempts": 1, "seconds": 90000}})], ["retry", "6 hours"]),
        ([identity("a", stop_after_if={"expr": 3})], ["stop_after_if", "'a'"]),
        ([identity("a", sleep={"type": "never"})], ["sleep", "'a'", "never"]),
        ([identity("a", suspend={"required_events": -1})], ["suspend", "'a'"]),
        ([identity("a", apply_preprocessor=True)], ["'a'", "apply_preprocessor", "scripts"]),
        ([identity("a", debouncing={"debounce_delay_s": 5})], ["'a'", "debouncing", "scripts and flows"]),
        ([identity("a", debouncing={"debounce_delay_s": 10**12})], ["debounce_delay_s", "'a'", "2147483647"]),
        (
            [step({"type": "branchall", "branches": [{"modules": [JOINED]}]})],
            ["'j'", "debouncing", "branches that all run"],
        ),
        ([identity("a", cache_ttl=10**12)], ["cache_ttl", "'a'", "2147483647"]),
        ([identity("a", cache_ttl=5, cache_ignore_s3_path=True)], ["cache_ignore_s3_path", "'a'"]),
        ([identity("a", delete_after_secs=10**12)], ["delete_after_secs", "'a'"]),
        ([identity("a", suspend={"required_events": 1, "timeout": 1e15})], ["timeout", "suspend", "'a'"]),
        (
            [step({"type": "rawscript", "content": "", "language": "bash", "concurrent_limit": 10**12})],
            ["limit", "'a'"],
        ),
        ([step({"type": "rawscript", "content": "a\0", "language": "bash"})], ["NUL"]),
        (["text"], ["step 1"]),
    ],
)
def test_refusals_name_the_step(flow: list[Any], words: list[str]) -> None:
    message = refusal(*flow)
    assert message.startswith("Bad request: ")
    for word in words:
        assert word in message


def test_what_is_null_is_absent_also_inside_settings() -> None:
    nothing = dict.fromkeys(("debounce_delay_s", "debounce_key", "debounce_args_to_accumulate"))
    given = identity("a", debouncing=nothing, retry={"constant": None}, suspend={"timeout": None})
    assert read(given).modules[0].debouncing == Debouncing()


def test_refusals_of_flow_settings() -> None:
    assert "modules" in refusal_of('{"x": 1}')
    assert "object" in refusal_of("[]")
    assert "malformed" in refusal_of("{")
    assert "modules" in refusal_of('{"modules": {}}')
    assert "'zz'" in refusal(identity("a"), early_return="zz")
    assert "failure_module" in refusal(identity("failure"), failure_module=identity("x"))
    loop = step({"type": "forloopflow", "iterator": {"type": "static"}, "modules": [], "parallel": True})
    assert "debounce_delay_s" in refusal(identity("a"), debounce_delay_s=10**12)
    assert "concurrent_limit" in refusal(identity("a"), concurrent_limit=10**12)
    assert "cache_ignore_s3_path" in refusal(identity("a"), cache_ignore_s3_path=True)
    assert "same_worker" in refusal(loop, same_worker=True)
    assert "preprocessor" in refusal(preprocessor_module=step({"type": "branchall", "branches": []}))


def refusal_of(text: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        parse_flow(text)
    return refused.value.message


def test_nesting_has_a_limit() -> None:
    def nested(depth: int) -> dict[str, Any]:
        inner = [nested(depth - 1)] if depth > 1 else []
        value = {"type": "whileloopflow", "modules": inner}
        return {"id": f"s{depth}", "value": value}

    read(nested(MAX_NESTING - 1))
    assert str(MAX_NESTING) in refusal(nested(MAX_NESTING))


def test_inner_steps_are_found_at_every_depth() -> None:
    branches = [{"expr": "x", "modules": [identity("c")]}]
    chosen = {"id": "b", "value": {"type": "branchone", "branches": branches, "default": [identity("d")]}}
    flow = read(identity("a"), chosen, failure_module=identity("failure"))
    assert [module.id for module in model.all_modules(flow)] == ["a", "b", "d", "c", "failure"]


def test_a_form_is_kept_as_it_is() -> None:
    suspend = {"required_events": 1, "resume_form": {"schema": {"type": "object"}}}
    flow = parse_flow(
        json.dumps({"modules": [{"id": "a", "value": {"type": "identity"}, "suspend": suspend}]})
    )
    read = flow.modules[0].suspend
    assert read is not None
    assert read.resume_form is not None
    assert json.loads(bytes(read.resume_form)) == suspend["resume_form"]
