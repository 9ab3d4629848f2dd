"""The folders that the steps of a flow share when all of them run on one worker."""

import shutil
import time
from pathlib import Path
from uuid import UUID

FORGET_AFTER_SECONDS = 24 * 3600.0


class SharedFolders:
    """One folder per flow run below ``base``, which lies on the file system of the jobs' folders."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def of(self, root_flow: UUID) -> Path:
        """The folder of a run, made when it is first asked for."""
        folder = self._base / str(root_flow)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def drop(self, root_flow: UUID) -> None:
        """The run has ended."""
        shutil.rmtree(self._base / str(root_flow), ignore_errors=True)

    def forget_old(self) -> None:
        """Removes what runs left here whose end another worker saw."""
        if not self._base.is_dir():
            return
        for folder in self._base.iterdir():
            if folder.stat().st_mtime < time.time() - FORGET_AFTER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
