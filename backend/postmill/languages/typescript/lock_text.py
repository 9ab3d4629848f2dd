"""The text of a lock: a package.json, the line ``//bun.lock``, and what bun resolved it to. Pure.

Locks hold versions and hashes of the registry's files, never an address: where they come from is the operator's affair.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postmill.languages.protocol import InstallFailed

TEXT_MARK = "//bun.lock"
BINARY_MARK = "//bun.lockb"
EMPTY = "<empty>"
EMPTY_DENO_LOCK = '{\n  "version": "5"\n}\n'

_MARK = re.compile(r"^//bun\.lockb?[ \t]*$", re.MULTILINE)
_HEADER = re.compile(r"\A(?:[ \t]*//[^\n]*\n|[ \t]*\n)*")
_FROM_REGISTRY = re.compile(r"(?:@[^/@]+/)?[^/@]+@\d[\w.+-]*", re.ASCII)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True)
class Lock:
    """``manifest`` is the package.json; ``resolved`` the bun.lock, "" where the lock holds none."""

    manifest: Mapping[str, Any]
    resolved: str = ""
    binary: bytes = b""

    @property
    def needs_packages(self) -> bool:
        return any(
            self.manifest.get(key) for key in ("dependencies", "optionalDependencies", "peerDependencies")
        )

    @property
    def hashed(self) -> bool:
        """Whether every file can be checked."""
        return bool(self.resolved) and all(
            str(entry[-1]).startswith("sha") for entry in json.loads(self.resolved)["packages"].values()
        )

    def digest(self, tag: str) -> str:
        """Names the installed files: equal for equal contents on one kind of machine."""
        parts = (tag, json.dumps(self.manifest, sort_keys=True), self.resolved, self.binary.hex())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def lock_text(manifest: Mapping[str, Any], resolved: str | None, header: str = "") -> str:
    """The text to store. ``resolved`` is bun.lock, None where nothing is needed."""
    second = EMPTY if resolved is None else resolved.strip()
    return f"{header}{json.dumps(manifest, indent=2)}\n{TEXT_MARK}\n{second}\n"


def parse_lock(text: str) -> Lock:
    """Raises InstallFailed for a lock that cannot be read, or names another place than the registry."""
    body = text[_HEADER.match(text).end() :] if text.strip() else ""  # type: ignore[union-attr]  # matches nothing too
    if not body.strip():
        return Lock({})
    mark = _MARK.search(body)
    first, second = (body, "") if mark is None else (body[: mark.start()], body[mark.end() :].strip())
    manifest = _json(first, "its package.json")
    if mark is None or second in ("", EMPTY):
        return Lock(manifest)
    if mark[0].strip() == BINARY_MARK:
        try:
            return Lock(manifest, binary=base64.b64decode(second, validate=False))
        except binascii.Error:
            raise InstallFailed("The lock cannot be read: its bun.lockb is not base64.") from None
    return Lock(manifest, checked_resolution(second))


def checked_resolution(text: str) -> str:
    """A bun.lock as plain JSON without addresses. Raises InstallFailed for packages from elsewhere."""
    resolved = _json(_TRAILING_COMMA.sub(lambda found: found[1] or "", text), "its bun.lock")
    packages = resolved.get("packages")
    if packages is None:
        packages = resolved["packages"] = {}
    if not isinstance(packages, dict):
        raise InstallFailed("The lock cannot be read: packages of its bun.lock is not an object.")
    for name, entry in packages.items():
        if not isinstance(entry, list) or not entry or not isinstance(entry[0], str):
            raise InstallFailed(f"The lock cannot be read: its entry {name!r} is not an array.")
        if _FROM_REGISTRY.fullmatch(entry[0]) is None or len(entry) < 3 or not isinstance(entry[1], str):
            raise InstallFailed(
                f"The lock cannot be installed: {entry[0][:200]!r} does not come from the npm registry."
            )
        entry[1] = ""
    return json.dumps(resolved, indent=1)


def _json(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InstallFailed(f"The lock cannot be read: {what} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise InstallFailed(f"The lock cannot be read: {what} is not a JSON object.")
    return value
