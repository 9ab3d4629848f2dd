"""The text of a lock: header comments, then requirement lines in the format of pip with hashes."""

import hashlib
import re
from dataclasses import dataclass

_PYTHON_HEADER = re.compile(r"^#\s*(?:py:\s*(\d+)\.(\d+)(?:\.\d+)?|py(\d)(\d+))\s*$")
OLDEST_LOCKS_PYTHON = (3, 11)
"""The Python of locks that do not name theirs."""


@dataclass(frozen=True)
class Lock:
    """A parsed lock. ``requirements`` are whole entries, hashes included, without line continuations."""

    python: tuple[int, int] | None
    requirements: tuple[str, ...]

    @property
    def hashed(self) -> bool:
        """Whether every entry carries hashes, so that files can be checked."""
        return bool(self.requirements) and all("--hash=" in entry for entry in self.requirements)

    def text(self) -> str:
        """The entries in a normal form, one a line, for the installer."""
        return "".join(f"{entry}\n" for entry in self.requirements)

    def digest(self, tag: str) -> str:
        """Names the installed files: equal for equal entries on the same kind of interpreter."""
        return hashlib.sha256(f"{tag}\n{self.text()}".encode()).hexdigest()[:32]


def parse_lock(text: str) -> Lock:
    """Reads ``# py: 3.12``, the older ``# py312`` and locks without header or hashes."""
    python: tuple[int, int] | None = None
    entries: list[str] = []
    for line in re.sub(r"\\[ \t]*\r?\n", " ", text).splitlines():
        stripped = line.strip()
        if header := _PYTHON_HEADER.match(stripped):
            python = python or (int(header[1] or header[3]), int(header[2] or header[4]))
        entry = re.sub(r"(?:^|\s)#.*", "", stripped).strip()
        # Options (``--index-url``) would bring addresses in; a lock holds packages only.
        if entry and not entry.startswith("-"):
            entries.append(_normal(entry))
    return Lock(python, tuple(sorted(set(entries))))


def refusal(requirement: str) -> str | None:
    """Why a requirement may not be handed to the installer, None when it may.

    Options, files of the worker and environment variables have no place in what a script asks for.
    """
    text = requirement.strip()
    if "\n" in text or "\r" in text or "\0" in text:
        return f"A requirement must be a single line: {text!r}"
    if text.startswith("-"):
        return f"{text!r} is an option of the installer, not a package"
    if "${" in text:
        return f"{text!r} may not refer to environment variables"
    if text.startswith((".", "/", "~")) or "file:" in text.lower():
        return f"{text!r} names a file of the worker; packages come from the configured index"
    return None


def _normal(entry: str) -> str:
    """An entry with single spaces and its hashes in order."""
    words = entry.split()
    hashes = sorted({word for word in words if word.startswith("--hash=")})
    kept = [word for word in words if not word.startswith("--hash=")]
    return " ".join([*kept, *hashes])
