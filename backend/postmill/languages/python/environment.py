"""Installed packages: one folder for each distinct lock, shared by scripts, jobs and worker processes.

A folder appears by one rename when it is complete, so that neither a kill nor another process can leave or
show half of one. Afterwards only bytecode is added to it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from postmill.languages.environment_files import remove_tree
from postmill.languages.environment_store import EnvironmentStore
from postmill.languages.file_locks import exclusively, only_one, shared
from postmill.languages.protocol import InstallFailed, LockFailed, LogSink, Registries
from postmill.languages.python.install import Installer
from postmill.languages.python.interpreters import Interpreter, Interpreters
from postmill.languages.python.lock_text import OLDEST_LOCKS_PYTHON, Lock, parse_lock, refusal
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import RunTool
from postmill.signatures.python_imports import imported_roots

DEFAULT_MAX_BYTES = 10 * 1024**3
_GRACE_SECONDS = 600.0
_TOUCH_SECONDS = 60.0
_SWEEP_SECONDS = 600.0
_PARSED_LOCKS = 1000


@dataclass(frozen=True)
class Environment:
    """What a script runs with.

    ``site`` is the folder to put on ``sys.path``, None when nothing is installed; ``digest`` names this set of
    packages on this interpreter; ``modules`` are the importable top-level names, ``bytes`` the size on disk.
    """

    interpreter: Interpreter
    digest: str
    site: Path | None = None
    modules: frozenset[str] = frozenset()
    bytes: int = 0

    @property
    def python(self) -> Path:
        return self.interpreter.path


class _Held:
    """An environment that this process knows: its shared file lock keeps other processes from removing it."""

    def __init__(self, environment: Environment, descriptor: int) -> None:
        self.environment = environment
        self.descriptor = descriptor
        self.users = 0
        self.used_at = time.monotonic()
        self.touched_at = 0.0


class Environments:
    """Installs and keeps environments below ``cache_dir``."""

    def __init__(
        self,
        cache_dir: Path,
        interpreters: Interpreters,
        run_tool: RunTool,
        max_bytes: int = DEFAULT_MAX_BYTES,
        grace_seconds: float = _GRACE_SECONDS,
        compile_bytecode: bool = True,
        shared: SharedCache | None = None,
    ) -> None:
        """``max_bytes`` bounds the environments, and the installer's cache besides.

        ``grace_seconds``: an environment used that recently is not removed for space.
        """
        self._interpreters = interpreters
        self._max_bytes = max_bytes
        self._grace_seconds = grace_seconds
        self._compile_bytecode = compile_bytecode
        self._shared = shared
        self._store = EnvironmentStore(cache_dir)
        self.work_dir = self._store.work_dir
        self.folder = self._store.folder  # all environments lie below it
        self._installer = Installer(
            self.work_dir, self._store.cache_dir, self._store.cache_lock_path, run_tool
        )
        self._held: dict[str, _Held] = {}
        self._installing: dict[str, asyncio.Task[Environment]] = {}
        self._parsed: dict[str, tuple[Lock, Interpreter]] = {}
        self._compiling: set[asyncio.Task[None]] = set()
        self._compiler = asyncio.Lock()
        self._swept_at = 0.0

    async def ensure(self, lock_text: str | None, registries: Registries, log: LogSink) -> Environment:
        """The environment of a lock, installed if it is not there yet. No lock, or an empty one: no packages.

        Raises InstallFailed with the installer's own words. Cancelling a caller does not end an installation
        that others may wait for.
        """
        lock, interpreter = await self._parse(lock_text or "")
        if not lock.requirements:
            return Environment(interpreter, interpreter.tag)
        digest = lock.digest(interpreter.tag)
        if held := self._held.get(digest):
            self._mark_used(held)
            return held.environment
        task = self._installing.get(digest)
        if task is None:
            task = asyncio.create_task(self._install_once(lock, interpreter, digest, registries, log))
            self._installing[digest] = task
            task.add_done_callback(lambda done: self._installed(digest, done))
        else:
            log.write(b"waiting for the installation of the same packages by another run\n")
        return await asyncio.shield(task)

    @asynccontextmanager
    async def using(self, environment: Environment) -> AsyncIterator[None]:
        """Within this, the environment is not removed for space."""
        self.hold(environment)
        try:
            yield
        finally:
            self.release(environment)

    def hold(self, environment: Environment) -> None:
        """Keeps the environment until the same number of calls of ``release``."""
        if held := self._held.get(environment.digest):
            held.users += 1
            self._mark_used(held)

    def release(self, environment: Environment) -> None:
        if held := self._held.get(environment.digest):
            held.users = max(0, held.users - 1)
            held.used_at = time.monotonic()

    async def compiled(self) -> None:
        """Waits until no bytecode is being made."""
        await asyncio.gather(*self._compiling, return_exceptions=True)

    async def close(self) -> None:
        """Ends running installations and lets go of everything held."""
        tasks = [*self._installing.values(), *self._compiling]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for held in self._held.values():
            os.close(held.descriptor)
        self._held.clear()

    async def _parse(self, text: str) -> tuple[Lock, Interpreter]:
        if known := self._parsed.get(text):
            return known
        lock = parse_lock(text)
        for entry in lock.requirements:
            if reason := refusal(entry):
                raise InstallFailed(f"The lock cannot be installed: {reason}.")
        parsed = (lock, await self._interpreter_of(lock))
        if len(self._parsed) > _PARSED_LOCKS:
            self._parsed.clear()
        self._parsed[text] = parsed
        return parsed

    async def _interpreter_of(self, lock: Lock) -> Interpreter:
        """The interpreter that the lock names; an unnamed one is the old default where that is at hand."""
        try:
            if lock.python is not None:
                return await self._interpreters.of_minor(lock.python)
            if not lock.requirements:
                return self._interpreters.default
            found = await self._interpreters.found()
            old = [i for i in found if i.version[:2] == OLDEST_LOCKS_PYTHON]
            return old[0] if old else self._interpreters.default
        except LockFailed as error:
            raise InstallFailed(str(error)) from None

    def _installed(self, digest: str, task: asyncio.Task[Environment]) -> None:
        self._installing.pop(digest, None)
        if not task.cancelled():
            task.exception()  # seen here too: every caller may have gone away

    async def _install_once(
        self, lock: Lock, interpreter: Interpreter, digest: str, registries: Registries, log: LogSink
    ) -> Environment:
        """Installs unless another process did, then holds the result."""
        async with exclusively(self._store.lock_path(digest)):
            described = self._store.description(digest)
            if described is None:
                await self._install(lock, interpreter, digest, registries, log)
                described = self._store.description(digest)
            if described is None:
                raise InstallFailed("The installed packages disappeared from the cache folder.")
            descriptor = shared(self._store.use_path(digest))
        environment = Environment(
            interpreter, digest, self._store.site(digest), frozenset(described.modules), described.bytes
        )
        held = self._held[digest] = _Held(environment, descriptor)
        self._mark_used(held)
        if self._compile_bytecode and not described.compiled:
            task = asyncio.create_task(self._compile(environment))
            self._compiling.add(task)
            task.add_done_callback(self._compiling.discard)
        async with self.using(environment):
            await self._make_room()
        return environment

    async def _install(
        self, lock: Lock, interpreter: Interpreter, digest: str, registries: Registries, log: LogSink
    ) -> None:
        """Makes the folder of the environment. The caller holds the lock of the digest."""
        log.write(f"installing {len(lock.requirements)} packages\n".encode())
        started = time.monotonic()
        staging = await asyncio.to_thread(self._store.staging, digest)
        try:
            shared = self._shared
            found = shared is not None and await shared.fetch_folder("python", digest, staging / "site")
            if not found:
                await self._installer.fill(staging, lock, interpreter, registries)
            await asyncio.to_thread(self._store.publish, staging, digest)
            if shared is not None and not found:
                shared.offer_folder("python", digest, self._store.site(digest))
        finally:
            await asyncio.to_thread(remove_tree, staging)
        log.write(f"installed in {time.monotonic() - started:.2f} s\n".encode())

    async def _compile(self, environment: Environment) -> None:
        """Makes bytecode for one environment at a time, once among all processes; a failure costs only time."""
        assert environment.site is not None
        try:
            async with self._compiler, self.using(environment):
                with only_one(self._store.compile_path(environment.digest)):
                    if await self._installer.compile(environment.site, environment.interpreter):
                        await asyncio.to_thread(self._store.mark_compiled, environment.digest)
        except BlockingIOError:
            return  # another process is at it

    def _mark_used(self, held: _Held) -> None:
        """Notes the use for the choice of what to remove, on disk now and then for other processes."""
        held.used_at = now = time.monotonic()
        if now - held.touched_at > _TOUCH_SECONDS or not held.touched_at:
            held.touched_at = now
            self._store.touch(held.environment.digest)

    async def _make_room(self) -> None:
        """Removes the environments that were not used for longest until the rest fits."""
        try:
            with only_one(self._store.eviction_path):
                await self._evict()
        except BlockingIOError:
            return  # another process is at it

    async def _evict(self) -> None:
        used = await asyncio.to_thread(self._store.usage)
        total = sum(size for _, _, size in used)
        for used_at, digest, size in used:
            if total <= self._max_bytes:
                break
            if time.time() - used_at < self._grace_seconds or not self._let_go(digest):
                continue
            if await asyncio.to_thread(self._store.remove, digest):
                total -= size
        if time.monotonic() - self._swept_at > _SWEEP_SECONDS or not self._swept_at:
            self._swept_at = time.monotonic()
            await asyncio.to_thread(self._store.sweep, self._max_bytes)

    def _let_go(self, digest: str) -> bool:
        """Drops this process's claim; False when it was used lately or is in use."""
        held = self._held.get(digest)
        if held is None:
            return True
        if held.users or time.monotonic() - held.used_at < self._grace_seconds:
            return False
        del self._held[digest]
        os.close(held.descriptor)
        return True


def preimports(code: str, environment: Environment) -> list[str]:
    """Modules of the environment that the script imports: worth importing before its runs come."""
    return [name for name in imported_roots(code) if name in environment.modules]
