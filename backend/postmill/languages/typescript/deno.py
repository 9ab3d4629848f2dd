"""TypeScript jobs in deno: a waiting process per job, its packages from a folder that belongs to its lock."""

import hashlib
import json
from collections.abc import Callable

from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.imports import TooManyImports
from postmill.languages.installed import InstalledFolder
from postmill.languages.output import Output
from postmill.languages.protocol import InstallFailed, LockRequest, Registries, RunOutcome, RunRequest
from postmill.languages.single_run import BASE_PATH, environment, run_single
from postmill.languages.spares import SparePool
from postmill.languages.typescript import programs
from postmill.languages.typescript.deno_lock import DenoPackages, deno_names
from postmill.languages.typescript.npm import without_credentials
from postmill.languages.typescript.prepared import prepare
from postmill.languages.typescript.scripts import program_of, read_closure, with_circle_named
from postmill.languages.typescript.standby import Standby
from postmill.languages.typescript.standbys import Standbys
from postmill.languages.typescript.workflows import with_rounds
from postmill.languages.workshop import Workshop
from postmill.sandbox.child import ChildEnd
from postmill.sandbox.zygote import ZygoteFailed


class DenoRuntime:
    """Locks and runs scripts in deno on this worker, where there is one."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._packages = DenoPackages(workshop.cache_dir, workshop.run_tool, workshop.shared)
        self._isolation = workshop.isolation.level
        self._standbys = Standbys(workshop.pools, self._packages.folders)

    async def lock(self, request: LockRequest) -> str:
        return await self._packages.lock(with_rounds(request))

    async def close(self) -> None:
        await self._standbys.close()
        await self._packages.close()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        try:
            return await with_circle_named(request, await self._run(request))
        except (PostmillError, TooManyImports, InstallFailed, programs.ProgramMissing) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")

    async def _run(self, request: RunRequest) -> RunOutcome:
        request = with_rounds(request)
        closure = await read_closure(request.code, request.path, request.modules, request.sources)
        program = program_of(closure, deno_names)
        installed = await self._packages.installed(request.lock, request.registries, request.log)
        script = prepare(request, program.main, program.files, program="deno")
        standby = self._waiting(installed, request.registries)
        child = await standby.take(request.limits)
        env = environment(request, child, standby.search_path)
        output = Output(request.log, request.stream)
        request.log.write(script.mark)
        end, _ = await run_single(child, request, script.orders(request, env), output)
        frames = _said(end)
        return ending.judge_function(end, frames, request.limits, output, self._isolation, "deno run")

    def _waiting(self, installed: InstalledFolder | None, registries: Registries) -> Standby:
        """Waiting processes; those that see installed packages start when they are needed."""
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
                pool, argv, self._workshop.limits,
                0 if installed is not None else min(self._workshop.kept_ready, 1), f"{deno.parent}:{BASE_PATH}",
                ready_line=b"\x01ready\n", files={".npmrc": places},
                variables={"DENO_DIR": str(installed.path)} if installed is not None else {},
            )  # fmt: skip

        digest = installed.digest if installed is not None else hashlib.sha256(places.encode()).hexdigest()
        return self._standbys.of(f"deno {digest}", programs.deno, installed, make)

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


def _said(end: ChildEnd) -> dict[bytes, bytes]:
    """What the process left in its result file, as the messages that other runtimes send."""
    try:
        record = json.loads(end.files.get("result.json", b"{}"))
    except ValueError:
        return {}
    if not isinstance(record, dict):
        return {}
    return {
        kind.encode(): text.encode("utf-8", "replace")
        for kind, text in record.items()
        if kind in ("R", "E", "L", "N") and isinstance(text, str)
    }
