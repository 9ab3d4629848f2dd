"""``infer-schema`` and ``infer-imports``: JSON objects in, one a line, answers out in the same order.

Usable without a server; starts fast, as it needs nothing but the parsers.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

from postmill.signatures import python_imports, typescript_imports
from postmill.signatures.infer import infer
from postmill.signatures.python_requirements import InvalidRequirements, python_requirements
from postmill.signatures.signature import InvalidSignature

Answer = dict[str, Any]


def infer_schema(stdin: TextIO, stdout: TextIO) -> None:
    """Answers ``{language, code, entrypoint?, schema?}`` with ``{schema, auto_kind, has_preprocessor}``.

    ``schema`` in a request is the previous one, to be merged. Unreadable code is answered with an ``error``, and with
    ``"schema": null`` where not even the head of its main function can be read.
    """
    _answer_lines(_schema, stdin, stdout)


def infer_imports(stdin: TextIO, stdout: TextIO) -> None:
    """Answers ``{kind, language, path, code, scripts?}`` with ``{imports}``, or with an ``error`` sentence."""
    _answer_lines(_imports, stdin, stdout)


def _answer_lines(answer: Callable[[Answer], Answer], stdin: TextIO, stdout: TextIO) -> None:
    for line in stdin:
        if line.strip():
            stdout.write(json.dumps(_answer_line(answer, line)) + "\n")
            stdout.flush()


def _answer_line(answer: Callable[[Answer], Answer], line: str) -> Answer:
    try:
        request = json.loads(line)
    except ValueError as error:
        return {"schema": None, "imports": None, "error": f"not a line of JSON: {error}"}
    if not isinstance(request, dict) or not isinstance(request.get("code"), str):
        return {"schema": None, "imports": None, "error": "a request is an object with the text 'code'"}
    return answer(request)


def _schema(request: Answer) -> Answer:
    previous = request.get("schema")
    inferred = infer(
        str(request.get("language")),
        request["code"],
        str(request.get("entrypoint") or "main"),
        previous if isinstance(previous, dict) else None,
    )
    answer: Answer = {"schema": inferred.schema}
    if inferred.schema is not None:
        answer |= {"auto_kind": inferred.auto_kind, "has_preprocessor": inferred.has_preprocessor}
    if inferred.error is not None:
        error = inferred.error
        answer["error"] = {"message": error.message, "line": error.line, "column": error.column}
    return answer


def _imports(request: Answer) -> Answer:
    kind, path = request.get("kind"), str(request.get("path") or "")
    scripts = request.get("scripts")
    sources = {k: v for k, v in scripts.items() if isinstance(v, str)} if isinstance(scripts, dict) else {}
    try:
        if kind == "python_requirements":
            return {"imports": list(python_requirements(request["code"], path, sources).packages)}
        if kind == "python_relative_imports":
            return {"imports": python_imports.relative_imports(request["code"], path)}
        if kind == "typescript_imports":
            return {"imports": list(typescript_imports.module_names(request["code"]))}
        if kind == "typescript_relative_imports":
            return {"imports": typescript_imports.relative_imports(request["code"], path)}
    except (InvalidSignature, InvalidRequirements) as error:
        return {"imports": None, "error": str(error)}
    return {"imports": None, "error": f"unknown kind {kind!r}"}


COMMANDS = {"schema": infer_schema, "imports": infer_imports}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit("usage: python -m postmill.cli.infer schema|imports")
    COMMANDS[sys.argv[1]](sys.stdin, sys.stdout)
