"""TypeScript source text to its syntax tree, with every way to fail turned into one error."""

import re
from collections.abc import Iterator

import tree_sitter_typescript
from tree_sitter import Language, Node

from postmill.signatures.grammar import parse
from postmill.signatures.signature import InvalidSignature

LANGUAGE = Language(tree_sitter_typescript.language_typescript())
_FUNCTIONS = ("function_declaration", "generator_function_declaration", "function_signature")
_QUOTES = ("'", '"')
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEEPEST, _WIDEST = 500, 20_000
# Valid TypeScript that the grammar does not know yet; each is blanked out, so that positions stay what they were.
_UNKNOWN_TO_GRAMMAR = (
    re.compile(rb"(?<=\bexport) +type(?= *\*)"),
    re.compile(rb"(?<=\bimport) +defer(?= *\*)"),
    re.compile(rb"(?<=[<,]) *\b(?:in out|in|out) +(?=[A-Z]\w* *[=,>]|[A-Z]\w* +extends\b)"),
)
_ESCAPE = re.compile(
    r"\\(?:u\{(?P<braced>[0-9a-fA-F]+)\}|u(?P<four>[0-9a-fA-F]{4})|x(?P<two>[0-9a-fA-F]{2})"
    r"|(?P<line>\r\n|[\n\r\u2028\u2029])|(?P<one>.))",
    re.DOTALL,
)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def parse_program(code: str) -> Node:
    """The root of the tree; raises InvalidSignature with the position for text that is not TypeScript."""
    try:
        data = code.removeprefix("\ufeff").encode()
    except UnicodeEncodeError as error:
        line = code.count("\n", 0, error.start) + 1
        raise InvalidSignature("TypeScript code may not contain lone surrogates", line) from None
    root = parse(LANGUAGE, data)
    if root.has_error:
        known = data
        for pattern in _UNKNOWN_TO_GRAMMAR:
            known = pattern.sub(lambda found: b" " * len(found[0]), known)
        if known != data:
            root = parse(LANGUAGE, known)
    if root.has_error:
        raise _problem(root, data)
    return root


def parse_unfinished(code: str) -> Node | None:
    """The root of code that lacks nothing but the ``}`` of a function's or branch's body at its end, else None."""
    root = parse(LANGUAGE, code.removeprefix("\ufeff").encode(errors="replace"))
    faults, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        if node.is_missing or node.is_error:
            parent = node.parent
            if node.type != "}" or parent is None or parent.type != "statement_block":
                return None
            faults += 1
        waiting += [child for child in node.children if child.has_error or child.is_missing]
    return root if faults else None


def _problem(root: Node, data: bytes) -> InvalidSignature:
    """The first place that the grammar could not read."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_missing:
            return _at(node, data, f"{node.type!r} is missing")
        if node.is_error:
            inner = [child for child in node.children if child.has_error and not child.is_error]
            if (left_open := _left_open(node)) is not None:
                return _at(left_open, data, f"what {text(left_open)!r} opens here is not closed")
            if not inner:
                return _at(node, data, _unexpected(node))
            waiting += reversed(inner)
            continue
        waiting += [child for child in reversed(node.children) if child.has_error or child.is_missing]
    return InvalidSignature("not valid TypeScript")


def _left_open(error: Node) -> Node | None:
    """The quote or the first bracket among the parts of an error that nothing closes."""
    brackets: list[Node] = []
    for part, following in zip(error.children, [*error.children[1:], None], strict=True):
        if part.type in _QUOTES and following is not None and following.type == "string_fragment":
            return part
        if part.type in _CLOSING:
            brackets.append(part)
        elif brackets and part.type == _CLOSING[brackets[-1].type]:
            brackets.pop()
    return brackets[0] if brackets else None


def _unexpected(node: Node) -> str:
    lines = text(node).strip().splitlines() or [""]
    shown = lines[0][:40]
    return f"unexpected {shown!r}" if shown else "unexpected end"


def _at(node: Node, data: bytes, what: str) -> InvalidSignature:
    row, column = node.start_point
    line = data.splitlines()[row] if row < data.count(b"\n") + 1 and data else b""
    characters = len(line[:column].decode(errors="replace"))
    return InvalidSignature(f"not valid TypeScript: {what}", row + 1, characters + 1)


def invalid(node: Node, message: str) -> InvalidSignature:
    """An error at the place of a node."""
    row, column = node.start_point
    return InvalidSignature(message, row + 1, column + 1)


def text(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode(errors="replace")


def named(node: Node) -> list[Node]:
    """The named children without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def first_named(node: Node) -> Node | None:
    found = named(node)
    return found[0] if found else None


def field(node: Node, name: str) -> Node | None:
    return node.child_by_field_name(name)


Statements = list[tuple[Node, bool, bool]]
"""Top-level statements as (statement, is exported, is the default export)."""


def statements(root: Node) -> Statements:
    """Those of a program."""
    return list(_statements(root))


def _statements(root: Node) -> Iterator[tuple[Node, bool, bool]]:
    for node in named(root):
        if node.type != "export_statement":
            yield _declared(node), False, False
            continue
        declaration = field(node, "declaration") or field(node, "value")
        default = any(child.type == "default" for child in node.children)
        if declaration is not None:
            yield _declared(declaration), True, default
        else:
            yield node, True, default


def _declared(node: Node) -> Node:
    """What ``declare`` declares."""
    if node.type == "ambient_declaration":
        return first_named(node) or node
    return node


def find_function(program: Statements, name: str) -> Node | None:
    """The last function declaration of the name at the top level; a default export has no name to call it by."""
    found: Node | None = None
    for node, _, default in program:
        if node.type in _FUNCTIONS and not default and name_of(node) == name:
            found = node
    return found


def name_of(node: Node) -> str:
    name = field(node, "name")
    return text(name) if name is not None else ""


def string_value(node: Node) -> str:
    """The value of a string literal."""
    return unescaped(text(node)[1:-1])


def unescaped(body: str) -> str:
    """The value of the inner side of a string or template literal."""
    return _ESCAPE.sub(_unescape, body) if "\\" in body else body


def _unescape(found: re.Match[str]) -> str:
    code = found["braced"] or found["four"] or found["two"]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    if found["line"]:
        return ""
    return _SIMPLE_ESCAPES.get(found["one"], found["one"])


def is_too_large(node: Node) -> bool:
    """Whether a node has more below it than is worth reading, or more levels than a recursive reader can take."""
    level, nodes = 0, [node]
    while nodes:
        level += 1
        if level > _DEEPEST or len(nodes) > _WIDEST or nodes[0].named_child_count > _WIDEST:
            return True
        nodes = [child for parent in nodes for child in parent.named_children]
    return False
