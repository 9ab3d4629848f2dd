"""What an object store does for the rest of the system, wherever the bytes lie."""

import heapq
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from postmill.kernel.errors import InvalidInput, UpstreamFailed

PIECE_BYTES = 1024 * 1024
"""About how large the pieces are in which contents travel."""

_MOST_KEY_BYTES = 900
_MOST_PART_BYTES = 200

Body = bytes | Path | AsyncIterator[bytes]
"""A content: the bytes, a file, or pieces of it."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What is known of an object without its content; ``content_type`` is None where the store does not keep it."""

    key: str
    size_bytes: int
    modified_at: datetime
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One level below a prefix: folders with a slash at their end, and objects."""

    folders: tuple[str, ...]
    objects: tuple[ObjectFacts, ...]


class StoreFailed(UpstreamFailed):
    """The object store cannot be reached, or refused. (502)"""


class Objects(Protocol):
    """Keys are texts with slashes, checked by ``checked_key``. All methods raise StoreFailed."""

    async def put(self, key: str, body: Body, content_type: str | None = None) -> int:
        """Stores the content, whole or not at all, in the place of an earlier one; answers its bytes."""

    async def head(self, key: str) -> ObjectFacts | None: ...

    def pieces(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The content from ``start`` up to and without ``end``; raises FileNotFoundError at the first piece."""

    async def under(self, prefix: str, after: str = "", limit: int = 1000) -> list[ObjectFacts]:
        """Objects whose keys begin with the prefix, in the order of their keys, behind ``after``."""

    async def level(self, prefix: str) -> Listing:
        """What lies directly below a prefix that is empty or ends with a slash."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Removes objects; missing ones are no error."""

    async def move(self, source: str, target: str) -> None:
        """Gives an object another key, in the place of an earlier one. Raises FileNotFoundError."""

    async def reading_address(self, key: str, seconds: float) -> str | None:
        """An address from which anybody can read the object for so long; None where the store has none."""


async def whole(objects: Objects, key: str, limit: int | None = None) -> bytes:
    """The whole content. Raises FileNotFoundError, and ValueError for more than ``limit`` bytes."""
    data = bytearray()
    async for piece in objects.pieces(key):
        data += piece
        if limit is not None and len(data) > limit:
            raise ValueError(f"{key} has more than {limit} bytes")
    return bytes(data)


def checked_key(key: str) -> str:
    """The key; raises InvalidInput for one that not every store can keep."""
    parts = key.split("/")
    if not key or len(key.encode("utf-8", "replace")) > _MOST_KEY_BYTES:
        raise InvalidInput(f"Bad request: a file key has between 1 and {_MOST_KEY_BYTES} bytes")
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidInput(
            f"Bad request: {key[:80]!r} is not a file key: its parts, with slashes between, may not be empty, . or .."
        )
    if any(len(part.encode("utf-8", "replace")) > _MOST_PART_BYTES for part in parts):
        raise InvalidInput(f"Bad request: a part of a file key has at most {_MOST_PART_BYTES} bytes")
    if not key.isprintable() or any(character in key for character in '\\#?%*:|"<>~^`[]{}'):
        raise InvalidInput(
            f"Bad request: {key[:80]!r} is not a file key: it may not hold control characters or any of "
            '\\ # ? % * : | " < > ~ ^ ` [ ] { }'
        )
    return key


def first_in_order(found: Sequence[ObjectFacts], limit: int) -> list[ObjectFacts]:
    return heapq.nsmallest(limit, found, key=lambda facts: facts.key)
