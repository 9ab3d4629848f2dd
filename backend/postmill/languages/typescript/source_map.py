"""Where a place in a bundle comes from: stacks of errors name the lines that people wrote. Pure."""

import bisect
import json
import re
from functools import lru_cache

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUE = {character: number for number, character in enumerate(_DIGITS)}

Place = tuple[int, int, int, int]  # column in the bundle, source, line, column: all from 0


@lru_cache(maxsize=16)
def read_map(text: str) -> tuple[list[str], list[list[Place]]]:
    """The names of the sources, and for each line of the bundle the places in the order of their columns."""
    record = json.loads(text)
    lines: list[list[Place]] = []
    source = line = column = 0
    for encoded_line in str(record["mappings"]).split(";"):
        places: list[Place] = []
        at = 0
        for segment in encoded_line.split(","):
            values = _decode(segment)
            if not values:
                continue
            at += values[0]
            if len(values) >= 4:
                source, line, column = source + values[1], line + values[2], column + values[3]
                places.append((at, source, line, column))
        lines.append(places)
    return [str(name) for name in record["sources"]], lines


def _decode(segment: str) -> list[int]:
    values, value, shift = [], 0, 0
    for character in segment:
        digit = _VALUE[character]
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            values.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return values


def with_sources(stack: str, bundle: str, map_text: str) -> str:
    """The stack with places in the file ``bundle`` replaced by those in the sources."""
    try:
        sources, lines = read_map(map_text)
    except (ValueError, KeyError, TypeError):
        return stack

    def replace(found: re.Match[str]) -> str:
        line, column = int(found[1]) - 1, int(found[2]) - 1
        places = lines[line] if 0 <= line < len(lines) else []
        index = bisect.bisect_right(places, (column, 1 << 60, 0, 0)) - 1
        if index < 0:
            return found[0]
        _, source, source_line, source_column = places[index]
        return f"{shown_name(sources[source])}:{source_line + 1}:{source_column + 1}"

    return re.sub(rf"{re.escape(bundle)}:(\d+):(\d+)", replace, stack)


def shown_name(source: str) -> str:
    """A source as people know it: a script by its path, a package's file from its package on."""
    _, found, inside = source.rpartition("node_modules/")
    if found:
        return f"node_modules/{inside}"
    return re.sub(r"^(?:\.\./|\./)*(?:src/)?", "", source)
