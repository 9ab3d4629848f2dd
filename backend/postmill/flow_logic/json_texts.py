"""The little that the engine reads of values itself."""

import math
from typing import Any

import msgspec

SHOWN = 200


def _decoded(text: str) -> Any:
    return msgspec.json.decode(text)


def is_true(text: str) -> bool:
    """As JavaScript's ``Boolean``."""
    value = _decoded(text)
    return isinstance(value, list | dict) or bool(value)


def items_of(text: str) -> int | None:
    """How many items a list has; None for anything else."""
    if not text.lstrip().startswith("["):
        return None
    return len(msgspec.json.decode(text, type=list[msgspec.Raw]))


def number_of(text: str) -> float | None:
    """A finite number; None for anything else."""
    value = _decoded(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def strings_of(text: str) -> tuple[str, ...] | None:
    """A list of strings; None for anything else."""
    value = _decoded(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return tuple(value)


def shown(text: str) -> str:
    """A value in a message."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
