# ruff: noqa: PTH101, PTH116, PTH208
# What a job changes meanwhile is looked at by descriptors and plain calls.
"""How much disk a running job takes: the files in its folders, and those that it removed but keeps open.

Looked at from outside, in a thread, without following links: what a job names or removes meanwhile is no error.
Every file counts at least one block, so that millions of empty ones have their price.
"""

import os
from collections.abc import Iterable, Sequence

_BLOCK = 512
_LEAST = 4096


def disk_bytes(folders: Sequence[str], pids: Iterable[int], enough: int) -> int:
    """The sum, or any larger number than ``enough`` as soon as it is reached; files with several names count once."""
    count = _Count(enough)
    for folder in folders:
        descriptor = _open_folder(folder)
        if descriptor is not None:
            count.device = os.fstat(descriptor).st_dev
            count.add_folder(descriptor)
    for pid in pids:
        count.add_removed(pid)
    return count.sum


class _Count:
    def __init__(self, enough: int) -> None:
        self.sum = 0
        self.device = -1
        self._enough = enough
        self._seen: set[int] = set()

    def add_folder(self, descriptor: int) -> None:
        """Everything below an open folder, which is closed."""
        waiting = [descriptor]
        try:
            while waiting and self.sum <= self._enough:
                folder = waiting.pop()
                try:
                    self._add_entries(folder, waiting)
                finally:
                    os.close(folder)
        finally:
            for folder in waiting:
                os.close(folder)

    def _add_entries(self, folder: int, waiting: list[int]) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if self.sum > self._enough:
                        return
                    self._add_entry(entry, folder, waiting)
        except OSError:
            return

    def _add_entry(self, entry: "os.DirEntry[str]", folder: int, waiting: list[int]) -> None:
        try:
            facts = entry.stat(follow_symlinks=False)
        except OSError:
            return
        self._add(facts)
        if entry.is_dir(follow_symlinks=False):
            below = _open_folder(entry.name, folder)
            if below is not None:
                waiting.append(below)

    def add_removed(self, pid: int) -> None:
        """The open files of a process that have no name any more and lie on the disk of the folders."""
        place = f"/proc/{pid}/fd"
        try:
            names = os.listdir(place)
        except OSError:
            return
        for name in names:
            try:
                facts = os.stat(f"{place}/{name}")
            except OSError:
                continue
            if facts.st_nlink == 0 and facts.st_dev == self.device:
                self._add(facts)

    def _add(self, facts: os.stat_result) -> None:
        if facts.st_nlink != 1:
            if facts.st_ino in self._seen:
                return
            self._seen.add(facts.st_ino)
        self.sum += max(facts.st_blocks * _BLOCK, _LEAST)


def _open_folder(name: str, parent: int | None = None) -> int | None:
    """A folder, never through a link; one that the job closed to its owner is opened again. None where it is gone."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=parent)
    except PermissionError:
        pass
    except OSError:
        return None
    try:
        closed = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError:
        return None
    try:
        os.chmod(f"/proc/self/fd/{closed}", 0o700)
        return os.open(name, flags, dir_fd=parent)
    except OSError:
        return None
    finally:
        os.close(closed)
