"""Imports between scripts: ``from f.folder.script import x``, ``from .other import y``.

The worker sends the source of every script that the main one reaches; this finder serves them from memory.
Folders are packages, without code of their own unless there is an ``__init__``.
"""

import linecache
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any


class ScriptFinder:
    """Finds scripts by their module name; ``sources`` maps it to ``[file, code]``."""

    def __init__(self, sources: dict[str, list[str]]) -> None:
        self._sources = sources
        self._folders = {"f", "u"}
        self._folders.update(name for name, (file, _) in sources.items() if file.endswith("__init__.py"))
        for name in sources:
            parts = name.split(".")
            self._folders.update(".".join(parts[:count]) for count in range(1, len(parts)))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in self._sources:
            loader: Any = self
            spec = ModuleSpec(fullname, loader, origin=self._sources[fullname][0])
            spec.has_location = True
        elif fullname in self._folders or (fullname.count(".") == 1 and fullname[:2] in ("f.", "u.")):
            spec = ModuleSpec(fullname, None)
        else:
            return None
        if fullname in self._folders or fullname not in self._sources:
            spec.submodule_search_locations = []
        return spec

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        file, code = self._sources[module.__name__]
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102

    def get_source(self, fullname: str) -> str | None:
        found = self._sources.get(fullname)
        return found[1] if found else None


def install(sources: dict[str, Any]) -> None:
    """Makes the scripts importable, before anything else of the same name."""
    sys.meta_path.insert(0, ScriptFinder(sources))
