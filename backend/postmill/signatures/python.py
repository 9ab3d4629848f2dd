"""The signature of a Python script."""

import ast
import re
from functools import partial
from typing import Literal

import msgspec

from postmill.signatures.python_classes import Classes
from postmill.signatures.python_defaults import read_default, type_of_default
from postmill.signatures.python_docstring import argument_docs
from postmill.signatures.python_source import FunctionNode, find_function, head_of, last_name, parse_module
from postmill.signatures.python_types import Annotation, TypeReader
from postmill.signatures.signature import (
    Arg,
    AutoKind,
    InvalidSignature,
    ListOf,
    Signature,
    Str,
    Type,
    Unknown,
)

_RECORDS = re.compile(r"\b(?:BaseModel|dataclass)\b")


def infer_python(code: str, entrypoint: str = "main") -> Signature:
    """The arguments of the entry function, plain or async, defined at column 0.

    Raises InvalidSignature for text that is not Python, with what the head of the function says.
    """
    try:
        tree = parse_module(code)
    except InvalidSignature as error:
        error.known = _known_in_spite(code, entrypoint)
        raise
    entry = find_function(tree, entrypoint)
    try:
        return _signature(tree, entry)
    except RecursionError:
        # Only chains such as ``a.b.c...`` thousands deep get here; there is nothing useful to say about them.
        return Signature(auto_kind=None if entry else "lib")


def _known_in_spite(code: str, entrypoint: str) -> Signature | None:
    """The arguments where only the head of the function can be read; None where records may describe them."""
    if _RECORDS.search(code):
        return None
    head = head_of(code, entrypoint)
    if head is None:
        return None
    try:
        found = _signature(head, find_function(head, entrypoint))
    except InvalidSignature:
        return None
    preprocessor = re.search(r"^(?:async[ \t]+)?def[ \t]+preprocessor\b", code, re.MULTILINE) is not None
    return msgspec.structs.replace(found, has_preprocessor=preprocessor)


def _signature(tree: ast.Module, entry: FunctionNode | None) -> Signature:
    preprocessor = find_function(tree, "preprocessor") is not None
    kind = _auto_kind(tree, entry)
    if entry is None:
        return Signature(has_preprocessor=preprocessor, auto_kind=kind)
    return Signature(
        args=_arguments(entry, Classes(tree)),
        star_args=entry.args.vararg is not None,
        star_kwargs=entry.args.kwarg is not None,
        has_preprocessor=preprocessor,
        auto_kind=kind,
    )


def _auto_kind(tree: ast.Module, entry: FunctionNode | None) -> AutoKind | None:
    if _imports_wmill(tree) and _has_workflow(tree):
        return "wac"
    return None if entry else "lib"


def _imports_wmill(tree: ast.Module) -> bool:
    modules: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.append(node.module or "")
    return any(module.split(".")[0] == "wmill" for module in modules)


def _has_workflow(tree: ast.Module) -> bool:
    return any(
        last_name(decorator) == "workflow"
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
    )


def _arguments(entry: FunctionNode, classes: Classes) -> tuple[Arg, ...]:
    _refuse_repeated_names(entry)
    reader = TypeReader(classes)
    docs = argument_docs(ast.get_docstring(entry))
    given = entry.args
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    defaults += given.defaults
    read = partial(_argument, reader=reader, classes=classes, docs=docs)
    positional = len(given.posonlyargs)
    args = [
        read(argument, default, passing="positional" if i < positional else "any")
        for i, (argument, default) in enumerate(zip(plain, defaults, strict=True))
    ]
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        args.append(read(argument, default, passing="keyword"))
    return tuple(args)


def _refuse_repeated_names(entry: FunctionNode) -> None:
    """The compiler of Python refuses them, its parser does not."""
    given = entry.args
    seen: set[str] = set()
    for node in [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]:
        if node is None:
            continue
        if node.arg in seen:
            sentence = f"not valid Python: duplicate argument {node.arg!r} in the function"
            raise InvalidSignature(sentence, node.lineno, node.col_offset + 1)
        seen.add(node.arg)


def _argument(
    node: ast.arg,
    default: ast.expr | None,
    *,
    reader: TypeReader,
    classes: Classes,
    docs: dict[str, str],
    passing: Literal["any", "positional", "keyword"],
) -> Arg:
    annotation = reader.strict(node.annotation) if node.annotation else Annotation(Unknown())
    understood, value = read_default(default, classes) if default else (False, None)
    implied = type_of_default(default, value) if default and understood else Unknown()
    return Arg(
        name=node.arg,
        type=_settled(annotation, implied, node.annotation, reader),
        default=value,
        has_default=understood or annotation.optional,
        original=annotation.original,
        doc=docs.get(node.arg),
        passing=passing,
    )


def _settled(annotation: Annotation, implied: Type, node: ast.expr | None, reader: TypeReader) -> Type:
    """The annotation's type, completed by what the default implies."""
    found = annotation.type
    if isinstance(found, ListOf) and isinstance(found.item, Unknown):
        return implied if isinstance(implied, ListOf) else ListOf(Str())
    if not isinstance(found, Unknown):
        return found
    if node is not None and isinstance(implied, Unknown) and not annotation.original:
        return reader.lenient(node)
    return implied
