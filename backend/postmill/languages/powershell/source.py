"""What the server reads in PowerShell code. Pure."""

from collections.abc import Mapping

from postmill.kernel.errors import InvalidInput
from postmill.model.script import ScriptModule


class PowerShellSource:
    """See ``languages.source.SourceReader``."""

    def imports(self, code: str, path: str, modules: Mapping[str, ScriptModule]) -> list[str]:
        return []

    def lock_without_job(self, code: str, path: str) -> str | None:
        """Nothing is resolved: modules are those of the machine."""
        return ""

    def judged_elsewhere(self, code: str, path: str) -> bool:
        return False

    def check_module(self, script: str, path: str, module: ScriptModule) -> None:
        raise InvalidInput(f"Bad request: a PowerShell script has no modules of its own, got {path}")
