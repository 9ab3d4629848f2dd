"""TypeScript jobs in deno: a waiting process per job or a warm one for many, packages in a folder for each lock."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from postmill.languages.installed import InstalledFolder
from postmill.languages.protocol import (
    InstallFailed,
    LockFailed,
    LockRequest,
    Registries,
    RunRequest,
)
from postmill.languages.single_run import BASE_PATH
from postmill.languages.spares import SparePool
from postmill.languages.typescript import programs
from postmill.languages.typescript.deno_lock import DenoPackages, deno_names
from postmill.languages.typescript.npm import without_credentials
from postmill.languages.typescript.prepared import prepare
from postmill.languages.typescript.scripts import program_of, read_closure
from postmill.languages.typescript.standby import Standby
from postmill.languages.typescript.standbys import Standbys
from postmill.languages.typescript.waited_for import Ready, WaitedFor
from postmill.languages.typescript.workflows import with_rounds
from postmill.languages.workshop import Workshop

MOST_ROUSED = 2
"""So many folders of packages have a process that waits and sees them: those that were used last."""


class DenoRuntime(WaitedFor):
    """Locks and runs scripts in deno, which is fetched where there is none."""

    def __init__(self, workshop: Workshop) -> None:
        self._packages = DenoPackages(workshop.cache_dir, workshop.run_tool, workshop.shared)
        super().__init__(workshop, Standbys(workshop.pools, self._packages.folders))
        self._roused: OrderedDict[str, Standby] = OrderedDict()

    async def lock(self, request: LockRequest) -> str:
        """The lock, with its packages installed and a process started that waits for the first run."""
        request = with_rounds(request)
        text = await self._packages.lock(request)
        try:
            installed = await self._packages.installed(text, request.registries, request.log)
            deno = await self._packages.program.find(request.registries, request.log)
            self._waiting(deno, installed, request.registries).refill()
        except (InstallFailed, programs.ProgramMissing) as error:
            raise LockFailed(str(error)) from None
        return text

    async def close(self) -> None:
        await super().close()
        await self._packages.close()

    async def _prepare(self, request: RunRequest) -> Ready:
        closure = await read_closure(request.code, request.path, request.modules, request.sources)
        program = program_of(closure, deno_names)
        installed = await self._packages.installed(request.lock, request.registries, request.log)
        script = prepare(request, program.main, program.files, program="deno")
        deno = await self._packages.program.find(request.registries, request.log)
        return Ready(script, self._waiting(deno, installed, request.registries))

    def _waiting(self, deno: Path, installed: InstalledFolder | None, registries: Registries) -> Standby:
        """Waiting processes: one that sees no package, and one for each folder of packages that was used lately."""
        places = without_credentials(registries)

        def make(pool: Callable[[], SparePool]) -> Standby:
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
        standby = self._standbys.of(f"deno {digest}", lambda: deno, installed, make)
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
