"""What the text of an expression says about itself."""

import pytest

from postmill.expressions.source import function_body, mentioned, named_results


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("1 + 1", "return 1 + 1"),
        ("  flow_input.x  ", "return flow_input.x"),
        ("{a: 1, ...x}", "return {a: 1, ...x}"),
        ("return 5", "return 5"),
        ("const a = 1\nreturn a", "const a = 1\nreturn a"),
        ("letter + 1", "return letter + 1"),
        ("iffy", "return iffy"),
        ("await$x", "return await$x"),
        ("x = 1; return x", "x = 1; return x"),
        ("'a;b' + \"c;d\" + `e;f`", "return 'a;b' + \"c;d\" + `e;f`"),
        (r"'it\'s;'", r"return 'it\'s;'"),
        ("// why; because\nx", "return x"),
        ("/* a;\n b */ x /* c; */", "return x /* c; */"),
        ("// only a comment", ""),
        ("", ""),
        ("async () => 1", "async () => 1"),
        ("if (x) return 1\nreturn 2", "if (x) return 1\nreturn 2"),
    ],
)
def test_what_becomes_the_body(expression: str, body: str) -> None:
    assert function_body(expression) == body


@pytest.mark.parametrize(
    ("expression", "steps"),
    [
        ("results.a + results.b.c", ["a", "b"]),
        ("results?.a", ["a"]),
        ("results['a-b'] + results[\"c\"] + results[`d`]", ["a-b", "c", "d"]),
        ("results?.['a']", ["a"]),
        ("results . a", ["a"]),
        ("results[flow_input.x]", []),
        ("my_results.a + x.results.b", []),
        ("results.a + results.a", ["a"]),
        ("Object.keys(results)", []),
    ],
)
def test_results_that_are_named(expression: str, steps: list[str]) -> None:
    assert named_results(expression) == steps


def test_only_what_is_mentioned() -> None:
    assert mentioned("flow_input.x + result", ["flow_input", "previous_result", "result"]) == [
        "flow_input",
        "result",
    ]
