"""What surrounds the code: what is inserted, code that is only read, failures in their line, values taken along."""

import re

from platform_process import Platform, eventually
from playwright.sync_api import expect

from browser.conftest import Watched
from browser.test_editor import go_to, lines_of
from browser.test_ui import write_code

ROWS = "def main():\n    return [{'id': n, 'tags': ['a', {'b': n}]} for n in range(5)]\n"


def test_what_is_inserted_at_the_top_stands_behind_its_import(admin: Watched, platform: Platform) -> None:
    platform.post(
        "variables/create", {"path": "u/admin/atop", "value": "x", "is_secret": False, "description": ""}
    )
    page = admin.open("/w/main/scripts/new")
    write_code(page, "# Ours\ndef main():\n    pass\n")
    go_to(page, 2, 1)
    page.get_by_role("button", name="Insert", exact=True).click()
    page.get_by_role("region", name="Insert").get_by_text("u/admin/atop").click()
    expected = '# Ours\nimport wmill\nwmill.get_variable("u/admin/atop")def main():\n    pass\n'
    eventually(lambda: lines_of(page) == expected)


def test_a_query_is_offered_the_resources_of_its_database(admin: Watched, platform: Platform) -> None:
    for path, kind in (("u/admin/of_query", "postgresql"), ("u/admin/not_of_query", "slack")):
        platform.post("resources/create", {"path": path, "value": {}, "resource_type": kind})
    platform.deploy("u/admin/asks_people", "select 1\n", "postgresql")
    page = admin.open("/w/main/edit/u/admin/asks_people")
    page.locator(".monaco-editor").first.wait_for()
    expect(page.locator("[data-help]")).to_contain_text("No database")
    page.get_by_role("button", name="Insert", exact=True).click()
    panel = page.get_by_role("region", name="Insert")
    expect(panel).to_contain_text("cannot read variables")
    panel.get_by_role("radio", name="Resources").click()
    panel.get_by_text("u/admin/of_query", exact=True).click()
    eventually(lambda: lines_of(page) == "-- database u/admin/of_query\nselect 1\n")
    expect(panel.get_by_text("u/admin/not_of_query")).to_have_count(0)
    expect(page.locator("[data-help]")).to_contain_text("u/admin/of_query")


def test_several_cursors_by_keys_and_saving_in_vim(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, "a = 1\nb = 2\nc = 3\n")
    go_to(page, 1, 1)
    page.keyboard.press("Control+Alt+ArrowDown")
    page.keyboard.press("Control+Alt+ArrowDown")
    page.keyboard.type("x")
    eventually(lambda: lines_of(page) == "xa = 1\nxb = 2\nxc = 3\n")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Editor", exact=True).click()
    page.get_by_role("menuitemcheckbox", name="Vim keys").click()
    page.keyboard.press("Escape")
    expect(page.locator(".vim-status")).to_contain_text("NORMAL")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.locator(".monaco-editor").first.click()
    page.keyboard.type("ggdd")
    with page.expect_response(re.compile("/drafts/")) as saved:
        page.keyboard.type(":w")
        page.keyboard.press("Enter")
    assert saved.value.ok


def test_code_has_colours_and_a_failure_of_bash_its_line(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/fails_in_bash", "echo one\nno_such_command --now\n", "bash")
    page = admin.open("/w/main/scripts/u/admin/fails_in_bash?tab=code")
    expect(page.locator(".hljs-built_in").first).to_have_text("echo")
    job = platform.wait_for(platform.start("u/admin/fails_in_bash"))
    page = admin.open(f"/w/main/run/{job['id']}")
    expect(page.locator("figcaption")).to_contain_text("u/admin/fails_in_bash, line 2")
    expect(page.locator("figure")).to_contain_text("no_such_command --now")


def test_a_cell_shows_its_value_and_gives_the_way_to_it(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/rows_with_lists", ROWS, summary="Rows with lists")
    job = platform.wait_for(platform.start("u/admin/rows_with_lists"))
    page = admin.open(f"/w/main/run/{job['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rows with lists")
    page.get_by_role("cell", name='["a",{"b":3}]').click()
    shown = page.get_by_role("dialog", name="Value of the cell")
    expect(shown).to_contain_text("result[3].tags")
    shown.get_by_role("button", name="Path", exact=True).click()
    eventually(lambda: page.evaluate("navigator.clipboard.readText()") == "result[3].tags")


STREAMING = """import time


def main():
    def words():
        yield "the first word"
        time.sleep(600)
    return words()
"""


def test_what_a_test_streams_is_read_as_it_comes(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/streaming", STREAMING)
    page = admin.open("/w/main/edit/u/admin/streaming")
    # A double click starts it; what then stands in the button's place must not end it.
    page.get_by_role("button", name="Test", exact=True).dblclick()
    expect(page.get_by_text("the first word", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Canceled").first).to_be_visible()
