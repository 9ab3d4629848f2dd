"""One door to all signature parsers."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from postmill.signatures.bash import infer_bash
from postmill.signatures.go import infer_go
from postmill.signatures.graphql import infer_graphql
from postmill.signatures.json_schema import to_schema
from postmill.signatures.powershell import infer_powershell
from postmill.signatures.python import infer_python
from postmill.signatures.signature import AutoKind, InvalidSignature, Signature
from postmill.signatures.sql import sql_parser
from postmill.signatures.sql_dialects import DIALECTS
from postmill.signatures.typescript import infer_typescript

PARSERS: dict[str, Callable[[str, str], Signature]] = {
    "python3": infer_python,
    "bash": lambda code, entrypoint: infer_bash(code),
    **dict.fromkeys(("bun", "deno", "nativets", "bunnative"), infer_typescript),
    "graphql": lambda code, entrypoint: infer_graphql(code),
    **{name: sql_parser(name) for name in DIALECTS},
    "go": infer_go,
    "powershell": lambda code, entrypoint: infer_powershell(code),
}
"""Language name of the API to ``parser(code, entrypoint)``."""


class Problem(msgspec.Struct, frozen=True):
    """Why code cannot be read; line and column count from 1."""

    message: str
    line: int
    column: int


class Inferred(msgspec.Struct, frozen=True):
    """``error`` says why code cannot be read; ``schema`` is None then, or what its main function still tells."""

    schema: dict[str, Any] | None
    auto_kind: AutoKind | None = None
    has_preprocessor: bool = False
    error: Problem | None = None
    star_args: bool = False
    star_kwargs: bool = False
    schema_extras: dict[str, Any] = {}


def infer(
    language: str, code: str, entrypoint: str = "main", previous_schema: Mapping[str, Any] | None = None
) -> Inferred:
    """The schema of the arguments of code in a language; never raises for what the code holds."""
    parser = PARSERS.get(language)
    if parser is None:
        known = ", ".join(sorted(PARSERS))
        unknown = Problem(f"arguments of {language!r} scripts cannot be inferred, only of: {known}", 1, 1)
        return Inferred(None, error=unknown)
    problem = None
    try:
        signature = parser(code, entrypoint)
    except InvalidSignature as error:
        problem = Problem(error.message, error.line, error.column)
        if error.known is None:
            return Inferred(None, error=problem)
        signature = error.known
    return Inferred(
        to_schema(signature, previous_schema),
        signature.auto_kind,
        signature.has_preprocessor,
        problem,
        signature.star_args,
        signature.star_kwargs,
        signature.schema_extras,
    )
