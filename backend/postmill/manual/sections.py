"""Pages of Markdown in sections, and which of them answer a question best. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_RESULTS = 10
MOST_SNIPPETS = 3
SNIPPET_CHARACTERS = 240
MOST_WORDS = 20

_HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_WORD = re.compile(r"[a-z0-9_$#@.]+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
# A word in a heading says more of a section than any number of them in its text.
_IN_TITLE, _IN_PAGE_TITLE, _MOST_IN_TEXT = 8, 4, 3


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under one heading. ``page`` is the name of its file, ``anchor`` that of the heading."""

    page: str
    page_title: str
    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    section: Section
    score: int
    snippets: tuple[str, ...]


def sections_of(page: str, markdown: str) -> list[Section]:
    """The sections of a page in their order; lines of code are no headings."""
    parts: list[tuple[str, list[str]]] = [(page, [])]
    in_code = False
    for line in markdown.splitlines():
        in_code ^= _FENCE.match(line) is not None
        heading = None if in_code else _HEADING.match(line)
        if heading is None:
            parts[-1][1].append(line)
        else:
            parts.append((_plain(heading[2]), []))
    page_title = parts[1][0] if len(parts) > 1 else page
    return [
        Section(page, page_title, title, anchor_of(title), "\n".join(lines).strip())
        for title, lines in parts
        if title != page or any(line.strip() for line in lines)
    ]


def anchor_of(title: str) -> str:
    """As addresses name a heading: ``how-to-retry`` for ``How to retry?``."""
    return "-".join(re.findall(r"[a-z0-9_]+", title.lower()))


def search(sections: Iterable[Section], query: str) -> list[Found]:
    """The sections that hold most of the words, the best first; at most MOST_RESULTS."""
    words = _words(query)[:MOST_WORDS]
    found = [hit for section in sections if (hit := _looked_at(section, words)) is not None]
    found.sort(key=lambda hit: -hit.score)
    return found[:MOST_RESULTS]


def _looked_at(section: Section, words: Sequence[str]) -> Found | None:
    title, page_title = _words(section.title), _words(section.page_title)
    text = _words(section.text)
    score = 0
    for word in words:
        in_text = sum(1 for other in text if other.startswith(word))
        value = min(in_text, _MOST_IN_TEXT)
        value += _IN_TITLE if any(other.startswith(word) for other in title) else 0
        value += _IN_PAGE_TITLE if value and any(other.startswith(word) for other in page_title) else 0
        # Each further word of the question counts more than any of them again.
        score += value + 10 if value else 0
    return Found(section, score, _snippets(section, words)) if score else None


def _snippets(section: Section, words: Sequence[str]) -> tuple[str, ...]:
    lines = [_plain(line) for line in section.text.splitlines() if line.strip(" `~|-")]
    holding = [line for line in lines if any(word in _joined(line) for word in words)]
    return tuple(line[:SNIPPET_CHARACTERS] for line in (holding or lines)[:MOST_SNIPPETS])


def _joined(line: str) -> str:
    return " ".join(_words(line))


def _words(text: str) -> list[str]:
    """Lower case, without the ``s`` of a plural."""
    found = (word.strip(".") for word in _WORD.findall(text.lower()))
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found if word]


def _plain(line: str) -> str:
    return _LINK.sub(r"\1", line).strip()
