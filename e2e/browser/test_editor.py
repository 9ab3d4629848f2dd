"""The code editor as engineers use it."""

import contextlib
import re

from platform_process import Platform, eventually
from playwright.sync_api import TimeoutError, expect

from browser.conftest import Watched
from browser.test_ui import write_code


def test_a_locked_third_party_package_is_completed(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, "import httpx\n\n\ndef main(url: str):\n    httpx.")
    page.locator("[data-help=ready]").wait_for(timeout=90_000)
    shown = page.locator(".suggest-widget").get_by_text("AsyncClient", exact=True).first

    def is_completed() -> bool:
        page.keyboard.press("Escape")
        page.keyboard.press("Control+Space")
        with contextlib.suppress(TimeoutError):
            shown.wait_for(timeout=5_000)
        return shown.is_visible()

    eventually(is_completed)
    page.keyboard.press("Escape")
    page.keyboard.type("get(  url  )")
    page.keyboard.press("Control+s")
    expect(page.locator(".view-lines")).to_contain_text(re.compile(r"httpx\.get\(url\)"))
    expect(page.get_by_text("Draft saved")).to_be_visible()


def test_vim_keys(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, "one\ntwo\n")
    page.get_by_role("button", name="Editor", exact=True).click()
    page.get_by_role("menuitemcheckbox", name="Vim keys").click()
    page.keyboard.press("Escape")
    expect(page.locator(".vim-status")).to_contain_text("NORMAL")
    page.locator(".monaco-editor").first.click()
    page.keyboard.type("ggdd")
    expect(page.locator(".view-lines")).not_to_contain_text("one")
    page.keyboard.type("ithree ")
    expect(page.locator(".view-lines")).to_contain_text("three")
