"""The files of a workspace in the hands of one job."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator

import msgspec

from postmill.access.files import file_not_found, require_write_file
from postmill.items.files import MAX_KEYS, Files
from postmill.kernel.errors import NotFound
from postmill.languages.job_files import is_pattern, matches
from postmill.model.job import ClaimedJob
from postmill.model.subject import Subject
from postmill.objects.contract import PIECE_BYTES, checked_key
from postmill.worker.large_rows import RowPlaces

_MOST_FILES = 5000


class WorkspaceFiles(msgspec.Struct, frozen=True):
    """See ``languages.job_files.JobFiles``. Copies have no name on the disk, so that they go with their descriptor."""

    places: RowPlaces
    job: ClaimedJob
    subject: Subject

    @property
    def _files(self) -> Files:
        return Files(self.places.objects, self.subject, self.job.workspace_id)

    async def matching(self, pattern: str) -> list[str]:
        if not is_pattern(pattern):
            await self._files.facts(pattern)
            return [pattern]
        prefix = pattern[: next(place for place, letter in enumerate(pattern) if letter in "*?[")]
        found: list[str] = []
        after: str | None = ""
        while after is not None and len(found) <= _MOST_FILES:
            page, after = await self._files.find(prefix, after, MAX_KEYS)
            found += [facts.key for facts in page if matches(pattern, facts.key)]
        if not found:
            raise NotFound(f"Not found: no file matches {pattern}")
        return found

    async def opened(self, key: str) -> int:
        await self._files.facts(key)
        descriptor = self._nameless()
        try:
            async for piece in self._files.pieces(key):
                await asyncio.to_thread(_write_all, descriptor, piece)
        except FileNotFoundError:
            os.close(descriptor)
            raise file_not_found(key) from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    async def created(self, key: str) -> int:
        require_write_file(self.subject, checked_key(key))
        return self._nameless()

    async def stored(self, key: str, descriptor: int) -> None:
        await self._files.put(self.places.pool, key, _pieces(descriptor))

    def _nameless(self) -> int:
        with tempfile.TemporaryFile(dir=self.places.folder, buffering=0) as file:
            return os.dup(file.fileno())


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


async def _pieces(descriptor: int) -> AsyncIterator[bytes]:
    offset = 0
    while piece := await asyncio.to_thread(os.pread, descriptor, PIECE_BYTES, offset):
        offset += len(piece)
        yield piece
