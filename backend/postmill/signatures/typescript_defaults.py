"""Default values of TypeScript parameters: constants, and the types that they imply."""

import math
import re
from typing import Any

from tree_sitter import Node

from postmill.signatures.signature import Bool, Float, Int, ListOf, Object, Prop, Str, Type, Unknown
from postmill.signatures.typescript_source import field, first_named, named, string_value, text, unescaped

_MOST_DIGITS = 2**63
_MOST_ITEMS = 10_000


class _NotConstant(Exception):
    """Only a run can tell the value."""


class _Undefined:
    """The value ``undefined``, which JSON lacks."""


_UNDEFINED = _Undefined()


def read_default(node: Node) -> Any:
    """The JSON value of a default, None for one that only a run can tell.

    Texts, numbers and booleans are read as they stand; objects and arrays are evaluated.
    """
    if node.type not in ("string", "number", "true", "false", "object", "array"):
        return None
    try:
        return _json(_value(node))
    except (_NotConstant, RecursionError, OverflowError, ZeroDivisionError):
        return None


def type_of(value: Any) -> Type:
    """The type that a default implies; an array is of the type of its first item."""
    if isinstance(value, bool):
        return Bool()
    if isinstance(value, int):
        return Int()
    if isinstance(value, float):
        return Float()
    if isinstance(value, str):
        return Str()
    if isinstance(value, list):
        return ListOf(type_of(value[0]) if value else Unknown())
    if isinstance(value, dict):
        return Object(None, tuple(Prop(key, type_of(item)) for key, item in value.items()))
    return Unknown()


def _json(value: Any) -> Any:
    """The value as JSON has it: whole numbers as integers, nothing for what it lacks."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items() if item is not _UNDEFINED}
    return None if value is _UNDEFINED else value


def _number(value: float) -> int | float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < _MOST_DIGITS else value


def _value(node: Node) -> Any:
    """The value as JavaScript has it: numbers are floats, but for big integers."""
    match node.type:
        case "string":
            return string_value(node)
        case "number":
            return _number_value(text(node))
        case "true" | "false":
            return node.type == "true"
        case "null":
            return None
        case "undefined":
            return _UNDEFINED
        case "array":
            return _array(node)
        case "object":
            return _object(node)
        case "template_string":
            return _template(node)
        case "unary_expression":
            return _unary(node)
        case "binary_expression":
            return _binary(node)
        case "member_expression":
            return _member(node)
        case "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression":
            inner = first_named(node)
            if inner is not None:
                return _value(inner)
    raise _NotConstant


def _number_value(source: str) -> float | int:
    """The value of a number literal; ``5n`` is an int. Raises _NotConstant for what is no number or too long a one."""
    try:
        return _written_number(source)
    except (ValueError, OverflowError):
        raise _NotConstant from None


def _written_number(source: str) -> float | int:
    digits = source.replace("_", "").lower()
    if digits.endswith("n") and not digits.startswith("0x"):
        return int(digits[:-1], 0) if digits[:-1].lstrip("0") else 0
    if re.match(r"0[xob]", digits):
        value = int(digits.removesuffix("n"), 0)
        return value if digits.endswith("n") else float(value)
    if re.fullmatch(r"0[0-7]+", digits):
        return float(int(digits, 8))
    return float(digits)


def _array(node: Node) -> list[Any]:
    found: list[Any] = []
    expected = True  # a comma without a value before it leaves a hole
    for child in node.children:
        if child.type == ",":
            if expected:
                found.append(_UNDEFINED)
            expected = True
        elif child.type == "spread_element":
            expected = False
            spread = _value(_inner(child))
            if not isinstance(spread, list | str):
                raise _NotConstant
            found += spread
        elif child.is_named and child.type != "comment":
            expected = False
            found.append(_value(child))
        if len(found) > _MOST_ITEMS:
            raise _NotConstant
    return found


def _object(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for member in named(node):
        if member.type == "spread_element":
            spread = _value(_inner(member))
            if not isinstance(spread, dict):
                raise _NotConstant
            found.update(spread)
            continue
        key, value = field(member, "key"), field(member, "value")
        if member.type != "pair" or key is None or value is None:
            raise _NotConstant
        found[_key(key)] = _value(value)
    return found


def _key(node: Node) -> str:
    match node.type:
        case "property_identifier":
            return text(node)
        case "string":
            return string_value(node)
        case "number":
            return _as_text(_number_value(text(node)))
        case "computed_property_name":
            return _as_text(_value(_inner(node)))
    raise _NotConstant


def _template(node: Node) -> str:
    parts = []
    for child in named(node):
        match child.type:
            case "template_substitution":
                parts.append(_as_text(_value(_inner(child))))
            case _:
                parts.append(unescaped(text(child)))
    return "".join(parts)


def _unary(node: Node) -> Any:
    operator, argument = field(node, "operator"), field(node, "argument")
    if operator is None or argument is None:
        raise _NotConstant
    value = _value(argument)
    match operator.type:
        case "-" if _is_number(value):
            return -value
        case "+" if isinstance(value, float):
            return value
        case "!":
            return not _truthy(value)
        case "void":
            return _UNDEFINED
    raise _NotConstant


def _binary(node: Node) -> Any:
    left, operator, right = (field(node, name) for name in ("left", "operator", "right"))
    if left is None or operator is None or right is None:
        raise _NotConstant
    a, b = _value(left), _value(right)
    if operator.type == "+" and (isinstance(a, str) or isinstance(b, str)):
        return _as_text(a) + _as_text(b)
    if not isinstance(a, float) or not isinstance(b, float):
        raise _NotConstant
    match operator.type:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
        case "%":
            return math.fmod(a, b)
        case "**":
            return float(a**b)
    raise _NotConstant


def _member(node: Node) -> Any:
    """``.length`` of a text or an array."""
    target, name = field(node, "object"), field(node, "property")
    if target is None or name is None or text(name) != "length":
        raise _NotConstant
    value = _value(target)
    if isinstance(value, str):
        return float(len(value.encode("utf-16-le", "surrogatepass")) // 2)
    if isinstance(value, list):
        return float(len(value))
    raise _NotConstant


def _inner(node: Node) -> Node:
    found = first_named(node)
    if found is None:
        raise _NotConstant
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _truthy(value: Any) -> bool:
    return value is not _UNDEFINED and (isinstance(value, list | dict) or bool(value))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if value is _UNDEFINED:
        return "undefined"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        return repr(value)
    if isinstance(value, int):
        return str(value)
    raise _NotConstant
