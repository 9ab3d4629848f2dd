"""What every running language server has: its process, a connection, and those who hear its diagnostics."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from postmill.language_help.connection import Connection
from postmill.language_help.process import ServerProcess

Diagnosed = Callable[[Any], None]


class LanguageServer:
    """One running server. ``used_at`` is when somebody last asked it something."""

    def __init__(self, process: ServerProcess) -> None:
        self.process = process
        self.used_at = time.monotonic()
        self.connection = Connection(process, self._told, self._asked)
        self._diagnosed: dict[str, Diagnosed] = {}
        process.ended.add_done_callback(lambda _end: self.connection.lost())

    async def initialize(self, params: Mapping[str, Any]) -> None:
        """Says the first words; a server that does not understand them is ended."""
        try:
            await self.connection.request("initialize", {"processId": None, "rootUri": None, **params})
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
