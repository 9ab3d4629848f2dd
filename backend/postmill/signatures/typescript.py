"""The signature of a TypeScript script."""

from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from postmill.signatures.grammar import TooIntricate
from postmill.signatures.signature import Arg, AutoKind, InvalidSignature, Signature, Type, Unknown
from postmill.signatures.typescript_defaults import read_default, type_of
from postmill.signatures.typescript_source import (
    Statements,
    field,
    find_function,
    invalid,
    is_too_large,
    name_of,
    named,
    parse_program,
    parse_unfinished,
    statements,
    text,
)
from postmill.signatures.typescript_types import Annotation, TypeReader

_FUNCTION_VALUES = ("arrow_function", "function_expression", "generator_function")


@dataclass(frozen=True)
class _Entry:
    """The entry function: its parameters, and whether it is a workflow."""

    parameters: Node | None
    is_workflow: bool = False


def infer_typescript(code: str, entrypoint: str = "main") -> Signature:
    """The arguments of the entry function, a declaration at the top level.

    Raises InvalidSignature for text that is not TypeScript, with the arguments where only the end of a body is missing;
    and for parameters that have no name to be given by.
    """
    try:
        root = parse_program(code)
    except TooIntricate:
        raise
    except InvalidSignature as error:
        unfinished = parse_unfinished(code)
        if unfinished is not None:
            error.known = _signature_with_entry(unfinished, entrypoint)
        raise
    return _signature(statements(root), entrypoint)


def _signature_with_entry(root: Node, entrypoint: str) -> Signature | None:
    """What a program says of its arguments; None where it has no entry that could be read."""
    try:
        found = _signature(statements(root), entrypoint)
    except InvalidSignature:
        return None
    return None if found.auto_kind == "lib" else found


def _signature(program: Statements, entrypoint: str) -> Signature:
    preprocessor = _has_preprocessor(program)
    workflow = _workflow(program, entrypoint)
    declared = find_function(program, entrypoint)
    entry = workflow if declared is None else _Entry(field(declared, "parameters"))
    kind: AutoKind | None = "wac" if workflow is not None and workflow.is_workflow else None
    if entry is None:
        return Signature(has_preprocessor=preprocessor, auto_kind="lib")
    args = () if entry.parameters is None else _arguments(entry.parameters, TypeReader(program))
    return Signature(args, has_preprocessor=preprocessor, auto_kind=kind)


def _has_preprocessor(program: Statements) -> bool:
    """A function declaration of the name, or something exported under it."""
    if find_function(program, "preprocessor") is not None:
        return True
    return any("preprocessor" in _exported_names(node) for node, exported, _ in program if exported)


def _exported_names(node: Node) -> list[str]:
    """The names that ``export {a, b as c}`` gives."""
    names: list[str] = []
    for clause in named(node):
        if clause.type != "export_clause":
            continue
        for specifier in named(clause):
            name = field(specifier, "alias") or field(specifier, "name")
            if name is not None:
                names.append(text(name))
    return names


def _workflow(program: Statements, entrypoint: str) -> _Entry | None:
    """``export default workflow(async (...) => ...)`` or ``const main = workflow(...)``."""
    for node, _, default in program:
        value: Node | None = None
        if default and node.type == "call_expression":
            value = node
        elif node.type == "lexical_declaration":
            declarators = [child for child in named(node) if child.type == "variable_declarator"]
            if declarators and name_of(declarators[0]) == entrypoint:
                value = field(declarators[0], "value")
        function = _function_given_to("workflow", value)
        if function is not None:
            return _Entry(field(function, "parameters"), is_workflow=True)
        # A task is an entry of its own job only, so never under the name main.
        function = _function_given_to("task", value) if entrypoint != "main" else None
        if function is not None:
            return _Entry(field(function, "parameters"))
    return None


def _function_given_to(name: str, call: Node | None) -> Node | None:
    """The function in ``name(async (...) => ...)``; a task may name a path before it."""
    if call is None or call.type != "call_expression":
        return None
    called, arguments = field(call, "function"), field(call, "arguments")
    if called is None or arguments is None or text(called) != name:
        return None
    given = [node for node in named(arguments) if node.type != "string"]
    return given[0] if given and given[0].type in _FUNCTION_VALUES else None


def _arguments(parameters: Node, reader: TypeReader) -> tuple[Arg, ...]:
    found: list[Arg] = []
    unnamed = 0
    for parameter in named(parameters):
        pattern = field(parameter, "pattern")
        if pattern is None or pattern.type == "this":
            continue
        if pattern.type == "object_pattern":
            unnamed += 1
            name = f"anon{unnamed}"
        elif pattern.type == "identifier":
            name = text(pattern)
        else:
            raise invalid(parameter, _refusal(pattern))
        found.append(_argument(name, parameter, reader))
    return tuple(found)


def _refusal(pattern: Node) -> str:
    if pattern.type == "rest_pattern":
        return "a rest parameter cannot be an argument of a script: name each argument"
    return f"the parameter {text(pattern)[:40]!r} has no name that an argument could be given by"


def _argument(name: str, parameter: Node, reader: TypeReader) -> Arg:
    annotated, value = field(parameter, "type"), field(parameter, "value")
    annotation = Annotation(Unknown())
    if annotated is not None and not is_too_large(annotated):
        annotation = reader.read(annotated)
    default: Any = None
    if value is not None and not is_too_large(value):
        default = read_default(value)
    optional = parameter.type == "optional_parameter" or value is not None or annotation.optional
    return Arg(name, _settled(annotation.type, default), default, optional, annotation.original)


def _settled(annotated: Type, default: Any) -> Type:
    """The annotation's type; an open one is that of the default."""
    return type_of(default) if isinstance(annotated, Unknown) and default is not None else annotated
