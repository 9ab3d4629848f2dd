"""Python signatures beyond the shared cases."""

from typing import Any

import pytest

from postmill.signatures.infer import infer
from postmill.signatures.python import infer_python
from postmill.signatures.signature import FUNCTION_CALL, InvalidSignature


def properties(code: str) -> dict[str, Any]:
    schema = infer("python3", code).schema
    assert schema is not None
    found: dict[str, Any] = schema["properties"]
    return found


def required(code: str) -> list[str]:
    schema = infer("python3", code).schema
    assert schema is not None
    names: list[str] = schema["required"]
    return names


def one(annotation: str, before: str = "") -> dict[str, Any]:
    """The property of an argument of this annotation, without its description and empty default."""
    found = dict(properties(f"{before}\ndef main(a: {annotation}): pass\n")["a"])
    assert found.pop("description") == ""
    assert found.pop("default") is None
    return found


STRING = {"type": "string", "originalType": "string"}
ENUM = {"type": "string", "originalType": "enum", "enum": ["x", "y"]}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("str", STRING),
        ("Optional[str]", STRING),
        ("str | None", STRING),
        ("'str'", STRING),
        ("Annotated[str, 'why']", STRING),
        ("int", {"type": "integer"}),
        ("int | float", {"type": "number"}),
        ("Union[int, None]", {"type": "integer"}),
        ("typing.Optional[bool]", {"type": "boolean"}),
        ("bytes", {"type": "string", "contentEncoding": "base64", "originalType": "bytes"}),
        ("datetime.datetime", {"type": "string", "format": "date-time"}),
        ("date", {"type": "string", "format": "date"}),
        ("Literal['x', 'y']", ENUM),
        ("Literal['x', 'y'] | None", ENUM),
        ("typing.Literal['x', 'y']", ENUM),
        ("Literal['x']", STRING),
        ("Literal[1, 2]", STRING),
        ("list", {"type": "array", "items": {"type": "string"}, "originalType": "string[]"}),
        ("list[bytes]", {"type": "array", "items": {"type": "string", "contentEncoding": "base64"},
                         "originalType": "bytes[]"}),
        ("list[dict]", {"type": "array", "items": {"type": "object"}, "originalType": "record[]"}),
        ("set[int]", {"type": "array", "items": {"type": "number"}, "originalType": "number[]"}),
        ("dict[str, int]", {"type": "object", "properties": {}}),
        ("str | list[str]", {"type": "", "originalType": "str | list[str]"}),
        ("list[int] | int", {"type": "", "originalType": "list[int] | int"}),
        ("str | List[str]", {"type": "", "originalType": "str | list[str]"}),
        ("postgresql", {"type": "object", "format": "resource-postgresql"}),
        ("wmill.S3Object", {"type": "object", "format": "resource-s3_object"}),
        ("DynMultiselect_pick", {"type": "object", "format": "dynmultiselect-pick"}),
        ("typing.Any", {"type": ""}),
        ("foo.Bar", {"type": ""}),
        ("int | str", {"type": ""}),
    ],
)  # fmt: skip
def test_annotations(annotation: str, expected: dict[str, Any]) -> None:
    assert one(annotation) == expected


def test_one_or_many_has_the_type_of_its_default() -> None:
    found = properties(
        "def main(a: str | list[str] = 'x', b: List[int] | int = [1], c: str | list[str] = None): pass\n"
    )
    assert found["a"] == {
        "description": "", "type": "string", "originalType": "str | list[str]", "default": "x",
    }  # fmt: skip
    assert (found["b"]["type"], found["b"]["originalType"]) == ("array", "list[int] | int")
    assert (found["b"]["items"], found["b"]["default"]) == ({"type": "number"}, [1])
    assert (found["c"]["type"], found["c"]["originalType"]) == ("", "str | list[str]")


def test_aliased_modules_are_followed() -> None:
    assert one("d.datetime", "import datetime as d") == {"type": "string", "format": "date-time"}
    assert one("t.List[int]", "import typing as t")["originalType"] == "number[]"
    assert one("other.datetime", "import other") == {"type": ""}


@pytest.mark.parametrize(
    ("default", "value", "kind"),
    [
        ("3", 3, "integer"),
        ("1.5", 1.5, "number"),
        ("'x'", "x", "string"),
        ("b'ab'", "YWI=", "string"),
        ("[1, -2]", [1, -2], "array"),
        ("{'a': [1]}", {"a": [1]}, "object"),
        ("None", None, ""),
        ("now()", FUNCTION_CALL, ""),
        ("[now()]", FUNCTION_CALL, "array"),
        ("{1: 2}", FUNCTION_CALL, "object"),
        ("1" + "0" * 400, FUNCTION_CALL, ""),
        ("'\\ud800'", FUNCTION_CALL, ""),
        ("1e400", None, ""),
    ],
)
def test_defaults_that_are_understood(default: str, value: Any, kind: str) -> None:
    code = f"def main(a={default}): pass\n"
    assert required(code) == []
    found = properties(code)["a"]
    assert found["default"] == value
    assert found["type"] == kind


@pytest.mark.parametrize("default", ["-1", "(1, 2)", "NAME", "1 + 1", "f'{x}'", "lambda: 1", "not True"])
def test_defaults_that_leave_the_argument_required(default: str) -> None:
    code = f"def main(a={default}): pass\n"
    assert required(code) == ["a"]
    assert properties(code)["a"]["default"] is None


ENUMS = """
from enum import Enum, StrEnum, auto
import enum
class Color(str, Enum):
    RED = "r"
    GREEN: str = "g"
    _hidden = "h"
class Mode(enum.Enum):
    FAST = "fast"
class Shape(StrEnum):
    ROUND = auto()
class Warm(Color): pass
class Level(Enum):
    LOW = 1
"""


def test_enums_with_texts_are_choices() -> None:
    code = (
        ENUMS
        + "def main(a: Color = Color.GREEN, b: Mode = Mode.FAST, c: Shape = Shape.ROUND, d: Level = Level.LOW): 0"
    )
    found = properties(code)
    assert (found["a"]["enum"], found["a"]["default"]) == (["r", "g"], "g")
    assert (found["b"]["enum"], found["b"]["default"]) == (["fast"], "fast")
    assert (found["c"]["enum"], found["c"]["default"]) == (["round"], "round")
    assert found["d"] == {
        "description": "", "type": "object", "format": "resource-Level", "default": "LOW",
    }  # fmt: skip


RECORDS = """
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NotRequired, Optional, TypedDict
from pydantic import BaseModel
@dataclass
class Point:
    x: int
    y: Optional[float] = None
    limit: ClassVar[int] = 3
class Base(BaseModel):
    id: int
class Child(Base):
    mode: Literal["x", "y"]
    at: Point
    more: list["Child"] = []
    when: "datetime | None" = None
    raw: dict = {}
class smtp(TypedDict):
    host: str
    port: NotRequired[int]
class Plain:
    x: int
"""


def test_records_show_their_members() -> None:
    point = one("Point", RECORDS)
    assert point["format"] == "resource-Point"
    assert point["properties"] == {
        "x": {"description": "", "type": "integer"},
        "y": {"description": "", "type": "number"},
    }
    child = one("Child", RECORDS)["properties"]
    assert list(child) == ["id", "mode", "at", "more", "when", "raw"]
    assert child["mode"] == {"description": "", **ENUM}
    assert child["at"]["properties"]["x"]["type"] == "integer"
    assert child["more"] == {
        "description": "", "type": "array", "format": "resource-Child", "items": {"type": "object"},
        "originalType": "record[]",
    }  # fmt: skip
    assert child["when"]["format"] == "date-time"
    assert child["raw"] == {"description": "", "type": "object", "properties": {}}


def test_a_typed_dict_is_a_resource_with_known_members() -> None:
    smtp = one("smtp", RECORDS)
    assert smtp["format"] == "resource-smtp"
    assert smtp["properties"]["port"]["type"] == "integer"
    assert one("Plain", RECORDS) == {"type": "object", "format": "resource-Plain"}


def test_records_of_records_end() -> None:
    code = "@dataclass\nclass A:\n    b: 'B'\n@dataclass\nclass B:\n    a: A\n"
    found = one("A", code)
    assert found["properties"]["b"]["properties"]["a"] == {
        "description": "", "type": "object", "format": "resource-A",
    }  # fmt: skip


def test_wide_records_are_cut() -> None:
    fields = "".join(f"    f{i}: int\n" for i in range(250))
    assert len(one("Wide", f"@dataclass\nclass Wide:\n{fields}")["properties"]) == 200


def test_all_kinds_of_parameters() -> None:
    signature = infer_python("def main(a, /, b: int = 1, *rest, c: str, d=2, **others): pass\n")
    assert [(arg.name, arg.passing, arg.has_default) for arg in signature.args] == [
        ("a", "positional", False),
        ("b", "any", True),
        ("c", "keyword", False),
        ("d", "keyword", True),
    ]
    assert signature.star_args and signature.star_kwargs


def test_documentation_becomes_the_description() -> None:
    code = '''def main(a: int, b: str = "x"):
    """Does it.

    Args:
        a (int): how many
            of them
        b: the name

    Returns:
        nothing
    """
'''
    found = properties(code)
    assert found["a"]["description"] == "how many of them"
    assert found["b"]["description"] == "the name"


@pytest.mark.parametrize(
    ("code", "kind", "preprocessor"),
    [
        ("", "lib", False),
        ("x = 1\n", "lib", False),
        ("class A:\n    def main(self): pass\n", "lib", False),
        ("def main(): pass\n", None, False),
        ("async def main(): pass\n", None, False),
        ("def preprocessor(event): pass\ndef main(): pass\n", None, True),
        ("from wmill import workflow\n@workflow\nasync def go(x: int): pass\n", "wac", False),
        ("import wmill\n@wmill.workflow()\nasync def main(x: int): pass\n", "wac", False),
        ("@workflow\ndef main(): pass\n", None, False),
    ],
)
def test_kinds(code: str, kind: str | None, preprocessor: bool) -> None:
    signature = infer_python(code)
    assert (signature.auto_kind, signature.has_preprocessor) == (kind, preprocessor)


def test_another_entry_point() -> None:
    code = "def main(x: int): pass\ndef other(y: str): pass\n"
    assert [arg.name for arg in infer_python(code, "other").args] == ["y"]
    assert infer_python(code, "missing").auto_kind == "lib"


def test_a_typed_dict_in_a_list_names_a_resource_type() -> None:
    code = "class mail(TypedDict):\n    host: str\n\ndef main(a: list[mail], b: mail): pass\n"
    assert properties(code)["a"]["items"] == {"type": "resource", "resourceType": "mail"}
    assert properties(code)["b"]["format"] == "resource-mail"


def test_the_last_definition_counts_as_when_it_runs() -> None:
    assert [arg.name for arg in infer_python("def main(a): 0\ndef main(b): 0\n").args] == ["b"]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def main(x: int\n    return x\n", 1),
        ("x = 1\ndef main(:\n    pass\n", 2),
        ("def main(): pass\nx = '\0'\n", 2),
        ("\n\nx = '\ud800'\n", 3),
        ("x = " + "(" * 1000, 1),
        ("\ndef main(a,\n  *, a=1): pass\n", 3),
        ("type X[T = list[T]\ndef main(): pass\n", 1),
    ],
)
def test_unreadable_code_is_refused_with_its_place(code: str, line: int) -> None:
    with pytest.raises(InvalidSignature) as refusal:
        infer_python(code)
    assert refusal.value.line == line
    assert str(line) in str(refusal.value)
    inferred = infer("python3", code)
    assert inferred.error is not None and inferred.error.line == line
    assert inferred.schema is None or "def main():" in code


@pytest.mark.parametrize(
    "code",
    [
        "def main(a: int, b: 'str' = ')'):\n    y = = 3\n",
        "def helper(:\n    pass\nasync def main(\n    a: int,  # (\n    b=')',\n) -> dict:\n    return {\n",
        "print 'x'\ndef main(a: int, b: str = ')')\n    return a\n",
    ],
)
def test_what_the_head_of_main_says_is_known_while_the_rest_is_typed(code: str) -> None:
    inferred = infer("python3", code)
    assert inferred.error is not None and inferred.schema is not None
    assert {name: member["type"] for name, member in inferred.schema["properties"].items()} == {
        "a": "integer",
        "b": "string",
    }
    assert inferred.schema["required"] == ["a"]


def test_nothing_is_told_of_arguments_whose_records_cannot_be_read() -> None:
    code = "class A(BaseModel):\n    x: int\n\ndef main(a: A):\n    y = = 3\n"
    assert infer("python3", code).schema is None


@pytest.mark.parametrize(
    "annotation",
    [
        "a" + ".a" * 3000,
        "list[" * 90 + "int" + "]" * 90,
        " | ".join(["int"] * 3000),
        "Optional[" * 90 + "x" + "]" * 90,
    ],
)
def test_absurd_annotations_do_no_harm(annotation: str) -> None:
    inferred = infer("python3", f"def main(a: {annotation}): pass\n")
    assert inferred.schema is not None or inferred.error is not None


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert properties("\ufeffdef main(a: int):\r\n    pass\r\n")["a"]["type"] == "integer"


def test_type_parameters_are_read_by_every_interpreter() -> None:
    code = """type Names[T: (int, str)] = list[T]
type = 1
class Box[T]:
    def get[U](self) -> U: ...
async def main[T](a: Names, b: list[T], c: int = 3): pass
"""
    assert list(properties(code)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "line",
    [
        """x = f"{a["b"]} {', '.join(f"{c["d"]:>{w["e"]}}" for c in a)}\"""",
        """x = f"{\n  a["}"]  # }\n}\"""",
        """x = rf'''\\d{ a['x'] }{{''' + "it's" + f"{a["'"]!r}" # f"{""",
    ],
)
def test_f_strings_with_any_quotes_inside_are_read_by_every_interpreter(line: str) -> None:
    assert list(properties(f"{line}\ndef main(a: int): pass\n")) == ["a"]
    inferred = infer("python3", f"{line}\ndef main(a: int):\n  y = = 3\n")
    assert inferred.error is not None and inferred.error.line == line.count("\n") + 3


@pytest.mark.parametrize("line", ['f"{x y}"', 'f"}"', 'f"{}"', 'f"{x"'])
def test_broken_f_strings_are_no_newer_python(line: str) -> None:
    assert infer("python3", f"x = {line}\ndef main(a: int): pass\n").error is not None


def test_odd_escapes_in_user_code_are_no_concern() -> None:
    assert properties("def main(a: str = '\\d'): pass\n")["a"]["default"] == "\\d"


def test_an_unknown_language_is_answered_with_a_sentence() -> None:
    inferred = infer("cobol", "")
    assert inferred.schema is None and inferred.error is not None
    assert "python3" in inferred.error.message
