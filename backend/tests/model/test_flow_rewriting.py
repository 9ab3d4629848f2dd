"""OpenFlow JSON that is changed in one place and left alone elsewhere."""

import pytest

from postmill.kernel.errors import InvalidInput
from postmill.model.flow_rewriting import Step, raw, rewrite_steps, steps_of

NESTED = """{"notes":[{"x":1.50}],"modules":[
  {"id":"a","value":{"type":"identity"}},
  {"id":"b","value":{"type":"branchone","default":[{"id":"c","value":{"type":"identity","n":1e3}}],
    "branches":[{"expr":"true","modules":[{"id":"d","value":{"type":"forloopflow",
      "modules":[{"id":"e","value":{"type":"identity"}}]}}]}]}}],
  "failure_module":{"id":"f","value":{"type":"identity"}},"same_worker":false}"""


def test_every_step_is_met_once_and_outer_ones_first() -> None:
    assert [(step.id, step.role) for step in steps_of(NESTED)] == [
        ("f", "failure"), ("a", "step"), ("b", "step"), ("c", "step"), ("d", "step"), ("e", "step"),
    ]  # fmt: skip


def test_a_change_reaches_the_deepest_step_and_nothing_else() -> None:
    def change(step: Step) -> None:
        if step.id == "e":
            step.value["lock"] = raw("x")

    changed = rewrite_steps(NESTED, change)
    assert '"id":"e","value":{"type":"identity","lock":"x"}' in changed
    assert '"n":1e3' in changed
    assert '{"x":1.50}' in changed
    assert changed.index('"modules"') < changed.index('"failure_module"') < changed.index('"same_worker"')


@pytest.mark.parametrize("text", ["[]", "1", "{", '"x"', ""])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        rewrite_steps(text, lambda step: None)


@pytest.mark.parametrize(
    "text",
    [
        '{"modules":[1,{"id":"a"},{"value":3}],"failure_module":null}',
        '{"modules":{"a":1}}',
        '{"modules":[{"id":"a","value":{"branches":[3,{"expr":"x"}],"modules":"no"}}]}',
    ],
)
def test_what_is_no_step_stays_as_it_is(text: str) -> None:
    assert rewrite_steps(text, lambda step: None) == text


def test_a_very_deep_document_is_no_crash() -> None:
    deep = '{"id":"a","value":{"type":"forloopflow","modules":[' * 3000 + "]}}" * 3000
    with pytest.raises(InvalidInput):
        rewrite_steps('{"modules":[' + deep + "]}", lambda step: None)
