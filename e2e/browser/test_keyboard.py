"""Where the keyboard is, and what it does: somebody without a mouse always knows both."""

import re

from platform_process import Platform
from playwright.sync_api import Page, expect

from browser.conftest import Watched

CODE = "def main(name: str = 'Ada'):\n    return {'hello': name}\n"


def more(page: Page, entry: str) -> None:
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=entry).click()


def test_a_script_is_tried_from_its_form_and_named_after_what_it_does(
    admin: Watched, platform: Platform
) -> None:
    page = admin.open("/w/main/scripts/new")
    page.get_by_label(re.compile(r"^name")).fill("Grace")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Success")).to_be_visible()

    test = page.get_by_role("button", name="Test", exact=True)
    test.press("Enter")
    expect(page.get_by_role("button", name="Beside the last")).to_be_visible()
    expect(test).to_be_focused()

    deploy = page.get_by_role("button", name="Deploy", exact=True)
    deploy.press("Enter")
    dialog = page.get_by_role("dialog", name="Deploy the script")
    expect(dialog.get_by_label(re.compile("Summary"))).to_be_focused()
    page.keyboard.type("Says hello by keys")
    expect(dialog.get_by_label(re.compile("Name"))).to_have_value("says_hello_by_keys")
    page.keyboard.press("Escape")
    expect(deploy).to_be_focused()
    deploy.press("Enter")
    dialog.get_by_label(re.compile("Summary")).press("Enter")
    expect(page).to_have_url(re.compile(r"/scripts/u/admin/says_hello_by_keys"))
    # The button that led here is gone: the keyboard is in the page, behind the side bar.
    expect(page.locator("#content")).to_be_focused()


def test_dialogs_begin_with_what_they_are_for_and_give_the_keyboard_back(
    admin: Watched, platform: Platform
) -> None:
    platform.deploy("u/admin/by_keys", CODE)
    page = admin.open("/w/main/scripts/u/admin/by_keys")
    actions = page.get_by_role("button", name="More actions")

    more(page, "Move or rename")
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(actions).to_be_focused()

    more(page, "Archive")
    expect(page.get_by_role("dialog").get_by_role("button", name="Archive")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").press("Enter")
    expect(actions).to_be_focused()

    # A link to what nobody else may open says so, and leads to where that is changed.
    page.get_by_role("button", name="Share link").click()
    page.get_by_role("button", name="Give access").click()
    expect(page.get_by_role("dialog", name="Access")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Share link")).to_be_focused()


def test_the_next_item_of_a_list_comes_with_enter(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/list_by_keys", "def main(people: list[str]):\n    return people\n")
    page = admin.open("/w/main/scripts/u/admin/list_by_keys")
    page.get_by_role("button", name="Add item").press("Enter")
    expect(page.get_by_label("Item 1 of people")).to_be_focused()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Item 2 of people")).to_be_focused()
    page.keyboard.type("Grace")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/run/"))
    expect(page.get_by_text("Grace").first).to_be_visible()


def test_a_renamed_input_of_a_flow_keeps_the_keyboard(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/flows/add")
    page.get_by_role("button", name="Input", exact=True).click()
    page.get_by_role("button", name="Add input").click()
    name = page.get_by_label("Name", exact=True)
    name.fill("customer")
    name.press("Enter")
    expect(page.locator("[data-property=customer]")).to_be_visible()
    expect(name).to_be_focused()
    expect(name).to_have_value("customer")


def test_somebody_new_is_given_an_account_with_the_membership(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/members")
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("dialog").get_by_label("Email")).to_be_focused()
    page.keyboard.type("newcomer@example.com")
    page.get_by_label(re.compile("First password")).fill("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_text("newcomer@example.com").first).to_be_visible()
    expect(page.get_by_role("button", name="Add member")).to_be_focused()
    answer = platform.http.post(
        "/auth/login", json={"email": "newcomer@example.com", "password": "correct horse battery staple"}
    )
    assert answer.status_code == 200, answer.text
