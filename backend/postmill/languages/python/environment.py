"""Installed packages: one folder for each distinct lock, shared by scripts, jobs and worker processes.

A folder appears by one rename when it is complete and never changes afterwards, so that neither a kill nor
another process can leave or show half of one.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from postmill.languages.protocol import InstallFailed, LockFailed, LogSink, Registries
from postmill.languages.python.environment_files import describe, folder_bytes, remove_tree
from postmill.languages.python.interpreters import Interpreter, Interpreters
from postmill.languages.python.lock import NEEDS_BUILD, uv_environment
from postmill.languages.python.lock_text import OLDEST_LOCKS_PYTHON, Lock, parse_lock, refusal
from postmill.languages.python.tool import (
    CapturedOutput,
    RunTool,
    ToolCall,
    certificate_paths,
    uv_executable,
)
from postmill.signatures.python_imports import imported_roots

INSTALL_SECONDS = 900.0
DEFAULT_MAX_BYTES = 10 * 1024**3
_GRACE_SECONDS = 600.0
_TOUCH_SECONDS = 60.0
_SWEEP_SECONDS = 600.0
_LEFTOVER_SECONDS = 3600.0
_READY = "ready.json"


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


class _Description(msgspec.Struct):
    """The file that says that a folder is complete."""

    modules: list[str]
    bytes: int


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
    ) -> None:
        """``grace_seconds``: an environment used that recently is not removed for space."""
        self._interpreters = interpreters
        self._run_tool = run_tool
        self._max_bytes = max_bytes
        self._grace_seconds = grace_seconds
        self._envs = cache_dir / "envs"
        self._locks = cache_dir / "locks"
        self.work_dir = cache_dir / "work"
        for folder in (self._envs, self._locks, self.work_dir / "uv"):
            folder.mkdir(parents=True, exist_ok=True)
        self._held: dict[str, _Held] = {}
        self._installing: dict[str, asyncio.Task[Environment]] = {}
        self._parsed: dict[str, tuple[Lock, Interpreter]] = {}
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

    async def close(self) -> None:
        """Ends running installations and lets go of everything held."""
        tasks = list(self._installing.values())
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
        parsed = (lock, await self._interpreter_of(lock, text))
        if len(self._parsed) > 1000:
            self._parsed.clear()
        self._parsed[text] = parsed
        return parsed

    async def _interpreter_of(self, lock: Lock, text: str) -> Interpreter:
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
        final = self._envs / digest
        async with _exclusively(self._locks / f"{digest}.lock"):
            if not (final / _READY).exists():
                await self._install(lock, interpreter, digest, registries, log)
            descriptor = _shared(self._locks / f"{digest}.use")
        described = msgspec.json.decode((final / _READY).read_bytes(), type=_Description)
        environment = Environment(
            interpreter, digest, final / "site", frozenset(described.modules), described.bytes
        )
        held = _Held(environment, descriptor)
        self._held[digest] = held
        self._mark_used(held)
        async with self.using(environment):
            await self._make_room()
        return environment

    async def _install(
        self, lock: Lock, interpreter: Interpreter, digest: str, registries: Registries, log: LogSink
    ) -> None:
        """Fills a staging folder and renames it. The caller holds the lock of the digest."""
        staging = self.work_dir / f"staging-{digest}"
        await asyncio.to_thread(remove_tree, staging)  # what a killed worker left
        log.write(f"installing {len(lock.requirements)} packages\n".encode())
        started = time.monotonic()
        try:
            staging.mkdir()
            (staging / "requirements.txt").write_text(lock.text())
            await self._install_into(staging, lock, interpreter, registries)
            await asyncio.to_thread(_finish, staging, self._envs / digest)
        finally:
            await asyncio.to_thread(remove_tree, staging)
        log.write(f"installed in {time.monotonic() - started:.2f} s\n".encode())

    async def _install_into(
        self, staging: Path, lock: Lock, interpreter: Interpreter, registries: Registries
    ) -> None:
        """Wheels come by hard link from the shared cache; only what must be built uses a cache of its own."""
        output = CapturedOutput()
        shared = self.work_dir / "uv"
        options = ("--no-build", "--link-mode=hardlink")
        async with _in_shared_use(self._locks / "uv-cache"):
            done = await self._uv(staging, shared, lock, interpreter, registries, output, options)
        if not done and NEEDS_BUILD in output.text():
            output = CapturedOutput()
            own = staging / "uv"
            done = await self._uv(staging, own, lock, interpreter, registries, output, ("--link-mode=copy",))
        if not done:
            raise InstallFailed(f"The locked packages cannot be installed:\n{output.text()}")

    async def _uv(
        self,
        staging: Path,
        cache: Path,
        lock: Lock,
        interpreter: Interpreter,
        registries: Registries,
        output: CapturedOutput,
        options: tuple[str, ...],
    ) -> bool:
        uv = uv_executable()
        checked = ("--require-hashes",) if lock.hashed else ()
        # Hard links do not cross mounts: the folder above cache and staging is what the tool may write to,
        # unless it runs foreign build code.
        writable = (staging,) if cache.is_relative_to(staging) else (self.work_dir,)
        end = await self._run_tool(
            ToolCall(
                argv=(
                    str(uv), "pip", "install", "--quiet", "--no-deps", *checked, *options,
                    "--no-python-downloads", "--python", str(interpreter.path),
                    "--cache-dir", str(cache), "--target", str(staging / "site"),
                    "--requirement", str(staging / "requirements.txt"),
                ),
                env=uv_environment(staging, registries),
                cwd=staging,
                readable=(uv, interpreter.path, interpreter.prefix, *certificate_paths()),
                writable=writable,
                log=output,
                timeout_seconds=INSTALL_SECONDS,
            )
        )  # fmt: skip
        if end.timed_out:
            raise InstallFailed(f"Installing the packages took longer than {INSTALL_SECONDS:.0f} seconds.")
        return end.exit_code == 0

    def _mark_used(self, held: _Held) -> None:
        """Notes the use for the choice of what to remove, on disk now and then for other processes."""
        held.used_at = now = time.monotonic()
        if now - held.touched_at > _TOUCH_SECONDS or not held.touched_at:
            held.touched_at = now
            with contextlib.suppress(OSError):
                os.utime(self._envs / held.environment.digest)

    async def _make_room(self) -> None:
        """Removes the environments that were not used for longest until the rest fits."""
        try:
            with _only_one(self._locks / "eviction"):
                await self._evict()
        except BlockingIOError:
            return  # another process is at it

    async def _evict(self) -> None:
        used = await asyncio.to_thread(self._disk_usage)
        total = sum(size for _, _, size in used)
        for used_at, digest, size in used:
            if total <= self._max_bytes:
                break
            if time.time() - used_at < self._grace_seconds or not self._let_go(digest):
                continue
            if await asyncio.to_thread(self._remove, digest):
                total -= size
        if time.monotonic() - self._swept_at > _SWEEP_SECONDS or not self._swept_at:
            self._swept_at = time.monotonic()
            await asyncio.to_thread(self._sweep)

    def _disk_usage(self) -> list[tuple[float, str, int]]:
        """(time of last use, digest, bytes) of all environments, the least recently used first."""
        found: list[tuple[float, str, int]] = []
        for folder in self._envs.iterdir():
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                described = msgspec.json.decode((folder / _READY).read_bytes(), type=_Description)
                found.append((folder.stat().st_mtime, folder.name, described.bytes))
        return sorted(found)

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

    def _remove(self, digest: str) -> bool:
        """Removes one environment; False when some process uses it."""
        doomed = self.work_dir / f"removed-{digest}"
        try:
            with _only_one(self._locks / f"{digest}.lock"), _only_one(self._locks / f"{digest}.use"):
                remove_tree(doomed)
                (self._envs / digest).rename(doomed)
        except (BlockingIOError, FileNotFoundError):
            return False
        remove_tree(doomed)
        return True

    def _sweep(self) -> None:
        """Removes what killed processes left, and an installer cache that outgrew the limit."""
        for folder in self.work_dir.iterdir():
            kind, _, digest = folder.name.partition("-")
            if kind == "removed" or (kind == "lock" and _older_than(folder, _LEFTOVER_SECONDS)):
                remove_tree(folder)
            elif kind == "staging":
                with contextlib.suppress(BlockingIOError), _only_one(self._locks / f"{digest}.lock"):
                    remove_tree(folder)
        cache, doomed = self.work_dir / "uv", self.work_dir / "removed-uv"
        if folder_bytes(cache) > self._max_bytes:
            with contextlib.suppress(BlockingIOError), _only_one(self._locks / "uv-cache"):
                cache.rename(doomed)
                cache.mkdir()
            remove_tree(doomed)


def preimports(code: str, environment: Environment) -> list[str]:
    """Modules of the environment that the script imports: worth importing before its runs come."""
    return [name for name in imported_roots(code) if name in environment.modules]


def _finish(staging: Path, final: Path) -> None:
    """Turns a filled staging folder into the environment."""
    site = staging / "site"
    site.mkdir(exist_ok=True)
    for leftover in staging.iterdir():
        if leftover != site:
            remove_tree(leftover)
    modules, size = describe(site)
    ready = staging / _READY
    ready.write_bytes(msgspec.json.encode(_Description(modules, size)))
    if final.exists():  # without its description: the remains of a broken disk
        remove_tree(final)
    staging.rename(final)


def _older_than(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except OSError:
        return False


@asynccontextmanager
async def _exclusively(path: Path) -> AsyncIterator[None]:
    """Waits for the file lock without holding up the event loop."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        pause = 0.01
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.25)
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def _in_shared_use(path: Path) -> AsyncIterator[None]:
    descriptor = _shared(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _shared(path: Path) -> int:
    """A descriptor that holds the file lock together with others."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Exclusive holders keep it for the moment of a rename only.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Holds the file lock alone; raises BlockingIOError when somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
