"""An open Go script: alone in a module of its own, with the modules of its lock."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from postmill.kernel.errors import InvalidInput
from postmill.language_help.document import Attached, Document, Identify, Send, close_in
from postmill.language_help.go_place import BeingBuilt
from postmill.language_help.go_text import in_script, shown
from postmill.language_help.servers import LanguageHelp
from postmill.language_help.text import Change
from postmill.languages.go.program_text import go_mod_text, lock_text, required_modules, split_lock
from postmill.languages.go.toolchain import Toolchain
from postmill.signatures.go_modules import go_modules, imports_only

_FILE = "script.go"


class GoDocument(Document):
    """Open in gopls."""

    def __init__(self, service: LanguageHelp, workspace: str, identify: Identify, send: Send) -> None:
        super().__init__(workspace, identify, send)
        self._help = service
        self._toolchain: Toolchain | None = None
        self._lock = ""
        self._code = ""  # what the modules were taken for
        self._lines_before = 0
        self._fetching: tuple[tuple[str, str], asyncio.Task[Path | None]] | None = None

    async def formatted(self) -> Any:
        text = self._text.content
        formatted = await self._help.formatters.format("go", text, 0)
        lines = text.split("\n")
        end = {"line": len(lines) - 1, "character": len(lines[-1].encode("utf-16-le")) // 2}
        whole = {"start": {"line": 0, "character": 0}, "end": end}
        return [] if formatted == text else [{"range": whole, "newText": formatted}]

    async def current(self) -> Attached:
        async with self._turn:
            if self.attached is None or not self.attached.server.alive:
                if not self._path:
                    raise InvalidInput("Nothing is open")
                self._detach()
                await self._attach()
            assert self.attached is not None
            return self.attached

    def name(self, attached: Attached, file: Path) -> str | None:
        assert self._toolchain is not None
        for root in (attached.folder / "vendor", self._toolchain.root / "src"):
            if file.is_relative_to(root):
                return f"library:{file.relative_to(root)}"
        return None

    def there(self, position: dict[str, int]) -> dict[str, int]:
        return {**position, "line": position["line"] + self._lines_before}

    def here(self, found: Any) -> Any:
        if not self._lines_before or self.attached is None:
            return found
        return in_script(found, self._lines_before, self.attached.uri)

    async def _opened(self) -> None:
        try:
            self._toolchain = (await self._help.go_programs())[0]
        except BeingBuilt as error:
            self._send({"event": "packages", "state": "building", "message": error.message})
            raise
        if not self._lock:
            self._lock = lock_text(go_mod_text(self._toolchain.language), "")
        await self._attach()

    def _changed(self, changes: Sequence[Change]) -> None:
        """All of the text goes there: what stands before it may have changed too."""
        text, self._lines_before = shown(self._text.content)
        if self.attached is not None and self.attached.server.alive:
            self._tell_change(self.attached.server, self.attached.uri, [{"text": text}])

    async def _closed(self) -> None:
        self._give_up_fetching()

    async def _attach(self, vendor: Path | None = None) -> None:
        """``vendor``: the modules of the lock; they are fetched where the server is another one now."""
        server = await self._help.go_server(self._workspace, self)
        try:
            if vendor is None:
                vendor = await self._help.go_modules(self._lock, self._code)
            folder = await server.place(*split_lock(self._lock), vendor)
        except BaseException:
            server.users.discard(self)
            if vendor is not None:
                _remove(vendor)
            raise
        uri = (folder / _FILE).as_uri()
        text, self._lines_before = shown(self._text.content)
        self.attached = Attached(server, folder, uri)
        server.listen(uri, lambda items: self._diagnosed("gopls", items))
        self._announce(server, uri, "go", text)

    def _detach(self) -> None:
        attached, self.attached = self.attached, None
        if attached is None:
            return
        attached.server.users.discard(self)
        attached.server.forget(attached.uri)
        if attached.server.alive:
            close_in(attached.server, attached.uri)
        _remove(attached.folder)

    async def _find_packages(self, attached: Attached) -> Callable[[], Awaitable[int]] | None:
        assert self._toolchain is not None
        subject = await self._identify()
        code = self._text.content
        lock = await self._help.go_locks.find(subject, self._workspace, self._path, code, self._toolchain)
        return None if lock is None else lambda: self._move_to(lock, imports_only(go_modules(code)))

    async def _move_to(self, lock: str, code: str) -> int:
        """Opens the document among the modules of another lock."""
        count = required_modules(lock)
        if not count:
            code = ""
        if (lock, code) != (self._lock, self._code):
            await self._fetched(lock, code)
            async with self._turn:
                self._detach()
                self._lock, self._code = lock, code
                vendor = self._fetching[1].result() if self._fetching else None
                self._fetching = None
                await self._attach(vendor)
        return count

    async def _fetched(self, lock: str, code: str) -> None:
        """Fetches modules; typing on does not begin it anew, unless other ones are needed then."""
        if self._fetching is None or self._fetching[0] != (lock, code):
            self._give_up_fetching()
            self._fetching = ((lock, code), asyncio.create_task(self._help.go_modules(lock, code)))
        task = self._fetching[1]
        try:
            await asyncio.shield(task)
        finally:
            if task.done() and (task.cancelled() or task.exception() is not None):
                self._fetching = None

    def _give_up_fetching(self) -> None:
        if self._fetching is not None:
            self._fetching[1].add_done_callback(_remove_fetched)
            self._fetching = None


def _remove_fetched(task: asyncio.Task[Path | None]) -> None:
    if not task.cancelled() and task.exception() is None and (folder := task.result()) is not None:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Without waiting: what modules bring may be thousands of files."""
    asyncio.get_running_loop().run_in_executor(None, shutil.rmtree, folder, True)
