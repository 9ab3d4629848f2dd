"""What loads first stays small, and a large table stays swift."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from platform_process import Platform, eventually
from playwright.sync_api import Page, Response, expect

from browser.conftest import Watched

FIRST_LOAD_BYTES = 500_000


def settle(page: Page) -> None:
    expect(page.get_by_role("heading").first).to_be_attached()
    page.wait_for_load_state("networkidle")


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
    page.get_by_role("searchbox", name="Search rows").fill("")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Filter n", exact=True).fill("> 999989")
    expect(page.get_by_text("10 rows of 1,000,000").first).to_be_visible()
    page.get_by_label("Filter n", exact=True).fill("")
    expect(page.get_by_text(re.compile("of 1,000,000"))).to_have_count(0)
    drawn = rows.get_by_role("row").count()
    assert drawn < 60, f"{drawn} rows are drawn"
    with page.expect_download() as saved:
        page.get_by_role("link", name="Parquet").click()
    with saved.value.path().open("rb") as file:
        assert file.read(4) == b"PAR1"
    assert saved.value.suggested_filename.endswith(".parquet")

    widths = "element => [...element.querySelectorAll('thead tr:first-child th')].map(th => th.offsetWidth)"
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_label("Filter n", exact=True)).to_have_count(0)
    before = rows.evaluate(widths)
    edge = rows.locator("[data-edge='1']")
    edge.hover()
    box = edge.bounding_box()
    assert box is not None
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 50, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    # The page draws the last of the moves after the mouse was let go.
    eventually(lambda: abs(rows.evaluate(widths)[1] - before[1] - 50) <= 2)
    assert rows.evaluate(widths)[0] == before[0]
    edge.dblclick()
    eventually(lambda: rows.evaluate(widths)[1] < before[1])
    fitted = rows.evaluate(widths)
    rows.get_by_role("button", name="rest").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("BIGINT")
    page.reload()
    expect(rows.get_by_text("row 0", exact=True)).to_be_visible()
    # The first frame may show the rows without their widths.
    eventually(lambda: rows.evaluate(widths) == fitted)


SHIFTS = """window.shifts = 0
new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value
}).observe({type: 'layout-shift', buffered: true})
"""


@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_read_does_not_jump_when_the_rest_comes(
    admin: Watched, platform: Platform, width: int
) -> None:
    platform.deploy(f"u/admin/listed_{width}", "def main():\n    return 1\n")
    for _ in range(12):
        platform.start(f"u/admin/listed_{width}")
    admin.page.set_viewport_size({"width": width, "height": 800})
    admin.page.add_init_script(SHIFTS)
    page = admin.open("/w/main/runs")
    expect(page.get_by_text(f"u/admin/listed_{width}").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    # What browsers count as good is at most 0.1.
    assert page.evaluate("window.shifts") < 0.1
