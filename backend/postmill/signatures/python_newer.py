"""Python as interpreters newer than the one at hand write it, put so that this one can read it. Pure.

A script may be for a newer Python than the server's. Lines stay where they are; what is said stays the same as far as
signatures and imports go.
"""

import contextlib
import re
import sys

_ALIAS = re.compile(r"^([ \t]*)type[ \t]+(\w+)(?=[ \t]*=(?!=))", re.MULTILINE)
_PARAMETERISED = re.compile(r"^[ \t]*(?:type|class|(?:async[ \t]+)?def)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)
_TEXT = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?<!\w)(?P<prefix>[rRbBuUfFtT]{0,2})(?P<quote>\"\"\"|'''|"|')""", re.VERBOSE
)

_WRONG_IN_ANY = ("f-string: invalid syntax", "f-string: empty expression", "f-string: single")


def as_older_python(text: str, complaint: str) -> str:
    """The code as Python 3.11 reads it; unchanged where nothing newer is in it.

    ``complaint`` is what this interpreter says: most of what it finds wrong in an f-string is wrong in any.
    """
    if sys.version_info < (3, 12) and not complaint.startswith(_WRONG_IN_ANY):
        with contextlib.suppress(_Unclosed):
            text = _without_nested_quotes(text)
    return _without_type_parameters(text)


class _Unclosed(Exception):
    """A text with fields does not end where it has to."""


def _without_nested_quotes(text: str) -> str:
    """``f"{x["a"]}"`` becomes a text without fields, as many lines long: what it prints does not matter here."""
    pieces: list[str] = []
    done = at = 0
    while (found := _TEXT.search(text, at)) is not None:
        at = found.end()
        if found["comment"]:
            continue
        if not set(found["prefix"].lower()) & set("ft"):
            at = _plain_end(text, at, found["quote"])
            continue
        at = _formatted_end(text, at, found["quote"], "r" in found["prefix"].lower())
        lines = "\n" * text.count("\n", found.start(), at)
        pieces += [text[done : found.start()], f'"""{lines}"""']
        done = at
    return "".join([*pieces, text[done:]])


def _plain_end(text: str, at: int, quote: str) -> int:
    """Behind the text that begins before ``at``; its line's end for one that is not closed there."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        elif len(quote) == 1 and text[at] == "\n":
            return at
        else:
            at += 1
    return len(text)


def _formatted_end(text: str, at: int, quote: str, raw: bool) -> int:
    """The same for a text with fields, in which any quotes may stand."""
    depth = 0
    while at < len(text):
        if depth == 0:
            if (text[at] == "\\" and not (raw and text[at + 1 : at + 2] in "{}")) or text.startswith(
                ("{{", "}}"), at
            ):
                at += 2
            elif text.startswith(quote, at):
                return at + len(quote)
            elif len(quote) == 1 and text[at] == "\n":
                break
            else:
                depth += text[at] == "{"
                at += 1
            continue
        inner = _TEXT.match(text, at)
        if inner is None:
            depth += {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}.get(text[at], 0)
            at += 1
        elif inner["comment"]:
            at = inner.end()
        elif set(inner["prefix"].lower()) & set("ft"):
            at = _formatted_end(text, inner.end(), inner["quote"], "r" in inner["prefix"].lower())
        else:
            at = _plain_end(text, inner.end(), inner["quote"])
    raise _Unclosed


def _without_type_parameters(text: str) -> str:
    """The code as an interpreter older than PEP 695 reads it: a script may be for a newer one.

    ``type X[T] = y`` becomes ``X = y`` and ``def f[T](...)`` becomes ``def f(...)``, each as long as before.
    """
    for found in _PARAMETERISED.finditer(text):
        end = _closing_bracket(text, found.end())
        blank = re.sub(r"[^\n]", " ", text[found.end() : end])
        text = text[: found.end()] + blank + text[end:]
    return _ALIAS.sub(lambda found: f"{found[1]}{found[2]}".ljust(len(found[0])), text)


def _closing_bracket(text: str, start: int) -> int:
    """Where the brackets that open at ``start`` are closed again; the end of the text for ones left open."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)
