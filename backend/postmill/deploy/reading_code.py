"""What the server reads in the code of a version when it is deployed. Pure."""

import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.script import LOCKED_LANGUAGES, ScriptModule
from postmill.signatures.infer import PARSERS, infer
from postmill.signatures.python_imports import module_sources, reachable_imports
from postmill.signatures.python_requirements import InvalidRequirements, python_requirements
from postmill.signatures.signature import InvalidSignature


class CodeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``schema`` is the inferred one as JSON text, None where the language has no inference."""

    schema: str | None = None
    auto_kind: str | None = None
    has_preprocessor: bool = False
    imports: tuple[str, ...] = ()


def read_code(
    language: str,
    code: str,
    path: str,
    previous_schema: str | None,
    modules: Mapping[str, ScriptModule] | None = None,
) -> CodeFacts:
    """Raises InvalidInput with line and column for code that cannot be read.

    The imports are those of the code and of its modules, whose own problems the lock job tells.

    Code that names a Python of its own is not judged here: its syntax may be newer than this server's.
    """
    if language not in PARSERS:
        return CodeFacts()
    previous = None if previous_schema is None else json.decode(previous_schema)
    inferred = infer(language, code, "main", previous if isinstance(previous, Mapping) else None)
    if inferred.error is not None:
        if language == "python3" and _names_its_python(code, path):
            return CodeFacts()
        problem = inferred.error
        raise InvalidInput(
            f"Bad request: the code cannot be read: line {problem.line}, column {problem.column}: {problem.message}"
        )
    return CodeFacts(
        schema=None if inferred.schema is None else json.encode_text(inferred.schema),
        auto_kind=inferred.auto_kind,
        has_preprocessor=inferred.has_preprocessor,
        imports=tuple(_imports_with_modules(language, code, path, modules or {})),
    )


def lock_without_job(language: str, code: str, path: str, has_default_requirements: bool) -> str | None:
    """The lock where nothing has to be resolved; None where a job has to find it.

    A Python script that imports nothing but the standard library gets the header alone.
    """
    if language not in LOCKED_LANGUAGES:
        return ""
    if language != "python3" or has_default_requirements or _imports(language, code, path):
        return None
    try:
        needed = python_requirements(code, path, {})
    except (InvalidRequirements, InvalidSignature):
        return None
    if needed.packages or needed.python or needed.newest_python or needed.workspace_files:
        return None
    return f"# py: {sys.version_info.major}.{sys.version_info.minor}\n"


def given_lock(language: str, lock: str | list[str] | None) -> str | None:
    """The lock that the caller sent, as one text; None for none, which an empty one is too."""
    if language not in LOCKED_LANGUAGES or not lock:
        return None
    text = lock if isinstance(lock, str) else "\n".join(lock)
    return text if text.strip() else None


def inferred_document(
    language: str, code: str, entrypoint: str, previous_schema: dict[str, Any] | None
) -> dict[str, Any]:
    """The answer of the editor's question: schema, kind, and where the code cannot be read."""
    inferred = infer(language, code, entrypoint, previous_schema)
    return {
        "schema": inferred.schema,
        "auto_kind": inferred.auto_kind,
        "has_preprocessor": inferred.has_preprocessor,
        "error": inferred.error,
    }


def _imports(language: str, code: str, path: str) -> list[str]:
    if language != "python3":
        return []
    try:
        return [imported for imported in reachable_imports(code, path) if imported != path]
    except InvalidSignature:
        return []


def _imports_with_modules(
    language: str, code: str, path: str, modules: Mapping[str, ScriptModule]
) -> list[str]:
    """Paths of other scripts only: the modules are part of this one."""
    own = module_sources(path, {name: module.content for name, module in modules.items()})
    found = _imports(language, code, path)
    for at, text in own.items():
        found += _imports(language, text, at)
    return [imported for imported in dict.fromkeys(found) if imported != path and imported not in own]


def _names_its_python(code: str, path: str) -> bool:
    """Whether annotations choose the interpreter; looks at the comments only, as the code cannot be read."""
    comments = "\n".join(line for line in code.splitlines() if line.lstrip().startswith("#"))
    try:
        needed = python_requirements(comments, path, {})
    except (InvalidRequirements, InvalidSignature):
        return False
    return bool(needed.python) or needed.newest_python
