"""Archives in memory, of files that this server made up itself."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Literal

from postmill.kernel.errors import InvalidInput

Format = Literal["tar", "zip"]
# A constant time makes archives of the same content the same.
_ZIP_TIME = (2020, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, bytes], kind: str) -> bytes:
    """The files by name as a tar or zip archive; raises InvalidInput for another kind."""
    if kind == "tar":
        return _tar(files)
    if kind == "zip":
        return _zip(files)
    raise InvalidInput(f"Invalid Archive Type: {kind[:20]!r}; tar and zip are possible")


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content)
    return buffer.getvalue()
