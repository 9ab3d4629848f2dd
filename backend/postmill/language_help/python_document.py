"""An open Python script: among the scripts that the caller may read, and the packages of its own lock.

It lies beside the script under a name that nobody can import, so that what one person types shows in no other
person's completions. Before every answer the scripts that the caller may read are compared with those that the
language server sees.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from postmill.kernel.errors import InvalidInput
from postmill.language_help.document import MARK, Attached, Document, Identify, Send, close_in, wire
from postmill.language_help.language_server import LanguageServer
from postmill.language_help.python_server import PythonServer, Root
from postmill.language_help.readable import ReadableSet, readable_scripts
from postmill.language_help.ruff_server import RuffServer
from postmill.language_help.servers import LanguageHelp
from postmill.language_help.text import Change
from postmill.languages.python.environment import Environment

REFRESH_SECONDS = 1.0


class PythonDocument(Document):
    """Open in basedpyright, and in ruff for what that checks and formats."""

    def __init__(self, service: LanguageHelp, workspace: str, identify: Identify, send: Send) -> None:
        super().__init__(workspace, identify, send)
        self._help = service
        self._among: tuple[PythonServer, Root] | None = None
        self._environment: Environment | None = None
        self._ruff: RuffServer | None = None
        self._checked_at = 0.0

    async def formatted(self) -> Any:
        async with self._turn:
            ruff = await self._open_in_ruff()
        params = {
            "textDocument": {"uri": ruff.uri(self._number)},
            "options": {"tabSize": 4, "insertSpaces": True},
        }
        return await ruff.connection.request("textDocument/formatting", params) or []

    async def current(self) -> Attached:
        async with self._turn:
            attached = self.attached
            if attached is None or self._among is None or not attached.server.alive:
                if not self._path:
                    raise InvalidInput("Nothing is open")
                self._detach()
                return await self._attach(await self._readable())
            if time.monotonic() - self._checked_at > REFRESH_SECONDS:
                readable = await self._readable()
                if readable.versions != self._among[0].readable.versions:
                    return await self._follow(attached, self._among[0], readable)
            return attached

    def name(self, attached: Attached, file: Path) -> str | None:
        if MARK in file.name:
            return None
        if file.is_relative_to(attached.folder):
            return f"script:{file.relative_to(attached.folder).with_suffix('')}"
        return f"library:{'/'.join(file.parts[-3:])}"

    def file(self, attached: Attached, name: str, known: Path) -> Path:
        """Scripts are read where the document is open now: what the caller may not read any more is not there."""
        kind, _, path = name.partition(":")
        return attached.folder / f"{path}.py" if kind == "script" else known

    async def _opened(self) -> None:
        if self._environment is None:
            self._environment = await self._help.plain_environment()
        await self._attach(await self._readable())
        await self._open_in_ruff()

    def _changed(self, changes: Sequence[Change]) -> None:
        wired = [wire(change) for change in changes]
        for server, uri in self._documents():
            self._tell_change(server, uri, wired)

    async def _closed(self) -> None:
        self._drop_environment()
        if self._ruff is not None:
            self._ruff.forget(self._ruff.uri(self._number))
            if self._ruff.alive:
                close_in(self._ruff, self._ruff.uri(self._number))

    async def _follow(self, attached: Attached, server: PythonServer, readable: ReadableSet) -> Attached:
        """The scripts changed. The server shows the new state where all its users may see it, else we leave it."""
        others = [document for document in server.users if document is not self]
        for other in others:
            assert isinstance(other, PythonDocument)
            if (await other._readable()).versions != readable.versions:
                self._detach()
                return await self._attach(readable)
        await self._help.update(server, readable)
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
        self._among = (server, root)
        attached = self.attached = Attached(server, root.path, uri)
        server.listen(uri, lambda items: self._diagnosed("pyright", items))
        self._announce(server, uri, "python", self._text.content)
        return attached

    def _detach(self) -> None:
        if self.attached is None or self._among is None:
            return
        (server, root), uri = self._among, self.attached.uri
        self.attached = self._among = None
        server.users.discard(self)
        server.forget(uri)
        server.leave(root)
        if server.alive:
            close_in(server, uri)

    async def _open_in_ruff(self) -> RuffServer:
        ruff = await self._help.ruff()
        if ruff is not self._ruff:
            self._ruff = ruff
            uri = ruff.uri(self._number)
            ruff.listen(uri, lambda items: self._diagnosed("ruff", items))
            self._announce(ruff, uri, "python", self._text.content)
        return ruff

    def _documents(self) -> list[tuple[LanguageServer, str]]:
        open_in: list[tuple[LanguageServer, str]] = []
        if self.attached is not None and self.attached.server.alive:
            open_in.append((self.attached.server, self.attached.uri))
        if self._ruff is not None and self._ruff.alive:
            open_in.append((self._ruff, self._ruff.uri(self._number)))
        return open_in

    async def _find_packages(self, attached: Attached) -> Callable[[], Awaitable[int]] | None:
        among = self._among
        if among is None:
            return None
        subject = await self._identify()
        code, tree = self._text.content, among[0].tree
        lock = await self._help.locks.find(subject, self._workspace, self._path, code, tree.code)
        return None if lock is None else lambda: self._move_to(lock)

    async def _move_to(self, lock: str) -> int:
        environment = await self._help.environment(lock)
        async with self._turn:
            known = self._environment
            if known is not None and known.digest == environment.digest:
                self._help.release(environment)
            else:
                self._detach()
                self._drop_environment()
                self._environment = environment
                await self._attach(await self._readable())
        return len(environment.modules)

    def _drop_environment(self) -> None:
        if self._environment is not None:
            self._help.release(self._environment)
            self._environment = None
