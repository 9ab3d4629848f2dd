"""The signature of a GraphQL document: the variables of its operations, ``$name: Type! = default``."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from postmill.signatures.signature import (
    Arg,
    Bool,
    Float,
    Int,
    InvalidSignature,
    ListOf,
    Object,
    Resource,
    Signature,
    Str,
    Type,
)

_TOKEN = re.compile(
    r"(?P<skip>[\s,\ufeff]+|\#[^\n]*)"
    r'|(?P<block>"""(?:[^"\\]|\\.|"(?!""))*""")'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<spread>\.\.\.)"
    r"|(?P<mark>.)",
    re.DOTALL,
)
_SCALARS: dict[str, Type] = {
    "String": Str(),
    "ID": Str(),
    "Int": Int(),
    "Float": Float(),
    "Boolean": Bool(),
}
_OPERATIONS = ("query", "mutation", "subscription")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def infer_graphql(code: str) -> Signature:
    """The argument ``api`` and the variables of all operations, in order.

    A variable is optional where no ``!`` stands behind its type, or where it has a default.
    Raises InvalidSignature for texts and lists of variables that do not end or are nested too deeply.
    """
    tokens = _tokens(code)
    args = [Arg("api", Resource("graphql"), implied=True)]
    place = depth = 0
    while place < len(tokens):
        text = tokens[place].text
        if text in _OPERATIONS and depth == 0:
            place = _operation(code, tokens, place + 1, args)
            continue
        depth += (text in _BRACKETS) - (text in _BRACKETS.values())
        place += 1
    return Signature(tuple(args))


def _tokens(code: str) -> list[_Token]:
    found: list[_Token] = []
    for token in _TOKEN.finditer(code):
        kind = token.lastgroup or ""
        if kind == "skip":
            continue
        if token[0] == '"':
            raise _invalid(code, token.start(), "the text that begins here is never closed")
        found.append(_Token(kind, token[0], token.start()))
    return found


def _operation(code: str, tokens: list[_Token], place: int, args: list[Arg]) -> int:
    """Reads the head of an operation, behind its word; answers where its body begins."""
    if place < len(tokens) and tokens[place].kind == "name":
        place += 1
    if place >= len(tokens) or tokens[place].text != "(":
        return place
    opened = tokens[place].start
    place += 1
    try:
        while tokens[place].text != ")":
            if tokens[place].text == "$":
                place, arg = _variable(code, tokens, place)
                args.append(arg)
            else:
                raise _invalid(code, tokens[place].start, "a variable ($name: Type) is expected here")
    except IndexError:
        raise _invalid(code, opened, "the list of variables is never closed") from None
    except RecursionError:
        raise _invalid(code, opened, "the variables are nested too deeply to be read") from None
    return place + 1


def _variable(code: str, tokens: list[_Token], place: int) -> tuple[int, Arg]:
    name = tokens[place + 1]
    if name.kind != "name" or tokens[place + 2].text != ":":
        raise _invalid(code, tokens[place].start, "a variable is written as $name: Type")
    place, kind, required = _type(code, tokens, place + 3)
    default, has_default = None, False
    if tokens[place].text == "=":
        place, default = _value(tokens, place + 1)
        default, has_default = _default(default, kind), True
    while tokens[place].text == "@":
        place = _directive(tokens, place + 1)
    return place, Arg(name.text, kind, default, has_default or not required)


def _type(code: str, tokens: list[_Token], place: int) -> tuple[int, Type, bool]:
    """The type, and whether a ``!`` stands behind it."""
    token = tokens[place]
    kind: Type
    if token.text == "[":
        place, item, _ = _type(code, tokens, place + 1)
        if tokens[place].text != "]":
            raise _invalid(code, tokens[place].start, "the type of a list ends with ]")
        kind = ListOf(item)
    elif token.kind == "name":
        kind = _SCALARS.get(token.text, Object())
    else:
        raise _invalid(code, token.start, "a type is expected here")
    if tokens[place + 1].text == "!":
        return place + 2, kind, True
    return place + 1, kind, False


def _value(tokens: list[_Token], place: int) -> tuple[int, Any]:
    """A literal as JSON; names of enum members as text."""
    token = tokens[place]
    match token.kind:
        case "string":
            return place + 1, _text(token.text)
        case "block":
            return place + 1, token.text[3:-3].strip()
        case "number":
            return place + 1, _number(token.text)
        case "name":
            words = {"null": None, "true": True, "false": False}
            return place + 1, words.get(token.text, token.text)
    if token.text == "[":
        items: list[Any] = []
        place += 1
        while tokens[place].text != "]":
            place, item = _value(tokens, place)
            items.append(item)
        return place + 1, items
    if token.text == "{":
        members: dict[str, Any] = {}
        place += 1
        while tokens[place].text != "}":
            name = tokens[place].text
            place, members[name] = _value(tokens, place + 2)
        return place + 1, members
    return place + 1, None


def _number(text: str) -> int | float | None:
    """None for what is no number of GraphQL (``007``) or of JSON (``1e999``)."""
    try:
        value: int | float = json.loads(text)
        return value if math.isfinite(value) else None
    except (ValueError, OverflowError):
        return None


def _text(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]


def _default(value: Any, kind: Type) -> Any:
    """As forms take it: true and false as text, numbers of the right kind, null for what the type does not allow."""
    if isinstance(value, bool) and isinstance(kind, Bool):
        return "true" if value else "false"
    if isinstance(kind, Int):
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(kind, Float):
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if isinstance(kind, Str) and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)  # an ID may be written as a number
    return value


def _directive(tokens: list[_Token], place: int) -> int:
    """Behind ``@name(...)``."""
    place += 1
    if tokens[place].text != "(":
        return place
    depth = 1
    while depth:
        place += 1
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
    return place + 1


def _invalid(code: str, offset: int, message: str) -> InvalidSignature:
    before = code[:offset]
    return InvalidSignature(message, before.count("\n") + 1, offset - before.rfind("\n"))
