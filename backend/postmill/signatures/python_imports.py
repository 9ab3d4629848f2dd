"""The import statements of a Python script: modules of packages, and other scripts."""

import ast
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from postmill.signatures.python_packages import is_namespace
from postmill.signatures.python_source import find_function, parse_module
from postmill.signatures.signature import InvalidSignature

_MAIN = re.compile(r"^(?:@|(?:async[ \t]+)?def[ \t]+main\b)", re.MULTILINE)
_PIN = re.compile(r"#\s*(re)?pin:([^#\n]*)")
_SPACES = ("f", "u")
_SHORTEST_PATH = 3  # space, folder or user, name


@dataclass(frozen=True)
class Pin:
    """``# pin: requirement`` behind an import; ``overrides`` for ``# repin:``."""

    requirement: str
    overrides: bool


@dataclass(frozen=True)
class ModuleImport:
    """An import of a package's module, by its full dotted name."""

    module: str
    pin: Pin | None


@dataclass(frozen=True)
class ScriptImport:
    """An import of another script. ``paths`` are where it may live, the likeliest first."""

    paths: tuple[str, ...]


Import = ModuleImport | ScriptImport


def read_imports(code: str, path: str) -> list[Import]:
    """The imports at the top level and above ``def main``, in their order.

    Code that cannot be parsed below ``def main`` is read down to there; raises InvalidSignature when that fails too.
    """
    try:
        tree = parse_module(code)
    except InvalidSignature:
        head = _MAIN.search(code)
        if head is None:
            raise
        tree = parse_module(code[: head.start()])
    lines = code.removeprefix("\ufeff").splitlines()
    return [found for node in _above_main(tree) for found in _imports_of(node, path, lines)]


def relative_imports(code: str, path: str) -> list[str]:
    """Paths of the scripts that the code imports above ``def main``, each once, in their order.

    Raises InvalidSignature for unreadable code.
    """
    found = [item.paths[0] for item in read_imports(code, path) if isinstance(item, ScriptImport)]
    return list(dict.fromkeys(found))


def reachable_imports(code: str, path: str) -> list[str]:
    """Every path that a run of the code may import, inside functions and conditions too.

    Holds each candidate of an ambiguous import (``from f.a.b import c`` may mean ``f/a/b`` or ``f/a/b/c``);
    raises InvalidSignature for unreadable code.
    """
    tree = parse_module(code)
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    statements.sort(key=lambda node: node.lineno)
    found = [item for node in statements for item in _imports_of(node, path, [])]
    return list(dict.fromkeys(p for item in found if isinstance(item, ScriptImport) for p in item.paths))


def module_sources(path: str, modules: Mapping[str, str]) -> dict[str, str]:
    """The modules of the script at ``path`` as if each were a script beside it: code by path, without ``.py``.

    ``modules`` maps paths relative to the script's folder to code; what is no Python file is left out.
    """
    folder = path.rpartition("/")[0]
    place = f"{folder}/" if folder else ""
    return {f"{place}{name[:-3]}": code for name, code in modules.items() if name.endswith(".py")}


def imported_roots(code: str) -> list[str]:
    """Top-level names of the modules that the code imports above ``def main``; [] for unreadable code."""
    try:
        found = read_imports(code, "")
    except InvalidSignature:
        return []
    return list(dict.fromkeys(i.module.split(".")[0] for i in found if isinstance(i, ModuleImport)))


def module_segment(name: str) -> str:
    """A segment of a script's path as Python spells it in an import."""
    spelled = name.replace("-", "_").replace(" ", "_").replace("@", ".")
    return f"_{spelled}" if spelled[:1].isdigit() or keyword.iskeyword(spelled) else spelled


def _above_main(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    main = find_function(tree, "main")
    for node in tree.body:
        if main is not None and node.lineno >= main.lineno:
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _imports_of(node: ast.Import | ast.ImportFrom, path: str, lines: list[str]) -> list[Import]:
    pin = _pin_of(node, lines)
    if isinstance(node, ast.Import):
        return [_absolute(alias.name, [], pin) for alias in node.names]
    names = [alias.name for alias in node.names if alias.name != "*"]
    if node.level:
        return _relative(node.module or "", node.level, names, path)
    module = node.module or ""
    if module.split(".")[0] in _SPACES:
        return _scripts(module.split("."), names)
    if is_namespace(module):
        return [ModuleImport(f"{module}.{name}", pin) for name in names] or [ModuleImport(module, pin)]
    return [ModuleImport(module, pin)]


def _absolute(module: str, names: list[str], pin: Pin | None) -> Import:
    segments = module.split(".")
    if segments[0] in _SPACES:
        return ScriptImport(("/".join(segments),))
    return ModuleImport(module, pin)


def _relative(module: str, level: int, names: list[str], path: str) -> list[Import]:
    """``from ..x import y`` in the script at ``path``; nothing when the dots lead out of the workspace."""
    package = path.split("/")
    if level > len(package):
        return []
    return _scripts([*package[: len(package) - level], *filter(None, module.split("."))], names)


def _scripts(segments: list[str], names: list[str]) -> list[Import]:
    """``from <segments> import <names>``: the module itself is a script, or each name below it is one."""
    whole = "/".join(segments)
    if len(segments) < _SHORTEST_PATH:
        return [ScriptImport((f"{whole}/{name}",)) for name in names if len(segments) + 1 >= _SHORTEST_PATH]
    return [ScriptImport((whole, *(f"{whole}/{name}" for name in names)))]


def _pin_of(node: ast.stmt, lines: list[str]) -> Pin | None:
    for line in lines[node.lineno - 1 : node.end_lineno]:
        if (comment := _PIN.search(line)) and (requirement := comment[2].strip()):
            return Pin(requirement, overrides=bool(comment[1]))
    return None
