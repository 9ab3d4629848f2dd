"""Which resource types answer to some words, the best first. Pure."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from postmill.model.resource import ResourceType

LEAST = 0.3
_WORD = re.compile(r"[a-z0-9]+")


def ranked(text: str, types: Iterable[ResourceType], limit: int) -> list[tuple[ResourceType, float]]:
    """At most ``limit`` pairs of a type and how well it fits, between 0 and 1; nothing that hardly fits."""
    wanted = words(text)
    if not wanted:
        return []
    scored = ((kind, fit(wanted, kind)) for kind in types)
    found = [(kind, score) for kind, score in scored if score >= LEAST]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].name))[:limit]


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return _WORD.findall(text.lower())


def fit(wanted: list[str], kind: ResourceType) -> float:
    """The mean over the words of how well each is met: by a word of the name, or half as well by one of the rest."""
    name, rest = words(kind.name), set(words(kind.description))
    met = [
        max((_alike(word, known) for known in name), default=0.0) or (0.5 if word in rest else 0.0)
        for word in wanted
    ]
    return round(sum(met) / len(met), 3)


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if len(one) > 2 and (other.startswith(one) or one.startswith(other)):
        return 0.8
    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio >= 0.75 else 0.0
