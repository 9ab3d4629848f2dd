"""What the pages name exists: files, links, calls of the API, verbs."""

import json
import re
from pathlib import Path

import pytest

from postmill.main.command import _parser

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "backend" / "postmill"
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md"))
)

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CALL = re.compile(r"\b(GET|POST|PUT|DELETE) (?:/api/)?(?:w/\{workspace\}/)?([a-z_0-9]+(?:/[^\s`?,;)]*)?)")
CODE_FILE = re.compile(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:py|sql|mjs))`")


def test_there_are_pages() -> None:
    assert {"README.md", "docs/reference/flows.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    file = ROOT / page
    links = {link for link in LINK.findall(file.read_text()) if not link.startswith(("http:", "https:"))}
    assert {link for link in links if not (file.parent / link).exists()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_files_of_the_code_are_there(page: str) -> None:
    named = set(CODE_FILE.findall((ROOT / page).read_text()))
    places = (ROOT, PACKAGE, ROOT / "backend" / "tests")
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_calls_are_in_the_contract(page: str) -> None:
    paths = json.loads((ROOT / "contracts" / "openapi.json").read_text())["paths"]
    areas = {_without_workspace(path).split("/")[0] for path in paths}
    calls = {
        (method, path)
        for method, path in CALL.findall((ROOT / page).read_text())
        if path.split("/")[0] in areas and path != "run"
    }
    known = [
        (method.upper(), re.compile(re.sub(r"\\\{[^}]*\\\}", ".+", re.escape(_without_workspace(path)))))
        for path, methods in paths.items()
        for method in methods
    ]
    unknown = {
        f"{method} {path}"
        for method, path in calls
        if not any(method == verb and pattern.fullmatch(path.rstrip("/.")) for verb, pattern in known)
    }
    assert unknown == set()


def test_verbs_exist() -> None:
    text = "\n".join((ROOT / page).read_text() for page in PAGES)
    described = _parser().format_help()
    verbs = (ROOT / "development" / "verbs.py").read_text()
    assert {verb for verb in re.findall(r"\./dev ([a-z]+)\b", text) if f'"{verb}":' not in verbs} == set()
    named = re.findall(r"(?:`|    )postmill ([a-z-]+)\b", text)
    assert {verb for verb in named if re.search(rf"^ +{verb}\b", described, re.MULTILINE) is None} == set()


def _without_workspace(path: str) -> str:
    return path.removeprefix("/w/{workspace}").removeprefix("/")
