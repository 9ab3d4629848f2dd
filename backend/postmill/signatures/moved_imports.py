"""Code whose imports follow a script that moved. Pure.

Only import statements are changed (and, in Python, the dotted names that a plain ``import f.a.b`` brings): what a text
or a call says about a path stays, since nobody can know what it is for.
"""

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from postmill.signatures.python_imports import module_segment
from postmill.signatures.python_source import parse_module
from postmill.signatures.typescript_imports import EXTENSION, script_path, with_modules

TYPESCRIPT = frozenset({"bun", "deno", "nativets", "bunnative"})
_MODULE = re.compile(rb"from[ \t]*([.\w \t]+?)[ \t]+import\b")
_SPACES = ("f", "u")


@dataclass(frozen=True)
class Move:
    """A script went from ``old`` to ``new``; the code that imports it stood at ``before`` and stands at ``after``."""

    old: str
    new: str
    before: str
    after: str

    def target(self, path: str) -> str:
        return self.new if path == self.old else path


def follow_move(code: str, language: str, move: Move) -> str:
    """The code with its imports changed; the same code where nothing is to be changed.

    Raises InvalidSignature for code that cannot be read; code of languages without imports stays as it is.
    """
    if language in TYPESCRIPT:
        return with_modules(code, lambda module: _typescript_module(module, move))
    if language == "python3":
        return _python(code, move)
    return code


def _typescript_module(module: str, move: Move) -> str | None:
    """Another name of a module, in the manner of the one that is there; None to leave it."""
    path = script_path(module, move.before)
    if path is None:
        return None
    extension = EXTENSION if module.endswith(EXTENSION) else ""
    wanted = move.target(path)
    if module.startswith("/"):
        return f"/{wanted}{extension}" if wanted != path else None
    if wanted == path and posixpath.dirname(move.before) == posixpath.dirname(move.after):
        return None
    relative = posixpath.relpath(f"/{wanted}", f"/{posixpath.dirname(move.after)}")
    return f"{relative if relative.startswith('../') else f'./{relative}'}{extension}"


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


class _Source:
    """Code as bytes: the syntax tree counts columns in them."""

    def __init__(self, code: str) -> None:
        self.data = code.encode("utf-8", "surrogatepass")
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.stmt | ast.expr | ast.alias) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def begins_line(self, node: ast.stmt) -> bool:
        start = self._starts[node.lineno - 1]
        return not self.data[start : start + node.col_offset].strip()

    def changed(self, edits: list[_Edit]) -> str:
        data = self.data
        for edit in sorted(edits, key=lambda one: one.start, reverse=True):
            data = data[: edit.start] + edit.text.encode() + data[edit.end :]
        return data.decode("utf-8", "surrogatepass")


def _python(code: str, move: Move) -> str:
    tree = parse_module(code)
    source = _Source(code)
    edits: list[_Edit] = []
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            edits += _plain_import(node, source, move, names)
        elif isinstance(node, ast.ImportFrom):
            edits += _import_from(node, source, move)
    if names:
        edits += [
            _Edit(*source.span(node), names[dotted])
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and (dotted := _dotted(node)) in names
        ]
    return source.changed(edits) if edits else code


def _plain_import(node: ast.Import, source: _Source, move: Move, names: dict[str, str]) -> Iterator[_Edit]:
    """``import f.a.b`` and ``import f.a.b as c``; without ``as`` its names in the code change too."""
    old, new = ".".join(_spelled(move.old)), ".".join(_spelled(move.new))
    for alias in node.names:
        if alias.name == old:
            yield _Edit(*source.span(alias), f"{new} as {alias.asname}" if alias.asname else new)
            if alias.asname is None:
                names[old] = new


def _import_from(node: ast.ImportFrom, source: _Source, move: Move) -> Iterator[_Edit]:
    base = _base(node, move.before)
    if base is None:
        return
    old, new = _spelled(move.old), _spelled(move.new)
    start, end = source.span(node)
    module = _MODULE.match(source.data, start, end)
    if module is None:
        return
    is_relative = node.level > 0
    kept = _written(base, move.after, is_relative)
    if base == old:
        yield _Edit(module.start(1), module.end(1), _written(new, move.after, is_relative))
        return
    moved = [alias for alias in node.names if [*base, alias.name] == old]
    if not moved:
        if is_relative and posixpath.dirname(move.before) != posixpath.dirname(move.after):
            yield _Edit(module.start(1), module.end(1), kept)
        return
    home = _written(new[:-1], move.after, is_relative)
    shown = ", ".join(_named(new[-1], alias.asname or alias.name) for alias in moved)
    others = [alias for alias in node.names if alias not in moved]
    text = f"from {home} import {shown}"
    if others:
        rest = ", ".join(_named(alias.name, alias.asname or alias.name) for alias in others)
        between = f"\n{' ' * node.col_offset}" if source.begins_line(node) else "; "
        text = f"from {kept} import {rest}{between}{text}"
    yield _Edit(start, end, text)


def _base(node: ast.ImportFrom, importer: str) -> list[str] | None:
    """What stands between ``from`` and ``import``, from the top of the workspace; None for packages."""
    parts = [part for part in (node.module or "").split(".") if part]
    if not node.level:
        return parts if parts and parts[0] in _SPACES else None
    package = _spelled(importer)
    return [*package[: len(package) - node.level], *parts] if node.level <= len(package) else None


def _written(base: list[str], importer: str, relative: bool) -> str:
    package = _spelled(importer)[:-1]
    if relative and base[: len(package)] == package:
        return "." + ".".join(base[len(package) :])
    return ".".join(base)


def _named(name: str, known_as: str) -> str:
    return name if name == known_as else f"{name} as {known_as}"


def _spelled(path: str) -> list[str]:
    return [module_segment(part) for part in path.split("/")]


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"
