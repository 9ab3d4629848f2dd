"""A script that is open in an editor: its text, and where it is open.

What differs between languages is in the kinds (``python_document``, ``go_document``): which server a document is
opened in, what its packages are, how files are named to the editor.
"""

import asyncio
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from postmill.kernel.errors import PostmillError
from postmill.language_help import messages
from postmill.language_help.language_server import LanguageServer
from postmill.language_help.text import Change, Text
from postmill.languages.protocol import InstallFailed
from postmill.model.subject import Subject

MARK = "__being_edited_"
"""In the names of files that are open beside others: what one person types shows to nobody else."""
PAUSE_SECONDS = 0.8
"""How long typing rests before packages are looked for."""
PATIENCE_SECONDS = 0.5
"""How long packages are looked for before the editor hears of it."""

Send = Callable[[dict[str, Any]], None]
Identify = Callable[[], Awaitable[Subject]]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Attached:
    """Where the document is open; ``folder`` holds what lies around it."""

    server: LanguageServer
    folder: Path
    uri: str


class Document(ABC):
    """``identify`` says who the caller is now and raises when they may not go on; ``send`` takes events."""

    def __init__(self, workspace: str, identify: Identify, send: Send) -> None:
        self.attached: Attached | None = None
        self._workspace = workspace
        self._identify = identify
        self._send = send
        self._number = next(_numbers)
        self._path = ""
        self._text = Text("")
        self._version = 0
        self._turn = asyncio.Lock()
        self._settling: asyncio.Task[None] | None = None

    async def open(self, path: str, text: str) -> None:
        """Raises Unavailable where no language server can be had."""
        async with self._turn:
            self._detach()
            self._path, self._text = path, Text(text)
            await self._opened()
        self._settle_soon(0.0)

    def change(self, changes: Sequence[Change]) -> None:
        self._text.apply(changes)
        self._version += 1
        self._changed(changes)
        self._settle_soon(PAUSE_SECONDS)

    async def close(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._settling
        async with self._turn:
            self._detach()
            await self._closed()

    @abstractmethod
    async def current(self) -> Attached:
        """Where the document is open, after a look at what the caller may read. Raises Unavailable."""

    @abstractmethod
    async def formatted(self) -> Any:
        """The edits that format the text."""

    @abstractmethod
    def name(self, attached: Attached, file: Path) -> str | None:
        """How the editor knows another file, as ``kind:path``; None for one that it has no business with."""

    def file(self, attached: Attached, name: str, known: Path) -> Path:
        """The file of a name that was told before, where the document is open now."""
        return known

    def there(self, position: dict[str, int]) -> dict[str, int]:
        """A position of the editor's as the language server counts it."""
        return position

    def here(self, found: Any) -> Any:
        """What the language server said of the open text, with positions as the editor counts them."""
        return found

    @abstractmethod
    async def _opened(self) -> None: ...

    @abstractmethod
    def _changed(self, changes: Sequence[Change]) -> None:
        """The text changed: whoever has it open hears it."""

    @abstractmethod
    def _detach(self) -> None: ...

    @abstractmethod
    async def _closed(self) -> None:
        """Gives back what was held beside the place where the document was open."""

    @abstractmethod
    async def _find_packages(self, attached: Attached) -> Callable[[], Awaitable[int]] | None:
        """Locks what the code imports now; what comes back moves the document among it and counts its modules.

        None while the code cannot be read.
        """

    def _announce(self, server: LanguageServer, uri: str, language: str, text: str) -> None:
        document = {"uri": uri, "languageId": language, "version": self._version, "text": text}
        server.connection.notify("textDocument/didOpen", {"textDocument": document})

    def _tell_change(self, server: LanguageServer, uri: str, changes: list[dict[str, Any]]) -> None:
        server.used_at = time.monotonic()
        document = {"uri": uri, "version": self._version}
        server.connection.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": changes}
        )

    def _diagnosed(self, source: str, items: list[dict[str, Any]]) -> None:
        shown = [messages.diagnostic(item) for item in self.here(items)]
        self._send({"event": "diagnostics", "source": source, "items": shown})

    def _settle_soon(self, seconds: float) -> None:
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.create_task(self._settle(seconds))

    async def _settle(self, seconds: float) -> None:
        """Finds and installs what the code imports now, and opens the document among it."""
        await asyncio.sleep(seconds)
        attached = self.attached
        if attached is None:
            return
        try:
            finding = asyncio.ensure_future(self._find_packages(attached))
            try:
                done, _ = await asyncio.wait([finding], timeout=PATIENCE_SECONDS)
                if not done:
                    self._send({"event": "packages", "state": "resolving"})
                move = await finding
            finally:
                finding.cancel()
            if move is None:
                return
            count = await move()
        except (PostmillError, InstallFailed) as error:
            self._send({"event": "packages", "state": "failed", "message": str(error)[-2000:]})
            return
        self._send({"event": "packages", "state": "ready", "modules": count})


def close_in(server: LanguageServer, uri: str) -> None:
    server.connection.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def wire(change: Change) -> dict[str, Any]:
    """A change in the words of the protocol."""
    plain: dict[str, Any] = {"text": change.text}
    if change.range is not None:
        plain["range"] = msgspec.to_builtins(change.range)
    return plain
