"""Python environments: what a lock installs for one interpreter, with its bytecode made behind the first use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from postmill.languages.environment_store import EnvironmentStore
from postmill.languages.file_locks import only_one
from postmill.languages.installed import DEFAULT_MAX_BYTES, GRACE_SECONDS, InstalledFolder, InstalledFolders
from postmill.languages.protocol import InstallFailed, LockFailed, LogSink, Registries
from postmill.languages.python.install import Installer
from postmill.languages.python.interpreters import Interpreter, Interpreters
from postmill.languages.python.lock_text import OLDEST_LOCKS_PYTHON, Lock, parse_lock, refusal
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import RunTool
from postmill.signatures.python_imports import imported_roots

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


class Environments:
    """Installs and keeps environments below ``cache_dir``."""

    def __init__(
        self,
        cache_dir: Path,
        interpreters: Interpreters,
        run_tool: RunTool,
        max_bytes: int = DEFAULT_MAX_BYTES,
        grace_seconds: float = GRACE_SECONDS,
        compile_bytecode: bool = True,
        shared: SharedCache | None = None,
    ) -> None:
        """``max_bytes`` and ``grace_seconds``: see ``InstalledFolders``."""
        self._interpreters = interpreters
        self._compile_bytecode = compile_bytecode
        self._store = EnvironmentStore(cache_dir)
        self.work_dir = self._store.work_dir
        self.folder = self._store.folder  # all environments lie below it
        self._folders = InstalledFolders(
            self._store, max_bytes, grace_seconds, kind="python", shared=shared, on_opened=self._opened
        )
        self._installer = Installer(
            self.work_dir, self._store.cache_dir, self._store.cache_lock_path, run_tool
        )
        self._interpreter_by_digest: dict[str, Interpreter] = {}
        self._parsed: dict[str, tuple[Lock, Interpreter]] = {}
        self._compiling: set[asyncio.Task[None]] = set()
        self._compiler = asyncio.Lock()

    async def ensure(self, lock_text: str | None, registries: Registries, log: LogSink) -> Environment:
        """The environment of a lock, installed if it is not there yet. No lock, or an empty one: no packages.

        Raises InstallFailed with the installer's own words. Cancelling a caller does not end an installation
        that others may wait for.
        """
        lock, interpreter = await self._parse(lock_text or "")
        if not lock.requirements:
            return Environment(interpreter, interpreter.tag)
        digest = lock.digest(interpreter.tag)
        self._interpreter_by_digest[digest] = interpreter

        async def fill(staging: Path) -> None:
            log.write(f"installing {len(lock.requirements)} packages\n".encode())
            await self._installer.fill(staging, lock, interpreter, registries)

        folder = await self._folders.ensure(digest, fill, log)
        return Environment(interpreter, digest, folder.path, folder.modules, folder.bytes)

    @asynccontextmanager
    async def using(self, environment: Environment) -> AsyncIterator[None]:
        """Within this, the environment is not removed for space."""
        async with self._folders.using(environment):
            yield

    def hold(self, environment: Environment) -> None:
        """Keeps the environment until the same number of calls of ``release``."""
        self._folders.hold(environment)

    def release(self, environment: Environment) -> None:
        self._folders.release(environment)

    async def compiled(self) -> None:
        """Waits until no bytecode is being made."""
        await asyncio.gather(*self._compiling, return_exceptions=True)

    async def close(self) -> None:
        """Ends running installations and lets go of everything held."""
        for task in self._compiling:
            task.cancel()
        await self.compiled()
        await self._folders.close()

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

    def _opened(self, folder: InstalledFolder) -> None:
        if self._compile_bytecode and not folder.compiled:
            task = asyncio.create_task(self._compile(folder))
            self._compiling.add(task)
            task.add_done_callback(self._compiling.discard)

    async def _compile(self, folder: InstalledFolder) -> None:
        """Makes bytecode for one environment at a time, once among all processes; a failure costs only time."""
        interpreter = self._interpreter_by_digest[folder.digest]
        try:
            async with self._compiler, self._folders.using(folder):
                with only_one(self._store.compile_path(folder.digest)):
                    if await self._installer.compile(folder.path, interpreter):
                        await asyncio.to_thread(self._store.mark_compiled, folder.digest)
        except BlockingIOError:
            return  # another process is at it


def preimports(code: str, environment: Environment) -> list[str]:
    """Modules of the environment that the script imports: worth importing before its runs come."""
    return [name for name in imported_roots(code) if name in environment.modules]
