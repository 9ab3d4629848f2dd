"""An SQL script made ready for its database: statements with the driver's own placeholders. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from postmill.languages.sql.failure import in_statement, with_position
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.sql_dialects import Dialect
from postmill.signatures.sql_script import (
    Directives,
    SqlArg,
    arguments,
    directives,
    interpolated,
    plain_lines,
)
from postmill.signatures.sql_tokens import Statement, Token, position, split_statements, tokenize


@dataclass(frozen=True)
class Style:
    """How a driver wants arguments in its code.

    ``mark`` gives the text for the n-th value (from 1) of an argument; the text behind the place tells whether the code
    casts it already. ``per_use``: every use takes a value of its own, else one argument takes one. ``escape`` is
    applied to all other code of statements that have values. ``whole``: the script is sent as one.
    """

    mark: Callable[[int, SqlArg, str], str]
    per_use: bool = False
    escape: Callable[[str], str] | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """One statement as it is sent. ``args`` are the arguments whose values it takes, in order.

    ``words`` are its words in lower case, ``calls`` those that a parenthesis follows.
    """

    text: str
    args: tuple[SqlArg, ...]
    keyword: str
    words: frozenset[str]
    calls: frozenset[str]
    places: tuple[tuple[int, int], ...]

    def offset_of(self, line: int, column: int) -> int:
        """The offset of a line and column of the sent text, both counted from 1."""
        before = self.text.split("\n")[: line - 1]
        return min(sum(len(one) + 1 for one in before) + column - 1, len(self.text))

    def place_in_code(self, offset: int) -> int:
        """Where in the script the character of the sent text at an offset stands."""
        sent, written = max((pair for pair in self.places if pair[0] <= offset), default=self.places[0])
        return written + offset - sent


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole script; ``code`` is what positions refer to."""

    code: str
    statements: tuple[PlannedStatement, ...]
    args: tuple[SqlArg, ...]
    directives: Directives

    def where(self, statement: PlannedStatement, offset: int) -> tuple[int, int]:
        """Line and column of a place of the sent text, in the script."""
        return position(self.code, statement.place_in_code(offset))

    def told(self, statement: PlannedStatement, message: str, offset: int | None) -> str:
        """A database's message with the place in the script that it is about; ``offset`` is one of the sent text.

        Where the database names no place, None, the statement is told, if there are several.
        """
        if offset is not None:
            return with_position(message, self.code, *self.where(statement, offset))
        if len(self.statements) == 1:
            return message
        return in_statement(message, statement.keyword or "statement", self.where(statement, 0)[0])


def filled(code: str, given: Mapping[str, Any], contextual: Mapping[str, str]) -> str:
    """The code with ``%%name%%`` of arguments and of contextual variables filled in.

    Raises InvalidSignature with a sentence for an argument that is not allowed.
    """
    if "%%" not in code:
        return code
    code = interpolated(plain_lines(code), dict(given))
    for name, value in contextual.items():
        if name.startswith("WM_"):
            # Names and addresses may hold a quote; in a text they must not end it.
            code = code.replace(f"%%{name}%%", value.replace("'", "''"))
    return code


@lru_cache(maxsize=512)
def plan(code: str, dialect: Dialect, style: Style) -> Plan:
    """Reads a script whose ``%%name%%`` are filled in. Raises InvalidSignature for code that cannot be read."""
    code = plain_lines(code)
    if "\0" in code:
        raise InvalidSignature("the code holds a NUL character", *position(code, code.index("\0")))
    args = arguments(code, dialect)
    statements = split_statements(code, dialect)
    if style.whole and statements:
        statements = [Statement(tuple(tokenize(code, dialect)), 0)]
    if dialect.oracle_quotes:
        statements = _with_blocks(code, dialect)
    numbers = _Numbers(args)
    return Plan(
        code,
        tuple(_planned(statement, numbers, style) for statement in statements),
        tuple(args),
        directives(code),
    )


_BLOCK_ENDS = re.compile(r"^[ \t]*/[ \t]*$", re.MULTILINE)
_STORED_CODE = frozenset({"procedure", "function", "trigger", "package", "type"})


def _with_blocks(code: str, dialect: Dialect) -> list[Statement]:
    """PL/SQL keeps its semicolons: a block goes to the next line that is a slash alone, else to the end of the code."""
    found: list[Statement] = []
    behind = 0
    while behind < len(code):
        rest, start = code[behind:], behind
        behind = len(code)
        for statement in split_statements(rest, dialect):
            if _begins_block(_words(statement)[0]):
                end = _BLOCK_ENDS.search(rest, statement.start)
                text = rest[statement.start : len(rest) if end is None else end.start()].rstrip()
                statement = Statement(tuple(tokenize(text, dialect)), statement.start)
                behind = len(code) if end is None else start + end.end()
                found.append(_moved(statement, start + statement.start))
                break
            if statement.text != "/":
                found.append(_moved(statement, start + statement.start))
    return found


def _moved(statement: Statement, start: int) -> Statement:
    """The statement with places in the whole code."""
    first = statement.tokens[0].start
    tokens = tuple(Token(token.kind, token.text, token.start - first + start) for token in statement.tokens)
    return Statement(tokens, start)


def _begins_block(words: list[str]) -> bool:
    if not words:
        return False
    return words[0] in ("begin", "declare") or (words[0] == "create" and bool(set(words[:6]) & _STORED_CODE))


class _Numbers:
    """Which argument a placeholder stands for; a ``?`` goes by its place."""

    def __init__(self, args: list[SqlArg]) -> None:
        self._by_mark = {arg.mark.lower(): arg for arg in args if arg.mark != "?"}
        self._in_order = [arg for arg in args if arg.mark == "?"]
        self._next = 0

    def begin(self, statement: Statement) -> None:
        """Arguments are taken in turn over all statements; one that needs more than are left begins from the first."""
        uses = sum(token.text == "?" for token in statement.tokens if token.kind == "placeholder")
        if self._next + uses > len(self._in_order):
            self._next = 0

    def arg(self, token: Token) -> SqlArg | None:
        if token.text != "?":
            return self._by_mark.get(token.text.lower())
        if self._next >= len(self._in_order):
            raise InvalidSignature("the code has more ? than arguments are declared (-- ? name (type))")
        self._next += 1
        return self._in_order[self._next - 1]


def _planned(statement: Statement, numbers: _Numbers, style: Style) -> PlannedStatement:
    numbers.begin(statement)
    found = [numbers.arg(token) if token.kind == "placeholder" else None for token in statement.tokens]
    escape = style.escape if any(found) else None
    parts: list[str] = []
    values: list[SqlArg] = []
    places: list[tuple[int, int]] = []
    length = 0
    for place, (token, arg) in enumerate(zip(statement.tokens, found, strict=True)):
        if arg is None:
            text = escape(token.text) if escape is not None else token.text
        else:
            if style.per_use or arg not in values:
                values.append(arg)
            number = len(values) if style.per_use else values.index(arg) + 1
            text = style.mark(number, arg, _following(statement, place))
        places.append((length, token.start))
        parts.append(text)
        length += len(text)
    words, calls = _words(statement)
    return PlannedStatement(
        "".join(parts), tuple(values), words[0] if words else "", frozenset(words), calls, tuple(places)
    )


def _following(statement: Statement, place: int) -> str:
    return statement.tokens[place + 1].text if place + 1 < len(statement.tokens) else ""


def _words(statement: Statement) -> tuple[list[str], frozenset[str]]:
    told = [token for token in statement.tokens if token.kind not in ("space", "comment")]
    words = [token.text.lower() for token in told if token.kind == "word"]
    calls = frozenset(
        token.text.lower()
        for token, behind in pairwise(told)
        if token.kind in ("word", "quoted") and behind.text == "("
    )
    return words, calls
