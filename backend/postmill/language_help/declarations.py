"""The type declarations of installed npm packages, as far as given modules reach them. All functions block.

A package is what somebody published: its files are read only below its folder, links included, only where they are
declarations, and only as many as a browser can hold.
"""

import json
import posixpath
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 12 * 1024**2
MOST_FILES = 4000
MOST_FILE_BYTES = 3 * 1024**2
_ENDINGS = (".d.ts", ".d.mts", ".d.cts")
_TYPES_OF = {
    ".js": ".d.ts",
    ".mjs": ".d.mts",
    ".cjs": ".d.cts",
    ".ts": ".d.ts",
    ".mts": ".d.mts",
    ".cts": ".d.cts",
}
_CONDITIONS = ("types", "import", "bun", "node", "default", "require", "module", "browser")
_MANIFEST = ("name", "version", "types", "typings", "main", "module", "type", "exports", "typesVersions")
_MODULE = re.compile(
    r"""\b(?:from|import|require)\s*\(?\s*["']([^"'\n]{1,300})["']|/{3}\s*<reference\s+(path|types)\s*=\s*["']([^"'\n]{1,300})["']"""
)


@dataclass
class Declarations:
    """``files`` by name below ``node_modules``. ``untyped`` are packages that bring no types, ``left_out`` those
    of which files are missing here because they would be too many."""

    files: dict[str, str] = field(default_factory=dict)
    untyped: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def declarations(node_modules: Path, modules: Iterable[str]) -> Declarations:
    """What a compiler needs to know of the modules (``zod``, ``lodash/fp``), nearest first."""
    return _Reader(node_modules.resolve()).read(modules)


def package_of(module: str) -> str:
    """``@scope/name/inner`` belongs to ``@scope/name``."""
    return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._found = Declarations()
        self._bytes = 0
        self._manifests: dict[Path, Mapping[str, Any]] = {}
        self._waiting: deque[tuple[str, Path]] = deque()
        self._seen: set[Path] = set()

    def read(self, modules: Iterable[str]) -> Declarations:
        for module in dict.fromkeys(modules):
            if not self._enter(module, self._root):
                self._found.untyped.append(package_of(module))
        while self._waiting:
            package, file = self._waiting.popleft()
            self._take(package, file)
        self._found.untyped = sorted(set(self._found.untyped))
        return self._found

    def _enter(self, module: str, near: Path) -> bool:
        """Queues the declarations of a module as it is found from a folder; False where it has none."""
        name = package_of(module)
        folder = self._folder(name, near)
        if folder is None:
            return False
        inner = module[len(name) :].lstrip("/")
        entries = [file for file in self._entries(folder, inner) if file is not None]
        for file in entries[:1]:
            self._queue(name, file)
        return bool(entries)

    def _folder(self, name: str, near: Path) -> Path | None:
        """The package as node finds it: in the nearest ``node_modules`` upwards."""
        while near.is_relative_to(self._root):
            base = near if near.name == "node_modules" else near / "node_modules"
            folder = base / name
            if (folder / "package.json").is_file() and self._inside(folder):
                return folder
            near = near.parent
        return None

    def _entries(self, folder: Path, inner: str) -> Iterator[Path | None]:
        """Where the declarations of a package or of a part of it may begin, the best first."""
        manifest = self._manifest(folder)
        for target in _exported(manifest.get("exports"), f"./{inner}" if inner else "."):
            yield self._declaration(folder, target)
        if inner:
            yield self._declaration(folder, inner)
            return
        for key in ("types", "typings", "module", "main"):
            if isinstance(manifest.get(key), str):
                yield self._declaration(folder, manifest[key])
        yield self._declaration(folder, "index")

    def _declaration(self, folder: Path, target: str) -> Path | None:
        """The file of declarations that a relative name means from a folder."""
        base = posixpath.normpath(f"{folder}/{target}")
        stem, ending = posixpath.splitext(base)
        names = [base] if base.endswith(_ENDINGS) else []
        if ending in _TYPES_OF:
            names.append(stem + _TYPES_OF[ending])
        names += [base + one for one in _ENDINGS] + [f"{base}/index{one}" for one in _ENDINGS]
        for name in names:
            file = Path(name)
            if file.is_file() and self._inside(file):
                return file
        return None

    def _inside(self, path: Path) -> bool:
        """Whether the path, links followed, is below the installed packages."""
        return path.resolve().is_relative_to(self._root)

    def _manifest(self, folder: Path) -> Mapping[str, Any]:
        known = self._manifests.get(folder)
        if known is None:
            try:
                read = json.loads((folder / "package.json").read_bytes())
            except (OSError, ValueError, RecursionError):
                read = {}
            known = self._manifests[folder] = read if isinstance(read, dict) else {}
            kept = {key: known[key] for key in _MANIFEST if key in known}
            self._keep(folder / "package.json", json.dumps(kept))
        return known

    def _queue(self, package: str, file: Path) -> None:
        if file not in self._seen:
            self._seen.add(file)
            self._waiting.append((package, file))

    def _take(self, package: str, file: Path) -> None:
        try:
            size = file.stat().st_size
            full = self._bytes + size > MOST_BYTES or len(self._found.files) >= MOST_FILES
            if full or size > MOST_FILE_BYTES:
                if package not in self._found.left_out:
                    self._found.left_out.append(package)
                return
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        self._keep(file, text)
        for found in _MODULE.finditer(text):
            self._follow(package, file, found[1] or found[3], found[2])

    def _follow(self, package: str, file: Path, module: str, reference: str | None) -> None:
        if module.startswith(".") or reference == "path":
            target = self._declaration(file.parent, module)
            if target is not None:
                self._queue(package, target)
        elif module.startswith(("node:", "bun:", "/", "#")) or ":" in module:
            return
        elif not self._enter(module, file.parent):
            # Types of a package that has none of its own may lie beside it.
            self._enter(types_package(package_of(module)), file.parent)

    def _keep(self, file: Path, text: str) -> None:
        self._bytes += len(text)
        self._found.files[file.relative_to(self._root).as_posix()] = text


def types_package(name: str) -> str:
    """Where others publish the types of a package that brings none: ``@scope/name`` in ``@types/scope__name``."""
    return f"@types/{name.removeprefix('@').replace('/', '__')}"


def _exported(exports: Any, inner: str) -> Iterator[str]:
    """The targets of a part of a package in its ``exports``, those of types first."""
    if isinstance(exports, dict) and any(str(key).startswith(".") for key in exports):
        for key, value in exports.items():
            before, star, after = str(key).partition("*")
            if key == inner:
                yield from _targets(value)
            elif star and inner.startswith(before) and inner.endswith(after):
                middle = inner[len(before) : len(inner) - len(after)]
                yield from (target.replace("*", middle) for target in _targets(value))
    elif inner == ".":
        yield from _targets(exports)


def _targets(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 8:
        for one in value:
            yield from _targets(one, depth + 1)
    elif isinstance(value, dict) and depth < 8:
        for condition in sorted(value, key=_rank):
            yield from _targets(value[condition], depth + 1)


def _rank(condition: str) -> int:
    return _CONDITIONS.index(condition) if condition in _CONDITIONS else len(_CONDITIONS)
