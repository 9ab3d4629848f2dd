"""The classes a Python script declares: enums with text values, and records with typed members."""

import ast
from dataclasses import dataclass

from postmill.signatures.python_source import last_name, text_of

ENUM_BASES = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"})
MAX_FIELDS = 200


@dataclass(frozen=True)
class Record:
    """A dataclass, pydantic model or TypedDict: its members' annotations, inherited ones first."""

    name: str
    fields: dict[str, ast.expr]


class Classes:
    """Looks classes of one module up by name."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self._assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self._aliases = _import_aliases(tree)

    def declares(self, name: str) -> bool:
        """Whether the module gives the name a meaning of its own (``class x`` or ``x = dict``)."""
        return name in self._nodes or name in self._assigned

    def enum_values(self, name: str) -> dict[str, str]:
        """Member name to text value of an enum, {} for other classes and for enums without text values."""
        node = self._nodes.get(name)
        if node is None or not self._derives(node, ENUM_BASES):
            return {}
        lowered = self._derives(node, frozenset({"StrEnum"}))
        members: dict[str, str] = {}
        for statement in node.body:
            for target, value in _assignments(statement):
                text = _member_text(target, value, lowered)
                if text is not None and not target.startswith("_"):
                    members[target] = text
        return members

    def record(self, name: str) -> Record | None:
        """The record of that name, None for classes that are not records."""
        node = self._nodes.get(name)
        if node is None or not self._is_record(node, frozenset()):
            return None
        return Record(name, dict(list(self._fields(node, frozenset()).items())[:MAX_FIELDS]))

    def is_typed_dict(self, name: str) -> bool:
        node = self._nodes.get(name)
        return node is not None and self._derives(node, frozenset({"TypedDict"}))

    def original_name(self, node: ast.expr) -> str | None:
        """``Enum`` for ``enum.Enum``, ``e.Enum`` and for ``E`` after ``from enum import Enum as E``."""
        name = last_name(node)
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id, name)
        return name

    def module_of(self, alias: str) -> str:
        """``datetime`` for ``d`` after ``import datetime as d``; the name itself when it is no alias."""
        return self._aliases.get(alias, alias)

    def _derives(self, node: ast.ClassDef, roots: frozenset[str], seen: frozenset[str] = frozenset()) -> bool:
        for base in node.bases:
            name = self.original_name(base)
            if name in roots:
                return True
            parent = self._nodes.get(name or "")
            if parent and parent.name not in seen and self._derives(parent, roots, seen | {node.name}):
                return True
        return False

    def _is_record(self, node: ast.ClassDef, seen: frozenset[str]) -> bool:
        if any(
            self.original_name(decorator) == "dataclass" for decorator in map(_callee, node.decorator_list)
        ):
            return True
        return self._derives(node, frozenset({"BaseModel", "TypedDict"})) or any(
            parent.name not in seen and self._is_record(parent, seen | {node.name})
            for parent in self._parents(node)
        )

    def _parents(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        found = (self._nodes.get(base.id) for base in node.bases if isinstance(base, ast.Name))
        return [parent for parent in found if parent is not None]

    def _fields(self, node: ast.ClassDef, seen: frozenset[str]) -> dict[str, ast.expr]:
        fields: dict[str, ast.expr] = {}
        for parent in reversed(self._parents(node)):
            if parent.name not in seen:
                fields |= self._fields(parent, seen | {node.name})
        for statement in node.body:
            if not isinstance(statement, ast.AnnAssign) or _is_class_variable(statement.annotation):
                continue
            if isinstance(statement.target, ast.Name):
                fields[statement.target.id] = statement.annotation
        return fields


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _is_class_variable(annotation: ast.expr) -> bool:
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return last_name(node) == "ClassVar"


def _assignments(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The plain names that a statement of a class body assigns, with their values."""
    if isinstance(statement, ast.Assign):
        return [(t.id, statement.value) for t in statement.targets if isinstance(t, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return [(statement.target.id, statement.value)]
    return []


def _member_text(name: str, value: ast.expr, lowered: bool) -> str | None:
    if lowered and isinstance(value, ast.Call) and last_name(value) == "auto":
        return name.lower()
    return text_of(value)


def _import_aliases(tree: ast.Module) -> dict[str, str]:
    """Local name to imported name, for ``import a as b`` and ``from m import a as b``."""
    return {
        alias.asname: alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
