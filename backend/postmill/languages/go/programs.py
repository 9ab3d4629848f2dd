"""Compiled programs: one for each distinct script, lock and toolchain, shared by all worker processes of a machine.

    programs/<digest>   the program
    work/               what is being compiled
    locks/              file locks

A program appears by one rename when it is complete. It may be removed at any time: who runs it holds it open.
"""

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path

from postmill.languages.environment_files import folder_bytes, remove_tree
from postmill.languages.file_locks import exclusively, only_one
from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.lock import language_of, write_files
from postmill.languages.go.program_text import FORM, go_mod_text, program_files, split_lock, users_words
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.protocol import LogSink, Registries
from postmill.languages.shared_cache import SharedCache
from postmill.signatures.go_modules import go_modules

BUILD_SECONDS = 300.0
DEFAULT_MAX_BYTES = 4 * 1024**3


class BuildFailed(Exception):
    """The compiler refused the script; ``status`` is its exit status, the message its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Programs:
    """Compiles and keeps programs below ``cache_dir``; they, and each of the compiler's caches, fit ``max_bytes``."""

    def __init__(
        self,
        cache_dir: Path,
        tool: GoTool,
        max_bytes: int = DEFAULT_MAX_BYTES,
        shared: SharedCache | None = None,
    ) -> None:
        self._programs = cache_dir / "programs"
        self._locks = cache_dir / "locks"
        self.work_dir = cache_dir / "work"
        self._tool = tool
        self._max_bytes = max_bytes
        self._shared = shared
        self._building: dict[str, asyncio.Task[None]] = {}
        for needed in (self._programs, self._locks, self.work_dir):
            needed.mkdir(parents=True, exist_ok=True)

    def open(self, digest: str) -> int | None:
        """A descriptor of the program; None where it is not there. The use is noted for the choice of what goes."""
        try:
            descriptor = os.open(self._programs / digest, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with contextlib.suppress(OSError):
            os.utime(descriptor)
        return descriptor

    async def ensure(
        self, digest: str, code: str, lock: str, entrypoint: str, toolchain: Toolchain,
        registries: Registries, log: LogSink,
    ) -> int:  # fmt: skip
        """A descriptor of the program, compiled if need be. Raises BuildFailed or InvalidSignature."""
        while (descriptor := self.open(digest)) is None:
            task = self._building.get(digest)
            if task is None:
                work = self._build_once(digest, code, lock, entrypoint, toolchain, registries, log)
                task = self._building[digest] = asyncio.create_task(work)
                task.add_done_callback(lambda done: self._built(digest, done))
            await asyncio.shield(task)
        return descriptor

    def _built(self, digest: str, task: asyncio.Task[None]) -> None:
        self._building.pop(digest, None)
        if not task.cancelled():
            task.exception()  # seen here too: every caller may have gone away

    async def close(self) -> None:
        tasks = list(self._building.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _build_once(
        self, digest: str, code: str, lock: str, entrypoint: str, toolchain: Toolchain,
        registries: Registries, log: LogSink,
    ) -> None:  # fmt: skip
        async with exclusively(self._locks / digest):
            if (self._programs / digest).exists():
                return
            go_mod, go_sum = split_lock(lock)
            if not go_mod.strip():
                go_mod = go_mod_text(language_of(go_modules(code), toolchain))
            files = program_files(code, entrypoint, go_mod, go_sum)
            staging = self.work_dir / f"build-{digest}"
            try:
                await asyncio.to_thread(_prepare, staging, files)
                shared = self._shared
                found = shared is not None and await shared.fetch("go", digest, staging / "program")
                if not found:
                    await self._compile(staging, toolchain, registries)
                (staging / "program").chmod(0o700)
                (staging / "program").rename(self._programs / digest)
                if shared is not None and not found:
                    shared.offer("go", digest, self._programs / digest)
            finally:
                await asyncio.to_thread(remove_tree, staging)
        await self._make_room()

    async def _compile(self, staging: Path, toolchain: Toolchain, registries: Registries) -> None:
        arguments = ("build", "-trimpath", "-ldflags=-s -w", "-o", "program", ".")
        status, output = await self._tool.call(toolchain, staging, registries, arguments, "", BUILD_SECONDS)
        if status != 0:
            raise BuildFailed(status, users_words(output))

    async def _make_room(self) -> None:
        with contextlib.suppress(BlockingIOError), only_one(self._locks / "eviction"):
            await asyncio.to_thread(self._evict)

    def _evict(self) -> None:
        """Removes the programs that were not used for longest until the rest fits, and what killed workers left."""
        found = []
        for path in self._programs.iterdir():
            with contextlib.suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda item: item[0]):
            if total <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            (self._locks / path.name).unlink(missing_ok=True)
            total -= size
        for folder in self.work_dir.glob("build-*"):
            with (
                contextlib.suppress(BlockingIOError),
                only_one(self._locks / folder.name.removeprefix("build-")),
            ):
                remove_tree(folder)
        for cache in (self._tool.build, self._tool.modules):
            if folder_bytes(cache) > self._max_bytes:
                doomed = self.work_dir / f"removed-{cache.name}"
                remove_tree(doomed)
                cache.rename(doomed)
                remove_tree(doomed)


def _prepare(staging: Path, files: dict[str, str]) -> None:
    remove_tree(staging)  # what a killed worker left
    staging.mkdir()
    write_files(staging, files)


def digest_of(code: str, lock: str, entrypoint: str, toolchain: Toolchain) -> str:
    """The name of the program that these make."""
    parts = (FORM, toolchain.version, entrypoint, lock, code)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
