"""The shared cases, through the parsers themselves; the runner compares as the command line test does."""

import importlib.util
import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from postmill.cli.infer import infer_imports, infer_schema

CONFORMANCE = Path(__file__).resolve().parents[3] / "e2e" / "conformance"


def _runner() -> ModuleType:
    """The runner is a script, not a package: loaded from its file."""
    import sys

    spec = importlib.util.spec_from_file_location("conformance_runner", CONFORMANCE / "run_cases.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


RUNNER = _runner()


def _cases(*names: str) -> list[Any]:
    cases = [case for name in names for case in json.loads((CONFORMANCE / name).read_text())]
    return [pytest.param(case, id=case["name"]) for case in cases]


def _ask(command: Any, request: dict[str, Any]) -> dict[str, Any]:
    answers = io.StringIO()
    command(io.StringIO(json.dumps(request) + "\n"), answers)
    answer: dict[str, Any] = json.loads(answers.getvalue())
    return answer


LANGUAGES = (
    *("python3", "bash", "bun", "nativets"),
    *("postgresql", "mysql", "mssql", "bigquery", "snowflake", "oracledb", "duckdb", "graphql"),
)


@pytest.mark.parametrize("case", _cases(*(f"schema_cases/{name}.json" for name in LANGUAGES)))
def test_schema_case(case: dict[str, Any]) -> None:
    answer = _ask(infer_schema, {"language": case["language"], "code": case["code"]})
    RUNNER.check_schema(case, answer)


@pytest.mark.parametrize(
    "case",
    _cases(
        *(f"import_cases/python_{name}.json" for name in ("requirements", "relative_imports")),
        *(f"import_cases/typescript_{name}.json" for name in ("imports", "relative_imports")),
    ),
)
def test_import_case(case: dict[str, Any]) -> None:
    RUNNER.check_imports(case, _ask(infer_imports, case))
