"""The variables of GraphQL documents."""

from typing import Any

import pytest

from postmill.signatures.infer import infer

CASES: list[tuple[str, dict[str, Any]]] = [
    ("{ a }", {}),
    ("query { a }", {}),
    ("", {}),
    ("query Q($a: Int!) { a }", {"a!": ("integer", None)}),
    ("query Q($a: [Int!]) { a }", {"a": ("array", None)}),
    ("query Q($a: [[Int]]!) { a }", {"a!": ("array", None)}),
    ("query Q($a : Int ! , $b:Int=-3){a}", {"a!": ("integer", None), "b": ("integer", -3)}),
    ('query Q($a: String = "a, b)" $b: ID){a}', {"a": ("string", "a, b)"), "b": ("string", None)}),
    ("query Q($a: Float = 1.5, $b: Boolean! = true){a}", {"a": ("number", 1.5), "b": ("boolean", "true")}),
    ("query Q($a: In = {x: 1, y: [A, null]}){a}", {"a": ("object", {"x": 1, "y": ["A", None]})}),
    ("query Q($a: Int # not $b: Int\n){a}", {"a": ("integer", None)}),
    ('query Q($a: Int){ f(x: $a, y: "($z: Int)") }', {"a": ("integer", None)}),
    ("query Q($a: Int @x(y: [1, (2)]), $b: Int){a}", {"a": ("integer", None), "b": ("integer", None)}),
    ("query A($a: Int){a} mutation B($b: Int!){b}", {"a": ("integer", None), "b!": ("integer", None)}),
    ("query Q($a: ID = 5, $b: String = 1.5){a}", {"a": ("string", "5"), "b": ("string", "1.5")}),
    ("{ query(x: 1) { query } }", {}),
    ('query Q($a: String = """two\nlines"""){a}', {"a": ("string", "two\nlines")}),
]


@pytest.mark.parametrize(("code", "expected"), CASES)
def test_variables_are_the_arguments(code: str, expected: dict[str, Any]) -> None:
    found = infer("graphql", code)
    assert found.schema is not None, found.error
    required = found.schema["required"]
    properties = found.schema["properties"]
    assert properties.pop("api")["format"] == "resource-graphql"
    assert {
        name + ("!" if name in required else ""): (property["type"], property["default"])
        for name, property in properties.items()
    } == expected


@pytest.mark.parametrize(
    ("code", "message", "line", "column"),
    [
        ("query Q(\n  $a: Int", "the list of variables is never closed", 1, 8),
        ("query Q(a: Int) { a }", "a variable ($name: Type) is expected here", 1, 9),
        ("query Q($a Int) { a }", "a variable is written as $name: Type", 1, 9),
        ("query Q($a: ) { a }", "a type is expected here", 1, 13),
        ("query Q($a: [Int) { a }", "the type of a list ends with ]", 1, 17),
        (f"query Q($a: {'[' * 3000}Int) {{ a }}", "the variables are nested too deeply to be read", 1, 8),
        (f"query Q($a: Int = {'[' * 3000}) {{ a }}", "the variables are nested too deeply to be read", 1, 8),
        ('query Q($a: String = "x) { a }', "the text that begins here is never closed", 1, 22),
    ],
)
def test_unreadable_documents_say_where(code: str, message: str, line: int, column: int) -> None:
    found = infer("graphql", code)
    assert found.schema is None
    assert found.error is not None
    assert (found.error.message, found.error.line, found.error.column) == (message, line, column)
