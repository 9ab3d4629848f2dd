"""TypeScript jobs in bun, or in node where a script asks for it: a waiting process per job, or a warm one for many."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from postmill.languages.installed import InstalledFolder
from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, RunRequest
from postmill.languages.single_run import BASE_PATH
from postmill.languages.spares import SparePool
from postmill.languages.typescript import programs
from postmill.languages.typescript.bundles import Bundle, Target
from postmill.languages.typescript.packages import NpmPackages
from postmill.languages.typescript.prepared import prepare
from postmill.languages.typescript.scripts import (
    Program,
    file_names,
    program_of,
    read_closure,
)
from postmill.languages.typescript.standby import Standby
from postmill.languages.typescript.standbys import Standbys
from postmill.languages.typescript.waited_for import Ready, WaitedFor
from postmill.languages.typescript.workflows import has_tasks, with_rounds
from postmill.languages.workshop import Workshop
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.annotations import typescript_annotations

_RUNNER = str(programs.INSIDE / "runner.mjs")


@dataclass(frozen=True)
class Engine:
    """A runtime that scripts run in. ``options`` come before the file that it runs."""

    name: str
    find: Callable[[], Path]
    options: tuple[str, ...] = ()

    def argv(self) -> tuple[str, ...]:
        return (str(self.find()), *self.options, _RUNNER)


# Packages come from locks alone, never from the network while a job runs.
BUN = Engine("bun", programs.bun, ("--no-install",))
NODE = Engine("node", programs.node, ("--disable-warning=ExperimentalWarning",))


class BunRuntime(WaitedFor):
    """Locks and runs scripts in bun on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._packages = NpmPackages(workshop.cache_dir, workshop.run_tool, workshop.shared)
        super().__init__(workshop, Standbys(workshop.pools, self._packages.folders))

    async def lock(self, request: LockRequest) -> str:
        """The lock, with its packages installed and bundled ahead of the first run."""
        request = with_rounds(request)
        text = await self._packages.lock(request)
        try:
            closure = await read_closure(request.code, request.path, request.modules, request.sources)
            await self._make_ready(request.code, program_of(closure, file_names), text, request)
            self._waiting(BUN, None).refill()  # the first run is near
        except (InstallFailed, programs.ProgramMissing) as error:
            raise LockFailed(str(error)) from None
        except ZygoteFailed as error:
            raise LockFailed(f"The bundler could not be started: {error}") from error
        return text

    async def close(self) -> None:
        await super().close()
        await self._packages.close()

    async def _prepare(self, request: RunRequest) -> Ready:
        closure = await read_closure(request.code, request.path, request.modules, request.sources)
        program = program_of(closure, file_names)
        engine = NODE if typescript_annotations(request.code).nodejs else BUN
        bundle, installed = await self._make_ready(request.code, program, request.lock, request)
        packages = str(installed.path / "node_modules") if installed is not None else None
        main, files = (program.main, program.files) if bundle is None else (bundle.main, {})
        script = prepare(request, main, files, packages=packages, bundle=bundle, program=engine.name)
        return Ready(script, self._waiting(engine, installed))

    async def _make_ready(
        self, code: str, program: Program, lock: str | None, request: RunRequest | LockRequest
    ) -> tuple[Bundle | None, InstalledFolder | None]:
        """The bundle to run, or None and the packages that the files find beside them, if they need any."""
        wants = typescript_annotations(code)
        if not program.packages and not wants.nodejs:
            return None, None
        installed = await self._packages.installed(lock, request.registries, request.log)
        if (wants.nobundling or has_tasks(code)) and not wants.nodejs:
            return None, installed
        site = installed.path if installed is not None else None
        digest = installed.digest if installed is not None else ""
        target: Target = "node" if wants.nodejs else "bun"
        bundle = await self._packages.bundles.of(program, site, digest, target)
        if not bundle.problem:
            return bundle, None
        if wants.nodejs:
            raise InstallFailed(f"The script cannot be made ready for node:\n{bundle.problem}")
        request.log.write(f"running without a bundle: {bundle.problem}\n".encode())
        return None, installed

    def _waiting(self, engine: Engine, installed: InstalledFolder | None) -> Standby:
        """Waiting processes; those that see installed packages start when they are needed."""

        def make(pool: Callable[[], SparePool]) -> Standby:
            kept_ready = self._workshop.kept_ready
            if installed is not None:
                kept_ready = 0
            elif engine is NODE:
                kept_ready = min(kept_ready, 1)
            path = f"{engine.find().parent}:{BASE_PATH}"
            return Standby(pool, engine.argv(), self._workshop.limits, kept_ready, path)

        name = f"{engine.name} {installed.digest}" if installed is not None else engine.name
        return self._standbys.of(name, engine.find, installed, make)
