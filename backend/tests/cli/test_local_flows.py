"""Scripts and flows as files."""

import json
from pathlib import Path

import httpx
import pytest

from postmill.cli.documents import PushFailed
from postmill.cli.local_flows import read_flows
from postmill.cli.push import Workspace, push, read_scripts

STEP = {
    "id": "a",
    "value": {"type": "rawscript", "language": "python3", "content": "!inline a.py", "lock": ""},
}


def test_a_flow_is_a_file_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "f" / "x" / "one.flow").mkdir(parents=True)
    (tmp_path / "f" / "x" / "one.flow" / "flow.json").write_text(
        json.dumps({"summary": "one", "value": {"modules": [STEP]}})
    )
    (tmp_path / "f" / "x" / "one.flow" / "a.py").write_text("def main(): ...\n")
    (tmp_path / "f" / "x" / "two.flow.json").write_text(json.dumps({"value": {"modules": []}}))
    one, two = read_flows(tmp_path)
    assert (one.path, one.body["path"], one.body["summary"]) == ("f/x/one", "f/x/one", "one")
    assert one.body["value"]["modules"][0]["value"]["content"] == "def main(): ...\n"
    assert (two.path, two.body["summary"]) == ("f/x/two", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "has to hold a JSON object"),
        ('{"value": 1}', "an object with the member value"),
        ('{"value": {"modules": ["!inline ../../secret"]}}', "lies outside"),
        ('{"value": {"modules": ["!inline missing.py"]}}', "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "x.flow").mkdir()
    (tmp_path / "x.flow" / "flow.json").write_text(text)
    with pytest.raises(PushFailed, match=sentence):
        read_flows(tmp_path)


def test_what_the_public_command_line_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "f/x/one__flow").mkdir(parents=True)
    (tmp_path / "f/x/one__flow/flow.yaml").write_text(
        "summary: yes\nvalue:\n  modules:\n    - id: on\n"
        "      value: {content: '!inline a.py', day: 2024-01-31, n: 1.5, m: null}\n"
    )
    (tmp_path / "f/x/one__flow/a.py").write_text("def main(): ...\n")
    (tmp_path / "f/x/two.script.yaml").write_text("summary: '3'\nlock: '!inline f/x/two.script.lock'\n")
    (tmp_path / "f/x/two.script.lock").write_text("# py: 3.11\n")
    (tmp_path / "f/x/two.py").write_text("def main(): ...\n")
    [flow] = read_flows(tmp_path)
    assert (flow.path, flow.body["summary"]) == ("f/x/one", "yes")
    assert flow.body["value"]["modules"] == [
        {"id": "on", "value": {"content": "def main(): ...\n", "day": "2024-01-31", "n": 1.5, "m": None}}
    ]
    [script] = read_scripts(tmp_path)
    assert (script.path, script.body["lock"], script.body["summary"]) == ("f/x/two", "# py: 3.11\n", "3")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "127.0.0.1:1", "http://[1"])
def test_a_server_that_does_not_answer_is_said(tmp_path: Path, address: str) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a.flow.json").write_text('{"value": {"modules": []}}')
    with pytest.raises(PushFailed, match="does not answer"):
        push(tmp_path, address, "main", "token")


def test_a_server_that_is_another_is_said() -> None:
    website = httpx.MockTransport(lambda _: httpx.Response(200, html="<p>Hello</p>"))
    client = httpx.Client(base_url="http://x", transport=website)
    with client, pytest.raises(PushFailed, match="is no Postmill"):
        Workspace(client, "main").has_folder("x")
