"""The languages as they live in one worker process: started once, asked by name, closed with the worker."""

from dataclasses import dataclass, field
from pathlib import Path

from postmill.languages.bash.run import BashRunner
from postmill.languages.ending import execution_error
from postmill.languages.protocol import LockFailed, LockRequest, RunOutcome, RunRequest
from postmill.languages.python.packages import PythonPackages
from postmill.languages.python.run import PythonRunner
from postmill.languages.python.warm import WarmProcesses
from postmill.languages.registry import find_language
from postmill.languages.spares import SparePools
from postmill.model.limits import Limits
from postmill.sandbox.folders import ClaimedFolder, claim_folder
from postmill.sandbox.levels import Isolation, probe
from postmill.sandbox.memory import Watcher
from postmill.sandbox.zygote import ZygoteSpec


@dataclass(frozen=True)
class RuntimeSettings:
    """What the worker decides about its jobs.

    ``isolation``: ``auto`` takes the best level that works and fails without one, ``sandbox`` likewise, ``none`` runs
    jobs without isolation. The folders of jobs must lie on the file system of ``data_dir``.
    """

    data_dir: Path
    slots: int = 4
    isolation: str = "auto"
    limits: Limits = field(default_factory=Limits)
    kept_ready: int = 2


class Runtime:
    """Locks and runs in any language of the registry. ``isolation`` says what protects the jobs."""

    def __init__(
        self,
        folder: ClaimedFolder,
        settings: RuntimeSettings,
        isolation: Isolation,
        pools: SparePools,
        packages: PythonPackages,
    ) -> None:
        self.isolation = isolation
        self._folder = folder
        self._pools = pools
        self._packages = packages
        self._warm = WarmProcesses(most=max(settings.slots, 4))
        self._python = PythonRunner(pools, packages, isolation.level, self._warm)
        self._bash = BashRunner(self._python.plain_pool, isolation.level)

    @classmethod
    async def start(cls, settings: RuntimeSettings) -> "Runtime":
        """Probes the isolation and prepares the first children. Raises IsolationUnavailable."""
        folder = claim_folder(settings.data_dir / "run" / "spares")
        try:
            return await cls._start_in(folder, settings)
        except BaseException:
            folder.release()
            raise

    @classmethod
    async def _start_in(cls, folder: ClaimedFolder, settings: RuntimeSettings) -> "Runtime":
        spares = folder.path
        asked_for_none = settings.isolation == "none"
        isolation = await probe(spares, allow_none=asked_for_none, insist_on_none=asked_for_none)
        isolated = isolation.level == "sandbox"
        base = ZygoteSpec(spares=spares, isolated=isolated, processes=settings.limits.processes)
        pools = SparePools(base, Watcher(), settings.kept_ready)
        packages = PythonPackages(settings.data_dir / "cache", spares, isolated)
        runtime = cls(folder, settings, isolation, pools, packages)
        await runtime._python.plain_pool().warm_up()
        return runtime

    async def lock(self, language: str, request: LockRequest) -> str:
        """The lock text of a script, "" for a language without packages. Raises LockFailed."""
        found = find_language(language)
        if found is None:
            raise LockFailed(f"no worker knows the language {language!r}")
        return await self._packages.lock(request) if found.name == "python3" else ""

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        """One attempt of a job. Cancelling ends its processes before CancelledError comes out."""
        found = find_language(language)
        if found is None:
            text = execution_error(f"this worker does not know the language {language!r}")
            return RunOutcome("error", text, isolation=self.isolation.level)
        if found.name == "bash":
            return await self._bash.run(request)
        return await self._python.run(request)

    async def python_versions(self) -> list[str]:
        """The Python versions that scripts can choose from here."""
        return await self._packages.versions()

    async def close(self) -> None:
        """Ends every process that the runtime started."""
        await self._warm.close()
        await self._pools.close()
        await self._packages.close()
        self._folder.release()
