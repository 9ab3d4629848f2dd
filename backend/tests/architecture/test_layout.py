"""Rules of the source tree that no linter of the usual ones knows."""

import ast
import re
from pathlib import Path

import pytest

import postmill
from postmill.db.queries import parse_queries

ROOT = Path(postmill.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
TABLES = ROOT / "tables"
NAMES_OF_SHAPES = {"utils", "util", "common", "helpers", "helper", "misc", "services", "service"}
STATEMENT = re.compile(
    r"^\s*(SELECT\b.*\bFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|WITH\s+\w+\s+AS)\b", re.DOTALL
)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_nothing_is_named_after_a_shape() -> None:
    named = [
        relative(path)
        for path in MODULES
        if NAMES_OF_SHAPES & set(path.relative_to(ROOT).with_suffix("").parts)
    ]
    assert named == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [relative(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_every_file_of_queries_stands_beside_its_module() -> None:
    alone = [relative(path) for path in TABLES.rglob("*.sql") if not path.with_suffix(".py").exists()]
    assert alone == []


@pytest.mark.parametrize("path", sorted(TABLES.rglob("*.sql")), ids=lambda path: path.name)
def test_every_query_is_used(path: Path) -> None:
    code = path.with_suffix(".py").read_text()
    unused = [
        name for name in parse_queries(path.read_text(), path.name) if not re.search(rf"\b{name}\b", code)
    ]
    assert unused == []


def test_statements_live_in_sql_files() -> None:
    """`db` itself keeps the few statements that make migrations and databases."""
    found = [
        f"{relative(path)}:{node.lineno}: {node.value.strip().splitlines()[0]}"
        for path in MODULES
        if path.relative_to(ROOT).parts[0] != "db"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert found == []


def test_an_import_inside_a_function_is_for_a_heavy_package_only() -> None:
    """An import in a function hides a cycle; the process entries are excepted, which load what their verb needs."""
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        if path.relative_to(ROOT).parts[0] != "main"
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("postmill")
    ]
    assert found == []
