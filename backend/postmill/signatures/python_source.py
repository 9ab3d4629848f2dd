"""Python source text to its syntax tree, with every way to fail turned into one error."""

import ast
import io
import re
import tokenize
import warnings

from postmill.signatures.python_newer import as_older_python
from postmill.signatures.signature import InvalidSignature

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def parse_module(code: str) -> ast.Module:
    """The tree of a module; raises InvalidSignature with the position for text that is not Python."""
    text = code.removeprefix("\ufeff")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InvalidSignature("Python code may not contain NUL characters", line)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in user code is the user's affair
            try:
                return ast.parse(text)
            except SyntaxError as error:
                plain = as_older_python(text, error.msg)
                if plain == text:
                    raise
                return ast.parse(plain)
    except SyntaxError as error:
        sentence = f"not valid Python: {error.msg}"
        raise InvalidSignature(sentence, error.lineno or 1, error.offset or 1) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise InvalidSignature("Python code may not contain lone surrogates", line) from None
    except (RecursionError, MemoryError):
        raise InvalidSignature("the code is nested too deeply to be read") from None


def head_of(code: str, name: str) -> ast.Module | None:
    """A module of nothing but the head of the function at column 0; None where that cannot be read either."""
    opening = re.search(rf"^(?:async[ \t]+)?def[ \t]+{re.escape(name)}[ \t]*\(", code, re.MULTILINE)
    if opening is None:
        return None
    rest = code[opening.start() :]
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(rest).readline):
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
            if token.string == ")" and depth == 0:
                lines = rest.splitlines(keepends=True)[: token.end[0]]
                lines[-1] = lines[-1][: token.end[1]]
                return parse_module("".join(lines) + ": pass")
    except (tokenize.TokenError, SyntaxError, InvalidSignature):
        return None
    return None


def parse_expression(text: str) -> ast.expr | None:
    """The tree of an expression, None for anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def find_function(tree: ast.Module, name: str) -> FunctionNode | None:
    """The function that the name means once the module has run: the last definition at column 0."""
    found: FunctionNode | None = None
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name:
            found = statement
    return found


def last_name(node: ast.expr) -> str | None:
    """``c`` for ``a.b.c``, ``c`` and ``a.c(...)``; None for other expressions."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def text_of(node: ast.expr | None) -> str | None:
    """The value of a string literal, None for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
