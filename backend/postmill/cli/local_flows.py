"""Flows in a folder: an OpenFlow document, ``NAME.flow.json``, or ``NAME.flow/flow.json`` with its code beside it.

In a folder of its own a text ``!inline FILE`` anywhere in the document stands for the content of that file, as
``wmill sync pull --json`` writes it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUFFIX = ".flow"
INLINE = "!inline "


class PushFailed(Exception):
    """Something cannot be deployed; the message says which file and why."""


@dataclass(frozen=True)
class LocalFlow:
    """A flow in the folder: its path in the workspace and the body that deploys it."""

    path: str
    body: dict[str, Any]


def read_flows(folder: Path) -> list[LocalFlow]:
    """The flows below the folder; raises PushFailed for what cannot be read."""
    files = {
        file: file.with_name(file.name.removesuffix(".json")) for file in folder.rglob(f"*{SUFFIX}.json")
    }
    files |= {file: file.parent for file in folder.rglob(f"*{SUFFIX}/flow.json")}
    return [_read_flow(folder, file, place) for file, place in sorted(files.items())]


def _read_flow(folder: Path, file: Path, place: Path) -> LocalFlow:
    """``place`` is the file or folder that has the flow's name."""
    try:
        document = json.loads(file.read_text())
    except (ValueError, OSError) as error:
        raise PushFailed(f"{file} is not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("value"), dict):
        raise PushFailed(f"{file} has to hold a JSON object with the member value.")
    if file.parent == place:
        document = _with_files(document, place)
    path = str(place.relative_to(folder)).removesuffix(SUFFIX)
    return LocalFlow(path, {"summary": "", "description": "", **document, "path": path})


def _with_files(value: Any, place: Path) -> Any:
    if isinstance(value, dict):
        return {name: _with_files(member, place) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_files(item, place) for item in value]
    if isinstance(value, str) and value.startswith(INLINE):
        file = (place / value.removeprefix(INLINE).strip()).resolve()
        if not file.is_relative_to(place.resolve()):
            raise PushFailed(f"{place}: {value!r} lies outside of the flow's folder.")
        try:
            return file.read_text()
        except OSError as error:
            raise PushFailed(f"{place}: {value!r} cannot be read: {error.strerror}.") from None
    return value
