"""What the server reads in Go code. Pure."""

from collections.abc import Mapping

from postmill.kernel.errors import InvalidInput
from postmill.model.script import ScriptModule


class GoSource:
    """See ``languages.source.SourceReader``. Go scripts import modules, never each other."""

    def imports(self, code: str, path: str, modules: Mapping[str, ScriptModule]) -> list[str]:
        return []

    def lock_without_job(self, code: str, path: str) -> str | None:
        """Always a job: it also compiles, and gets the toolchain where there is none."""
        return None

    def judged_elsewhere(self, code: str, path: str) -> bool:
        return False

    def check_module(self, script: str, path: str, module: ScriptModule) -> None:
        raise InvalidInput(f"Bad request: a Go script has no modules of its own, got {path}")
