"""ruff as the language server that formats and lints single files; it looks at nothing but the open text."""

import time
from pathlib import Path
from typing import Any

from ruff import find_ruff_bin  # type: ignore[import-untyped]

from postmill.language_help.connection import Connection
from postmill.language_help.process import ServerProcess, ServerSpec
from postmill.language_help.python_server import Diagnosed

_MEMORY_BYTES = 512 * 1024**2
_ROOT = "/nonexistent"
_SETTINGS = {
    "configurationPreference": "editorOnly",
    "lineLength": 100,
    # Undefined names and syntax are the type checker's to tell.
    "lint": {"enable": True, "select": ["F", "E7", "B", "ASYNC", "W605"], "ignore": ["F821", "F722"]},
}


class RuffServer:
    """One for all workspaces."""

    def __init__(self, process: ServerProcess) -> None:
        self.process = process
        self.used_at = time.monotonic()
        self.connection = Connection(process, self._told, _asked)
        self._diagnosed: dict[str, Diagnosed] = {}
        process.ended.add_done_callback(lambda _end: self.connection.lost())

    @classmethod
    async def start(cls, folder: Path, isolated: bool) -> "RuffServer":
        program = Path(find_ruff_bin())
        process = await ServerProcess.start(
            ServerSpec(
                argv=(str(program), "server"), folder=folder, isolated=isolated, readable=(program,),
                memory_bytes=_MEMORY_BYTES, env={"RUFF_NO_CACHE": "true"},
            )
        )  # fmt: skip
        server = cls(process)
        try:
            params: dict[str, Any] = {
                "processId": None, "rootUri": None, "capabilities": {"textDocument": {"publishDiagnostics": {}}},
                "initializationOptions": {"settings": _SETTINGS, "globalSettings": _SETTINGS},
            }  # fmt: skip
            await server.connection.request("initialize", params)
            server.connection.notify("initialized", {})
        except BaseException:
            await process.close()
            raise
        return server

    @property
    def alive(self) -> bool:
        return self.process.alive

    def uri(self, number: int) -> str:
        """A document's name that nothing on this machine has."""
        return f"file://{_ROOT}/{number}/script.py"

    def listen(self, uri: str, diagnosed: Diagnosed) -> None:
        self._diagnosed[uri] = diagnosed

    def forget(self, uri: str) -> None:
        self._diagnosed.pop(uri, None)

    def _told(self, method: str, params: Any) -> None:
        if method == "textDocument/publishDiagnostics":
            listener = self._diagnosed.get(params["uri"])
            if listener is not None:
                listener(params["diagnostics"])

    async def close(self) -> None:
        await self.process.close()


def _asked(method: str, _params: Any) -> Any:
    if method in ("client/registerCapability", "client/unregisterCapability"):
        return None
    raise NotImplementedError
