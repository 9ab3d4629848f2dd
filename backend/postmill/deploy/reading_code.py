"""What the server reads in the code of a version when it is deployed. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.languages.source import READERS
from postmill.model.script import LOCKED_LANGUAGES, ScriptModule
from postmill.signatures.infer import PARSERS, infer


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

    Code that its language's reader does not judge here is taken as it is.
    """
    if language not in PARSERS:
        return CodeFacts()
    reader = READERS.get(language)
    previous = None if previous_schema is None else json.decode(previous_schema)
    inferred = infer(language, code, "main", previous if isinstance(previous, Mapping) else None)
    if inferred.error is not None:
        if reader is not None and reader.judged_elsewhere(code, path):
            return CodeFacts()
        problem = inferred.error
        raise InvalidInput(
            f"Bad request: the code cannot be read: line {problem.line}, column {problem.column}: {problem.message}"
        )
    return CodeFacts(
        schema=None
        if inferred.schema is None
        else json.encode_text({**inferred.schema, **inferred.schema_extras}),
        auto_kind=inferred.auto_kind,
        has_preprocessor=inferred.has_preprocessor,
        imports=tuple(reader.imports(code, path, modules or {})) if reader is not None else (),
    )


def lock_without_job(language: str, code: str, path: str, has_default_requirements: bool) -> str | None:
    """The lock where nothing has to be resolved; None where a job has to find it."""
    if language not in LOCKED_LANGUAGES:
        return ""
    reader = READERS.get(language)
    if reader is None or has_default_requirements:
        return None
    return reader.lock_without_job(code, path)


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
        "schema": None if inferred.schema is None else {**inferred.schema, **inferred.schema_extras},
        "auto_kind": inferred.auto_kind,
        "has_preprocessor": inferred.has_preprocessor,
        "error": inferred.error,
    }
