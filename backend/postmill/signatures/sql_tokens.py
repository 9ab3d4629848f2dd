"""SQL as tokens: enough to tell code from comments and quoted text, in every dialect.

Nothing is understood beyond that: a statement is what stands between semicolons.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from postmill.signatures.signature import InvalidSignature
from postmill.signatures.sql_dialects import Dialect

TokenKind = Literal["space", "comment", "quoted", "word", "placeholder", "semicolon", "other"]

_NESTING = re.compile(r"/\*|\*/")
_BRACKETS = {"[": "]", "(": ")", "{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the code: ``code[start:end]`` is its text."""

    kind: TokenKind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its semicolon; ``start`` is where its text begins in the code."""

    tokens: tuple[Token, ...]
    start: int

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)


def tokenize(code: str, dialect: Dialect) -> list[Token]:
    """All of the code as tokens. Raises InvalidSignature for a quotation or comment that does not end."""
    pattern = _pattern(dialect)
    tokens: list[Token] = []
    place = 0
    while place < len(code):
        found = pattern.match(code, place)
        if found is None:
            kind, end = "other", place + 1
        else:
            kind, end = _extent(code, dialect, found)
        tokens.append(Token(kind, code[place:end], place))  # type: ignore[arg-type]
        place = end
    return tokens


def split_statements(code: str, dialect: Dialect) -> list[Statement]:
    """The statements that hold more than comments, in order."""
    statements: list[Statement] = []
    current: list[Token] = []
    for token in [*tokenize(code, dialect), Token("semicolon", ";", len(code))]:
        if token.kind != "semicolon":
            current.append(token)
            continue
        if any(part.kind not in ("space", "comment") for part in current):
            statements.append(_trimmed(current))
        current = []
    return statements


def position(code: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1, of a place in the code."""
    before = code[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _trimmed(tokens: list[Token]) -> Statement:
    """Without the space and comments around it, so that positions in messages are those of the statement."""
    first = next(place for place, token in enumerate(tokens) if token.kind not in ("space", "comment"))
    last = max(place for place, token in enumerate(tokens) if token.kind not in ("space", "comment"))
    kept = tuple(tokens[first : last + 1])
    return Statement(kept, kept[0].start)


@lru_cache(maxsize=16)
def _pattern(dialect: Dialect) -> re.Pattern[str]:
    """What begins at a place; the order decides. Quotations and block comments match with their opening only."""
    marks = dialect.strings + dialect.names
    openings = [
        rf"(?P<comment>(?:{'|'.join(map(re.escape, dialect.line_comments))})[^\n]*)",
        r"(?P<block>/\*)",
    ]
    if dialect.oracle_quotes:
        openings.append(r"(?P<oracle>[nN]?[qQ]'[^\s])")
    if dialect.escape_texts:
        openings.append(r"(?P<escaped>[eE]')")
    if dialect.triple_quotes:
        openings.append(r"(?P<triple>(?:[rR][bB]?|[bB][rR]?)?(?:'''|\"\"\"))")
        openings.append(r"(?P<raw>(?:[rR][bB]?|[bB][rR])['\"])")
    if dialect.dollar_quotes:
        openings.append(r"(?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][\w]*)?\$)")
    if dialect.bracket_names:
        openings.append(r"(?P<bracket>\[)")
    openings += [
        rf"(?P<quote>[{re.escape(marks)}])",
        r"(?P<space>\s+)",
        r"(?P<cast>::)",
        rf"(?P<placeholder>{dialect.placeholder})",
        r"(?P<word>[A-Za-z_\x80-\U0010ffff][\w$]*)",
        r"(?P<number>[0-9][\w.]*)",
        r"(?P<semicolon>;)",
    ]
    return re.compile("|".join(openings))


def _extent(code: str, dialect: Dialect, found: re.Match[str]) -> tuple[TokenKind, int]:
    """The kind of the token that begins here, and where it ends."""
    start, opening = found.start(), found[0]
    match found.lastgroup:
        case "block":
            # Hints and conditional code stand in comments, but say something to the database.
            kind: TokenKind = "other" if code.startswith(("/*+", "/*!"), start) else "comment"
            return kind, _block_end(code, start, nested=dialect.nested_comments)
        case "dollar":
            return "quoted", _closing(code, start, found.end(), opening, f"the text that {opening} opens")
        case "oracle":
            mark = _BRACKETS.get(opening[-1], opening[-1]) + "'"
            return "quoted", _closing(code, start, found.end(), mark, f"the text that {opening} opens")
        case "triple":
            return "quoted", _quote_end(code, start, found.end(), opening[-3:], backslash=True)
        case "escaped" | "raw":
            return "quoted", _quote_end(code, start, found.end(), opening[-1], backslash=True)
        case "bracket":
            return "quoted", _quote_end(code, start, found.end(), "]", backslash=False)
        case "quote":
            protects = dialect.backslash and opening in dialect.strings
            return "quoted", _quote_end(code, start, found.end(), opening, backslash=protects)
        case "comment" | "space" | "word" | "placeholder" | "semicolon":
            return found.lastgroup, found.end()
        case _:
            return "other", found.end()


def _block_end(code: str, start: int, *, nested: bool) -> int:
    if not nested:
        return _closing(code, start, start + 2, "*/", "the comment")
    depth = 1
    for mark in _NESTING.finditer(code, start + 2):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise _open(code, start, "the comment")


def _quote_end(code: str, start: int, after: int, mark: str, *, backslash: bool) -> int:
    """Behind the closing mark; a doubled mark and, where it protects, one behind a backslash do not close."""
    place = after
    while place < len(code):
        if backslash and code[place] == "\\":
            place += 2
        elif not code.startswith(mark, place):
            place += 1
        elif len(mark) == 1 and code.startswith(mark, place + 1):
            place += 2
        else:
            return place + len(mark)
    raise _open(code, start, f"the text or name that {code[start:after]} opens")


def _closing(code: str, start: int, after: int, mark: str, what: str) -> int:
    end = code.find(mark, after)
    if end < 0:
        raise _open(code, start, what)
    return end + len(mark)


def _open(code: str, start: int, what: str) -> InvalidSignature:
    line, column = position(code, start)
    return InvalidSignature(f"{what} is never closed", line, column)
