"""What holds for every page: nothing that axe finds serious, in light and dark, and a first load within its budget."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from platform_process import ROOT, Platform
from playwright.sync_api import Page, Response, expect

from browser.conftest import Watched

FIRST_LOAD_BYTES = 500_000
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# Monaco colours its text late after a change of theme; its palette is not ours.
RUN_AXE = """async () => {
  const exclude = [['.monaco-editor .view-lines'], ['.monaco-diff-editor']];
  const found = await axe.run({exclude}, {resultTypes: ['violations']});
  return found.violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 200)).slice(0, 3).join(' | ')}`);
}"""

# What turns for as long as something runs is no reason to wait.
STILL = """() => document.getAnimations().every(
  one => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity
)"""

REPORT = """def main(days: int, tags: list[str] = ["a"], notify: bool = False):
    return [{"day": day, "note": "x"} for day in range(days)]
"""


@pytest.fixture(scope="module")
def pages(platform: Platform) -> dict[str, str]:
    """Address by name, with something to see on each."""
    platform.deploy("u/admin/quality", REPORT)
    good = platform.wait_for(platform.start("u/admin/quality", {"days": 20}))
    bad = platform.wait_for(platform.start("u/admin/quality", {"days": "x"}))
    return {
        "home": "",
        "script": "/scripts/u/admin/quality",
        "editor": "/edit/u/admin/quality",
        "run": f"/run/{good['id']}",
        "failed run": f"/run/{bad['id']}",
        "runs": "/runs",
        "variables": "/variables",
        "resources": "/resources",
    }


def settle(page: Page) -> None:
    expect(page.get_by_role("heading").first).to_be_attached()
    page.wait_for_load_state("networkidle")


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN_AXE)
    return found


@pytest.mark.parametrize(
    "name", ["home", "script", "editor", "run", "failed run", "runs", "variables", "resources"]
)
def test_axe_finds_nothing_serious(admin: Watched, pages: dict[str, str], name: str) -> None:
    page = admin.open(f"/w/main{pages[name]}")
    settle(page)
    problems = {"light": serious(page)}
    page.evaluate("localStorage.setItem('postmill.theme', 'dark')")
    page.reload()
    settle(page)
    expect(page.locator("html.dark")).to_be_attached()
    page.wait_for_function(STILL)
    problems["dark"] = serious(page)
    assert problems == {"light": [], "dark": []}


def noting_sizes(sizes: dict[str, int]) -> Callable[[Response], None]:
    def note(response: Response) -> None:
        kind = response.headers.get("content-type", "")
        if response.status == 200 and ("javascript" in kind or "css" in kind or "html" in kind):
            sizes[response.url.split("/")[-1] or "index.html"] = len(gzip.compress(response.body(), 9))

    return note


@pytest.mark.parametrize("path", ["", "/runs"])
def test_the_first_load_stays_within_its_budget(admin: Watched, platform: Platform, path: str) -> None:
    sizes: dict[str, int] = {}
    admin.page.on("response", noting_sizes(sizes))
    page = admin.open(f"/w/main{path}")
    settle(page)
    total = sum(sizes.values())
    assert 50_000 < total < FIRST_LOAD_BYTES, sorted(sizes.items(), key=lambda item: -item[1])[:8]
    # The list of runs draws a chart once there are runs.
    later = ("monaco", "vim-") if path == "/runs" else ("monaco", "vim-", "chart-")
    assert not any(name.startswith(later) for name in sizes), "what is heavy comes later"


def test_a_table_of_a_million_rows_is_paged(admin: Watched, platform: Platform) -> None:
    query = (
        "select number as n, number % 97 as rest, 'row ' || number as name from range(1000000) as t (number)"
    )
    platform.deploy("u/admin/million", query, "duckdb")
    job: Any = platform.wait_for(platform.start("u/admin/million"), 180.0)
    assert job["success"], job["result"]
    page = admin.open(f"/w/main/run/{job['id']}")
    expect(page.get_by_text("1,000,000 rows").first).to_be_visible()
    rows = page.get_by_role("region", name="Rows")
    expect(rows.get_by_text("row 0", exact=True)).to_be_visible()
    rows.evaluate("element => element.scrollTo({top: element.scrollHeight})")
    expect(rows.get_by_text("row 999999", exact=True)).to_be_visible()
    rows.get_by_role("button", name="rest").click()
    rows.get_by_role("button", name="rest").click()
    expect(rows.get_by_role("row").nth(1)).to_contain_text("96")
    page.get_by_role("searchbox", name="Search rows").fill("row 77777")
    expect(page.get_by_text("11 rows of 1,000,000").first).to_be_visible()
    drawn = rows.get_by_role("row").count()
    assert drawn < 60, f"{drawn} rows are drawn"
