"""One `postmill up` per data directory: a lock that the kernel gives back however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postmill.kernel.errors import PostmillError


class DataDirectoryInUse(PostmillError):
    """Another postmill uses this data directory."""


@contextmanager
def data_directory(path: Path) -> Iterator[None]:
    """Make the directory where it is missing, closed to others, and hold it while the context lasts.

    Raises DataDirectoryInUse naming the process that holds it, and PostmillError where it cannot be written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PostmillError(f"the data directory {path} cannot be used: {error.strerror}") from None
    try:
        _take(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        raise DataDirectoryInUse(
            f"another postmill (process {holder}) already uses {path}; stop it, or choose another --data-dir"
        ) from None
