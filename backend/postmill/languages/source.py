"""What the server reads in the code of a script without running it: one reader for each language that has more to say.

Pure. A language without a reader imports no other script, has no modules and gets the empty lock.
"""

from collections.abc import Mapping
from typing import Protocol

from postmill.languages.go.source import GoSource
from postmill.languages.powershell.source import PowerShellSource
from postmill.languages.python.source import PythonSource
from postmill.languages.typescript.lock_text import EMPTY_DENO_LOCK
from postmill.languages.typescript.source import TypeScriptSource
from postmill.model.script import ScriptModule
from postmill.signatures.annotations import typescript_annotations


class SourceReader(Protocol):
    """How one language names what it needs."""

    def imports(self, code: str, path: str, modules: Mapping[str, ScriptModule]) -> list[str]:
        """Paths of the scripts that the code at a path and its modules may import; [] for unreadable code."""

    def lock_without_job(self, code: str, path: str) -> str | None:
        """The lock where nothing has to be resolved; None where a job has to find it."""

    def judged_elsewhere(self, code: str, path: str) -> bool:
        """Whether code that this server cannot read may be right all the same."""

    def check_module(self, script: str, path: str, module: ScriptModule) -> None:
        """Raises InvalidInput for a module that a script at this path cannot have."""


READERS: dict[str, SourceReader] = {
    "python3": PythonSource(),
    "go": GoSource(),
    "powershell": PowerShellSource(),
    "bun": TypeScriptSource(),
    "bunnative": TypeScriptSource(),
    "deno": TypeScriptSource(empty_lock=EMPTY_DENO_LOCK),
    "nativets": TypeScriptSource(empty_lock=""),
}


def stored_language(language: str, code: str) -> str:
    """The language that code is kept and run in: ``//native`` at the top of a bun script makes it a native one."""
    return "bunnative" if language == "bun" and typescript_annotations(code).native else language
