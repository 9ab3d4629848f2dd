"""Locks, installed packages and bundles of TypeScript scripts on one worker."""

import asyncio
import hashlib
import platform
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from postmill.languages.environment_store import EnvironmentStore
from postmill.languages.imports import TooManyImports
from postmill.languages.installed import InstalledFolder, InstalledFolders
from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, LogSink, Registries
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import RunTool
from postmill.languages.typescript.bundles import Bundles
from postmill.languages.typescript.lock_text import Lock, lock_text, parse_lock
from postmill.languages.typescript.npm import Npm
from postmill.languages.typescript.programs import ProgramMissing
from postmill.languages.typescript.scripts import read_closure
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.typescript_packages import InvalidPackages, Packages, needed_packages

_MACHINE = f"{sys.platform}-{platform.machine()}"
_PARSED_LOCKS = 500


class NpmPackages:
    """What a worker knows of npm packages, below one cache folder."""

    def __init__(self, cache_dir: Path, run_tool: RunTool, shared: SharedCache | None = None) -> None:
        store = EnvironmentStore(cache_dir / "npm")
        self._work_dir = store.work_dir
        self.npm = Npm(store.cache_dir, store.cache_lock_path, run_tool)
        self.folders = InstalledFolders(store, kind="npm", shared=shared)
        self.bundles = Bundles(cache_dir / "npm", run_tool)
        self._parsed: dict[str, Lock] = {}

    async def lock(self, request: LockRequest) -> str:
        """The text of the lock. Raises LockFailed with the words of whoever cannot go on."""
        try:
            return await self._lock(request)
        except (InvalidPackages, ProgramMissing, TooManyImports) as error:
            raise LockFailed(f"The packages cannot be resolved: {error}.") from None
        except ZygoteFailed as error:
            raise LockFailed(f"The resolver could not be started: {error}") from error

    async def _lock(self, request: LockRequest) -> str:
        closure = await read_closure(request.code, request.path, request.modules, request.sources)
        files = request.workspace_requirements
        if request.raw_requirements is not None:
            needed = needed_packages([""], {"": request.raw_requirements})
        else:
            needed = needed_packages(list(closure.values()), files)
        header = _header(needed, files)
        if needed.are_none:
            return lock_text(needed.manifest, None, header)
        wanted = needed.manifest.get("dependencies", {})
        request.log.write(f"resolving {', '.join(f'{n}@{v}' for n, v in wanted.items())}\n".encode())
        with tempfile.TemporaryDirectory(prefix="lock-", dir=self._work_dir) as folder:
            resolved = await self.npm.resolve(Path(folder), needed.manifest, request.registries, request.log)
        return lock_text(needed.manifest, resolved, header)

    async def installed(
        self, text: str | None, registries: Registries, log: LogSink
    ) -> InstalledFolder | None:
        """The packages of a lock, None where it holds none. Raises InstallFailed with the installer's words."""
        lock = self._parse(text or "")
        if not lock.needs_packages:
            return None

        async def fill(staging: Path) -> None:
            count = len(lock.manifest.get("dependencies", {}))
            log.write(f"installing {count} packages and what they need\n".encode())
            await self.npm.install(staging, lock, registries, log)

        try:
            return await self.folders.ensure(lock.digest(_MACHINE), fill, log)
        except ZygoteFailed as error:
            raise InstallFailed(f"The installer could not be started: {error}") from error

    def _parse(self, text: str) -> Lock:
        lock = self._parsed.get(text)
        if lock is None:
            if len(self._parsed) > _PARSED_LOCKS:
                self._parsed.clear()
            lock = self._parsed[text] = parse_lock(text)
        return lock

    async def close(self) -> None:
        await asyncio.gather(self.bundles.close(), self.folders.close())


def _header(needed: Packages, files: Mapping[str, str]) -> str:
    """The first lines of a lock that was made from a file of the workspace."""
    if not needed.workspace_files:
        return ""
    lines = ["// workspace-dependencies-mode: manual"]
    for name in needed.workspace_files:
        content = files.get("" if name == "default" else name, "")
        lines.append(f"// workspace-dependencies: {name}:{hashlib.sha256(content.encode()).hexdigest()}")
    return "".join(f"{line}\n" for line in lines)
