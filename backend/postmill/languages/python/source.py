"""What the server reads in Python code. Pure."""

import sys
from collections.abc import Mapping

from postmill.kernel.errors import InvalidInput
from postmill.model.script import ScriptModule
from postmill.signatures.python_imports import module_sources, reachable_imports
from postmill.signatures.python_requirements import InvalidRequirements, python_requirements
from postmill.signatures.signature import InvalidSignature


class PythonSource:
    """See ``languages.source.SourceReader``."""

    def imports(self, code: str, path: str, modules: Mapping[str, ScriptModule]) -> list[str]:
        """Paths of other scripts only: the modules are part of this one."""
        own = module_sources(path, {name: module.content for name, module in modules.items()})
        found = _imports(code, path)
        for at, text in own.items():
            found += _imports(text, at)
        return [imported for imported in dict.fromkeys(found) if imported != path and imported not in own]

    def lock_without_job(self, code: str, path: str) -> str | None:
        """A script that imports nothing but the standard library gets the header alone."""
        if self.imports(code, path, {}):
            return None
        try:
            needed = python_requirements(code, path, {})
        except (InvalidRequirements, InvalidSignature):
            return None
        if needed.packages or needed.python or needed.newest_python or needed.workspace_files:
            return None
        return f"# py: {sys.version_info.major}.{sys.version_info.minor}\n"

    def judged_elsewhere(self, code: str, path: str) -> bool:
        """Whether annotations choose the interpreter, whose syntax may be newer than this server's.

        Looks at the comments only, as the code cannot be read.
        """
        comments = "\n".join(line for line in code.splitlines() if line.lstrip().startswith("#"))
        try:
            needed = python_requirements(comments, path, {})
        except (InvalidRequirements, InvalidSignature):
            return False
        return bool(needed.python) or needed.newest_python

    def check_module(self, script: str, path: str, module: ScriptModule) -> None:
        if module.language != "python3" or not path.endswith(".py"):
            raise InvalidInput(f"Bad request: module {path} of a Python script must be a Python file (.py)")
        if path == f"{script.rpartition('/')[2]}.py":
            raise InvalidInput(f"Bad request: module {path} has the name of the script itself")


def _imports(code: str, path: str) -> list[str]:
    try:
        return [imported for imported in reachable_imports(code, path) if imported != path]
    except InvalidSignature:
        return []
