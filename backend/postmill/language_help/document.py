"""A script that is open in an editor: its text, where it is open, and the packages it is open among.

It lies beside the script under a name that nobody can import, so that what one person types shows in no other
person's completions. Before every answer the scripts that the caller may read are compared with those that the
language server sees.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from postmill.kernel.errors import InvalidInput, PostmillError
from postmill.language_help import messages
from postmill.language_help.python_server import PythonServer, Root
from postmill.language_help.readable import ReadableSet, readable_scripts
from postmill.language_help.ruff_server import RuffServer
from postmill.language_help.servers import LanguageHelp
from postmill.language_help.text import Change, Text
from postmill.languages.protocol import InstallFailed
from postmill.languages.python.environment import Environment
from postmill.model.subject import Subject

MARK = "__being_edited_"
REFRESH_SECONDS = 1.0
PAUSE_SECONDS = 0.8
"""How long typing rests before packages are looked for."""
PATIENCE_SECONDS = 0.5
"""How long packages are looked for before the editor hears of it."""

Send = Callable[[dict[str, Any]], None]
Identify = Callable[[], Awaitable[Subject]]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Attached:
    """Where the document is open."""

    server: PythonServer
    root: Root
    uri: str


class Document:
    """``identify`` says who the caller is now and raises when they may not go on; ``send`` takes events."""

    def __init__(self, service: LanguageHelp, workspace: str, identify: Identify, send: Send) -> None:
        self.attached: Attached | None = None
        self._help = service
        self._workspace = workspace
        self._identify = identify
        self._send = send
        self._number = next(_numbers)
        self._path = ""
        self._text = Text("")
        self._version = 0
        self._environment: Environment | None = None
        self._ruff: RuffServer | None = None
        self._turn = asyncio.Lock()
        self._checked_at = 0.0
        self._settling: asyncio.Task[None] | None = None

    async def open(self, path: str, text: str) -> None:
        """Raises Unavailable where no language server can be had."""
        async with self._turn:
            self._detach()
            self._path, self._text = path, Text(text)
            if self._environment is None:
                self._environment = await self._help.plain_environment()
            await self._attach(await self._readable())
            await self._open_in_ruff()
        self._settle_soon(0.0)

    def change(self, changes: Sequence[Change]) -> None:
        self._text.apply(changes)
        self._version += 1
        wired = [_wire(change) for change in changes]
        for server, uri in self._documents():
            server.connection.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": self._version}, "contentChanges": wired},
            )
        self._settle_soon(PAUSE_SECONDS)

    async def formatted(self) -> Any:
        """The edits that format the text."""
        async with self._turn:
            ruff = await self._open_in_ruff()
        params = {
            "textDocument": {"uri": ruff.uri(self._number)},
            "options": {"tabSize": 4, "insertSpaces": True},
        }
        return await ruff.connection.request("textDocument/formatting", params) or []

    async def close(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._settling
        async with self._turn:
            self._detach()
            self._drop_environment()
            if self._ruff is not None:
                self._ruff.forget(self._ruff.uri(self._number))
                if self._ruff.alive:
                    _close(self._ruff, self._ruff.uri(self._number))

    async def current(self) -> Attached:
        """Where the document is open, after a look at what the caller may read. Raises Unavailable."""
        async with self._turn:
            attached = self.attached
            if attached is None or not attached.server.alive:
                if not self._path:
                    raise InvalidInput("Nothing is open")
                self._detach()
                return await self._attach(await self._readable())
            if time.monotonic() - self._checked_at > REFRESH_SECONDS:
                readable = await self._readable()
                if readable.versions != attached.server.readable.versions:
                    return await self._follow(attached, readable)
            return attached

    async def _follow(self, attached: Attached, readable: ReadableSet) -> Attached:
        """The scripts changed. The server shows the new state where all its users may see it, else we leave it."""
        others = [document for document in attached.server.users if document is not self]
        for other in others:
            assert isinstance(other, Document)
            if (await other._readable()).versions != readable.versions:
                self._detach()
                return await self._attach(readable)
        await self._help.update(attached.server, readable)
        return attached

    async def _readable(self) -> ReadableSet:
        self._checked_at = time.monotonic()
        return await readable_scripts(self._help.pool, await self._identify(), self._workspace)

    async def _attach(self, readable: ReadableSet) -> Attached:
        assert self._environment is not None
        server = await self._help.python_server(readable, self)
        try:
            if server.readable.versions != readable.versions:
                await self._help.update(server, readable)
            root = await server.root(self._environment)
        except BaseException:
            server.users.discard(self)
            raise
        uri = (root.path / f"{self._path}.{MARK}{self._number}.py").as_uri()
        attached = self.attached = Attached(server, root, uri)
        server.listen(uri, lambda items: self._diagnosed("pyright", items))
        self._announce(server, uri)
        return attached

    def _detach(self) -> None:
        if self.attached is None:
            return
        server, root, uri = self.attached.server, self.attached.root, self.attached.uri
        self.attached = None
        server.users.discard(self)
        server.forget(uri)
        server.leave(root)
        if server.alive:
            _close(server, uri)

    async def _open_in_ruff(self) -> RuffServer:
        ruff = await self._help.ruff()
        if ruff is not self._ruff:
            self._ruff = ruff
            uri = ruff.uri(self._number)
            ruff.listen(uri, lambda items: self._diagnosed("ruff", items))
            self._announce(ruff, uri)
        return ruff

    def _announce(self, server: PythonServer | RuffServer, uri: str) -> None:
        document = {
            "uri": uri, "languageId": "python", "version": self._version, "text": self._text.content,
        }  # fmt: skip
        server.connection.notify("textDocument/didOpen", {"textDocument": document})

    def _documents(self) -> list[tuple[PythonServer | RuffServer, str]]:
        open_in: list[tuple[PythonServer | RuffServer, str]] = []
        if self.attached is not None and self.attached.server.alive:
            open_in.append((self.attached.server, self.attached.uri))
            self.attached.server.used_at = time.monotonic()
        if self._ruff is not None and self._ruff.alive:
            open_in.append((self._ruff, self._ruff.uri(self._number)))
            self._ruff.used_at = time.monotonic()
        return open_in

    def _diagnosed(self, source: str, items: list[dict[str, Any]]) -> None:
        self._send(
            {"event": "diagnostics", "source": source, "items": [messages.diagnostic(i) for i in items]}
        )

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
            subject = await self._identify()
            tree = attached.server.tree
            finding = asyncio.ensure_future(
                self._help.locks.find(subject, self._workspace, self._path, self._text.content, tree.code)
            )
            try:
                done, _ = await asyncio.wait([finding], timeout=PATIENCE_SECONDS)
                if not done:
                    self._send({"event": "packages", "state": "resolving"})
                lock = await finding
            finally:
                finding.cancel()
            if lock is None:
                return
            environment = await self._help.environment(lock)
        except (PostmillError, InstallFailed) as error:
            self._send({"event": "packages", "state": "failed", "message": str(error)[-2000:]})
            return
        await self._move_to(environment)

    async def _move_to(self, environment: Environment) -> None:
        async with self._turn:
            known = self._environment
            if known is not None and known.digest == environment.digest:
                self._help.release(environment)
            else:
                self._detach()
                self._drop_environment()
                self._environment = environment
                try:
                    await self._attach(await self._readable())
                except PostmillError as error:
                    self._send({"event": "packages", "state": "failed", "message": error.message})
                    return
        count = len(environment.modules)
        self._send({"event": "packages", "state": "ready", "modules": count})

    def _drop_environment(self) -> None:
        if self._environment is not None:
            self._help.release(self._environment)
            self._environment = None


def _close(server: PythonServer | RuffServer, uri: str) -> None:
    server.connection.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def _wire(change: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"text": change.text}
    if change.range is not None:
        plain["range"] = msgspec.to_builtins(change.range)
    return plain
