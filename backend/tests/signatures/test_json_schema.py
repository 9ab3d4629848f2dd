"""Merging a signature with the schema that people edited."""

from typing import Any

import pytest

from postmill.signatures.infer import infer

USER: dict[str, Any] = {
    "description": "d", "pattern": "p", "min": 1, "max": 2, "currency": "EUR", "currencyLocale": "fr",
    "multiselect": True, "customErrorMessage": "c", "required": ["x"], "showExpr": "s", "password": True,
    "order": ["q"], "dateFormat": "f", "title": "t", "placeholder": "ph",
}  # fmt: skip


def merged(annotation: str, previous: Any, before: str = "") -> dict[str, Any]:
    code = f"{before}def main(a: {annotation}): pass\n"
    schema = infer("python3", code, previous_schema={"properties": {"a": previous}}).schema
    assert schema is not None
    found: dict[str, Any] = schema["properties"]["a"]
    assert found.pop("default") is None
    return found


@pytest.mark.parametrize(
    ("annotation", "kind"), [("str", "string"), ("int", "integer"), ("postgresql", "object")]
)
def test_what_people_set_survives_any_change_of_type(annotation: str, kind: str) -> None:
    found = merged(annotation, {**USER, "type": "string", "default": "old"})
    assert {key: found[key] for key in USER} == USER
    assert found["type"] == kind


def test_a_changed_type_drops_what_belonged_to_the_old_one() -> None:
    previous = {
        "type": "string",
        "format": "uri",
        "enum": ["a"],
        "contentEncoding": "base64",
        "nullable": True,
    }
    assert merged("int", previous) == {"description": "", "type": "integer"}


def test_plain_text_keeps_a_chosen_enum_and_format() -> None:
    previous = {"type": "string", "enum": ["a", "b"], "format": "textarea", "originalType": "string"}
    found = merged("str", previous)
    assert (found["enum"], found["format"]) == (["a", "b"], "textarea")


def test_an_enum_of_the_code_goes_with_it() -> None:
    previous = {"type": "string", "originalType": "enum", "enum": ["a"]}
    assert merged("str", previous) == {"description": "", "type": "string", "originalType": "string"}


def test_a_choice_between_date_and_moment_is_kept() -> None:
    assert merged("datetime", {"type": "string", "format": "date"})["format"] == "date"
    assert merged("date", {"type": "string", "format": "date-time"})["format"] == "date-time"
    assert merged("date", {"type": "string", "format": "email"})["format"] == "date"


def test_items_that_people_described_are_kept() -> None:
    chosen = {"type": "array", "items": {"type": "string", "enum": ["a"]}}
    assert merged("list[str]", chosen)["items"] == {"type": "string", "enum": ["a"]}
    assert merged("list[int]", chosen)["items"] == {"type": "number"}
    described = {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}}
    assert merged("list[bool]", described)["items"] == described["items"]
    assert merged("list[dict]", described)["items"] == described["items"]


def test_members_of_records_are_merged_one_by_one() -> None:
    previous = {
        "type": "object",
        "properties": {"x": {"type": "integer", "description": "dx", "min": 3}, "gone": {"type": "string"}},
    }
    found = merged("P", previous, "@dataclass\nclass P:\n    x: int\n    y: str\n")
    assert found["properties"]["x"] == {"description": "dx", "type": "integer", "min": 3}
    assert list(found["properties"]) == ["x", "y"]


def test_an_untyped_argument_keeps_what_people_chose() -> None:
    previous = {"type": "integer", "description": "n", "min": 0, "default": 5}
    schema = infer("python3", "def main(a): pass\n", previous_schema={"properties": {"a": previous}}).schema
    assert schema is not None
    assert schema["properties"]["a"] == {"description": "n", "type": "integer", "min": 0, "default": None}


def test_a_chosen_order_is_kept_and_completed() -> None:
    previous = {"order": ["b", "gone", "a"], "properties": {}}
    schema = infer("python3", "def main(a, b, c): pass\n", previous_schema=previous).schema
    assert schema is not None
    assert schema["order"] == ["b", "a", "c"]
    assert list(schema["properties"]) == ["a", "b", "c"]


@pytest.mark.parametrize("previous", [None, [], "x", {"type": ["string"]}, {"description": 3}, {"items": 3}])
def test_any_previous_json_is_survived(previous: Any) -> None:
    assert merged("list[str]", previous)["type"] == "array"
