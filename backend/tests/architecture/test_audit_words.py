"""Every operation that the audit trail tells of has words on the page of the web UI."""

import json
import re
from pathlib import Path

import pytest

import postmill
from postmill.access.policy import domain_of
from postmill.tables.items import item_kinds

ROOT = Path(postmill.__file__).parent
WORDS = ROOT.parents[1] / "frontend" / "src" / "features" / "audit" / "words.json"
RECORDED = re.compile(r'audit\.record\(\s*[^,()]+,\s*[^,()]+,\s*"([a-z_.]+)"')
OF_ITEMS = re.compile(r"\{domain_of\([^)]*\)\}\.([a-z_]+)")
NO_OPERATIONS = {"settings.json"}


@pytest.fixture(scope="module")
def code() -> str:
    return "\n".join(path.read_text() for path in sorted(ROOT.rglob("*.py")))


@pytest.fixture(scope="module")
def words() -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = json.loads(WORDS.read_text())
    return told


def is_told(operation: str, words: dict[str, dict[str, str]]) -> bool:
    about, _, done = operation.rpartition(".")
    return operation in words["whole"] or (about in words["nouns"] and done in words["done"])


def operations_in(code: str, known: set[str]) -> set[str]:
    """What is recorded under a name, also by way of a variable: names that begin like one that is recorded."""
    recorded = set(RECORDED.findall(code))
    firsts = sorted({name.split(".")[0] for name in recorded | known})
    named = re.findall(rf'"((?:{"|".join(firsts)})(?:\.[a-z_]+)+)"', code)
    return (recorded | set(named)) - NO_OPERATIONS


def test_every_operation_has_words(code: str, words: dict[str, dict[str, str]]) -> None:
    known = {*words["nouns"], *words["whole"]}
    found = operations_in(code, known)
    assert {"variables.create", "alerts.mute", "jobs.run.flow"} <= found
    assert [name for name in sorted(found) if not is_told(name, words)] == []
    # A word for what is never recorded is one that was renamed.
    done_to_items = {
        f"{domain_of(kind)}.{done}" for kind in item_kinds.KINDS for done in OF_ITEMS.findall(code)
    }
    assert set(words["whole"]) - found - done_to_items == set()


def test_items_have_words_for_what_is_done_to_any_of_them(
    code: str, words: dict[str, dict[str, str]]
) -> None:
    domains = {domain_of(kind) for kind in item_kinds.KINDS}
    assert domains <= set(words["nouns"])
    done = set(OF_ITEMS.findall(code))
    assert done
    missing = {one for one in done if not any(is_told(f"{domain}.{one}", words) for domain in domains)}
    assert missing == set()
