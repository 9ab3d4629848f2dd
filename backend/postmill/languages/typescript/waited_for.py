"""How a script is run by a process that waits for it: what is the same in bun, node and deno."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.imports import TooManyImports
from postmill.languages.output import Output
from postmill.languages.protocol import InstallFailed, OnEnd, RunOutcome, RunRequest
from postmill.languages.single_run import ended_unused, environment, run_single
from postmill.languages.told_circles import NamedRun
from postmill.languages.typescript import programs
from postmill.languages.typescript.kept import KeptTypeScript, judge
from postmill.languages.typescript.prepared import PreparedScript
from postmill.languages.typescript.scripts import with_circle_named
from postmill.languages.typescript.standby import Standby
from postmill.languages.typescript.standbys import Standbys
from postmill.languages.typescript.workflows import with_rounds
from postmill.languages.warm import WarmProcesses
from postmill.languages.workshop import Workshop
from postmill.sandbox.zygote import ZygoteFailed


@dataclass(frozen=True)
class Ready:
    """A script, and the waiting processes of its kind."""

    script: PreparedScript
    standby: Standby


class WaitedFor(ABC):
    """Runs scripts: one in a process of its own that waits already, or many in one that is kept."""

    def __init__(self, workshop: Workshop, standbys: Standbys) -> None:
        self._workshop = workshop
        self._standbys = standbys
        self._isolation = workshop.isolation.level
        self._warm = WarmProcesses(most=max(workshop.slots, 4))

    @abstractmethod
    async def _prepare(self, request: RunRequest) -> Ready:
        """Raises PostmillError, TooManyImports, InstallFailed, ProgramMissing and ZygoteFailed."""

    async def close(self) -> None:
        await self._warm.close()
        await self._standbys.close()

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
        with ended_unused(child):
            start = ready.script.orders(request, env)
        request.log.write(ready.script.mark)
        end, said = await run_single(child, request, start, output)
        return judge(ready.script, end, said.frames, request, output, self._isolation)

    async def _run_warm(self, request: RunRequest, key: str) -> RunOutcome:
        script = self._warm.find(key)
        if script is None:
            ready = await self._prepare(request)
            kept = KeptTypeScript(ready.script, ready.standby, self._workshop.limits, self._isolation)
            script = self._warm.open(key, kept)
        return await script.run(request)

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)
