"""Help for Go over its WebSocket, from the gopls that is built here."""

import pytest
from platform_process import Platform, eventually
from websockets.exceptions import InvalidStatus

from language_help.test_python_help import Editor, editor, member

BUILD_SECONDS = 1200.0
PLAIN = 'package inner\n\nimport "strings"\n\nfunc main(name string) (string, error) {\n\treturn strings.'
UUID = 'package inner\n\nimport "github.com/google/uuid"\n\nfunc main() (string, error) {\n\treturn uuid.'


def opened(one: Editor, text: str, path: str = "u/admin/edited_go") -> None:
    """Opens a script as soon as gopls is built and a place is free for it."""

    def is_open() -> bool:
        answer = one.ask("open", path=path, text=text)
        assert "error" not in answer or answer["error"]["again"], answer
        return "error" not in answer

    eventually(is_open, BUILD_SECONDS)


def test_the_standard_library_is_known(platform: Platform) -> None:
    with editor(platform, kind="go") as one:
        opened(one, PLAIN)
        assert "ToUpper" in one.labels(PLAIN)
        whole = f"{PLAIN}ToUpper(name), nil\n}}\n"
        one.type_over(whole)
        at = {"line": 5, "character": 18}
        assert "func strings.ToUpper(s string) string" in one.result("hover", position=at)["text"]
        [place] = one.result("definition", position=at)
        assert place["name"] == "library:strings/strings.go"
        assert "func ToUpper(s string)" in one.result("source", name=place["name"])["text"]
        inside = one.result("hover", position=place["range"]["start"], file=place["name"])
        assert "ToUpper" in inside["text"]
        called = {"line": 5, "character": 24}
        [signature] = one.result("signature", position=called)["signatures"]
        assert signature["label"] == "ToUpper(s string) string"
        assert [found["name"] for found in one.result("symbols", position=at)] == ["main"]
        edits = one.result("rename", position={"line": 4, "character": 11}, name="word")
        assert [edit["range"]["start"]["line"] for edit in edits] == [4, 5]


def test_what_is_wrong_is_said_where_it_stands(platform: Platform) -> None:
    # Without a package clause, and with the one of a program: both are taken.
    for clause in ("", "package main; "):
        text = f'{clause}import "fmt"; func main(n int) (int, error) {{ return nobody, nil }}\n'
        with editor(platform, kind="go") as one:
            opened(one, text)
            at = {"line": 0, "character": text.index("fmt") + 1}
            event = one.wait_for("diagnostics", source="gopls")
            while not any("nobody" in item["message"] for item in event["items"]):
                one.hear()
                event = [known for known in one.events if known["event"] == "diagnostics"][-1]
            [unknown] = [item for item in event["items"] if "nobody" in item["message"]]
            assert unknown["range"]["start"] == {"line": 0, "character": text.index("nobody")}
            assert not any("arguments" in item["message"] for item in event["items"])
            assert one.result("hover", position=at)["range"]["start"]["character"] == text.index('"fmt"')


def test_a_package_that_is_used_gets_its_import(platform: Platform) -> None:
    text = "func main(name string) (string, error) {\n\treturn strings., nil\n}\n"
    with editor(platform, kind="go") as one:
        opened(one, text)
        one.type_over(text)
        at = {"line": 1, "character": 16}
        items = one.result("completion", position=at)["items"]
        [upper] = [item for item in items if item["label"] == "ToUpper"]
        start = {"line": 0, "character": 0}
        assert upper["additionalTextEdits"] == [
            {"range": {"start": start, "end": start}, "newText": 'import "strings"\n'}
        ]


def test_a_module_of_the_lock_is_completed_and_shows_to_no_other_script(platform: Platform) -> None:
    with editor(platform, kind="go") as one, editor(platform, kind="go") as other:
        opened(one, UUID, "u/admin/with_uuid")
        assert one.wait_for("packages", state="ready")["modules"] == 1
        assert "NewString" in one.labels(UUID)
        one.type_over(f"{UUID}NewString(), nil\n}}\n\nfunc wordOfTheWriter() int {{ return 0 }}\n")
        [place] = one.result("definition", position={"line": 5, "character": 15})
        assert place["name"] == "library:github.com/google/uuid/version4.go"
        assert "func NewString() string" in one.result("source", name=place["name"])["text"]

        opened(other, "", "u/admin/beside_go")
        asked = "package inner\n\nfunc main() {\n\t"
        assert "wordOfTheWriter" not in other.labels(f"{asked}wordOf")
        assert "NewString" not in other.labels(f"{asked}uuid.")
        refused = other.ask("source", name=place["name"])
        assert "No definition led there" in refused["error"]["message"]


def test_a_module_that_does_not_exist_is_named(platform: Platform) -> None:
    with editor(platform, kind="go") as one:
        opened(one, 'package inner\n\nimport "example.invalid/nothing"\n\nfunc main() {}\n')
        assert "example.invalid/nothing" in one.wait_for("packages", state="failed")["message"]


def test_only_who_may_write_code_gets_in(platform: Platform, both_folders: None) -> None:
    operator = member(platform, "runs_go_only", operator=True)
    with pytest.raises(InvalidStatus) as refused, editor(platform, operator, kind="go"):
        raise AssertionError("let in")
    assert refused.value.response.status_code == 401
