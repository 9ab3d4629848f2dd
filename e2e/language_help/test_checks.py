"""Checks of single texts over the API."""

from typing import Any

import pytest
from platform_process import Platform

ADDRESS = "/w/main/language_help/check"
FORMAT = "/w/main/language_help/format"


def test_bash_is_checked(platform: Platform) -> None:
    answer = platform.http.post(ADDRESS, json={"language": "bash", "code": 'name="$1"\necho $name\n'})
    [item] = answer.json()["items"]
    assert item["code"] == "SC2086"
    assert item["range"] == {"start": {"line": 1, "character": 5}, "end": {"line": 1, "character": 10}}


@pytest.mark.parametrize(
    "code", ["", "if [ ;", "\0", ". /etc/passwd\nsource ../../x", "\N{GRINNING FACE} $x", "#!/bin/dash"]
)
def test_any_text_is_answered(platform: Platform, code: str) -> None:
    answer = platform.http.post(ADDRESS, json={"language": "bash", "code": code})
    assert answer.status_code == 200, answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"language": "bash"},
        {"language": "cobol", "code": ""},
        {"language": "bash", "code": "x" * 500_001},
    ],
)
def test_bad_requests_are_told_so(platform: Platform, body: dict[str, Any]) -> None:
    assert platform.http.post(ADDRESS, json=body).status_code == 400


@pytest.fixture
def operator(platform: Platform) -> str:
    """The token of a member who may write no code."""
    who = {"email": "checks_nothing@example.com", "password": "a good long password"}
    platform.post("/users/create", {**who, "super_admin": False})
    joining = {"email": who["email"], "is_admin": False, "operator": True, "username": "checks_nothing"}
    platform.post("workspaces/add_user", joining)
    return platform.post("/auth/login", who).text


def test_only_who_may_write_code_is_answered(platform: Platform, operator: str) -> None:
    headers = {"authorization": f"Bearer {operator}"}
    body = {"language": "bash", "code": ""}
    assert platform.http.post(ADDRESS, json=body, headers=headers).status_code == 401
    body = {"language": "bash", "code": ""}
    assert platform.http.post(FORMAT, json=body, headers=headers).status_code == 401


def test_bash_and_go_are_formatted(platform: Platform) -> None:
    bash = 'if true;then\necho "https://me:secret@example.com"\nfi\n'
    answer = platform.http.post(FORMAT, json={"language": "bash", "code": bash, "indent": 2})
    assert answer.json() == {"code": 'if true; then\n  echo "https://me:secret@example.com"\nfi\n'}
    go = platform.http.post(
        FORMAT, json={"language": "go", "code": "package inner\nfunc main( ) {\nprintln(1)}\n"}
    )
    # A server without a toolchain says so, and fetches none for that.
    assert go.status_code in (200, 503), go.text
    if go.status_code == 200:
        assert go.json()["code"] == "package inner\n\nfunc main() {\n\tprintln(1)\n}\n"
    else:
        assert "no Go toolchain" in go.text


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"language": "bash", "code": "if ["}, "does not parse"),
        ({"language": "bash", "code": "", "indent": 99}, "indent"),
        ({"language": "bash", "code": "x" * 500_001}, "500000 characters"),
        ({"language": "sql", "code": ""}, "language"),
    ],
)
def test_what_cannot_be_formatted_is_told(platform: Platform, body: dict[str, Any], word: str) -> None:
    answer = platform.http.post(FORMAT, json=body)
    assert answer.status_code == 400 and word in answer.text


def test_a_formatter_that_breaks_tells_nothing_of_itself(platform: Platform) -> None:
    answer = platform.http.post(FORMAT, json={"language": "bash", "code": "(" * 200_000})
    assert answer.status_code == 400, answer.text
    assert "goroutine" not in answer.text and "stack" not in answer.text


@pytest.mark.parametrize("code", ["", "\0", ". /etc/passwd\n", "\N{GRINNING FACE} $x", "a\r\nb\r\n"])
def test_any_text_is_formatted_or_refused(platform: Platform, code: str) -> None:
    answer = platform.http.post(FORMAT, json={"language": "bash", "code": code})
    assert answer.status_code in (200, 400), answer.text
    assert "root:" not in answer.text
