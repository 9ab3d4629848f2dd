"""Locks and environments of Python scripts, with their tools contained in the sandbox."""

from pathlib import Path

from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, LogSink, Registries
from postmill.languages.python.environment import Environment, Environments
from postmill.languages.python.interpreters import Interpreter, Interpreters
from postmill.languages.python.lock import Locker
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import RunTool
from postmill.sandbox.zygote import ZygoteFailed


class PythonPackages:
    """What a worker knows of Python packages and interpreters, below one cache folder."""

    def __init__(self, cache_dir: Path, run_tool: RunTool, shared: SharedCache | None = None) -> None:
        self.interpreters = Interpreters()
        self.environments = Environments(cache_dir, self.interpreters, run_tool, shared=shared)
        self._locker = Locker(self.environments.work_dir, self.interpreters, run_tool)

    @property
    def default(self) -> Interpreter:
        """The worker's own interpreter."""
        return self.interpreters.default

    async def lock(self, request: LockRequest) -> str:
        """The lock text. Raises LockFailed with the resolver's own words."""
        try:
            return await self._locker.lock(request)
        except ZygoteFailed as error:
            raise LockFailed(f"The resolver could not be started: {error}") from error

    async def installed(self, lock: str, registries: Registries, log: LogSink) -> Environment:
        """The environment of a lock. Raises InstallFailed with the installer's own words."""
        try:
            return await self.environments.ensure(lock, registries, log)
        except ZygoteFailed as error:
            raise InstallFailed(f"The installer could not be started: {error}") from error

    async def close(self) -> None:
        await self.environments.close()
