"""What every running language server has: its process, a connection, and those who hear its diagnostics."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from postmill.language_help.connection import Connection
from postmill.language_help.process import ServerProcess

Diagnosed = Callable[[Any], None]

CAPABILITIES = {
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "completion": {
            "completionItem": {
                "snippetSupport": False,
                "documentationFormat": ["markdown"],
                "resolveSupport": {"properties": ["documentation", "detail", "additionalTextEdits"]},
            }
        },
        "hover": {"contentFormat": ["markdown"]},
        "signatureHelp": {
            "signatureInformation": {
                "documentationFormat": ["markdown"],
                "parameterInformation": {"labelOffsetSupport": True},
                "activeParameterSupport": True,
            }
        },
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2]}},
    },
    "window": {"workDoneProgress": False},
}
"""What an editor of ours understands."""


class LanguageServer:
    """One running server. ``used_at`` is when somebody last asked it something; ``resolves``: completions too."""

    def __init__(self, process: ServerProcess, workspace: str = "") -> None:
        self.process = process
        self.workspace = workspace  # "" for one that serves all of them
        self.used_at = time.monotonic()
        self.users: set[object] = set()  # the documents that are open here
        self.resolves = False
        self.connection = Connection(process, self._told, self._asked)
        self._diagnosed: dict[str, Diagnosed] = {}
        process.ended.add_done_callback(lambda _end: self.connection.lost())

    async def initialize(self, params: Mapping[str, Any]) -> None:
        """Says the first words; a server that does not understand them is ended."""
        try:
            answer = await self.connection.request(
                "initialize", {"processId": None, "rootUri": None, **params}
            )
            completion = answer["capabilities"].get("completionProvider") or {}
            self.resolves = bool(completion.get("resolveProvider"))
            self.connection.notify("initialized", {})
        except BaseException:
            await self.close()
            raise

    @property
    def alive(self) -> bool:
        return self.process.alive

    def listen(self, uri: str, diagnosed: Diagnosed) -> None:
        """From now on the diagnostics of a document go there."""
        self._diagnosed[uri] = diagnosed

    def forget(self, uri: str) -> None:
        self._diagnosed.pop(uri, None)

    def _told(self, method: str, params: Any) -> None:
        if method == "textDocument/publishDiagnostics":
            listener = self._diagnosed.get(params["uri"])
            if listener is not None:
                listener(params["diagnostics"])

    def _asked(self, method: str, params: Any) -> Any:
        if method in ("client/registerCapability", "client/unregisterCapability"):
            return None
        raise NotImplementedError

    async def close(self) -> None:
        await self.process.close()
