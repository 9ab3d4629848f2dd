"""All language servers of one server process: who gets which, how many live, when they end."""

import asyncio
import contextlib
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from postmill.db.pool import Pool
from postmill.kernel.errors import Unavailable
from postmill.kernel.settings import Settings
from postmill.language_help.format_code import FormatCode
from postmill.language_help.go_place import GoPlace
from postmill.language_help.go_server import GoServer
from postmill.language_help.language_server import LanguageServer
from postmill.language_help.lock_jobs import LockJobs
from postmill.language_help.locks import GoLocks, Locks
from postmill.language_help.npm_types import NpmPlace, NpmTypes
from postmill.language_help.python_server import PythonServer
from postmill.language_help.readable import ReadableSet
from postmill.language_help.ruff_server import RuffServer
from postmill.language_help.shell_check import ShellCheck, ToolPlace
from postmill.language_help.tree import ScriptTree
from postmill.languages.go.toolchain import Toolchain, Toolchains
from postmill.languages.protocol import Registries
from postmill.languages.python.environment import Environment
from postmill.languages.python.packages import PythonPackages
from postmill.languages.tool import ToolRunner
from postmill.languages.typescript.deno_program import DenoProgram
from postmill.languages.typescript.packages import NpmPackages
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.sandbox.folders import ClaimedFolder, claim_folder
from postmill.sandbox.levels import IsolationUnavailable, probe
from postmill.sandbox.zygote import ZygoteFailed, interpreter_folders
from postmill.tables.items import script as scripts

MOST_SERVERS = 2
IDLE_SECONDS = 300.0
SWEEP_SECONDS = 15.0
BUSY_SECONDS = 30.0
"""A server with users that was asked something so lately is not ended for somebody else."""

_log = logging.getLogger(__name__)


class _Place:
    """Where language servers run on this machine."""

    def __init__(
        self, folder: ClaimedFolder, isolated: bool, packages: PythonPackages, npm: NpmPlace, go: GoPlace
    ) -> None:
        self.folder = folder
        self.isolated = isolated
        self.packages = packages
        self.npm = npm
        self.go = go

    async def close(self) -> None:
        await self.go.close()
        await self.packages.close()
        await self.npm.packages.close()
        await asyncio.to_thread(self.folder.release)


class _InstallLog:
    def write(self, data: bytes) -> None:
        """The installer's progress interests nobody here; its failure comes as an exception."""


class _Seat(Protocol):
    @property
    def alive(self) -> bool: ...
    @property
    def users(self) -> Collection[object]: ...
    @property
    def used_at(self) -> float: ...


def dispensable(servers: Mapping[str, _Seat], now: float) -> str:
    """Which server makes room for another: one that nobody uses, else the one that was idle for longest.

    Raises Unavailable where all were asked something within ``BUSY_SECONDS``.
    """
    left = {key: server for key, server in servers.items() if not (server.alive and server.users)}
    if left:
        return min(left, key=lambda key: left[key].used_at)
    key = min(servers, key=lambda key: servers[key].used_at)
    if now - servers[key].used_at < BUSY_SECONDS:
        raise Unavailable("All language servers are in use by others; try again in a moment")
    return key


class LanguageHelp:
    """Starts nothing before somebody opens an editor."""

    def __init__(self, pool: Pool, launcher: Launcher, waiters: Waiters, settings: Settings) -> None:
        self.pool = pool
        jobs = LockJobs(launcher, waiters)
        self.locks = Locks(pool, jobs)
        self.go_locks = GoLocks(pool, jobs)
        self.npm_types = NpmTypes(pool, jobs, self._npm_place)
        self.shell = ShellCheck(self._tool_place)
        self.formatters = FormatCode(self._tool_place, self._go_toolchains)
        self._settings = settings
        self._registries = Registries(
            settings.python_index_url, settings.python_extra_index_urls,
            npm_registry_url=settings.npm_registry_url, npm_scopes=settings.npm_scopes,
            go_proxy=settings.go_proxy, go_private=settings.go_private,
            go_no_sum_db=settings.go_no_sum_db, go_sum_db=settings.go_sum_db,
        )  # fmt: skip
        self._place: _Place | None = None
        self._servers: dict[str, LanguageServer] = {}
        self._ruff: RuffServer | None = None
        self._starting = asyncio.Lock()
        self._sweeper: asyncio.Task[None] | None = None
        self._idle_seconds = IDLE_SECONDS

    async def python_server(self, readable: ReadableSet, user: object) -> PythonServer:
        """The server of a readable set, started when there is none; ``user`` is among its users from now on.

        Raises Unavailable where this machine cannot isolate one, or where all places are taken by others.
        """
        server = await self._seated(readable.key, user, lambda: self._start(readable))
        assert isinstance(server, PythonServer)
        return server

    async def go_server(self, workspace: str, user: object) -> GoServer:
        """The server of a workspace, as above: scripts in Go see nothing of each other."""
        server = await self._seated(f"go:{workspace}", user, lambda: self._start_go(workspace))
        assert isinstance(server, GoServer)
        return server

    async def _seated(
        self, key: str, user: object, start: Callable[[], Awaitable[LanguageServer]]
    ) -> LanguageServer:
        """The server of a key; all kinds share the places."""
        async with self._starting:
            server = self._servers.get(key)
            if server is None or not server.alive:
                await self._drop(key)
                await self._make_room()
                server = self._servers[key] = await start()
            server.used_at = time.monotonic()
            server.users.add(user)
            return server

    async def update(self, server: PythonServer, readable: ReadableSet) -> None:
        """Shows the server's users what scripts say now; the set of paths may have changed for all of them."""
        contents = await self._contents(server.tree, readable)
        old = server.readable.key
        await server.update(readable, contents)
        if readable.key != old and self._servers.get(old) is server and readable.key not in self._servers:
            self._servers[readable.key] = self._servers.pop(old)

    async def ruff(self) -> RuffServer:
        async with self._starting:
            if self._ruff is None or not self._ruff.alive:
                place = await self._ready_place()
                try:
                    self._ruff = await RuffServer.start(place.folder.path, place.isolated)
                except ZygoteFailed as error:
                    raise Unavailable(f"No formatter: {error}") from None
            self._ruff.used_at = time.monotonic()
            return self._ruff

    async def environment(self, lock: str) -> Environment:
        """The packages of a lock, installed when they are not yet. Raises InstallFailed; held until ``release``."""
        place = await self._ready_place()
        environment = await place.packages.installed(lock, self._registries, _InstallLog())
        place.packages.environments.hold(environment)
        return environment

    def release(self, environment: Environment) -> None:
        if self._place is not None:
            self._place.packages.environments.release(environment)

    async def go_programs(self) -> tuple[Toolchain, Path]:
        """The toolchain and gopls. Raises BeingBuilt until both are there, Unavailable where they cannot be had."""
        return await (await self._ready_place()).go.programs()

    async def go_modules(self, lock: str, code: str) -> Path | None:
        """What a lock brings to the imports of the code, in a folder to be moved away. Raises ModulesMissing."""
        go = (await self._ready_place()).go
        return await go.vendored((await go.programs())[0], lock, code)

    async def plain_environment(self) -> Environment:
        """The standard library alone."""
        return await self.environment("")

    @property
    def running(self) -> int:
        return len([server for server in self._servers.values() if server.alive])

    async def _start(self, readable: ReadableSet) -> PythonServer:
        place = await self._ready_place()
        folder = Path(tempfile.mkdtemp(prefix="scripts-", dir=place.folder.path))
        tree = await asyncio.to_thread(ScriptTree, folder)
        contents = await self._contents(tree, readable)
        await asyncio.to_thread(tree.store, contents)
        await asyncio.to_thread(tree.show, readable.versions)
        found = await place.packages.interpreters.found()
        shown = [place.packages.environments.folder]
        for interpreter in found:
            shown += interpreter_folders(interpreter.path.resolve())
        try:
            return await PythonServer.start(
                readable, tree, place.folder.path, place.isolated, tuple(dict.fromkeys(shown))
            )
        except ZygoteFailed as error:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise Unavailable(f"No language help: {error}") from None

    async def _start_go(self, workspace: str) -> GoServer:
        place = await self._ready_place()
        toolchain, program = await place.go.programs()
        folder = Path(tempfile.mkdtemp(prefix="go-", dir=place.folder.path))
        try:
            return await GoServer.start(
                workspace, folder, place.folder.path, place.isolated, toolchain, program
            )
        except ZygoteFailed as error:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise Unavailable(f"No language help: {error}") from None

    async def _contents(self, tree: ScriptTree, readable: ReadableSet) -> dict[int, str]:
        missing = await asyncio.to_thread(tree.missing, readable.versions)
        return await scripts.contents_of(self.pool, readable.workspace, missing) if missing else {}

    async def _make_room(self) -> None:
        if len(self._servers) >= MOST_SERVERS:
            await self._drop(dispensable(self._servers, time.monotonic()))

    async def _drop(self, key: str) -> None:
        server = self._servers.pop(key, None)
        if server is not None:
            await server.close()

    async def _npm_place(self) -> NpmPlace:
        return (await self._ready_place()).npm

    async def _tool_place(self) -> ToolPlace:
        return (await self._ready_place()).npm.tools

    async def _go_toolchains(self) -> Toolchains:
        return (await self._ready_place()).go.toolchains

    async def _ready_place(self) -> _Place:
        """Claims the folder and finds out about isolation, once."""
        if self._place is None:
            folder = claim_folder(self._settings.data_dir / "run" / "language_help")
            none = self._settings.isolation == "none"
            try:
                isolation = await probe(folder.path, allow_none=none, insist_on_none=none)
            except IsolationUnavailable as error:
                folder.release()
                raise Unavailable(f"No language help on this server: {error}") from None
            isolated = isolation.level == "sandbox"
            cache, run_tool = self._settings.data_dir / "cache", ToolRunner(folder.path, isolated)
            tools = ToolPlace(run_tool, folder.path)
            deno = DenoProgram(cache, run_tool)
            npm = NpmPlace(NpmPackages(cache, run_tool), self._registries, tools, deno)
            go = GoPlace(cache / "go", folder.path, run_tool, self._registries)
            self._place = _Place(folder, isolated, PythonPackages(cache, run_tool), npm, go)
            self._sweeper = asyncio.create_task(self._sweep())
        return self._place

    async def _sweep(self) -> None:
        """Ends what nobody uses."""
        while True:
            await asyncio.sleep(min(SWEEP_SECONDS, self._idle_seconds))
            async with self._starting:
                await self._end_idle()

    async def _end_idle(self) -> None:
        long_ago = time.monotonic() - self._idle_seconds
        for key, server in list(self._servers.items()):
            if server.used_at < long_ago or not server.alive:
                _log.info("language server of %s ends", server.workspace)
                await self._drop(key)
        if self._ruff is not None and (self._ruff.used_at < long_ago or not self._ruff.alive):
            ruff, self._ruff = self._ruff, None
            await ruff.close()

    async def close(self) -> None:
        """Ends every language server."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        async with self._starting:
            for key in list(self._servers):
                await self._drop(key)
            if self._ruff is not None:
                await self._ruff.close()
            if self._place is not None:
                await self._place.close()
