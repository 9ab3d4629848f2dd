"""Locks and environments of Python scripts, with their tools contained in the sandbox."""

from dataclasses import dataclass
from pathlib import Path

from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, LogSink, Registries
from postmill.languages.python.environment import Environment, Environments
from postmill.languages.python.interpreters import Interpreter, Interpreters
from postmill.languages.python.lock import Locker
from postmill.languages.python.tool import ToolCall, ToolEnd
from postmill.model.limits import Limits
from postmill.sandbox.process import ProcessSpec, run_process
from postmill.sandbox.zygote import ZygoteFailed

_TOOL_MEMORY = 4 * 1024**3


@dataclass(frozen=True)
class ToolRunner:
    """Runs ``uv`` and the builds that it starts like a job: same walls, own limits."""

    spares: Path
    isolated: bool

    async def __call__(self, call: ToolCall) -> ToolEnd:
        end = await run_process(
            ProcessSpec(
                argv=call.argv, env=call.env, cwd=call.cwd, log=call.log, folder=self.spares,
                isolated=self.isolated, readable=call.readable, writable=call.writable,
                limits=Limits(
                    wall_seconds=call.timeout_seconds, memory_bytes=_TOOL_MEMORY, processes=1024, open_files=65536
                ),
            )
        )  # fmt: skip
        return ToolEnd(end.exit_code, end.timed_out)


class PythonPackages:
    """What a worker knows of Python packages and interpreters, below one cache folder."""

    def __init__(self, cache_dir: Path, spares: Path, isolated: bool) -> None:
        run_tool = ToolRunner(spares, isolated)
        self.interpreters = Interpreters()
        self.environments = Environments(cache_dir, self.interpreters, run_tool)
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

    async def versions(self) -> list[str]:
        """Full versions of the interpreters at hand, the worker's own first."""
        return [".".join(map(str, found.version)) for found in await self.interpreters.found()]

    async def close(self) -> None:
        await self.environments.close()
