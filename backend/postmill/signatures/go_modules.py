"""What a Go script needs from elsewhere: imports of modules, ``//require`` lines, and its text as a package."""

import re
from dataclasses import dataclass

from tree_sitter import Node

from postmill.signatures.annotations import annotation_lines
from postmill.signatures.go import parse_go
from postmill.signatures.signature import InvalidSignature

_REQUIRE = re.compile(r"^[ \t]*//([ \t]*)require\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_MODULE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._~/-]*$")
_VERSION = re.compile(r"^v[0-9A-Za-z.+_-]+$")
_IMPORT = re.compile(r"^[A-Za-z0-9][\w.~/+-]*$", re.ASCII)
OLDER_LANGUAGE = "go1_22_compat"
LOCK_ONLY = "lock_only"
"""Of code that is locked and never run: it need not be compiled."""


@dataclass(frozen=True)
class GoModules:
    """``imports`` are the paths of packages outside the standard library, ``required`` modules with their version."""

    imports: tuple[str, ...] = ()
    required: tuple[tuple[str, str], ...] = ()
    older_language: bool = False

    @property
    def any(self) -> bool:
        return bool(self.imports or self.required)


def go_modules(code: str) -> GoModules:
    """What the code asks for. Raises InvalidSignature for a ``//require`` line that cannot be meant."""
    imports = [_path(node) for node in _import_specs(parse_go(code))]
    return GoModules(
        # The first part of a module's path is a host, and only hosts have a dot.
        imports=tuple(dict.fromkeys(path for path in imports if "." in path.split("/")[0] and "/" in path)),
        required=tuple(dict.fromkeys(_required(code))),
        older_language=OLDER_LANGUAGE in annotation_lines(code, "//"),
    )


def imports_only(needed: GoModules) -> str:
    """Code that needs the same modules, and reads well whatever else a script says that is being written."""
    lines = [f"//{LOCK_ONLY}", *([f"//{OLDER_LANGUAGE}"] if needed.older_language else []), "package inner"]
    lines += [f"//require {module} {version}" for module, version in needed.required]
    lines += [f'import _ "{path}"' for path in needed.imports if _IMPORT.match(path)]
    return "\n".join([*lines, "func main() {}", ""])


def is_locked_only(code: str) -> bool:
    return LOCK_ONLY in annotation_lines(code, "//")


def as_package(code: str) -> str:
    """The code as a file of ``package inner``, without changing the number of any line."""
    text = code.removeprefix("\ufeff")
    clause = next((node for node in parse_go(text).children if node.type == "package_clause"), None)
    if clause is None:
        # The comment tells the compiler where the text of the script begins.
        return "package inner; /*line main.go:1:1*/" + text
    name = clause.named_children[-1]
    data = text.encode("utf-8", "replace")
    return (data[: name.start_byte] + b"inner" + data[name.end_byte :]).decode()


def _required(code: str) -> list[tuple[str, str]]:
    found = []
    for line in _REQUIRE.finditer(code):
        words = line[2].split()
        if len(words) != 2 or not _MODULE.match(words[0]) or not _VERSION.match(words[1]):
            if line[1]:
                continue  # with a space it is prose: "// require the list to be sorted"
            place = code.count("\n", 0, line.start()) + 1
            raise InvalidSignature(
                "a line '//require' names a module and its version, such as github.com/google/uuid v1.6.0",
                place,
            )
        found.append((words[0], words[1]))
    return found


def _import_specs(root: Node) -> list[Node]:
    found: list[Node] = []
    for declaration in root.children:
        if declaration.type == "import_declaration":
            for child in declaration.named_children:
                found += child.named_children if child.type == "import_spec_list" else [child]
    return [node for node in found if node.type == "import_spec"]


def _path(spec: Node) -> str:
    node = spec.child_by_field_name("path")
    return (node.text or b"").decode("utf-8", "replace")[1:-1] if node is not None else ""
