"""The deno of this worker: of the extra or the search path, else the package, fetched when first needed."""

import asyncio
import os
from pathlib import Path

from postmill.languages.fetched_package import FetchedPackage, NotFetched
from postmill.languages.protocol import LogSink, Registries
from postmill.languages.tool import RunTool
from postmill.languages.typescript import programs

PACKAGE = "deno>=2.9"
_MEGABYTES = 45


class DenoProgram:
    """Finds deno once. ``cache_dir`` is where a fetched one is kept, for all workers of the machine."""

    def __init__(self, cache_dir: Path, run_tool: RunTool) -> None:
        self._package = FetchedPackage(cache_dir / "runtimes" / "deno", PACKAGE, _MEGABYTES, run_tool)
        self._finding = asyncio.Lock()
        self._found: Path | None = None

    async def find(self, registries: Registries, log: LogSink) -> Path:
        """The program, fetched if there is none. Raises ProgramMissing with a sentence."""
        found = self._look()
        if found is not None:
            return found
        async with self._finding:
            return await self._fetch(registries, log)

    def on_this_machine(self) -> Path:
        """The program where there is one already. Raises ProgramMissing."""
        return self._look() or programs.deno()

    def _look(self) -> Path | None:
        if self._found is None or not self._found.exists():
            try:
                self._found = programs.deno()
            except programs.ProgramMissing:
                self._found = self._fetched()
        return self._found

    def _fetched(self) -> Path | None:
        path = self._package.folder / "bin" / "deno"
        return path if os.access(path, os.X_OK) else None

    async def _fetch(self, registries: Registries, log: LogSink) -> Path:
        try:
            found = await self._package.fetch("deno", self._fetched, registries, log)
        except NotFetched as error:
            raise programs.ProgramMissing(
                "this worker has no deno, and the package deno cannot be fetched from the package index; "
                f"`pip install 'postmill[deno]'`, or put deno on the PATH:\n{error}"
            ) from None
        if found is None:
            raise programs.ProgramMissing("the package deno holds no program that runs on this machine")
        log.write(b"deno is in place\n")
        return found
