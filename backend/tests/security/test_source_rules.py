"""Rules of the source that keep holes from being written: statements, processes, what runs code, what is random."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import postmill

ROOT = Path(postmill.__file__).parent
SOURCES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for path in sorted(ROOT.rglob("*.py"))
    if "web" not in path.relative_to(ROOT).parts
}
RUNS_STATEMENTS = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor"}
# The only makers of SQL text: they build from our own words (pages of results from c0, c1, ...), values are parameters.
BUILDS_FRAGMENTS = {"access/visibility.py", "tables/items/visible.py", "result_pages/query.py"}
# `db` makes databases. DuckDB runs in a sandboxed child on files of the run alone: nothing else can break there.
MAY_PUT_TOGETHER = ("db/", "languages/duckdb/")
SQL_WORDS = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WHERE|ORDER BY|AND \w+\.|OR \w+\.)\b"
)
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
# The wrapper runs the script of the job: inside its walls, which is its purpose.
RUNS_SCRIPTS = {"languages/python/wrapper.py", "languages/python/wrapper_imports.py"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "telnetlib", "xml"}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls of a function or method of this name, by where they stand."""
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) == name:
                yield f"{file}:{node.lineno}", node


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def is_put_together(node: ast.expr) -> bool:
    """Whether a text is made of pieces: an f-string, ``+``, ``%``, ``format``, ``join``."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return True
    return isinstance(node, ast.Call) and called(node) in ("format", "join", "replace", "format_map")


@pytest.mark.parametrize("name", sorted(RUNS_STATEMENTS))
def test_no_statement_is_put_together_where_it_is_run(name: str) -> None:
    found = [
        place
        for place, call in calls(name)
        if call.args and is_put_together(call.args[0]) and not place.startswith(MAY_PUT_TOGETHER)
    ]
    assert found == []


def test_conditions_are_put_together_in_two_places() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, tree in SOURCES.items()
        if file not in BUILDS_FRAGMENTS and not file.startswith(MAY_PUT_TOGETHER)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.BinOp) and is_put_together(node)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and SQL_WORDS.search(part.value)
    ]
    assert found == []


def test_values_in_conditions_are_parameters() -> None:
    """What stands in braces there is an alias, a piece made there, or a parameter's number."""
    allowed = {
        "alias",
        "owner",
        "rights",
        "mine",
        "conditions",
        "grants",
        "groups",
        "parts",
        "prefixes",
        "folders",
        "self",
        "parameters",
        "sql_type",
    }
    tree = SOURCES["access/visibility.py"]
    for node in ast.walk(tree):
        if not isinstance(node, ast.FormattedValue):
            continue
        text = ast.unparse(node.value)
        is_parameter = text.startswith(("parameters.add(", "self._first"))
        is_piece = re.fullmatch(r"' (AND|OR) '\.join\(\w+\)", text)
        is_condition = text.startswith("_pattern_condition(")  # whose own values are looked at here too
        in_parameter = text == "subject.username"  # inside the f-string that becomes a parameter's value
        assert is_parameter or is_piece or is_condition or in_parameter or text in allowed, text


def test_files_of_statements_hold_no_blanks_to_fill() -> None:
    found = [
        f"{path.name}: {match[0]}"
        for path in sorted((ROOT / "tables").rglob("*.sql"))
        for match in re.finditer(r"%\(\w+\)s|%s|(?<!')\{\w+\}", path.read_text())
    ]
    assert found == []


def test_processes_are_started_from_argument_vectors() -> None:
    shells = [
        place
        for name in ("create_subprocess_shell", "system", "popen", "getoutput")
        for place, _ in calls(name)
    ]
    with_shell = [
        f"{file}:{node.value.lineno}"
        for file, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg == "shell"
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    assert shells + with_shell == []


def test_only_the_wrapper_of_jobs_runs_text_as_code() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, tree in SOURCES.items()
        if file not in RUNS_SCRIPTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_CODE
    ]
    assert found == []


def test_nothing_is_unpickled() -> None:
    found = []
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            bad = {name.split(".")[0] for name in names} & FORBIDDEN_MODULES
            found += [f"{file}: {name}" for name in sorted(bad)]
    assert found == []


def test_signatures_are_compared_in_constant_time() -> None:
    text = (ROOT / "identity" / "job_tokens.py").read_text()
    assert "hmac.compare_digest(" in text
    found = [
        f"{file}:{node.lineno}"
        for file, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and re.search(r"signature|digest\(|\bmac\b", ast.unparse(node))
    ]
    assert found == []


def test_dependencies_are_locked_with_hashes() -> None:
    folder = ROOT.parents[1] / "requirements"
    for name in ("runtime.txt", "development.txt", "uv.txt", "clients.txt"):
        lines = [
            line for line in (folder / name).read_text().splitlines() if line and not line.startswith("#")
        ]
        pins = [index for index, line in enumerate(lines) if not line.startswith(" ")]
        assert pins, name
        for index in pins:
            assert "==" in lines[index], lines[index]
            assert lines[index + 1].lstrip().startswith("--hash=sha256:"), lines[index]
