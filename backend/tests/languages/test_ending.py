"""What is taken for JSON of all that a job may write as its result."""

import pytest

from postmill.languages.ending import valid_json


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        (rb'{"a": [1, "\ud83d\ude00"]}', r'{"a": [1, "\ud83d\ude00"]}'),
        (rb'"cut \ud83d"', r'"cut \ufffd"'),
        (rb'{"\udE00k": "\ud83d\ud83d\ude00"}', r'{"\ufffdk": "\ufffd\ud83d\ude00"}'),
        (rb'["\\ud83d", "\\\ud83d"]', r'["\\ud83d", "\\\ufffd"]'),
        (rb'"\ud83', None),
        (rb'{"a": \ud83d}', None),
        (b'"\xff"', None),
        (b"", None),
    ],
)
def test_halves_of_characters_are_replaced_and_nothing_else(written: bytes, taken: str | None) -> None:
    assert valid_json(written) == taken
