"""The files of a job's workspace, as the job's subject may use them."""

import fnmatch
import re
from typing import Protocol

_PATTERN = re.compile(r"[*?\[]")


class JobFiles(Protocol):
    """Keys are those of the workspace. Raises NotFound, NotAuthorized or InvalidInput with a sentence."""

    async def matching(self, pattern: str) -> list[str]:
        """The keys that a pattern with ``*``, ``**``, ``?`` or ``[...]`` means; a plain key means itself."""

    async def opened(self, key: str) -> int:
        """A descriptor from which a copy of the file can be read; the caller closes it."""

    async def created(self, key: str) -> int:
        """A descriptor into which a new content of the file can be written, see ``stored``."""

    async def stored(self, key: str, descriptor: int) -> None:
        """Keeps what was written, in the place of an earlier file."""


def is_pattern(key: str) -> bool:
    return _PATTERN.search(key) is not None


def matches(pattern: str, key: str) -> bool:
    """Whether a key is meant by a pattern: ``*`` and ``?`` stay within a part, ``**`` is any number of parts."""
    return _parts_match(pattern.split("/"), key.split("/"))


def _parts_match(pattern: list[str], parts: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_parts_match(pattern[1:], parts[skipped:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0]) and _parts_match(pattern[1:], parts[1:])
