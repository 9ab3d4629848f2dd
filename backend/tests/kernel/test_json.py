"""What is said of JSON that cannot be read."""

import pytest

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (r'{"a": "\ud83d"}', r"\\ud83d \(byte 7\) is half of a surrogate pair"),
        (r'{"a": "\uDE00 x"}', r"\\uDE00 \(byte 7\) is half of a surrogate pair"),
        (r'["\ud83d\ude00", "\ud83d\u0041"]', r"\\ud83d \(byte 18\) is half"),
        (r'{"a": "\\ud83d"', "truncated"),
        ('{"a": "",}', "trailing comma"),
    ],
)
def test_malformed_json_is_told_with_its_place(text: str, sentence: str) -> None:
    for data in (text, text.encode()):
        with pytest.raises(InvalidInput, match=sentence):
            json.decode(data)
        with pytest.raises(InvalidInput, match=sentence):
            json.decode_as(data, dict[str, str] if text.startswith("{") else list[str])


def test_whole_pairs_are_characters() -> None:
    assert json.decode(r'"\ud83d\ude00 \\ud83d"') == "\U0001f600 \\ud83d"
