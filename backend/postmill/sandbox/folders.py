"""A folder that belongs to one running process; what killed processes left is removed by the next one."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "worker-"


@dataclass(frozen=True)
class ClaimedFolder:
    """``path`` is this process's own until ``release``, or until the process ends in whatever way."""

    path: Path
    _descriptor: int

    def release(self) -> None:
        """Removes the folder with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def claim_folder(parent: Path) -> ClaimedFolder:
    """A fresh folder below ``parent``; removes those whose owner has died."""
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for leftover in parent.glob(f"{_PREFIX}*"):
        _remove_if_abandoned(leftover)
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists():
            return ClaimedFolder(path, descriptor)
        os.close(descriptor)  # another process took it for abandoned before it was locked


def _remove_if_abandoned(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
