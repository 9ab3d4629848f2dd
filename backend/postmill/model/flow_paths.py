"""Paths of the parts of a flow: turns and branches stand below it, each with a number."""

import re
from typing import NamedTuple

_INNER = re.compile(r"/(?:loop|forloop|branchone|branchall)-\d+$")
_SHORTEST = 2  # slashes that every path of an item has


class PlaceInFlow(NamedTuple):
    """Where a run stands: the path of its flow, empty for one without a path or no flow, and the step that it is."""

    path: str = ""
    step_id: str | None = None


NOWHERE = PlaceInFlow()


def whole_path(path: str) -> str:
    """The path of a flow, of the path of a turn or a branch in it."""
    while path.count("/") > _SHORTEST and (inner := _INNER.search(path)) is not None:
        path = path[: inner.start()]
    return path
