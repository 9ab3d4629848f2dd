"""Expressions that are answered without JavaScript."""

import pytest

from postmill.expressions.paths import (
    Path,
    find_in_context,
    find_in_result,
    is_true,
    read_path,
    result_lookup,
)


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("previous_result", Path("previous_result", ())),
        (" flow_input.a ", Path("flow_input", ("a",))),
        ("flow_input['a b'].c[0]", Path("flow_input", ("a b", "c", 0))),
        ("flow_input?.a?.[1]", Path("flow_input", ("a", 1))),
        ("flow_input.a + 1", None),
        ("flow_input.a()", None),
        ("flow_input[x]", None),
        ("1", None),
        ("'a'", None),
        ("", None),
    ],
)
def test_what_is_a_path(expression: str, path: Path | None) -> None:
    assert read_path(expression) == path


CONTEXT = {"flow_input": '{"a":{"b":[1,{"c":12345678901234567890}]},"n":null,"s":"x"}', "resume": "null"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("flow_input.a.b[0]", "1"),
        ("flow_input.a.b[1].c", "12345678901234567890"),
        ("flow_input.n", "null"),
        ("resume", "null"),
        ("flow_input.missing", None),
        ("flow_input.n.x", None),
        ("flow_input.a.b.length", None),
        ("flow_input.a.b[7]", None),
        ("flow_input.s.length", None),
        ("unknown", None),
    ],
)
def test_values_of_the_context(expression: str, value: str | None) -> None:
    path = read_path(expression)
    assert path is not None
    assert find_in_context(path, CONTEXT) == value


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("results.a", ("a", ())),
        ("results?.a", ("a", ())),
        ("results['a-b']", ("a-b", ())),
        ("results.a[2].b.c", ("a", (2, "b", "c"))),
        ("results.a.length", None),
        ("results.a.b['c d']", None),
        ("results", None),
        ("results.a + 1", None),
    ],
)
def test_direct_lookups(expression: str, found: object) -> None:
    assert result_lookup(expression) == found


@pytest.mark.parametrize(
    ("text", "steps", "value"),
    [
        ('{"a":{"b":5}}', ("a", "b"), "5"),
        ('{"a":5}', ("a", "b"), "null"),
        ("[1,2]", (1,), "2"),
        ("[1,2]", (2,), "null"),
        ("[1,2]", ("a",), "null"),
        ("null", ("a",), "null"),
    ],
)
def test_paths_into_results(text: str, steps: tuple[str | int, ...], value: str) -> None:
    assert find_in_result(text, steps) == value


@pytest.mark.parametrize("text", ["true", "1", '"0"', "{}", "[]", "-1.5"])
def test_true(text: str) -> None:
    assert is_true(text)


@pytest.mark.parametrize("text", ["false", "0", "-0", '""', "null", "0.0"])
def test_false(text: str) -> None:
    assert not is_true(text)
