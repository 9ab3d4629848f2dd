"""TypeScript jobs in deno: a waiting process per job or a warm one for many, packages in a folder for each lock."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.imports import TooManyImports
from postmill.languages.installed import InstalledFolder
from postmill.languages.output import Output
from postmill.languages.protocol import (
    InstallFailed,
    LockFailed,
    LockRequest,
    OnEnd,
    Registries,
    RunOutcome,
    RunRequest,
)
from postmill.languages.single_run import BASE_PATH, environment, run_single
from postmill.languages.spares import SparePool
from postmill.languages.told_circles import NamedRun
from postmill.languages.typescript import programs
from postmill.languages.typescript.deno_lock import DenoPackages, deno_names
from postmill.languages.typescript.kept import KeptTypeScript, judge
from postmill.languages.typescript.npm import without_credentials
from postmill.languages.typescript.prepared import PreparedScript, prepare
from postmill.languages.typescript.scripts import program_of, read_closure, with_circle_named
from postmill.languages.typescript.standby import Standby
from postmill.languages.typescript.standbys import Standbys
from postmill.languages.typescript.workflows import with_rounds
from postmill.languages.warm import WarmProcesses
from postmill.languages.workshop import Workshop
from postmill.sandbox.zygote import ZygoteFailed

MOST_ROUSED = 2
"""So many folders of packages have a process that waits and sees them: those that were used last."""


@dataclass(frozen=True)
class _Ready:
    """A script, and the waiting processes that see its packages."""

    script: PreparedScript
    standby: Standby


class DenoRuntime:
    """Locks and runs scripts in deno on this worker, where there is one."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._packages = DenoPackages(workshop.cache_dir, workshop.run_tool, workshop.shared)
        self._isolation = workshop.isolation.level
        self._standbys = Standbys(workshop.pools, self._packages.folders)
        self._roused: OrderedDict[str, Standby] = OrderedDict()
        self._warm = WarmProcesses(most=max(workshop.slots, 4))

    async def lock(self, request: LockRequest) -> str:
        """The lock, with its packages installed and a process started that waits for the first run."""
        request = with_rounds(request)
        text = await self._packages.lock(request)
        try:
            installed = await self._packages.installed(text, request.registries, request.log)
            self._waiting(installed, request.registries).refill()
        except (InstallFailed, programs.ProgramMissing) as error:
            raise LockFailed(str(error)) from None
        return text

    async def close(self) -> None:
        await self._warm.close()
        await self._standbys.close()
        await self._packages.close()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        request = with_rounds(request)
        try:
            if request.warm_key is not None:
                outcome = await self._run_warm(request, request.warm_key)
            else:
                outcome = await self._run_single(request)
            return await with_circle_named(request, outcome)
        except (PostmillError, TooManyImports, InstallFailed, programs.ProgramMissing) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")

    def may_begin(self, warm_key: str | None) -> bool:
        return warm_key is not None and self._warm.find(warm_key) is not None

    def begin(self, request: RunRequest, on_end: OnEnd) -> NamedRun | None:
        script = None if request.warm_key is None else self._warm.find(request.warm_key)
        return None if script is None else NamedRun(script.begin, request, on_end, with_circle_named)

    async def _run_single(self, request: RunRequest) -> RunOutcome:
        ready = await self._prepare(request)
        child = await ready.standby.take(request.limits)
        env = environment(request, child, ready.standby.search_path)
        output = Output(request.log, request.stream)
        request.log.write(ready.script.mark)
        end, said = await run_single(child, request, ready.script.orders(request, env), output)
        return judge(ready.script, end, said.frames, request, output, self._isolation)

    async def _run_warm(self, request: RunRequest, key: str) -> RunOutcome:
        script = self._warm.find(key)
        if script is None:
            ready = await self._prepare(request)
            kept = KeptTypeScript(ready.script, ready.standby, self._workshop.limits, self._isolation)
            script = self._warm.open(key, kept)
        return await script.run(request)

    async def _prepare(self, request: RunRequest) -> _Ready:
        closure = await read_closure(request.code, request.path, request.modules, request.sources)
        program = program_of(closure, deno_names)
        installed = await self._packages.installed(request.lock, request.registries, request.log)
        script = prepare(request, program.main, program.files, program="deno")
        return _Ready(script, self._waiting(installed, request.registries))

    def _waiting(self, installed: InstalledFolder | None, registries: Registries) -> Standby:
        """Waiting processes: one that sees no package, and one for each folder of packages that was used lately."""
        places = without_credentials(registries)

        def make(pool: Callable[[], SparePool]) -> Standby:
            deno = programs.deno()
            lock = (
                (f"--lock={installed.path}/deno.lock", "--frozen")
                if installed is not None
                else ("--no-lock",)
            )
            argv = (
                str(deno), "run", "--allow-all", "--no-prompt", "--no-config", "--no-check", "--cached-only", *lock,
                str(programs.INSIDE / "deno.mjs"),
            )  # fmt: skip
            return Standby(
                pool, argv, self._workshop.limits, min(self._workshop.kept_ready, 1),
                f"{deno.parent}:{BASE_PATH}", files={".npmrc": places},
                variables={"DENO_DIR": str(installed.path)} if installed is not None else {},
            )  # fmt: skip

        digest = installed.digest if installed is not None else hashlib.sha256(places.encode()).hexdigest()
        standby = self._standbys.of(f"deno {digest}", programs.deno, installed, make)
        if installed is not None:
            self._rouse(digest, standby)
        return standby

    def _rouse(self, digest: str, standby: Standby) -> None:
        """Lets a process wait for its next run, and none any more for what was not used for longest."""
        standby.keep_ready(min(self._workshop.kept_ready, 1))
        self._roused[digest] = standby
        self._roused.move_to_end(digest)
        if len(self._roused) > MOST_ROUSED:
            self._roused.popitem(last=False)[1].keep_ready(0)

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)
