"""Flows as files."""

import json
from pathlib import Path

import pytest

from postmill.cli.local_flows import PushFailed, read_flows

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
        ('{"value": 1}', "has to hold a JSON object"),
        ('{"value": {"modules": ["!inline ../../secret"]}}', "outside of the flow's folder"),
        ('{"value": {"modules": ["!inline missing.py"]}}', "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "x.flow").mkdir()
    (tmp_path / "x.flow" / "flow.json").write_text(text)
    with pytest.raises(PushFailed, match=sentence):
        read_flows(tmp_path)
