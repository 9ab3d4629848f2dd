"""From TypeScript type annotations to the types of arguments."""

import re
from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from postmill.signatures.signature import (
    Bool,
    Bytes,
    Datetime,
    DynMultiselect,
    DynSelect,
    Email,
    Float,
    Int,
    ListOf,
    Object,
    OneOf,
    Prop,
    Resource,
    Sql,
    Str,
    Type,
    Unknown,
    Variant,
)
from postmill.signatures.typescript_source import Statements, field, first_named, named, string_value, text

_PREDEFINED: dict[str, Type] = {
    "string": Str(), "number": Float(), "boolean": Bool(), "object": Object(None, ()),
}  # fmt: skip
_KNOWN: dict[str, Type] = {
    "Date": Datetime(), "Base64": Bytes(), "Email": Email(), "Sql": Sql(),
    "bigint": Int(),  # a name to the grammar
}  # fmt: skip
_NOTHING = ("null", "undefined")
_MEMBER = "property_signature"
_LABELS = ("label", "kind")
_MOST_NESTED = 2  # how often a declaration may lie within itself
_MOST_PROPERTIES = 2_000


@dataclass(frozen=True)
class Annotation:
    """What an annotation says: ``optional`` for ``T | undefined``, ``original`` the text of ``T | T[]``."""

    type: Type
    optional: bool = False
    original: str | None = None


class TypeReader:
    """Reads annotations of one program, whose interfaces and type aliases it knows."""

    def __init__(self, program: Statements) -> None:
        self._declared: dict[str, Node] = {}
        for node, _, default in program:
            if node.type in ("interface_declaration", "type_alias_declaration") and not default:
                name = field(node, "name")
                if name is not None:
                    self._declared[text(name)] = node
        self._open: list[str] = []  # the declarations that are being read, outermost first
        self._parameters: list[frozenset[str]] = []  # the type parameters of each of them
        self._properties = 0

    def read(self, node: Node) -> Annotation:
        """The annotation of a type node (``type_annotation`` or a type)."""
        match node.type:
            case "type_annotation" | "parenthesized_type" | "readonly_type":
                inner = first_named(node)
                return self.read(inner) if inner is not None else Annotation(Unknown())
            case "predefined_type":
                return Annotation(_PREDEFINED.get(text(node), Unknown()))
            case "literal_type":
                value = _literal_text(node)
                return Annotation(Unknown() if value is None else Str((value,)))
            case "array_type":
                inner = first_named(node)
                return Annotation(ListOf(self.read(inner).type if inner is not None else Unknown()))
            case "object_type":
                return Annotation(Object(None, self._members(node)))
            case "union_type":
                return self._union(node)
            case "intersection_type":
                return Annotation(self._intersection(node))
            case "type_identifier" | "identifier":
                return self._named(text(node), None, qualified=False)
            case "nested_type_identifier":
                return self._named(text(field(node, "name") or node), None, qualified=True)
            case "generic_type":
                return self._generic(node)
        return Annotation(Unknown())

    def _generic(self, node: Node) -> Annotation:
        name = field(node, "name")
        arguments = field(node, "type_arguments")
        if name is None:
            return Annotation(Unknown())
        qualified = name.type == "nested_type_identifier"
        if qualified:
            name = field(name, "name") or name
        return self._named(text(name), arguments, qualified)

    def _named(self, name: str, arguments: Node | None, qualified: bool) -> Annotation:
        if known := _KNOWN.get(name):
            return Annotation(known)
        if name == "Resource":
            return Annotation(Resource(_resource_name(arguments)))
        if function := re.fullmatch(r"DynSelect_(.+)", name):
            return Annotation(DynSelect(function[1]))
        if function := re.fullmatch(r"DynMultiselect_(.+)", name):
            return Annotation(DynMultiselect(function[1]))
        is_parameter = any(name in parameters for parameters in self._parameters)
        declared = None if qualified or is_parameter else self._declared.get(name)
        if declared is None:
            return Annotation(Resource(snake_case(name)))
        return self._expanded(name, declared)

    def _expanded(self, name: str, declared: Node) -> Annotation:
        """The declared type; a name within itself is followed once more, then left open."""
        if self._open.count(name) >= _MOST_NESTED or self._properties > _MOST_PROPERTIES:
            return Annotation(Object(snake_case(name), None))
        self._open.append(name)
        self._parameters.append(_type_parameters(declared))
        try:
            if declared.type == "interface_declaration":
                return Annotation(Object(snake_case(name), self._interface(declared)))
            value = field(declared, "value")
            if value is None:
                return Annotation(Unknown())
            found = self.read(value)
            return Annotation(_called(found.type, snake_case(name)), found.optional)
        finally:
            self._open.pop()
            self._parameters.pop()

    def _interface(self, node: Node) -> tuple[Prop, ...]:
        """The members, inherited ones first."""
        props: list[Prop] = []
        for clause in named(node):
            if clause.type != "extends_type_clause":
                continue
            for parent in named(clause):
                inherited = self.read(parent).type
                if isinstance(inherited, Object) and inherited.props:
                    props += inherited.props
        body = field(node, "body")
        if body is not None:
            props += self._members(body)
        return tuple(props)

    def _members(self, node: Node) -> tuple[Prop, ...]:
        """Properties with plain names; methods, call and index signatures are none."""
        props = []
        for member in named(node):
            name = field(member, "name")
            if member.type != _MEMBER or name is None or name.type != "property_identifier":
                continue
            self._properties += 1
            annotation = field(member, "type")
            found = self.read(annotation).type if annotation is not None else Unknown()
            props.append(Prop(text(name), found))
        return tuple(props)

    def _intersection(self, node: Node) -> Type:
        """All members of objects together; anything else is open."""
        props: list[Prop] = []
        for part in named(node):
            found = self.read(part).type
            if not isinstance(found, Object) or found.props is None:
                return Unknown()
            props += found.props
        return Object(None, tuple(props))

    def _union(self, node: Node) -> Annotation:
        members = _union_members(node)
        rest = [member for member in members if not _is_nothing(member)]
        optional = len(rest) < len(members)
        if (choice := _choice(rest)) is not None:
            return Annotation(choice, optional)
        if len(members) == 2 and len(rest) == 1:
            return Annotation(self.read(rest[0]).type, optional=True)
        if (original := _one_or_many(members)) is not None:
            return Annotation(Unknown(), original=original)
        variants = [self._variant(member) for member in rest]
        found = [variant for variant in variants if variant is not None]
        if len(found) == len(variants) and len(found) > 1:
            return Annotation(OneOf(tuple(found)))
        return Annotation(Unknown())

    def _variant(self, node: Node) -> Variant | None:
        """One alternative of a oneOf: an object with a literal label, or a named object."""
        if node.type == "object_type":
            label = _label(node)
            return None if label is None else Variant(label, self._members(node))
        if node.type not in ("type_identifier", "generic_type"):
            return None
        name = text(node) if node.type == "type_identifier" else text(field(node, "name") or node)
        if name not in self._declared:
            return None
        found = self.read(node).type
        return Variant(name, found.props) if isinstance(found, Object) and found.props else None


def snake_case(name: str) -> str:
    """``S3Object`` is ``s3_object``, ``ABC`` is ``abc``, ``AaBC`` is ``aa_bc``."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    split = re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", split)
    return "_".join(filter(None, split.lower().split("_"))) or name


def _called(found: Type, name: str) -> Type:
    """The type under the name of its alias, where it has no name or is a resource."""
    match found:
        case Object(None, props):
            return Object(name, props)
        case Resource():
            return Resource(name)
        case ListOf(item):
            return ListOf(_called(item, name))
    return found


def _literal_text(node: Node) -> str | None:
    inner = first_named(node)
    return string_value(inner) if inner is not None and inner.type == "string" else None


def _is_nothing(node: Node) -> bool:
    return text(node) in _NOTHING


def _union_members(node: Node) -> list[Node]:
    found: list[Node] = []
    while node.type == "union_type":
        children = named(node)
        if not children:
            break
        found += reversed(children[1:])
        node = children[0]
    return [*reversed([*found, node])]


def _choice(members: list[Node]) -> Str | None:
    """The type of a union of text literals and ``string``; None for other unions."""
    if not members or all(text(member) == "string" for member in members):
        return Str() if members else None
    values = []
    for member in members:
        if text(member) == "string":
            continue
        value = _literal_text(member) if member.type == "literal_type" else None
        if value is None:
            return None
        values.append(value)
    return Str(tuple(dict.fromkeys(values)))


def _one_or_many(members: list[Node]) -> str | None:
    """``T | T[]`` in normal spelling, for a plain T."""
    if len(members) != 2:
        return None
    plain = ("type_identifier", "predefined_type", "nested_type_identifier")
    for one, many in (members, reversed(members)):
        item = first_named(many) if many.type == "array_type" else None
        if one.type in plain and item is not None and text(item) == text(one):
            return " | ".join(re.sub(r"\s", "", text(member)) for member in members)
    return None


def _label(node: Node) -> str | None:
    """The text literal of the first member ``label`` or ``kind``."""
    for member in named(node):
        name, annotation = field(member, "name"), field(member, "type")
        if member.type != _MEMBER or name is None or annotation is None:
            continue
        if name.type != "property_identifier" or text(name) not in _LABELS:
            continue
        inner = first_named(annotation)
        value = _literal_text(inner) if inner is not None and inner.type == "literal_type" else None
        if value is not None:
            return value
    return None


def _resource_name(arguments: Node | None) -> str:
    inner = first_named(arguments) if arguments is not None else None
    value = _literal_text(inner) if inner is not None and inner.type == "literal_type" else None
    return value if value is not None else "unknown"


def _type_parameters(node: Node) -> frozenset[str]:
    parameters = field(node, "type_parameters")
    found: set[Any] = set()
    for parameter in named(parameters) if parameters is not None else []:
        name = field(parameter, "name")
        if name is not None:
            found.add(text(name))
    return frozenset(found)
