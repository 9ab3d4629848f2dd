"""A TypeScript script with the scripts that it imports, as files that find each other."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from postmill.languages.circles import first_circle, may_come_of_circle, with_circle
from postmill.languages.imports import gather
from postmill.languages.protocol import RunOutcome, RunRequest, Sources
from postmill.signatures.signature import InvalidSignature, Signature
from postmill.signatures.typescript import infer_typescript
from postmill.signatures.typescript_imports import (
    EXTENSION,
    imports_or_none,
    is_script,
    module_sources,
    needed_modules,
    script_path,
    with_modules,
)
from postmill.signatures.typescript_packages import InvalidPackages, package_import

NO_PATH = "main"


@dataclass(frozen=True)
class Program:
    """``files`` by path with the extension ``.ts``, ``main`` among them. ``packages``: whether any file imports one.

    ``circle``: the paths of the first circle of imports among them, empty where there is none.
    """

    main: str
    files: Mapping[str, str]
    packages: bool
    circle: tuple[str, ...] = ()


def plain_path(path: str | None) -> str:
    """A path that can lie in a folder, whatever the job was called."""
    parts = (path or "").split("/")
    is_plain = path is not None and not any(part in ("", ".", "..") or "\0" in part for part in parts)
    return "/".join(parts) if is_plain else NO_PATH


async def read_closure(
    code: str, path: str | None, modules: Mapping[str, str], sources: Sources
) -> dict[str, str]:
    """Code by path of the script (first), its modules and every script that they import.

    Raises what ``sources`` raises, or TooManyImports.
    """
    at = plain_path(path)
    own = {name: text for name, text in module_sources(at, modules).items() if name != at}
    return {at: code, **own, **await gather({at: code, **own}, (), sources, _imports)}


async def with_circle_named(request: RunRequest, outcome: RunOutcome) -> RunOutcome:
    """Names the scripts that import each other, where the run failed of it. Raises what ``read_closure`` raises."""
    if not may_come_of_circle(outcome):
        return outcome
    closure = await read_closure(request.code, request.path, request.modules, request.sources)
    return with_circle(outcome, first_circle(next(iter(closure)), closure, _imports))


def program_of(closure: Mapping[str, str], other_names: Callable[[str, str], str | None]) -> Program:
    """The closure as files whose imports name files; ``other_names(module, importer)`` says how."""
    main = next(iter(closure))
    files = {f"{path}{EXTENSION}": _with_names(code, path, other_names) for path, code in closure.items()}
    packages = any(_imports_packages(code) for code in closure.values())
    circle = first_circle(main, closure, _imports) if len(closure) > 1 else []
    return Program(f"{main}{EXTENSION}", files, packages, tuple(circle))


def file_names(module: str, importer: str) -> str | None:
    """Scripts as relative files, packages without their versions: what bun and node understand."""
    if is_script(module):
        return relative_file(module, importer)
    try:
        found = package_import(module)
    except InvalidPackages:
        return None  # whoever loads it tells
    return found.module if found is not None and found.module != module else None


def relative_file(module: str, importer: str) -> str | None:
    """``/f/x/y`` and ``./y`` as a relative file; files of another kind stay as they are."""
    target = script_path(module, importer)
    if target is None or posixpath.splitext(target)[1] in (".json", ".js", ".mjs", ".txt"):
        return None
    found = posixpath.relpath(f"/{target}{EXTENSION}", f"/{posixpath.dirname(importer)}")
    return found if found.startswith("../") else f"./{found}"


@lru_cache(maxsize=1024)
def signature_of(code: str, entrypoint: str) -> Signature | None:
    """None for code that cannot be read: the runtime says where."""
    try:
        return infer_typescript(code, entrypoint)
    except InvalidSignature:
        return None


@lru_cache(maxsize=2048)
def _imports(code: str, path: str) -> tuple[str, ...]:
    return tuple(imports_or_none(code, path)) if may_import(code) else ()


@lru_cache(maxsize=2048)
def _imports_packages(code: str) -> bool:
    if not may_import(code):
        return False
    try:
        return any(package_import(module) is not None for module in needed_modules(code))
    except (InvalidSignature, InvalidPackages):
        return False


@lru_cache(maxsize=512)
def _with_names(code: str, path: str, other_names: Callable[[str, str], str | None]) -> str:
    if not may_import(code):
        return code
    try:
        return with_modules(code, lambda module: other_names(module, path))
    except InvalidSignature:
        return code


def may_import(code: str) -> bool:
    """Most scripts import nothing: this look spares them the parser."""
    return "import" in code or "require" in code or ("export" in code and "from" in code)
