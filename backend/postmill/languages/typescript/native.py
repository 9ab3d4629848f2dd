"""Native TypeScript: web APIs alone, in light processes that serve the jobs of one identity, each in a fresh realm."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.imports import TooManyImports
from postmill.languages.output import Output
from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, RunOutcome, RunRequest
from postmill.languages.spares import PoolKey, SparePool
from postmill.languages.typescript import programs
from postmill.languages.typescript.bundles import Bundle
from postmill.languages.typescript.kept import judge
from postmill.languages.typescript.packages import NpmPackages
from postmill.languages.typescript.prepared import PreparedScript, prepare
from postmill.languages.typescript.scripts import Program, file_names, program_of, read_closure
from postmill.languages.typescript.standby import Standby
from postmill.languages.warm import WarmProcesses
from postmill.languages.workshop import Workshop
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_imports import needed_modules
from postmill.signatures.typescript_packages import is_built_in

_POOL = PoolKey("native", ())
_MARK = b"--- NATIVE CODE EXECUTION ---\n"


@dataclass(frozen=True)
class NativeProcesses:
    """The processes of one identity; see ``languages.warm.KeptScript``. Every run brings its script along."""

    standby: Standby
    limits: Limits
    isolation: str
    scripts: "NativeRuntime"
    mark: bytes = _MARK

    async def start(self) -> Child:
        return await self.standby.take(self.limits)

    def first_orders(self, request: RunRequest, child: Child) -> bytes:
        return self.scripts.prepared(request).orders(request, dict(request.env))

    def later_orders(self, request: RunRequest, child: Child) -> bytes:
        return self.first_orders(request, child)

    def judge(
        self, end: ChildEnd, frames: Mapping[bytes, bytes], request: RunRequest, output: Output
    ) -> RunOutcome:
        return judge(self.scripts.prepared(request), end, frames, request, output, self.isolation)


class NativeRuntime:
    """Locks and runs native scripts on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._isolation = workshop.isolation.level
        self._packages = NpmPackages(workshop.cache_dir, workshop.run_tool)
        self._processes = WarmProcesses(most=max(workshop.slots, 4))
        self._standby: Standby | None = None
        self._prepared: dict[tuple[UUID, int], PreparedScript] = {}

    async def lock(self, request: LockRequest) -> str:
        """The lock, with its packages installed and the script bundled ahead of the first run."""
        text = await self._packages.lock(request)
        try:
            program = await self._program(request)
            if program.packages:
                await self._bundle(program, request, text)
            self._waiting().refill()  # the first run is near
        except (InstallFailed, programs.ProgramMissing) as error:
            raise LockFailed(str(error)) from None
        except ZygoteFailed as error:
            raise LockFailed(f"The bundler could not be started: {error}") from error
        return text

    async def close(self) -> None:
        await self._processes.close()
        if self._standby is not None:
            await self._standby.close()
        await self._packages.close()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        try:
            return await self._run(request, await self._prepare(request))
        except (PostmillError, TooManyImports, InstallFailed, programs.ProgramMissing) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")

    async def _run(self, request: RunRequest, script: PreparedScript) -> RunOutcome:
        key = (request.job_id, request.attempt)
        self._prepared[key] = script
        identity = f"{request.workspace_id}:{request.env.get('WM_PERMISSIONED_AS', '')}"
        processes = self._processes.find(identity)
        if processes is None:
            kept = NativeProcesses(self._waiting(), self._workshop.limits, self._isolation, self)
            processes = self._processes.open(identity, kept)
        try:
            return await processes.run(request)
        finally:
            del self._prepared[key]

    def prepared(self, request: RunRequest) -> PreparedScript:
        """What a run that is under way was made ready with."""
        return self._prepared[(request.job_id, request.attempt)]

    async def _prepare(self, request: RunRequest) -> PreparedScript:
        """Scripts without packages are made ready by their process itself."""
        program = await self._program(request)
        if not program.packages:
            return prepare(request, program.main, program.files, program="native", raw=True)
        if not request.lock:
            raise InstallFailed(
                "this script imports packages, but native scripts without a lock have none: "
                "deploy it as a bun script with //native in its first line"
            )
        bundle = await self._bundle(program, request, request.lock)
        return prepare(request, bundle.main, {}, bundle=bundle, program="native")

    async def _program(self, request: RunRequest | LockRequest) -> Program:
        closure = await read_closure(request.code, request.path, request.modules, request.sources)
        for code in closure.values():
            if (refused := _refused_module(code)) is not None:
                raise InstallFailed(
                    f"native scripts have web APIs only, but {refused!r} is imported; use bun for it"
                )
        return program_of(closure, file_names)

    async def _bundle(self, program: Program, request: RunRequest | LockRequest, lock: str | None) -> Bundle:
        """Raises InstallFailed with the words of the bundler."""
        installed = await self._packages.installed(lock, request.registries, request.log)
        site, digest = (None, "") if installed is None else (installed.path, installed.digest)
        bundle = await self._packages.bundles.of(program, site, digest, "browser")
        if bundle.problem:
            raise InstallFailed(f"the script cannot be made ready to run:\n{bundle.problem}")
        return bundle

    def _waiting(self) -> Standby:
        if self._standby is None:
            argv = (str(programs.bun()), "--no-install", "--smol", str(programs.INSIDE / "native.mjs"))
            self._standby = Standby(self._pool, argv, self._workshop.limits, self._workshop.kept_ready)
        return self._standby

    def _pool(self) -> SparePool:
        """Children that can become the runner."""
        pools = self._workshop.pools
        spec = replace(pools.base, program=None, readable=(*pools.base.readable, programs.bun()))
        return pools.find(_POOL) or pools.open(_POOL, spec)

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


@lru_cache(maxsize=1024)
def _refused_module(code: str) -> str | None:
    """A module of bun or node that the code imports; None for code that imports none, or cannot be read."""
    if "import" not in code and "require" not in code and "export" not in code:
        return None
    try:
        return next((module for module in needed_modules(code) if is_built_in(module)), None)
    except InvalidSignature:
        return None
