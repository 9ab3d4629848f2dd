"""The text of an open document under changes, and the wire form of language servers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmill.language_help.framing import BadFrame, Frames, encode
from postmill.language_help.text import Change, Position, Range, Text


def place(start: tuple[int, int], end: tuple[int, int]) -> Range:
    return Range(Position(*start), Position(*end))


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("ab", [Change("X", place((0, 1), (0, 1)))], "aXb"),
        ("one\ntwo\nthree", [Change("", place((0, 2), (2, 1)))], "onhree"),
        ("one", [Change("\nnew\n", place((0, 3), (0, 3)))], "one\nnew\n"),
        (
            "a\N{GRINNING FACE}b",
            [Change("X", place((0, 3), (0, 3)))],
            "a\N{GRINNING FACE}Xb",
        ),  # two units wide
        ("\N{GREEK SMALL LETTER PI}b", [Change("X", place((0, 1), (0, 2)))], "\N{GREEK SMALL LETTER PI}X"),
        ("abc", [Change("Z", place((9, 9), (9, 9)))], "abcZ"),  # outside: the nearest end
        ("abc", [Change("Z", place((0, -4), (0, 1)))], "Zbc"),
        ("abc", [Change("whole")], "whole"),
        ("ab\ncd", [Change("2", place((1, 0), (1, 1))), Change("1", place((0, 0), (0, 1)))], "1b\n2d"),
    ],
)
def test_changes_are_applied_in_their_order(before: str, changes: list[Change], after: str) -> None:
    text = Text(before)
    text.apply(changes)
    assert text.content == after


@given(st.text(), st.integers(0, 5), st.integers(0, 9), st.integers(0, 5), st.integers(0, 9), st.text())
def test_no_change_can_break_a_text(
    before: str, line: int, column: int, end_line: int, end_column: int, new: str
) -> None:
    text = Text(before)
    text.apply([Change(new, place((line, column), (end_line, end_column)))])
    assert new in text.content


@given(st.lists(st.dictionaries(st.text(), st.text(), max_size=3), max_size=4), st.integers(1, 7))
def test_messages_arrive_whole_however_they_are_cut(sent: list[dict[str, str]], step: int) -> None:
    data = b"".join(encode(message) for message in sent)
    frames = Frames()
    received = [found for at in range(0, len(data), step) for found in frames.feed(data[at : at + step])]
    assert received == sent


@pytest.mark.parametrize("data", [b"Nonsense: 1\r\n\r\n", b"Content-Length: -4\r\n\r\n", b"x" * 5000])
def test_what_is_no_protocol_ends_the_conversation(data: bytes) -> None:
    with pytest.raises(BadFrame):
        Frames().feed(data)
