"""The import statements of a TypeScript script: modules of packages, and other scripts."""

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping

from tree_sitter import Node

from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_source import field, first_named, named, parse_program, string_value, text

EXTENSION = ".ts"
_RELATIVE = ("./", "../", "/")


def module_names(code: str) -> list[str]:
    """The modules of the top-level ``import`` and ``export ... from`` statements as written, each once, in their order.

    Raises InvalidSignature for unreadable code.
    """
    found = [name for node in named(parse_program(code)) if (name := _source_of(node)) is not None]
    return list(dict.fromkeys(found))


def needed_modules(code: str) -> list[str]:
    """Every module that a run may load: also ``import("x")``, ``require("x")`` and ``import x = require("x")``.

    Type-only imports are left out: nothing of them is left at run time. Raises InvalidSignature for unreadable code.
    """
    root = parse_program(code)
    found = [name for node in _walk(root) if (name := _loaded_by(node)) is not None]
    return list(dict.fromkeys(found))


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
    for node in _walk(parse_program(code)):
        source = _source_node(node)
        name = other(string_value(source)) if source is not None else None
        if source is not None and name is not None:
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


def _source_of(node: Node) -> str | None:
    """The module of an import or re-export statement."""
    source = field(node, "source") if node.type in ("import_statement", "export_statement") else None
    return string_value(source) if source is not None and source.type == "string" else None


def _loaded_by(node: Node) -> str | None:
    if any(child.type == "type" for child in node.children):
        return None
    source = _source_node(node)
    return string_value(source) if source is not None else None


def _source_node(node: Node) -> Node | None:
    """The string literal that names the module which a statement or call loads."""
    source: Node | None = None
    match node.type:
        case "import_statement":
            source = field(node, "source") or _required(node)
        case "export_statement":
            source = field(node, "source")
        case "call_expression":
            function, arguments = field(node, "function"), field(node, "arguments")
            if function is not None and arguments is not None and text(function) in ("import", "require"):
                source = first_named(arguments)
    return source if source is not None and source.type == "string" else None


def _required(node: Node) -> Node | None:
    """The module of ``import x = require("x")``."""
    for clause in named(node):
        if clause.type == "import_require_clause":
            return field(clause, "source")
    return None


def _walk(root: Node) -> Iterator[Node]:
    """All nodes in the order of the source."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.named_children)
