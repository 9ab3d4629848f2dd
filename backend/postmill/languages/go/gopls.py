"""gopls, the language server of Go: a recent one on the search path, else built with the toolchain, once per machine.

    <cache>/gopls/<version>-<toolchain>   the program
    <cache>/gopls/lock                    held by who builds

It appears by one rename when it is complete. Another version or toolchain gets one of its own.
"""

import asyncio
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from postmill.languages.environment_files import remove_tree
from postmill.languages.file_locks import exclusively
from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.protocol import Registries
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall

MODULE = "golang.org/x/tools/gopls"
VERSIONS = (((1, 27), "v0.24.0"), ((1, 26), "v0.23.0"), ((1, 25), "v0.21.1"), ((1, 24), "v0.20.0"))
"""The version that is built, by the oldest language version of the toolchain that compiles it."""
OLDEST_FOUND = (0, 18)
"""Older ones on the search path do not know the settings that are asked of them."""
BUILD_SECONDS = 1800.0
MEMORY_MB = 400
"""Where the collector of a running gopls begins to work harder; the process may take twice that."""
_ASK_SECONDS = 20.0
_ANSWER = re.compile(r"gopls v(\d+)\.(\d+)\.")


class NotBuilt(Exception):
    """There is no gopls here, and none can be made; the message says why."""


@dataclass(frozen=True)
class Gopls:
    """Where the program is looked for and kept; ``search_path`` stands in for the variable PATH."""

    cache_dir: Path
    tool: GoTool
    run_tool: RunTool
    search_path: str | None = None

    async def find(self, toolchain: Toolchain) -> Path | None:
        """The program where there is one already."""
        version = version_for(toolchain)
        if version is not None and self._built(version, toolchain).exists():
            return self._built(version, toolchain)
        return await self._on_path()

    async def build(self, toolchain: Toolchain, registries: Registries) -> Path:
        """The program, built if need be. Raises NotBuilt."""
        version = version_for(toolchain)
        if version is None:
            raise NotBuilt(f"{toolchain.version} is too old to build {MODULE}: it takes Go 1.24 or newer")
        (self.cache_dir / "gopls").mkdir(parents=True, exist_ok=True)
        program = self._built(version, toolchain)
        # One lock for all versions: it is work for minutes, and never for two at a time.
        async with exclusively(self.cache_dir / "gopls" / "lock"):
            if not program.exists():
                await self._build(version, toolchain, registries, program)
        return program

    async def _build(self, version: str, toolchain: Toolchain, registries: Registries, program: Path) -> None:
        staging = self.cache_dir / "gopls" / "being-built"
        try:
            await asyncio.to_thread(remove_tree, staging)
            staging.mkdir()
            status, output = await self.tool.call(
                toolchain, staging, registries,
                ("install", "-trimpath", "-ldflags=-s -w", f"{MODULE}@{version}"),
                "", BUILD_SECONDS, in_background=True,
            )  # fmt: skip
            if status != 0:
                raise NotBuilt(f"go install {MODULE}@{version}:\n{output[-1500:]}")
            (staging / "gopath" / "bin" / "gopls").rename(program)
        finally:
            await asyncio.to_thread(remove_tree, staging)

    def _built(self, version: str, toolchain: Toolchain) -> Path:
        return self.cache_dir / "gopls" / f"{version}-{toolchain.version}"

    async def _on_path(self) -> Path | None:
        program = await asyncio.to_thread(_which, self.search_path)
        if program is None:
            return None
        output = CapturedOutput()
        await self.run_tool(
            ToolCall(
                argv=(str(program), "version"), env={"HOME": "/nonexistent", "GOTELEMETRY": "off"}, cwd=Path("/"),
                readable=(program,), writable=(), log=output, timeout_seconds=_ASK_SECONDS,
            )
        )  # fmt: skip
        return program if is_recent(output.text()) else None


def _which(search_path: str | None) -> Path | None:
    found = shutil.which("gopls", path=search_path)
    return Path(found).resolve() if found is not None else None


def version_for(toolchain: Toolchain) -> str | None:
    """The newest pinned version that the toolchain compiles; None for one that compiles none."""
    language = tuple(int(part) for part in toolchain.language.split("."))
    return next((version for oldest, version in VERSIONS if language >= oldest), None)


def is_recent(words: str) -> bool:
    """Whether this is what ``gopls version`` says of one that can be used."""
    found = _ANSWER.search(words)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_FOUND


def server_environment(toolchain: Toolchain) -> dict[str, str]:
    """Variables of a running gopls: it knows the modules that lie beside a script, and fetches none."""
    return {
        "PATH": f"{toolchain.root / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "GOROOT": str(toolchain.root),
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "GOFLAGS": "-buildvcs=false",
        "GOPROXY": "off",
        "GOSUMDB": "off",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "GOMAXPROCS": str(min(4, os.cpu_count() or 1)),
        "GOMEMLIMIT": f"{MEMORY_MB}MiB",
    }
