"""Installed packages: one folder for each distinct lock, shared by scripts, jobs and worker processes.

A folder appears by one rename when it is complete, so that neither a kill nor another process can leave or show half
of one. Where machines share a bucket, the first that installs a lock gives the folder to the others.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from postmill.languages.environment_files import remove_tree
from postmill.languages.environment_store import EnvironmentStore
from postmill.languages.file_locks import exclusively, only_one, shared
from postmill.languages.protocol import InstallFailed, LogSink
from postmill.languages.shared_cache import SharedCache

DEFAULT_MAX_BYTES = 10 * 1024**3
GRACE_SECONDS = 600.0
_TOUCH_SECONDS = 60.0
_SWEEP_SECONDS = 600.0

Fill = Callable[[Path], Awaitable[None]]
"""Puts the packages into ``site`` below the given folder, which is its working folder too. Raises InstallFailed."""


@dataclass(frozen=True)
class InstalledFolder:
    """``path`` holds what was installed; ``digest`` names it.

    ``modules`` are the importable top-level names, ``bytes`` the size on disk; ``compiled``: bytecode lies beside.
    """

    digest: str
    path: Path
    modules: frozenset[str] = frozenset()
    bytes: int = 0
    compiled: bool = False


class Named(Protocol):
    """Whatever stands for a folder by its digest."""

    @property
    def digest(self) -> str: ...


class _Held:
    """A folder that this process knows: its shared file lock keeps other processes from removing it."""

    def __init__(self, folder: InstalledFolder, descriptor: int) -> None:
        self.folder = folder
        self.descriptor = descriptor
        self.users = 0
        self.used_at = time.monotonic()
        self.touched_at = 0.0


class InstalledFolders:
    """Makes, shares and removes the folders below one cache folder."""

    def __init__(
        self,
        store: EnvironmentStore,
        max_bytes: int = DEFAULT_MAX_BYTES,
        grace_seconds: float = GRACE_SECONDS,
        *,
        kind: str,
        shared: SharedCache | None = None,
        on_opened: Callable[[InstalledFolder], None] = lambda _folder: None,
    ) -> None:
        """``max_bytes`` bounds the folders, and the installer's cache besides.

        ``grace_seconds``: a folder used that recently is not removed for space. ``kind`` names these folders in the
        ``shared`` cache. ``on_opened`` hears of every folder that this process takes into use.
        """
        self._kind = kind
        self._shared = shared
        self._on_opened = on_opened
        self._store = store
        self._max_bytes = max_bytes
        self._grace_seconds = grace_seconds
        self._held: dict[str, _Held] = {}
        self._installing: dict[str, asyncio.Task[InstalledFolder]] = {}
        self._swept_at = 0.0

    async def ensure(self, digest: str, fill: Fill, log: LogSink) -> InstalledFolder:
        """The folder of a digest, filled if it is not there yet.

        Cancelling a caller does not end an installation that others may wait for. Raises what ``fill`` raises.
        """
        if held := self._held.get(digest):
            self._mark_used(held)
            return held.folder
        task = self._installing.get(digest)
        if task is None:
            task = self._installing[digest] = asyncio.create_task(self._install_once(digest, fill, log))
            task.add_done_callback(lambda done: self._installed(digest, done))
        else:
            log.write(b"waiting for the installation of the same packages by another run\n")
        return await asyncio.shield(task)

    @asynccontextmanager
    async def using(self, folder: Named) -> AsyncIterator[None]:
        """Within this, the folder is not removed for space."""
        self.hold(folder)
        try:
            yield
        finally:
            self.release(folder)

    def hold(self, folder: Named) -> None:
        """Keeps the folder until the same number of calls of ``release``."""
        if held := self._held.get(folder.digest):
            held.users += 1
            self._mark_used(held)

    def release(self, folder: Named) -> None:
        if held := self._held.get(folder.digest):
            held.users = max(0, held.users - 1)
            held.used_at = time.monotonic()

    async def close(self) -> None:
        """Ends running installations and lets go of everything held."""
        tasks = list(self._installing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for held in self._held.values():
            os.close(held.descriptor)
        self._held.clear()

    def _installed(self, digest: str, task: asyncio.Task[InstalledFolder]) -> None:
        self._installing.pop(digest, None)
        if not task.cancelled():
            task.exception()  # seen here too: every caller may have gone away

    async def _install_once(self, digest: str, fill: Fill, log: LogSink) -> InstalledFolder:
        """Installs unless another process did, then holds the result."""
        async with exclusively(self._store.lock_path(digest)):
            described = self._store.description(digest)
            if described is None:
                await self._install(digest, fill, log)
                described = self._store.description(digest)
            if described is None:
                raise InstallFailed("The installed packages disappeared from the cache folder.")
            descriptor = shared(self._store.use_path(digest))
        modules = frozenset(described.modules)
        folder = InstalledFolder(
            digest, self._store.site(digest), modules, described.bytes, described.compiled
        )
        held = self._held[digest] = _Held(folder, descriptor)
        self._mark_used(held)
        self._on_opened(folder)
        async with self.using(folder):
            await self._make_room()
        return folder

    async def _install(self, digest: str, fill: Fill, log: LogSink) -> None:
        """Makes the folder. The caller holds the lock of the digest."""
        started = time.monotonic()
        staging = await asyncio.to_thread(self._store.staging, digest)
        try:
            cache = self._shared
            found = cache is not None and await cache.fetch_folder(self._kind, digest, staging / "site")
            if not found:
                await fill(staging)
            await asyncio.to_thread(self._store.publish, staging, digest)
            if cache is not None and not found:
                cache.offer_folder(self._kind, digest, self._store.site(digest))
        finally:
            await asyncio.to_thread(remove_tree, staging)
        source = " from the shared cache" if found else ""
        log.write(f"installed{source} in {time.monotonic() - started:.2f} s\n".encode())

    def _mark_used(self, held: _Held) -> None:
        """Notes the use for the choice of what to remove, on disk now and then for other processes."""
        held.used_at = now = time.monotonic()
        if now - held.touched_at > _TOUCH_SECONDS or not held.touched_at:
            held.touched_at = now
            self._store.touch(held.folder.digest)

    async def _make_room(self) -> None:
        """Removes the folders that were not used for longest until the rest fits."""
        try:
            with only_one(self._store.eviction_path):
                await self._evict()
        except BlockingIOError:
            return  # another process is at it

    async def _evict(self) -> None:
        used = await asyncio.to_thread(self._store.usage)
        total = sum(size for _, _, size in used)
        for used_at, digest, size in used:
            if total <= self._max_bytes:
                break
            if time.time() - used_at < self._grace_seconds or not self._let_go(digest):
                continue
            if await asyncio.to_thread(self._store.remove, digest):
                total -= size
        if time.monotonic() - self._swept_at > _SWEEP_SECONDS or not self._swept_at:
            self._swept_at = time.monotonic()
            await asyncio.to_thread(self._store.sweep, self._max_bytes)

    def _let_go(self, digest: str) -> bool:
        """Drops this process's claim; False when it was used lately or is in use."""
        held = self._held.get(digest)
        if held is None:
            return True
        if held.users or time.monotonic() - held.used_at < self._grace_seconds:
            return False
        del self._held[digest]
        os.close(held.descriptor)
        return True
