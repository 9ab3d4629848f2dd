"""Python annotations as argument types.

Two readings: the *strict* one knows exactly the forms that existing clients know, so that a schema made
here equals one made by them; the *lenient* one is asked only about annotations that they leave open.
"""

import ast
from dataclasses import dataclass

from postmill.signatures.python_classes import Classes
from postmill.signatures.python_source import parse_expression, text_of
from postmill.signatures.signature import (
    Bool,
    Bytes,
    Date,
    Datetime,
    DynMultiselect,
    DynSelect,
    Float,
    Int,
    ListOf,
    Object,
    Prop,
    Resource,
    Sql,
    Str,
    Type,
    Unknown,
)

BUILTIN_TYPES: dict[str, Type] = {
    "str": Str(),
    "int": Int(),
    "float": Float(),
    "bool": Bool(),
    "bytes": Bytes(),
    "dict": Object(),
    "list": ListOf(Unknown()),
    "datetime": Datetime(),
    "date": Date(),
    "Sql": Sql(),
    "sql": Sql(),
    "S3Object": Resource("s3_object"),
}

# Inside a record a bare name is a Python type, not the name of a resource type.
MEMBER_TYPES: dict[str, Type] = {
    "UUID": Str(),
    "Path": Str(),
    "Decimal": Float(),
    "EmailStr": Str(),
    "HttpUrl": Str(),
    "AnyUrl": Str(),
    "SecretStr": Str(),
    "List": ListOf(Unknown()),
    "Dict": Object(),
    "tuple": ListOf(Unknown()),
    "set": ListOf(Unknown()),
}

_MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
)
_SEQUENCES = frozenset(
    {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "set", "Set", "frozenset",
     "FrozenSet", "tuple", "Tuple"}
)  # fmt: skip
_WRAPPERS = frozenset({"Annotated", "Required", "NotRequired", "ReadOnly", "Final"})
_MAX_DEPTH = 10
_MAX_NESTING = 60


@dataclass(frozen=True)
class Annotation:
    """What an annotation says. ``optional``: None may be left out; ``original``: see Arg."""

    type: Type
    optional: bool = False
    original: str | None = None


class TypeReader:
    """Reads the annotations of one module."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes

    def strict(self, node: ast.expr) -> Annotation:
        """The annotation of an argument as existing clients read it."""
        members = _union_members(node)
        if len(members) == 2 and (text := _list_union_text(*members)):
            return Annotation(Unknown(), original=text)
        optional = (len(members) > 1 and _is_none(members[-1])) or _subscripts(node, "Optional")
        return Annotation(self._strict_type(node, enums=True), optional)

    def lenient(self, node: ast.expr) -> Type:
        """The type of an annotation that the strict reading leaves open."""
        return self._lenient_type(node, (), 0)

    def _strict_type(self, node: ast.expr, enums: bool = False) -> Type:
        if isinstance(node, ast.Name):
            return self._bare_name(node.id, enums)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "wmill":
                return self._bare_name(node.attr, enums)
            if node.value.id == "datetime" and node.attr in ("datetime", "date"):
                return BUILTIN_TYPES[node.attr]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            match node.value.id:
                case "list" | "List":
                    return ListOf(self._strict_item(node.slice))
                case "Optional":
                    return self._strict_type(node.slice, enums)
                case "Literal":
                    return _literal(node.slice)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and _is_none(node.right):
            return self._strict_type(node.left, enums)
        return Unknown()

    def _strict_item(self, node: ast.expr) -> Type:
        """In a list, a TypedDict only names its resource type: there clients offer resources, no fields."""
        if isinstance(node, ast.Name) and self._classes.is_typed_dict(node.id):
            return Resource(node.id)
        return self._strict_type(node)

    def _bare_name(self, name: str, enums: bool) -> Type:
        if known := BUILTIN_TYPES.get(name):
            return known
        if selection := _dynamic_selection(name):
            return selection
        if enums and (values := self._classes.enum_values(name)):
            return Str(tuple(values.values()))
        return self._record(name, ()) or Resource(name)

    def _record(self, name: str, outer: tuple[str, ...]) -> Type | None:
        """The record of that name; ``outer`` are the records that it is a member of."""
        record = self._classes.record(name)
        if record is None:
            return None
        if name in outer or len(outer) >= _MAX_DEPTH:
            return Object(name, None)
        if not record.fields:
            return Resource(name)
        inside = (*outer, name)
        return Object(
            name, tuple(Prop(key, self._lenient_type(node, inside, 0)) for key, node in record.fields.items())
        )

    def _lenient_type(self, node: ast.expr, outer: tuple[str, ...], nesting: int) -> Type:
        """``outer`` names the records around the annotation; nesting bounds the recursion into it."""
        if nesting > _MAX_NESTING:
            return Unknown()
        if (text := text_of(node)) is not None:
            inner = parse_expression(text)
            return Unknown() if inner is None else self._lenient_type(inner, outer, nesting + 1)
        if isinstance(node, ast.Subscript):
            return self._lenient_subscript(node, outer, nesting)
        if isinstance(node, ast.BinOp):
            return self._lenient_union(_union_members(node), outer, nesting)
        return self._lenient_name(node, outer)

    def _lenient_name(self, node: ast.expr, outer: tuple[str, ...]) -> Type:
        name = self._classes.original_name(node)
        if name is None:
            return Unknown()
        if isinstance(node, ast.Attribute) and not self._qualifies(node.value, name):
            return Unknown()
        if known := (BUILTIN_TYPES.get(name) or MEMBER_TYPES.get(name) or _dynamic_selection(name)):
            return known
        if values := self._classes.enum_values(name):
            return Str(tuple(values.values()))
        if record := self._record(name, outer):
            return record
        return Resource(name) if isinstance(node, ast.Name) and self._classes.declares(name) else Unknown()

    def _qualifies(self, module: ast.expr, name: str) -> bool:
        """Whether ``module.name`` may be read as the plain name."""
        if not isinstance(module, ast.Name):
            return False
        return name not in ("datetime", "date") or self._classes.module_of(module.id) == "datetime"

    def _lenient_subscript(self, node: ast.Subscript, outer: tuple[str, ...], nesting: int) -> Type:
        name = self._classes.original_name(node.value)
        parameters = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name in _MAPPINGS:
            return Object()
        if name == "Literal":
            return _literal(node.slice)
        if name == "Union":
            return self._lenient_union(parameters, outer, nesting)
        if not parameters:
            return Unknown()
        if name in _SEQUENCES:
            return ListOf(self._lenient_type(parameters[0], outer, nesting + 1))
        if name in _WRAPPERS or name == "Optional":
            return self._lenient_type(parameters[0], outer, nesting + 1)
        return Unknown()

    def _lenient_union(self, members: list[ast.expr], outer: tuple[str, ...], nesting: int) -> Type:
        """The one type that all members share, a number for int with float."""
        types = {self._lenient_type(m, outer, nesting + 1) for m in members if not _is_none(m)}
        if len(types) == 1:
            return types.pop()
        return Float() if types == {Int(), Float()} else Unknown()


def _literal(node: ast.expr) -> Type:
    """An enum of the texts; plain text for a single member, as existing clients have it."""
    members = node.elts if isinstance(node, ast.Tuple) else [node]
    texts = tuple(text for member in members if (text := text_of(member)) is not None)
    return Str(texts) if len(members) > 1 and texts else Str()


def _dynamic_selection(name: str) -> Type | None:
    if name.startswith("DynSelect_"):
        return DynSelect(name.removeprefix("DynSelect_"))
    if name.startswith("DynMultiselect_"):
        return DynMultiselect(name.removeprefix("DynMultiselect_"))
    return None


def _union_members(node: ast.expr) -> list[ast.expr]:
    """``[a, b, c]`` for ``a | b | c``, the node alone for anything else."""
    members: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        members.append(node.right)
        node = node.left
    members.append(node)
    members.reverse()
    return members


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _subscripts(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name


def _list_union_text(first: ast.expr, second: ast.expr) -> str | None:
    """``T | list[T]`` (or the other way round) in its normal spelling, None for other unions."""
    texts = [_spelled(first), _spelled(second)]
    if texts[1] == f"list[{texts[0]}]" or texts[0] == f"list[{texts[1]}]":
        return " | ".join(texts)
    return None


def _spelled(node: ast.expr) -> str:
    if _subscripts(node, "List"):
        assert isinstance(node, ast.Subscript)
        return f"list[{ast.unparse(node.slice)}]"
    return ast.unparse(node)
