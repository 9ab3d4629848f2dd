"""What one machine has prepared, for the others: packages and programs by content, in a bucket that all of them reach.

A cache only: whatever fails here costs time and nothing else. Only workers write below ``cache/``. Each object ends
with the SHA-256 of what stands before, so that half of one, or a damaged one, is never used.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import platform
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Coroutine
from pathlib import Path

from postmill.kernel.errors import PostmillError
from postmill.objects.contract import Objects
from postmill.objects.store import copy_to_file

_PREFIX = f"cache/2/{sys.platform}-{platform.machine()}"
_HASH_BYTES = 32
_FETCH_SECONDS = 120.0

_log = logging.getLogger(__name__)


class SharedCache:
    """``kind`` and ``digest`` name a content that never changes."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._offering: set[asyncio.Task[None]] = set()

    async def fetch(self, kind: str, digest: str, target: Path) -> bool:
        """Writes the file that another machine offered; False where there is none."""
        try:
            async with asyncio.timeout(_FETCH_SECONDS):
                await copy_to_file(self._objects, _key(kind, digest), target)
            if await asyncio.to_thread(_take_hash_off, target):
                return True
            _log.warning("what the shared cache has of %s is damaged", digest)
            await asyncio.to_thread(target.unlink, missing_ok=True)
            return False
        except FileNotFoundError:
            return False
        except (PostmillError, OSError, TimeoutError) as error:
            await asyncio.to_thread(target.unlink, missing_ok=True)
            _log.warning("the shared cache cannot be read: %s", error)
            return False

    async def fetch_folder(self, kind: str, digest: str, target: Path) -> bool:
        """Fills a folder, which is made, with what another machine offered; False where there is nothing."""
        with tempfile.TemporaryDirectory(prefix="shared-", dir=target.parent) as folder:
            archive = Path(folder) / "archive"
            if not await self.fetch(kind, digest, archive):
                return False
            try:
                await asyncio.to_thread(_unpack, archive, target)
            except (OSError, tarfile.TarError) as error:
                await asyncio.to_thread(shutil.rmtree, target, ignore_errors=True)
                _log.warning("what the shared cache has of %s is damaged: %s", digest, error)
                return False
            return True

    def offer(self, kind: str, digest: str, source: Path) -> None:
        """Gives a file to the others, in the background; it must stay as it is."""
        self._in_background(self._put(kind, digest, source))

    def offer_folder(self, kind: str, digest: str, folder: Path) -> None:
        """Gives a folder to the others, in the background."""
        self._in_background(self._put_folder(kind, digest, folder))

    async def offered(self) -> None:
        """Waits until everything is given."""
        await asyncio.gather(*self._offering, return_exceptions=True)

    async def close(self) -> None:
        for task in self._offering:
            task.cancel()
        await self.offered()

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._offering.add(task)
        task.add_done_callback(self._offering.discard)

    async def _put(self, kind: str, digest: str, source: Path) -> None:
        with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix="shared-") as temporary:
            copy = Path(temporary) / "copy"
            if await self._is_missing(kind, digest):
                await asyncio.to_thread(shutil.copyfile, source, copy)
                await self._put_hashed(kind, digest, copy)

    async def _put_folder(self, kind: str, digest: str, folder: Path) -> None:
        with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix="shared-") as temporary:
            archive = Path(temporary) / "archive"
            if await self._is_missing(kind, digest):
                await asyncio.to_thread(_pack, folder, archive)
                await self._put_hashed(kind, digest, archive)

    async def _is_missing(self, kind: str, digest: str) -> bool:
        """Whether nobody has offered it; False too where the bucket cannot be asked."""
        try:
            return await self._objects.head(_key(kind, digest)) is None
        except (PostmillError, OSError) as error:
            _log.warning("the shared cache cannot be written: %s", error)
            return False

    async def _put_hashed(self, kind: str, digest: str, file: Path) -> None:
        try:
            await asyncio.to_thread(_put_hash_on, file)
            await self._objects.put(_key(kind, digest), file)
        except (PostmillError, OSError) as error:
            _log.warning("the shared cache cannot be written: %s", error)


def _key(kind: str, digest: str) -> str:
    return f"{_PREFIX}/{kind}/{digest}"


def _put_hash_on(file: Path) -> None:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").digest()
    with file.open("ab") as content:
        content.write(digest)


def _take_hash_off(file: Path) -> bool:
    """Whether the content is what its hash says, which is cut off."""
    size = file.stat().st_size - _HASH_BYTES
    if size < 0:
        return False
    with file.open("r+b") as content:
        content.seek(size)
        told = content.read()
        content.truncate(size)
        content.seek(0)
        return hmac.compare_digest(hashlib.file_digest(content, "sha256").digest(), told)


def _pack(folder: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(folder, arcname=".")


def _unpack(archive: Path, folder: Path) -> None:
    """Refuses what would lie outside of the folder."""
    folder.mkdir()
    with tarfile.open(archive, "r:gz") as tar:
        tar.extractall(folder, filter="data")
