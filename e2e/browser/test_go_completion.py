"""A Go script in the editor: what gopls knows of the standard library."""

import re

from language_help.test_go_help import BUILD_SECONDS
from platform_process import Platform
from playwright.sync_api import expect

from browser.conftest import Watched
from browser.suggestions import mistake_told, suggested
from browser.test_ui import write_code

CODE = """package inner

import "strings"

func main(name string) (string, error) {
\treturn strings."""


def test_the_standard_library_is_completed_and_mistakes_are_shown(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/go_written", "package inner\n\nfunc main() {}\n", "go")
    page = admin.open("/w/main/edit/u/admin/go_written")
    page.locator("[data-help=ready]").wait_for(timeout=BUILD_SECONDS * 1000)
    write_code(page, CODE)
    suggested(page, "ToUp", "ToUpper")
    page.keyboard.press("Enter")
    # The editor closes the parenthesis.
    page.keyboard.type("(nam), nil\n}")
    expect(page.locator(".view-lines")).to_contain_text(re.compile(r"strings\.ToUpper\(nam\)"))
    mistake_told(page, "undefined: nam")
    expect(page.locator(".squiggly-error").first).to_be_visible()
