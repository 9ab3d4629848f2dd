"""Expressions that are nothing but a path into known values: answered without JavaScript. Pure.

``flow_input.iter.value`` is what most expressions look like; reading it out of the JSON text costs microseconds
and keeps every number exactly as it was written.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

Step = str | int
"""A member's name, or the place in a list."""

NULL = "null"

_HEAD = re.compile(r"[A-Za-z_$][\w$]*")
_PART = re.compile(
    r"""(?:\?\.|\.)(?P<name>[A-Za-z_$][\w$]*)|(?:\?\.)?\[\s*(?:(?P<number>0|[1-9]\d{0,8})|"""
    r"""(?P<quoted>"[^"\\\n]*"|'[^'\\\n]*'))\s*\]"""
)
_RESULT_PATH = re.compile(r"results\??\.[A-Za-z_$][\w$]*(?:\[\d{1,9}\])?(?:\.[A-Za-z_$][\w$]*)*")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_FAILURES = (msgspec.DecodeError, RecursionError)


@dataclass(frozen=True)
class Path:
    """``head`` is an identifier, ``steps`` lead from its value to the one wanted."""

    head: str
    steps: tuple[Step, ...]


def read_path(expression: str) -> Path | None:
    """The path that the whole text is; None for anything else."""
    text = expression.strip()
    head = _HEAD.match(text)
    if head is None:
        return None
    steps: list[Step] = []
    position = head.end()
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            return None
        if part["number"] is not None:
            steps.append(int(part["number"]))
        else:
            steps.append(part["name"] if part["name"] is not None else part["quoted"][1:-1])
        position = part.end()
    return Path(head[0], tuple(steps))


def find_in_context(path: Path, context: Mapping[str, str]) -> str | None:
    """The JSON text at the path; None where something on the way is missing: JavaScript says what that means."""
    if path.head not in context:
        return None
    text = context[path.head]
    return text if not path.steps else _walk(text, path.steps)


def result_lookup(expression: str) -> tuple[str, tuple[Step, ...]] | None:
    """The step and the path of a direct look-up such as ``results.a[0].b``, in which anything missing is null.

    None for anything else, also where the last name is ``length``, which lists and texts have without holding it.
    """
    path = read_path(expression)
    if path is None or path.head != "results" or not path.steps:
        return None
    step, rest = str(path.steps[0]), path.steps[1:]
    if rest and (path.steps[-1] == "length" or not _RESULT_PATH.fullmatch(expression.strip())):
        return None
    return step, rest


def find_in_result(text: str, steps: tuple[Step, ...]) -> str:
    """The JSON text at the path below a step's result; ``null`` for anything missing."""
    if not steps:
        return text
    found = _walk(text, steps)
    return NULL if found is None else found


def _walk(text: str, steps: tuple[Step, ...]) -> str | None:
    value: str | msgspec.Raw = text
    for step in steps:
        try:
            if isinstance(step, str):
                members = _MEMBERS.decode(value)
                if step not in members:
                    return None
                value = members[step]
            else:
                items = _ITEMS.decode(value)
                if step >= len(items):
                    return None
                value = items[step]
        except _FAILURES:
            return None
    return bytes(value).decode() if not isinstance(value, str) else value


def is_true(text: str) -> bool:
    """What JavaScript's ``Boolean`` says of a value given as JSON text."""
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        return True
    value = json.loads(stripped)
    return bool(value)
