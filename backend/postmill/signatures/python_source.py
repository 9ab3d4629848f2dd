"""Python source text to its syntax tree, with every way to fail turned into one error."""

import ast
import re
import warnings

from postmill.signatures.signature import InvalidSignature

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_ALIAS = re.compile(r"^([ \t]*)type[ \t]+(\w+)(?=[ \t]*=(?!=))", re.MULTILINE)
_PARAMETERISED = re.compile(r"^[ \t]*(?:type|class|(?:async[ \t]+)?def)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)


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
            except SyntaxError:
                plain = _without_type_parameters(text)
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


def _without_type_parameters(text: str) -> str:
    """The code as an interpreter older than PEP 695 reads it: a script may be for a newer one.

    ``type X[T] = y`` becomes ``X = y`` and ``def f[T](...)`` becomes ``def f(...)``, each as long as before.
    """
    for found in _PARAMETERISED.finditer(text):
        end = _closing_bracket(text, found.end())
        blank = re.sub(r"[^\n]", " ", text[found.end() : end])
        text = text[: found.end()] + blank + text[end:]
    return _ALIAS.sub(lambda found: f"{found[1]}{found[2]}".ljust(len(found[0])), text)


def _closing_bracket(text: str, start: int) -> int:
    """Where the brackets that open at ``start`` are closed again; the end of the text for ones left open."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


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
