"""Native TypeScript: web APIs alone, in light processes that serve the jobs of one identity; scripts have realms."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from postmill.kernel.errors import PostmillError
from postmill.kernel.json import encode
from postmill.languages import ending
from postmill.languages.imports import TooManyImports
from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, OnEnd, RunOutcome, RunRequest
from postmill.languages.spares import PoolKey, SparePool
from postmill.languages.typescript import programs
from postmill.languages.typescript.bundles import Bundle
from postmill.languages.typescript.kept import judge
from postmill.languages.typescript.packages import NpmPackages
from postmill.languages.typescript.prepared import PreparedScript, prepare
from postmill.languages.typescript.scripts import (
    Program,
    file_names,
    may_import,
    program_of,
    read_closure,
    with_circle_named,
)
from postmill.languages.typescript.standby import Standby
from postmill.languages.warm import WarmProcesses
from postmill.languages.warm_process import Run, Told
from postmill.languages.workshop import Workshop
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.annotations import typescript_annotations
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_imports import needed_modules
from postmill.signatures.typescript_packages import is_built_in

_POOL = PoolKey("native", ())
_MARK = b"--- NATIVE CODE EXECUTION ---\n"
MOST_SCRIPTS = 64
"""So many scripts a process remembers, so that they need not be sent again."""


@dataclass(frozen=True)
class NativeProcesses:
    """The processes of one identity; see ``languages.warm.KeptScript``. Every run brings its script along."""

    standby: Standby
    limits: Limits
    isolation: str
    mark: bytes = _MARK

    async def start(self) -> Child:
        return await self.standby.take(self.limits)

    def orders(self, run: Run, child: Child, told: Told) -> bytes:
        request, script = run.request, run.made_ready
        identity = script.identity
        known = told.scripts.get(identity)
        parts = []
        if known is None:
            known, forgotten = told.remember(identity, MOST_SCRIPTS)
            fresh = typescript_annotations(request.code).fresh_realm
            parts.append(script.described(forget=forgotten, fresh=fresh))
        else:
            told.scripts.move_to_end(identity)
        if changed := told.news(request.env):
            parts.append(encode_frame(b"V", encode(changed)))
        parts.append(encode_frame(b"I", known.to_bytes(4, "big")))
        parts.append(encode_frame(b"A", request.args.encode("utf-8", "replace")))
        return b"".join(parts)

    def judge(self, run: Run, end: ChildEnd) -> RunOutcome:
        return judge(run.made_ready, end, run.frames, run.request, run.output, self.isolation)


class NativeRuntime:
    """Locks and runs native scripts on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._isolation = workshop.isolation.level
        self._packages = NpmPackages(workshop.cache_dir, workshop.run_tool, workshop.shared)
        self._processes = WarmProcesses(most=max(workshop.slots, 4))
        self._standby: Standby | None = None
        self._known: OrderedDict[object, PreparedScript] = OrderedDict()

    async def lock(self, request: LockRequest) -> str:
        """The lock, with its packages installed and the script bundled ahead of the first run."""
        text = await self._packages.lock(request)
        try:
            program = await self._program(request)
            if program.packages or program.circle:
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
            outcome = await self._run(request, await self._prepare(request))
            return await with_circle_named(request, outcome)
        except (PostmillError, TooManyImports, InstallFailed, programs.ProgramMissing) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")

    async def _run(self, request: RunRequest, script: PreparedScript) -> RunOutcome:
        identity = _identity(request)
        processes = self._processes.find(identity)
        if processes is None:
            kept = NativeProcesses(self._waiting(), self._workshop.limits, self._isolation)
            processes = self._processes.open(identity, kept)
        return await processes.run(request, script)

    def may_begin(self, warm_key: str | None) -> bool:
        return True

    def begin(self, request: RunRequest, on_end: OnEnd) -> Run | None:
        processes = self._processes.find(_identity(request))
        script = self._known_script(request)
        if processes is None or script is None:
            return None
        return processes.begin(request, on_end, script)

    def _known_script(self, request: RunRequest) -> PreparedScript | None:
        """What is at hand of a script that imports nothing."""
        if request.modules or may_import(request.code):
            return None
        return self._known.get(_key(request, None))

    async def _prepare(self, request: RunRequest) -> PreparedScript:
        """Scripts without packages are made ready by their process itself."""
        known = self._known_script(request)
        if known is not None:
            return known
        program = await self._program(request)
        if not program.packages and not program.circle:
            parts = None if len(program.files) == 1 else tuple(program.files.items())
            return self._keep(
                _key(request, parts),
                lambda: prepare(request, program.main, program.files, program="native", raw=True),
            )
        if program.packages and not request.lock:
            raise InstallFailed(
                "this script imports packages, but native scripts without a lock have none: "
                "deploy it as a bun script with //native in its first line"
            )
        bundle = await self._bundle(program, request, request.lock)
        return self._keep(
            _key(request, bundle), lambda: prepare(request, bundle.main, {}, bundle=bundle, program="native")
        )

    def _keep(self, key: object, make: Callable[[], PreparedScript]) -> PreparedScript:
        """The prepared script of the key: the same for each run, so that its processes know it again."""
        script = self._known.get(key)
        if script is None:
            script = self._known[key] = make()
            if len(self._known) > MOST_SCRIPTS:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return script

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
            self._standby = Standby(
                self._pool, argv, self._workshop.limits, self._workshop.kept_ready, takes_ahead=True
            )
        return self._standby

    def _pool(self) -> SparePool:
        """Children that can become the runner."""
        pools = self._workshop.pools
        spec = replace(pools.base, program=None, readable=(*pools.base.readable, programs.bun()))
        return pools.find(_POOL) or pools.open(_POOL, spec)

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


def _identity(request: RunRequest) -> str:
    limits = "" if request.scopes is None else repr(sorted(request.scopes))
    return f"{request.workspace_id}:{request.env.get('WM_PERMISSIONED_AS', '')}:{limits}"


def _key(request: RunRequest, parts: object) -> tuple[object, ...]:
    """What makes two runs the same script; ``parts`` is what it imports."""
    return (
        request.path, request.code, request.entrypoint, request.preprocess, request.limits.result_bytes, parts
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _refused_module(code: str) -> str | None:
    """A module of bun or node that the code imports; None for code that imports none, or cannot be read."""
    if "import" not in code and "require" not in code and "export" not in code:
        return None
    try:
        return next((module for module in needed_modules(code) if is_built_in(module)), None)
    except InvalidSignature:
        return None
