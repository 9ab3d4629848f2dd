"""PowerShell jobs: a waiting child becomes `pwsh` with a wrapper that calls the script."""

import shutil
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from postmill.kernel.json import decode, encode_text
from postmill.languages import ending
from postmill.languages.output import Output
from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.languages.shell_result import judge_shell
from postmill.languages.single_run import environment, limits_record, run_program, take_child
from postmill.languages.spares import PoolKey, SparePool
from postmill.languages.workshop import Workshop
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.powershell import read_parameters
from postmill.signatures.signature import Arg, InvalidSignature

_MARK = b"--- POWERSHELL CODE EXECUTION ---\n"
_WRAPPER = (Path(__file__).parent / "wrapper.ps1").read_text()
_QUIET = {"POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off", "DOTNET_NOLOGO": "1"}
MISSING = (
    "PowerShell is not installed on this worker: there is no program pwsh on its PATH. Install PowerShell 7 there, "
    "or give the script a tag that workers with PowerShell serve"
)


class PowerShellRuntime:
    """Runs PowerShell jobs where the program is installed; ``search_path`` stands in for the variable PATH."""

    def __init__(self, workshop: Workshop, search_path: str | None = None) -> None:
        self._workshop = workshop
        self._isolation = workshop.isolation.level
        self._search_path = search_path

    async def lock(self, request: LockRequest) -> str:
        """The workspace's file of modules, as it is."""
        return request.workspace_requirements.get("", "")

    async def close(self) -> None:
        """Nothing to end: children belong to the pool."""

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        program = find_pwsh(self._search_path)
        if program is None:
            return self._failed(MISSING)
        try:
            given = given_arguments(request.code, decode(request.args))
            child = await take_child(self._pool(program))
        except InvalidSignature as error:
            return self._failed(f"the parameters cannot be read: {error}")
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")
        header = {
            "argv": [
                str(program),
                "-NoLogo",
                "-NoProfile",
                "-NonInteractive",
                "-File",
                "wrapper.ps1",
            ],
            "files": {
                "main.ps1": request.code.replace("\0", ""),
                "wrapper.ps1": _WRAPPER,
                "args.json": encode_text(given),
            },
            "env": {**environment(request, child), **_QUIET},
            "limits": limits_record(request.limits),
        }
        output = Output(
            request.log, request.stream, min(request.limits.result_bytes, request.limits.log_bytes)
        )
        request.log.write(_MARK)
        end, _ = await run_program(child, request, header, output)
        kind, result = judge_shell(end, output, request.limits, "powershell run")
        return RunOutcome(kind, result, end.peak_kb, None, output.streamed, self._isolation)

    def _pool(self, program: Path) -> SparePool:
        """Children that see the folder of PowerShell, which often lies outside of what every job sees."""
        if program.is_relative_to("/usr"):
            return self._workshop.plain_pool()
        key = PoolKey(f"powershell:{program.parent}", ())
        pools = self._workshop.pools
        base = pools.base
        return pools.find(key) or pools.open(key, replace(base, readable=(*base.readable, program.parent)))

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


def find_pwsh(search_path: str | None) -> Path | None:
    """The program itself, behind the links to it."""
    found = shutil.which("pwsh", path=search_path)
    return Path(found).resolve() if found is not None else None


@lru_cache(maxsize=1024)
def _parameters(code: str) -> tuple[Arg, ...]:
    return read_parameters(code).args


def given_arguments(code: str, args: dict[str, Any]) -> dict[str, Any]:
    """The declared arguments; PowerShell knows names in any case. An optional one that is null has its default.

    Raises InvalidSignature.
    """
    by_name = {name.lower(): value for name, value in args.items()}
    return {
        arg.name: by_name[arg.name.lower()]
        for arg in _parameters(code)
        if arg.name.lower() in by_name and not (arg.has_default and by_name[arg.name.lower()] is None)
    }
