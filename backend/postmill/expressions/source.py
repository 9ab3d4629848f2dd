"""What the text of an expression says about itself, without running it. Pure.

The text is JavaScript; these functions read just enough of it to know where its strings and comments lie.
"""

import re
from collections.abc import Iterable

_PIECES = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<semicolon>;)""",
    re.DOTALL,
)
_LEADING = re.compile(r"(?:\s+|//[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_STATEMENT = re.compile(
    r"(?:return|const|let|var|if|for|while|switch|try|throw|function|class|async|await)(?![\w$])"
)
_RESULT_NAMES = re.compile(
    r"""(?<![\w$.])results\s*(?:\?\.)?\s*(?:\.\s*(?P<plain>[A-Za-z_$][\w$]*)|(?<=\?\.)\s*(?P<chained>[A-Za-z_$][\w$]*)"""
    r"""|\[\s*(?P<quoted>"[^"\\\n]*"|'[^'\\\n]*'|`[^`\\$]*`)\s*\])"""
)
_WORD = re.compile(r"[A-Za-z_$][\w$]*")


def function_body(expression: str) -> str:
    """The text as the body of a function that returns the value.

    Text that starts with a statement, or that holds a semicolon outside of strings and comments, is a body
    already and needs its own ``return``; anything else is one expression, so that ``{a: 1}`` is an object.
    """
    code = expression[_leading(expression) :].rstrip()
    if _STATEMENT.match(code) or _has_semicolon(code):
        return code
    return f"return {code}" if code else ""


def _leading(text: str) -> int:
    """How many characters of white space and comments come first: after ``return`` they would end the line."""
    match = _LEADING.match(text)
    return match.end() if match else 0


def _has_semicolon(code: str) -> bool:
    return any(piece.lastgroup == "semicolon" for piece in _PIECES.finditer(code))


def words(expression: str) -> set[str]:
    """Every identifier that the text mentions, wherever it stands."""
    return set(_WORD.findall(expression))


def mentioned(expression: str, names: Iterable[str]) -> list[str]:
    """Those of the names that the text mentions, in the order given."""
    found = words(expression)
    return [name for name in names if name in found]


def named_results(expression: str) -> list[str]:
    """The steps whose results the text names literally, each once: ``results.a``, ``results?.a``, ``results["a"]``."""
    found: dict[str, None] = {}
    for match in _RESULT_NAMES.finditer(expression):
        quoted = match["quoted"]
        name = quoted[1:-1] if quoted is not None else match["plain"] or match["chained"]
        found.setdefault(name)
    return list(found)
