"""gopls over the Go scripts that are open in one workspace.

    <folder>/open/<document>/go.mod, go.sum, vendor/   what the lock of one document brings
    <folder>/config/                                   the program's own settings

Scripts in Go do not import each other: each lies in a module of its own, where gopls sees nothing of the others. It
is not shown the machine's cache of modules, which holds what other workspaces use.
"""

import asyncio
import itertools
import shutil
from pathlib import Path
from typing import Any

from postmill.language_help.language_server import CAPABILITIES, LanguageServer
from postmill.language_help.process import ServerProcess, ServerSpec
from postmill.languages.go.gopls import server_environment
from postmill.languages.go.toolchain import Toolchain

_MEMORY_BYTES = 1024**3
_SETTINGS = {
    "completeFunctionCalls": False,
    "linksInHover": False,
    "staticcheck": False,
    "vulncheck": "Off",
    "analysisProgressReporting": False,
    # Nobody calls the function that a run begins with.
    "analyses": {"unusedfunc": False},
}


class GoServer(LanguageServer):
    """One for each workspace."""

    def __init__(self, workspace: str, folder: Path, process: ServerProcess) -> None:
        super().__init__(process, workspace)
        self.folder = folder
        self._open = folder / "open"
        self._numbers = itertools.count(1)

    @classmethod
    async def start(
        cls, workspace: str, folder: Path, spec_folder: Path, isolated: bool, toolchain: Toolchain, program: Path
    ) -> "GoServer":  # fmt: skip
        await asyncio.to_thread(_prepare, folder)
        process = await ServerProcess.start(
            ServerSpec(
                argv=(str(program),), folder=spec_folder, isolated=isolated,
                readable=(folder, program, toolchain.root), memory_bytes=_MEMORY_BYTES,
                env={**server_environment(toolchain), "XDG_CONFIG_HOME": str(folder / "config")},
            )
        )  # fmt: skip
        server = cls(workspace, folder, process)
        await server.initialize(
            {
                "workspaceFolders": [{"uri": server._open.as_uri(), "name": "scripts"}],
                "capabilities": CAPABILITIES,
                "initializationOptions": _SETTINGS,
            }
        )
        return server

    async def place(self, go_mod: str, go_sum: str, vendor: Path | None) -> Path:
        """A folder for one document; ``vendor``, with the code of its modules, is moved there."""
        folder = self._open / str(next(self._numbers))
        await asyncio.to_thread(_fill, folder, go_mod, go_sum, vendor)
        return folder

    def _asked(self, method: str, params: Any) -> Any:
        if method == "workspace/configuration":
            return [_SETTINGS for _ in params["items"]]
        if method == "window/workDoneProgress/create":
            return None
        return super()._asked(method, params)

    async def close(self) -> None:
        await super().close()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


def _prepare(folder: Path) -> None:
    (folder / "open").mkdir(mode=0o700)
    telemetry = folder / "config" / "go" / "telemetry"
    telemetry.mkdir(parents=True, mode=0o700)
    # Else a second process of gopls waits to count its crashes.
    (telemetry / "mode").write_text("off")


def _fill(folder: Path, go_mod: str, go_sum: str, vendor: Path | None) -> None:
    folder.mkdir(mode=0o700)
    (folder / "go.mod").write_text(go_mod)
    (folder / "go.sum").write_text(go_sum)
    if vendor is not None and vendor.exists():
        vendor.rename(folder / "vendor")
