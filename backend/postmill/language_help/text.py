"""The text of an open document, changed as the editor says. Pure.

Positions are those of the Language Server Protocol: lines from 0, columns in UTF-16 code units.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Position(msgspec.Struct, frozen=True):
    line: Count
    character: Count


class Range(msgspec.Struct, frozen=True):
    start: Position
    end: Position


class Change(msgspec.Struct, frozen=True):
    """Replaces a range, or the whole text where there is none."""

    text: str
    range: Range | None = None


class Text:
    """Kept as lines, so that a keystroke in a long file touches one of them."""

    def __init__(self, content: str) -> None:
        self._lines = content.split("\n")

    @property
    def content(self) -> str:
        return "\n".join(self._lines)

    def apply(self, changes: Iterable[Change]) -> None:
        """In their order. Places outside the text are taken to its nearest end."""
        for change in changes:
            if change.range is None:
                self._lines = change.text.split("\n")
            else:
                self._replace(change.range, change.text)

    def _replace(self, place: Range, text: str) -> None:
        first, start = self._find(place.start)
        last, end = self._find(place.end)
        inserted = (self._lines[first][:start] + text + self._lines[last][end:]).split("\n")
        self._lines[first : last + 1] = inserted

    def _find(self, position: Position) -> tuple[int, int]:
        """Line and index in it."""
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = max(position.line, 0)
        return line, _index(self._lines[line], position.character)


def _index(line: str, units: int) -> int:
    """The index of a column counted in UTF-16 code units."""
    if units <= 0:
        return 0
    if line.isascii() or max(line) < "\U00010000":
        return min(units, len(line))
    for index, letter in enumerate(line):
        if units <= 0:
            return index
        units -= 2 if letter > "\uffff" else 1
    return len(line)
