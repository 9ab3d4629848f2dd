"""What the server reads in TypeScript code. Pure."""

import re
from collections.abc import Mapping

from postmill.kernel.errors import InvalidInput
from postmill.languages.typescript.lock_text import lock_text
from postmill.model.script import ScriptModule
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_imports import (
    EXTENSION,
    imports_or_none,
    module_sources,
    needed_modules,
)
from postmill.signatures.typescript_packages import InvalidPackages, package_import

LANGUAGES = ("bun", "deno", "nativets", "bunnative")
_NAMES_A_FILE = re.compile(r"^[ \t]*//[ \t]*package_json:", re.MULTILINE)


class TypeScriptSource:
    """See ``languages.source.SourceReader``. ``empty_lock`` is that of scripts without packages."""

    def __init__(self, empty_lock: str | None = None) -> None:
        self._empty_lock = lock_text({}, None) if empty_lock is None else empty_lock

    def imports(self, code: str, path: str, modules: Mapping[str, ScriptModule]) -> list[str]:
        """Paths of other scripts only: the modules are part of this one."""
        own = module_sources(path, {name: module.content for name, module in modules.items()})
        found = imports_or_none(code, path)
        for at, text in own.items():
            found += imports_or_none(text, at)
        return [imported for imported in dict.fromkeys(found) if imported != path and imported not in own]

    def lock_without_job(self, code: str, path: str) -> str | None:
        """The empty lock for a script that imports no package and no other script."""
        if _NAMES_A_FILE.search(code) or self.imports(code, path, {}):
            return None
        try:
            is_simple = all(package_import(module) is None for module in needed_modules(code))
        except (InvalidSignature, InvalidPackages):
            return None  # the job tells what is wrong
        return self._empty_lock if is_simple else None

    def judged_elsewhere(self, code: str, path: str) -> bool:
        return False

    def check_module(self, script: str, path: str, module: ScriptModule) -> None:
        if module.language not in LANGUAGES or not path.endswith(EXTENSION):
            raise InvalidInput(
                f"Bad request: module {path} of a TypeScript script must be a TypeScript file (.ts)"
            )
        if path == f"{script.rpartition('/')[2]}{EXTENSION}":
            raise InvalidInput(f"Bad request: module {path} has the name of the script itself")
