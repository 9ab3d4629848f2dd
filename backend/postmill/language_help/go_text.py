"""How gopls gets to see a script. Pure.

A script may begin without a package clause, or with ``package main``, in which a ``main`` with arguments is an error.
gopls is shown a package of another name: on a line before the script where there is no clause.
"""

import re
from typing import Any

NAME = "code"
"""As long as ``main``, so that nothing moves where it takes its place."""
_BEFORE = re.compile(r"\ufeff?(?>\s+|//[^\n]*|/\*.*?\*/)*+", re.DOTALL)
_CLAUSE = re.compile(r"package\s+(\w+)")


def shown(text: str) -> tuple[str, int]:
    """The text for gopls, and how many lines stand before the script in it: 0 or 1."""
    before = _BEFORE.match(text)
    clause = _CLAUSE.match(text, before.end() if before else 0)
    if clause is None:
        return f"package {NAME}\n{text}", 1
    if clause[1] != "main":
        return text, 0
    return text[: clause.start(1)] + NAME + text[clause.end(1) :], 0


def in_script(value: Any, lines: int, uri: str) -> Any:
    """What gopls says of the text ``uri``, with the positions of the script; what it says of other files stays."""
    if isinstance(value, list):
        return [in_script(one, lines, uri) for one in value]
    if not isinstance(value, dict) or value.get("uri", uri) != uri:
        return value
    if value.keys() == {"line", "character"}:
        return _moved(value, lines)
    found = {name: in_script(one, lines, uri) for name, one in value.items()}
    if "newText" in value and "range" in value:
        found["newText"] = _as_beginning(value["newText"], value["range"], lines)
    return found


def _as_beginning(text: str, place: dict[str, Any], lines: int) -> str:
    """What is inserted behind the clause comes to stand before the first line of the script."""
    if place["end"]["line"] < lines:
        return text.strip("\n") + "\n"
    return text.lstrip("\n") if place["end"] == {"line": lines, "character": 0} else text


def _moved(position: dict[str, int], lines: int) -> dict[str, int]:
    if position["line"] < lines:
        return {"line": 0, "character": 0}
    return {"line": position["line"] - lines, "character": position["character"]}
