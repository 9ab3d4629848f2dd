"""How gopls is shown scripts that begin in ways of their own, and how what it says is brought back."""

from typing import Any

import pytest

from postmill.language_help.go_text import in_script, shown

URI = "file:///somewhere/script.go"


@pytest.mark.parametrize(
    ("text", "seen", "lines"),
    [
        ("package inner\n", "package inner\n", 0),
        ("package main\nfunc main() {}", "package code\nfunc main() {}", 0),
        ("// package main\n/* and\n */ package main; x", "// package main\n/* and\n */ package code; x", 0),
        ("package mainly\n", "package mainly\n", 0),
        ("\ufeffpackage\tmain", "\ufeffpackage\tcode", 0),
        ("", "package code\n", 1),
        ('import "fmt"\n', 'package code\nimport "fmt"\n', 1),
        ("/* package main", "package code\n/* package main", 1),
    ],
)  # fmt: skip
def test_a_package_of_another_name_is_shown(text: str, seen: str, lines: int) -> None:
    assert shown(text) == (seen, lines)


@pytest.mark.parametrize("beginning", ["/*", " ", "//\n", "/**/ ", "/*/"])
def test_no_text_is_read_again_and_again(beginning: str) -> None:
    seen, lines = shown(beginning * 300_000)
    assert lines == 1 and seen.endswith(beginning)


def place(*numbers: int) -> dict[str, Any]:
    first, start, last, end = numbers
    return {"start": {"line": first, "character": start}, "end": {"line": last, "character": end}}


def test_positions_are_those_of_the_script() -> None:
    found = {"uri": URI, "range": place(3, 4, 3, 9)}
    assert in_script([found], 1, URI) == [{"uri": URI, "range": place(2, 4, 2, 9)}]
    elsewhere = {"uri": "file:///go/src/strings/strings.go", "range": place(3, 4, 3, 9)}
    assert in_script([elsewhere], 1, URI) == [elsewhere]
    assert in_script({"range": place(0, 0, 0, 7), "message": "x"}, 1, URI)["range"] == place(0, 0, 0, 0)


def test_an_import_behind_the_added_clause_begins_the_script() -> None:
    behind = {"range": place(0, 12, 0, 12), "newText": '\n\nimport "strings"'}
    assert in_script(behind, 1, URI) == {"range": place(0, 0, 0, 0), "newText": 'import "strings"\n'}
    below = {"range": place(1, 0, 1, 0), "newText": '\nimport "strings"\n'}
    assert in_script(below, 1, URI) == {"range": place(0, 0, 0, 0), "newText": 'import "strings"\n'}
    word = {"range": place(1, 0, 1, 0), "newText": "ToUpper"}
    assert in_script(word, 1, URI)["newText"] == "ToUpper"
