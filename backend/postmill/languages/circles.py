"""Scripts that import each other in a circle: allowed as long as it works, and named where a run fails of it. Pure."""

import json
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from postmill.kernel.json import encode_text
from postmill.languages.protocol import RunOutcome

Imported = Callable[[str, str], Iterable[str]]
"""``imported(code, path)``: the paths that the code at a path imports."""

_SIGNS = {
    "ImportError": ("cannot import name", "partially initialized module"),
    "AttributeError": ("partially initialized module",),
    "ReferenceError": ("before initialization",),
}
# Bundlers make variables of constants: what is not complete is undefined.
_SIGNS_WHILE_LOADING = ("undefined is not", "is undefined)", "Cannot read properties of undefined")
_IN_MAIN = re.compile(r"\bat (?:async )?main \(")


def may_come_of_circle(outcome: RunOutcome) -> bool:
    """Whether the run failed as scripts do that use each other before they are complete."""
    said = outcome.result
    if outcome.end != "error":
        return False
    if any(name in said and any(sign in said for sign in signs) for name, signs in _SIGNS.items()):
        return True
    while_loading = "TypeError" in said and any(sign in said for sign in _SIGNS_WHILE_LOADING)
    return while_loading and _IN_MAIN.search(said) is None


def first_circle(start: str, scripts: Mapping[str, str], imported: Imported) -> list[str]:
    """The paths of the first circle that the imports of ``start`` lead into, with its first at the end again.

    ``scripts`` holds the code by path, that of ``start`` too. Empty where there is none.
    """
    done: set[str] = set()
    trail = [start]
    following = [iter(list(imported(scripts[start], start)))]
    while trail:
        path = next(following[-1], None)
        if path is None:
            following.pop()
            done.add(trail.pop())
        elif path in trail:
            return [*trail[trail.index(path) :], path]
        elif path in scripts and path not in done:
            trail.append(path)
            following.append(iter(list(imported(scripts[path], path))))
    return []


def with_circle(outcome: RunOutcome, circle: list[str]) -> RunOutcome:
    """The same failure, with a sentence that names the scripts, where there is a circle."""
    record = json.loads(outcome.result)
    if not circle or not isinstance(record, dict) or not isinstance(record.get("message"), str):
        return outcome
    said = f"{record['message']}\nThese scripts import each other in a circle: {' → '.join(circle)}"
    return msgspec.structs.replace(outcome, result=encode_text({**record, "message": said}))
