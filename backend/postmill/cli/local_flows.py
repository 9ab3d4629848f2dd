"""Flows in a folder: an OpenFlow document, ``NAME.flow.json``, or ``NAME.flow/flow.yaml`` with its code beside it.

In a folder of its own a text ``!inline FILE`` anywhere in the document stands for the content of that file, as
``wmill sync pull`` writes it. Its settings can make it name the folder ``NAME__flow``, and write JSON.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postmill.cli.documents import ENDINGS, INLINE, PushFailed, inline, read_document

SUFFIXES = (".flow", "__flow")


@dataclass(frozen=True)
class LocalFlow:
    """A flow in the folder: its path in the workspace and the body that deploys it."""

    path: str
    body: dict[str, Any]


def read_flows(folder: Path) -> list[LocalFlow]:
    """The flows below the folder; raises PushFailed for what cannot be read."""
    files = {
        file: file.with_name(file.name.removesuffix(ending))
        for suffix in SUFFIXES
        for ending in ENDINGS
        for file in folder.rglob(f"*{suffix}{ending}")
    }
    files |= {
        file: file.parent
        for suffix in SUFFIXES
        for ending in ENDINGS
        for file in folder.rglob(f"*{suffix}/flow{ending}")
    }
    return [_read_flow(folder, file, place) for file, place in sorted(files.items())]


def _read_flow(folder: Path, file: Path, place: Path) -> LocalFlow:
    """``place`` is the file or folder that has the flow's name."""
    document = read_document(file)
    if not isinstance(document.get("value"), dict):
        raise PushFailed(f"{file} has to hold an object with the member value.")
    if file.parent == place:
        document = _with_files(document, place)
    suffix = next(suffix for suffix in SUFFIXES if place.name.endswith(suffix))
    path = str(place.relative_to(folder)).removesuffix(suffix)
    return LocalFlow(path, {"summary": "", "description": "", **document, "path": path})


def _with_files(value: Any, place: Path) -> Any:
    if isinstance(value, dict):
        return {name: _with_files(member, place) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_files(item, place) for item in value]
    return inline(value, place) if isinstance(value, str) and value.startswith(INLINE) else value
