"""Default values of Python arguments as JSON values, and the types they imply."""

import ast
import base64
import math
from typing import Any

from postmill.signatures.python_classes import Classes
from postmill.signatures.signature import (
    FUNCTION_CALL,
    Bool,
    Bytes,
    Float,
    Int,
    ListOf,
    Object,
    Prop,
    Str,
    Type,
    Unknown,
)

_MAX_INTEGER = 2**63 - 1
_MAX_DEPTH = 50


class NotLiteral(Exception):
    """The expression has no JSON value that could be stored."""


def read_default(node: ast.expr, classes: Classes) -> tuple[bool, Any]:
    """Whether the default is understood, and its JSON value.

    Literals, lists, dicts and members of enums have their value; what only Python can compute (a call, a
    container that holds one) has the marker FUNCTION_CALL. Negative numbers, tuples, names and
    operations are not understood: clients expect such an argument to stay required.
    """
    if isinstance(node, ast.Call):
        return True, FUNCTION_CALL
    if isinstance(node, ast.Attribute):
        return (True, _attribute(node, classes)) if isinstance(node.value, ast.Name) else (False, None)
    if isinstance(node, ast.List | ast.Dict):
        try:
            return True, _value(node, classes, 0)
        except NotLiteral:
            return True, FUNCTION_CALL
    if isinstance(node, ast.Constant):
        try:
            return True, _constant(node.value)
        except NotLiteral:
            return (False, None) if isinstance(node.value, complex) else (True, FUNCTION_CALL)
    return False, None


def type_of_default(node: ast.expr, value: Any) -> Type:
    """The type that an understood default implies; Unknown where it implies none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return Bytes()
    if isinstance(node, ast.Call) or value == FUNCTION_CALL:
        return {ast.List: ListOf(Str()), ast.Dict: Object()}.get(type(node), Unknown())
    return type_of_value(value)


def type_of_value(value: Any) -> Type:
    """The type of a JSON value; a list has the type of its first element, an empty one of texts."""
    match value:
        case bool():
            return Bool()
        case int():
            return Int()
        case float():
            return Float()
        case str():
            return Str()
        case list():
            item = type_of_value(value[0]) if value else Unknown()
            return ListOf(Str() if isinstance(item, Unknown) else item)
        case dict():
            return Object(None, tuple(Prop(key, type_of_value(member)) for key, member in value.items()))
    return Unknown()


def _attribute(node: ast.Attribute, classes: Classes) -> str:
    """The value of an enum's member, the bare name for other attributes."""
    assert isinstance(node.value, ast.Name)
    return classes.enum_values(node.value.id).get(node.attr, node.attr)


def _value(node: ast.expr, classes: Classes, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise NotLiteral
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return _attribute(node, classes)
    if (negated := _negated_number(node)) is not None:
        return _constant(negated)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(element, classes, depth + 1) for element in node.elts]
    if isinstance(node, ast.Dict):
        return {
            _key(key): _value(member, classes, depth + 1)
            for key, member in zip(node.keys, node.values, strict=True)
        }
    raise NotLiteral


def _negated_number(node: ast.expr) -> int | float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = node.operand
        if isinstance(operand, ast.Constant) and isinstance(operand.value, int | float):
            return -operand.value
    return None


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return str(_constant(node.value))
    raise NotLiteral


def _constant(value: Any) -> Any:
    match value:
        case bool() | None:
            return value
        case int() if abs(value) <= _MAX_INTEGER:
            return value
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return base64.b64encode(value).decode()
        case str() if value.isascii() or _encodable(value):
            return value
    raise NotLiteral


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
