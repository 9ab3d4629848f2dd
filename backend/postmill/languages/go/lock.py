"""Locks of Go scripts: ``go.mod`` and ``go.sum`` as ``go mod tidy`` leaves them."""

import asyncio
import tempfile
from pathlib import Path

from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.program_text import go_mod_text, lock_text, program_files, users_words
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.protocol import LockFailed, LockRequest
from postmill.signatures.go_modules import GoModules, go_modules
from postmill.signatures.signature import InvalidSignature

TIDY_SECONDS = 300.0
OLDER_LANGUAGE = "1.22"


class GoLocker:
    """Resolves modules against the proxy as it is then."""

    def __init__(self, work_dir: Path, tool: GoTool) -> None:
        self._work_dir = work_dir
        self._tool = tool

    async def lock(self, request: LockRequest, toolchain: Toolchain) -> str:
        """The text of the lock. Raises LockFailed with the words of ``go``."""
        try:
            needed = go_modules(request.code)
            go_mod = go_mod_text(language_of(needed, toolchain), needed.required)
            files = program_files(request.code, "main", go_mod, "")
        except InvalidSignature as error:
            raise LockFailed(f"The code cannot be read: {error}.") from None
        if not needed.any:
            return lock_text(go_mod, "")
        request.log.write(f"resolving {', '.join(needed.imports)}\n".encode())
        with tempfile.TemporaryDirectory(prefix="lock-", dir=self._work_dir) as name:
            folder = Path(name)
            await asyncio.to_thread(write_files, folder, files)
            code, output = await self._tool.call(
                toolchain, folder, request.registries, ("mod", "tidy"), "-mod=mod", TIDY_SECONDS
            )
            if code != 0:
                raise LockFailed(f"The modules cannot be resolved (go mod tidy):\n{users_words(output)}")
            sums = folder / "go.sum"
            return lock_text((folder / "go.mod").read_text(), sums.read_text() if sums.exists() else "")


def language_of(needed: GoModules, toolchain: Toolchain) -> str:
    """The version of the language that the script is written in."""
    return OLDER_LANGUAGE if needed.older_language else toolchain.language


def write_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
