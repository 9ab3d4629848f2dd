"""The signature of a Go script: the parameters of ``func main``, with the members of the structs written in them."""

import json
import re
from functools import lru_cache

import tree_sitter_go
from tree_sitter import Language, Node

from postmill.signatures.grammar import parse
from postmill.signatures.signature import (
    Arg,
    Bool,
    Int,
    InvalidSignature,
    ListOf,
    Object,
    Prop,
    Signature,
    Str,
    Type,
    Unknown,
)

_NAMED: dict[str, Type] = {
    "int": Int(), "int16": Int(), "int32": Int(), "int64": Int(), "string": Str(), "bool": Bool(),
}  # fmt: skip
"""The names that say what a form can show; any other name, also one declared in the script, is left open."""

_JSON_TAG = re.compile(r'(?:^|\s)json:"((?:[^"\\]|\\.)*)"')
_MOST_DEPTH = 100


def infer_go(code: str, entrypoint: str = "main") -> Signature:
    """The arguments of the entry function, all of them required.

    Raises InvalidSignature where there is none (nothing can import a Go script) and where the list of its parameters
    cannot be read; what is wrong elsewhere, the compiler tells.
    """
    root = parse_go(code)
    entry = next(
        (
            node
            for node in root.children
            if node.type == "function_declaration" and _text(node.child_by_field_name("name")) == entrypoint
        ),
        None,
    )
    if entry is None:
        if (broken := _error_before(root, entrypoint)) is not None:
            raise _unreadable(broken)
        raise InvalidSignature(f"the script has no function {entrypoint!r}")
    if (types := entry.child_by_field_name("type_parameters")) is not None:
        raise InvalidSignature(
            "the main function may not have type parameters: nothing says what they are", *_place(types)
        )
    parameters = entry.child_by_field_name("parameters")
    if parameters is None or parameters.has_error:
        raise _unreadable(_first_error(parameters or entry) or entry)
    return Signature(tuple(arg for node in parameters.named_children for arg in _args(node)))


def parse_go(code: str) -> Node:
    """The root of the tree of Go code; errors are nodes in it. Raises TooIntricate."""
    return parse(_language(), code.removeprefix("\ufeff").encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _language() -> Language:
    return Language(tree_sitter_go.language())


def _args(node: Node) -> list[Arg]:
    if node.type == "comment":
        return []
    kind = node.child_by_field_name("type")
    assert kind is not None
    names = [_text(name) for name in node.children_by_field_name("name")]
    if not names or "_" in names:
        raise InvalidSignature(
            "every parameter of main needs a name, by which its argument is given", *_place(node)
        )
    found = _type(kind, 0)
    if node.type == "variadic_parameter_declaration":
        found = ListOf(found)
    return [Arg(name, found) for name in names]


def _type(node: Node, depth: int) -> Type:
    if depth > _MOST_DEPTH:
        return Unknown()
    match node.type:
        case "type_identifier":
            return _NAMED.get(_text(node), Unknown())
        case "slice_type" | "array_type" | "implicit_length_array_type":
            element = node.child_by_field_name("element")
            return ListOf(_type(element, depth + 1) if element is not None else Unknown())
        case "struct_type":
            return Object(None, tuple(_members(node, depth + 1)))
        case "map_type" | "interface_type":
            return Object()
        case "parenthesized_type":
            inner = node.named_child(0)
            return _type(inner, depth + 1) if inner is not None else Unknown()
    return Unknown()


def _members(struct: Node, depth: int) -> list[Prop]:
    """What ``encoding/json`` fills: by the name of the tag, else by that of the field."""
    found: list[Prop] = []
    for group in struct.named_children:
        for field in group.named_children:
            kind = field.child_by_field_name("type")
            if field.type != "field_declaration" or kind is None:
                continue
            tag = _json_name(_text(field.child_by_field_name("tag")))
            if tag is None:
                continue
            names = [_text(name) for name in field.children_by_field_name("name")]
            found += [Prop(tag or name, _type(kind, depth)) for name in names]
    return found


def _json_name(tag: str) -> str | None:
    """The name that a tag gives, "" where it gives none, None where it leaves the field out."""
    if not tag:
        return ""
    text = tag[1:-1]
    if tag.startswith('"'):
        try:
            text = json.loads(tag)
        except ValueError:
            return ""
    found = _JSON_TAG.search(text)
    if found is None:
        return ""
    return None if found[1] == "-" else found[1].partition(",")[0]


def _error_before(root: Node, entrypoint: str) -> Node | None:
    """The error that hides the entry function; None where the code has none by that name."""
    if not root.has_error or not re.search(rf"\bfunc\s+{re.escape(entrypoint)}\b", _text(root)):
        return None
    return _first_error(root)


def _first_error(node: Node) -> Node | None:
    if node.is_error or node.is_missing:
        return node
    for child in node.children:
        if child.has_error and (found := _first_error(child)) is not None:
            return found
    return None


def _unreadable(node: Node) -> InvalidSignature:
    return InvalidSignature("the parameters of the function cannot be read", *_place(node))


def _place(node: Node) -> tuple[int, int]:
    return node.start_point.row + 1, node.start_point.column + 1


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
