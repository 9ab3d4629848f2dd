"""What Go help needs on this machine: a toolchain, gopls, and the modules of locks."""

import asyncio
import tempfile
import time
from pathlib import Path

from postmill.kernel.errors import PostmillError, Unavailable
from postmill.languages.environment_files import remove_tree
from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.gopls import Gopls, NotBuilt
from postmill.languages.go.lock import write_files
from postmill.languages.go.program_text import split_lock
from postmill.languages.go.toolchain import Toolchain, Toolchains
from postmill.languages.protocol import LockFailed, Registries
from postmill.languages.tool import CapturedOutput, RunTool
from postmill.sandbox.zygote import ZygoteFailed

BEING_BUILT = (
    "Go help is being built (once per machine, it takes some minutes). It begins by itself when it is there."
)
AGAIN_SECONDS = 120.0
"""How long a build that failed is not tried again: the registry may have been away."""
_PATIENCE_SECONDS = 2.0
_VENDOR_SECONDS = 300.0


class BeingBuilt(Unavailable):
    """What is needed comes by itself, in minutes."""


class ModulesMissing(PostmillError):
    """The modules of a lock cannot be had."""


class GoPlace:
    """``cache_dir`` is shared with the workers of this machine, ``folder`` is for what is under way."""

    def __init__(self, cache_dir: Path, folder: Path, run_tool: RunTool, registries: Registries) -> None:
        self._cache_dir = cache_dir
        self.toolchains = Toolchains(cache_dir, run_tool)
        self._tool = GoTool(cache_dir, run_tool)
        self._gopls = Gopls(cache_dir, self._tool, run_tool)
        self._folder = folder
        self._registries = registries
        self._preparing: asyncio.Task[tuple[Toolchain, Path]] | None = None
        self._failed_at = 0.0
        self._vendoring = asyncio.Lock()

    async def programs(self) -> tuple[Toolchain, Path]:
        """The toolchain and gopls. Raises BeingBuilt until both are there, Unavailable where they cannot be had."""
        task = self._preparing
        if task is not None and task.done() and await asyncio.to_thread(self._is_over, task):
            task = None
        if task is None:
            task = self._preparing = asyncio.create_task(self._prepare())
        await asyncio.wait([task], timeout=_PATIENCE_SECONDS)
        if not task.done():
            raise BeingBuilt(BEING_BUILT)
        try:
            return task.result()
        except (NotBuilt, LockFailed, ZygoteFailed, OSError) as error:
            raise Unavailable(f"Go help cannot be built on this server: {error}") from None

    def _is_over(self, task: asyncio.Task[tuple[Toolchain, Path]]) -> bool:
        """Whether to look again: what was found is gone, or the failure is of long ago."""
        if task.cancelled() or task.exception() is not None:
            return time.monotonic() - self._failed_at > AGAIN_SECONDS
        toolchain, program = task.result()
        return not (program.exists() and toolchain.go.exists())

    async def _prepare(self) -> tuple[Toolchain, Path]:
        try:
            await asyncio.to_thread(self._cache_dir.mkdir, parents=True, exist_ok=True)
            toolchain = await self.toolchains.find(self._registries, CapturedOutput())
            found = await self._gopls.find(toolchain)
            return toolchain, found or await self._gopls.build(toolchain, self._registries)
        except BaseException:
            self._failed_at = time.monotonic()
            raise

    async def vendored(self, toolchain: Toolchain, lock: str, code: str) -> Path | None:
        """A folder with the code of the modules that a lock brings to ``code``, whose imports are all that counts.

        The caller moves it away or removes it. None where there are none. Raises ModulesMissing.
        """
        go_mod, go_sum = split_lock(lock)
        if not go_sum.strip():
            return None
        async with self._vendoring:
            work = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="modules-", dir=self._folder))
            try:
                await asyncio.to_thread(
                    write_files, work, {"go.mod": go_mod, "go.sum": go_sum, "code.go": code}
                )
                status, words = await self._tool.call(
                    toolchain, work, self._registries, ("mod", "vendor"), "", _VENDOR_SECONDS
                )
                if status != 0:
                    raise ModulesMissing(f"The modules cannot be had (go mod vendor):\n{words}")
                return await asyncio.to_thread(_taken_out, work)
            finally:
                await asyncio.to_thread(remove_tree, work)

    async def close(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)


def _taken_out(work: Path) -> Path | None:
    """The vendored code under a name of its own; there is none where nothing of the modules is imported."""
    if not (work / "vendor").exists():
        return None
    return (work / "vendor").rename(work.with_name(f"vendor-{work.name}"))
