"""Finds text in the code of a workspace, and what refers to a script before it is moved or archived."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct

from postmill.db.pool import Connection
from postmill.deploy import flow_reading, reading
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.tables.items import script as scripts

MAX_ITEMS = 200
MAX_LINES = 50
MAX_LINE_LENGTH = 400
MAX_QUERY = 200


class Line(Struct, frozen=True):
    """A line with a match: ``line`` counts from 1, ``start`` and ``end`` are characters of ``text``."""

    line: int
    text: str
    start: int
    end: int


class FoundCode(Struct, frozen=True, kw_only=True):
    """``step`` is set where the code stands in a flow."""

    kind: Literal["script", "flow"]
    path: str
    language: str
    lines: list[Line]
    step: str | None = None
    summary: str = ""


class Reference(Struct, frozen=True, kw_only=True):
    """``how``: the code imports it, names its path, or a step runs it."""

    kind: Literal["script", "flow"]
    path: str
    how: Literal["import", "mention", "step"]
    lines: list[Line] = []


async def search(
    connection: Connection, subject: Subject, workspace: str, text: str, *, match_case: bool, whole_word: bool
) -> list[FoundCode]:
    """Code that the subject may read and that holds the text, scripts first. Raises InvalidInput for no text."""
    if not text.strip() or len(text) > MAX_QUERY or "\n" in text or "\0" in text:
        raise InvalidInput(f"Bad request: query is one line of 1 to {MAX_QUERY} characters, not only blanks")
    pattern = _pattern(text, match_case=match_case, whole_word=whole_word)
    rows = await scripts.search_contents(
        connection, subject, workspace, text, any_case=not match_case, limit=MAX_ITEMS
    )
    found = [
        FoundCode(
            kind="script", path=row["path"], language=row["language"], summary=row["summary"],
            lines=_lines(row["content"], pattern),
        )
        for row in rows
    ]  # fmt: skip
    for path, value in await flow_reading.list_values(connection, subject, workspace):
        for step, language, content in _inline_code(json.decode(value)):
            found.append(
                FoundCode(
                    kind="flow", path=path, language=language, step=step, lines=_lines(content, pattern)
                )
            )
    return [one for one in found if one.lines][:MAX_ITEMS]


async def references(connection: Connection, subject: Subject, workspace: str, path: str) -> list[Reference]:
    """What the subject may see of what refers to a script, each once, the strongest way first."""
    found: dict[tuple[str, str], Reference] = {}

    def add(reference: Reference) -> None:
        found.setdefault((reference.kind, reference.path), reference)

    for importer in await reading.importers(connection, subject, workspace, path):
        add(Reference(kind="script", path=importer, how="import"))
    for user in await flow_reading.users_of(connection, subject, workspace, "script", path, below=False):
        add(Reference(kind="flow", path=user, how="step"))
    for user in await flow_reading.importers_of(connection, subject, workspace, path):
        add(Reference(kind="flow", path=user, how="import"))
    for one in await search(connection, subject, workspace, path, match_case=True, whole_word=True):
        add(Reference(kind=one.kind, path=one.path, how="mention", lines=one.lines))
    return [one for one in found.values() if (one.kind, one.path) != ("script", path)]


def _pattern(text: str, *, match_case: bool, whole_word: bool) -> re.Pattern[str]:
    quoted = re.escape(text)
    # A path goes on with more path or a name: f/a/b is no mention of it in f/a/b_c.
    bounded = rf"(?<![\w/]){quoted}(?![\w/])" if whole_word else quoted
    return re.compile(bounded, 0 if match_case else re.IGNORECASE)


def _lines(content: str, pattern: re.Pattern[str]) -> list[Line]:
    return list(_first(_matching(content, pattern), MAX_LINES))


def _matching(content: str, pattern: re.Pattern[str]) -> Iterator[Line]:
    for number, text in enumerate(content.splitlines(), 1):
        match = pattern.search(text)
        if match is not None:
            # A long line is cut around its match.
            begin = max(0, match.start() - 100) if len(text) > MAX_LINE_LENGTH else 0
            shown = text[begin : begin + MAX_LINE_LENGTH]
            yield Line(number, shown, match.start() - begin, min(match.end() - begin, len(shown)))


def _first(lines: Iterable[Line], count: int) -> Iterator[Line]:
    for _, line in zip(range(count), lines, strict=False):
        yield line


def _inline_code(value: Any, step: str = "") -> Iterator[tuple[str, str, str]]:
    """(step, language, code) of every inline script below a flow's value."""
    if isinstance(value, list):
        for item in value:
            yield from _inline_code(item, step)
    elif isinstance(value, dict):
        own = value.get("id")
        step = own if isinstance(own, str) else step
        if value.get("type") == "rawscript" and isinstance(value.get("content"), str):
            yield step, str(value.get("language") or ""), value["content"]
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _inline_code(item, step)
