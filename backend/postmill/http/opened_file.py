"""A file that is open already: whatever happens to its name meanwhile, it is sent whole."""

import os
from typing import BinaryIO

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send


class OpenedFileResponse(FileResponse):
    """Sends an open file, ranges of it where they are asked for, and closes it."""

    def __init__(self, file: BinaryIO, *, media_type: str, filename: str) -> None:
        # The name that the system has for an open file holds also when its own is gone.
        super().__init__(
            f"/dev/fd/{file.fileno()}", media_type=media_type, filename=filename,
            stat_result=os.fstat(file.fileno()),
        )  # fmt: skip
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()
