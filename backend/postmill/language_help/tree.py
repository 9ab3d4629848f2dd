"""A workspace's scripts as files, for language servers that only know files.

    <folder>/files/<version>      what stands in a version, once
    <folder>/roots/<environment>/f/reports/monthly.py

Every environment has a root of its own, because a language server takes its settings by root. All methods block.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


class ScriptTree:
    """Files of scripts, the same ones below every root."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "files"
        self.roots = folder / "roots"
        self._versions: dict[str, int] = {}
        for needed in (self._files, self.roots):
            needed.mkdir(parents=True, mode=0o700)

    def missing(self, versions: Mapping[str, int]) -> list[int]:
        """The versions whose code is not here yet."""
        return [version for version in versions.values() if not (self._files / str(version)).exists()]

    def store(self, contents: Mapping[int, str]) -> None:
        for version, content in contents.items():
            (self._files / str(version)).write_text(content, encoding="utf-8", errors="replace", newline="")

    def show(self, versions: Mapping[str, int]) -> list[tuple[Path, int]]:
        """Makes every root hold exactly these; what changed, as (file, kind): 1 made, 2 changed, 3 gone."""
        changes: list[tuple[Path, int]] = []
        roots = list(self.roots.iterdir())
        for path in self._versions.keys() - versions.keys():
            for root in roots:
                file = _file(root, path)
                file.unlink(missing_ok=True)
                _remove_empty(file.parent, root)
                changes.append((file, 3))
        for path, version in versions.items():
            known = self._versions.get(path)
            if known == version:
                continue
            for root in roots:
                self._place(root, path, version)
                changes.append((_file(root, path), 1 if known is None else 2))
        self._versions = dict(versions)
        return changes

    def add_root(self, name: str) -> Path:
        """A root with all files; nothing happens to one that exists."""
        root = self.roots / name
        if not root.exists():
            root.mkdir(mode=0o700)
            for path, version in self._versions.items():
                self._place(root, path, version)
        return root

    def remove_root(self, name: str) -> None:
        shutil.rmtree(self.roots / name, ignore_errors=True)

    def code(self, path: str) -> str | None:
        """What stands at a path, None where there is nothing to see."""
        version = self._versions.get(path)
        if version is None:
            return None
        return (self._files / str(version)).read_text(encoding="utf-8", errors="replace")

    def _place(self, root: Path, path: str, version: int) -> None:
        file = _file(root, path)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.unlink(missing_ok=True)
        source = self._files / str(version)
        if source.exists():
            os.link(source, file)


def _file(root: Path, path: str) -> Path:
    """Paths of items have no empty, dot or control parts: they stay below the root."""
    return root / f"{path}.py"


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
