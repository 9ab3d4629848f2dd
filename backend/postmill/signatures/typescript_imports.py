"""The import statements of a TypeScript script: modules of packages, and other scripts."""

import json
import posixpath
from collections.abc import Callable, Mapping
from functools import lru_cache

from tree_sitter import Node, Query, QueryCursor

from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_source import LANGUAGE, parse_program, string_value

EXTENSION = ".ts"
_RELATIVE = ("./", "../", "/")
_STATEMENTS = """
    (program (import_statement source: (string) @source))
    (program (export_statement source: (string) @source))
"""
_LOADERS = """
    (import_statement source: (string) @source)
    (import_statement (import_require_clause source: (string) @source))
    (export_statement source: (string) @source)
    (call_expression function: (import) arguments: (arguments . [(string) (template_string)] @source))
    ((call_expression function: (identifier) @called arguments: (arguments . [(string) (template_string)] @source))
      (#eq? @called "require"))
"""


@lru_cache(maxsize=64)
def module_names(code: str) -> tuple[str, ...]:
    """The modules of the top-level ``import`` and ``export ... from`` statements as written, each once, in their order.

    Raises InvalidSignature for unreadable code.
    """
    found = [string_value(source) for source in _sources(parse_program(code), _STATEMENTS)]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=64)
def needed_modules(code: str) -> tuple[str, ...]:
    """Every module that a run may load: also ``import("x")``, ``require("x")`` and ``import x = require("x")``.

    Type-only imports are left out: nothing of them is left at run time. Raises InvalidSignature for unreadable code.
    """
    sources = _sources(parse_program(code), _LOADERS)
    found = [string_value(source) for source in sources if not _is_type_only(source)]
    return tuple(dict.fromkeys(found))


def relative_imports(code: str, path: str) -> list[str]:
    """Paths of the scripts that the code at a path imports at its top level, each once, in their order.

    Raises InvalidSignature for unreadable code.
    """
    found = [script_path(name, path) for name in module_names(code)]
    return list(dict.fromkeys(name for name in found if name is not None))


def reachable_imports(code: str, path: str) -> list[str]:
    """Paths of the scripts that a run of the code at a path may load, types included, each once.

    Raises InvalidSignature for unreadable code.
    """
    names = [*module_names(code), *needed_modules(code)]
    found = [script_path(name, path) for name in names]
    return list(dict.fromkeys(name for name in found if name is not None))


def with_modules(code: str, other: Callable[[str], str | None]) -> str:
    """The code with other module names where ``other`` gives one; every line stays where it is.

    Raises InvalidSignature for unreadable code.
    """
    data = code.encode("utf-8", "replace")
    pieces, at = [], 0
    for source in _sources(parse_program(code), _LOADERS):
        name = other(string_value(source))
        if name is not None:
            pieces += [data[at : source.start_byte], json.dumps(name).encode()]
            at = source.end_byte
    return b"".join([*pieces, data[at:]]).decode()


def is_script(module: str) -> bool:
    """Whether a module name means a script or a file beside it, not a package."""
    return module.startswith(_RELATIVE)


def script_path(module: str, importer: str) -> str | None:
    """``./x`` and ``../d/x.ts`` seen from the script at a path, ``/f/x/y``; None for packages.

    Too many ``..`` end at the top of the workspace.
    """
    if not is_script(module):
        return None
    joined = module if module.startswith("/") else f"/{posixpath.dirname(importer)}/{module}"
    return posixpath.normpath(joined).lstrip("/").removesuffix(EXTENSION)


def module_sources(path: str, modules: Mapping[str, str]) -> dict[str, str]:
    """The modules of the script at a path as if each were a script beside it: code by path without ``.ts``."""
    folder = posixpath.dirname(path)
    place = f"{folder}/" if folder else ""
    return {f"{place}{name.removesuffix(EXTENSION)}": code for name, code in modules.items()}


def imports_or_none(code: str, path: str) -> list[str]:
    """``reachable_imports``; [] for unreadable code."""
    try:
        return reachable_imports(code, path)
    except InvalidSignature:
        return []


@lru_cache
def _query(pattern: str) -> Query:
    """Compiled when first used: a process that reads no TypeScript saves 3 MB."""
    return Query(LANGUAGE, pattern)


def _sources(root: Node, pattern: str) -> list[Node]:
    """The string literals that name modules, in the order of the source."""
    found = QueryCursor(_query(pattern)).captures(root).get("source", [])
    return sorted(filter(_is_plain, found), key=lambda node: node.start_byte)


def _is_plain(source: Node) -> bool:
    """No template with holes: nobody knows what will stand there."""
    return all(child.type != "template_substitution" for child in source.named_children)


def _is_type_only(source: Node) -> bool:
    """Whether the statement begins with ``import type`` or ``export type``."""
    statement = source.parent
    return statement is not None and any(child.type == "type" for child in statement.children)
