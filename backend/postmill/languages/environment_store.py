"""The folders of environments on disk.

    envs/<digest>/site        what is on ``sys.path``
    envs/<digest>/ready.json  says that the folder is complete
    work/                     the installer's cache, and what is being made or removed
    locks/                    file locks: <digest>.lock while it is made or removed, <digest>.use while it is used

All methods block; they are for threads.
"""

import contextlib
import os
import time
from pathlib import Path

import msgspec

from postmill.languages.environment_files import describe, folder_bytes, remove_tree
from postmill.languages.file_locks import only_one

_READY = "ready.json"
_LEFTOVER_SECONDS = 3600.0


class Description(msgspec.Struct):
    """What a complete folder holds: importable top-level names, bytes, and whether bytecode lies beside the code."""

    modules: list[str]
    bytes: int
    compiled: bool = False


class EnvironmentStore:
    """Knows where things are, and makes and removes them by renames, so that nobody ever sees half of one."""

    def __init__(self, folder: Path) -> None:
        self._envs = self.folder = folder / "envs"
        self._locks = folder / "locks"
        self.work_dir = folder / "work"
        self.cache_dir = self.work_dir / "uv"
        for needed in (self._envs, self._locks, self.cache_dir):
            needed.mkdir(parents=True, exist_ok=True)

    def lock_path(self, digest: str) -> Path:
        return self._locks / f"{digest}.lock"

    def use_path(self, digest: str) -> Path:
        return self._locks / f"{digest}.use"

    def compile_path(self, digest: str) -> Path:
        return self._locks / f"{digest}.compile"

    @property
    def cache_lock_path(self) -> Path:
        return self._locks / "uv-cache"

    @property
    def eviction_path(self) -> Path:
        return self._locks / "eviction"

    def site(self, digest: str) -> Path:
        return self._envs / digest / "site"

    def description(self, digest: str) -> Description | None:
        """What the environment holds, None when it is not there or not complete."""
        try:
            return msgspec.json.decode((self._envs / digest / _READY).read_bytes(), type=Description)
        except (OSError, msgspec.MsgspecError):
            return None

    def staging(self, digest: str) -> Path:
        """An empty folder to fill; the caller holds the lock of the digest."""
        staging = self.work_dir / f"staging-{digest}"
        remove_tree(staging)  # what a killed worker left
        staging.mkdir()
        return staging

    def publish(self, staging: Path, digest: str) -> None:
        """Turns a filled staging folder into the environment."""
        site = staging / "site"
        site.mkdir(exist_ok=True)
        for leftover in staging.iterdir():
            if leftover != site:
                remove_tree(leftover)
        modules, size = describe(site)
        (staging / _READY).write_bytes(msgspec.json.encode(Description(modules, size)))
        final = self._envs / digest
        remove_tree(final)  # without its description it is the remains of a broken disk
        staging.rename(final)

    def mark_compiled(self, digest: str) -> None:
        """Notes that bytecode lies beside the code, and what it takes."""
        known = self.description(digest)
        if known is None:
            return
        folder = self._envs / digest
        new = msgspec.structs.replace(known, compiled=True, bytes=folder_bytes(folder / "site"))
        fresh = folder / f"{_READY}.new"
        fresh.write_bytes(msgspec.json.encode(new))
        fresh.rename(folder / _READY)

    def touch(self, digest: str) -> None:
        """Notes the use, for the choice of what to remove."""
        with contextlib.suppress(OSError):
            os.utime(self._envs / digest)

    def usage(self) -> list[tuple[float, str, int]]:
        """(time of last use, digest, bytes) of all environments, the least recently used first."""
        found: list[tuple[float, str, int]] = []
        for folder in self._envs.iterdir():
            described = self.description(folder.name)
            with contextlib.suppress(OSError):
                if described is not None:
                    found.append((folder.stat().st_mtime, folder.name, described.bytes))
        return sorted(found)

    def remove(self, digest: str) -> bool:
        """Removes one environment; False when some process uses it."""
        doomed = self.work_dir / f"removed-{digest}"
        try:
            with only_one(self.lock_path(digest)), only_one(self.use_path(digest)):
                remove_tree(doomed)
                (self._envs / digest).rename(doomed)
        except (BlockingIOError, FileNotFoundError):
            return False
        remove_tree(doomed)
        return True

    def sweep(self, max_cache_bytes: int) -> None:
        """Removes what killed processes left, and an installer cache that outgrew its limit."""
        for folder in self.work_dir.iterdir():
            kind, _, digest = folder.name.partition("-")
            if kind == "removed" or (kind == "lock" and _older_than(folder, _LEFTOVER_SECONDS)):
                remove_tree(folder)
            elif kind == "staging":
                with contextlib.suppress(BlockingIOError), only_one(self.lock_path(digest)):
                    remove_tree(folder)
        if folder_bytes(self.cache_dir) > max_cache_bytes:
            doomed = self.work_dir / "removed-uv"
            with contextlib.suppress(BlockingIOError), only_one(self.cache_lock_path):
                self.cache_dir.rename(doomed)
                self.cache_dir.mkdir()
            remove_tree(doomed)


def _older_than(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except OSError:
        return False
