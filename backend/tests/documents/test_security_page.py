"""The page of the security rules names tests that exist, and leaves no section without one."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "security.md"
NAMED = re.compile(r"`([\w./-]+\.(?:py|tsx?))::([^`]+)`")
SECTIONS_WITH_TESTS = range(1, 12)


def named_tests() -> list[tuple[str, str]]:
    return sorted(set(NAMED.findall(PAGE.read_text())))


def file_of(name: str) -> Path:
    return ROOT / name if name.startswith(("e2e/", "frontend/")) else ROOT / "backend" / "tests" / name


@lru_cache
def functions_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize(("file", "test"), named_tests())
def test_what_the_page_names_exists(file: str, test: str) -> None:
    path = file_of(file)
    assert path.is_file(), f"{file} does not exist"
    if path.suffix == ".py":
        assert test in functions_in(path), f"{file} has no {test}"
    else:
        assert f'it("{test}"' in path.read_text(), f"{file} has no test of that name"


def test_every_section_of_rules_names_tests() -> None:
    parts = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    sections = {part.split(".")[0]: part for part in parts if part[:1].isdigit()}
    assert [int(number) for number in sections] == list(SECTIONS_WITH_TESTS)
    assert all(NAMED.search(part) for part in sections.values())


def test_every_rule_of_a_table_names_a_test() -> None:
    """What has none stands under the known limits or is not applicable yet."""
    rules = PAGE.read_text().split("## Known limits")[0]
    rows = [line for line in rules.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    without = [row for row in rows if not NAMED.search(row) and not re.match(r"\| (rule|change) \|", row)]
    assert without == []
