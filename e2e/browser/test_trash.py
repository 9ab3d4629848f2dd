"""What was deleted is looked at, put back, or removed for good; who is no administrator is told of no trash."""

import re

from platform_process import Platform
from playwright.sync_api import expect

from browser.conftest import Watched

PASSWORD = "operators-only-2"
CODE = "def main():\n    return 'thrown away'\n"


def deleted_script(platform: Platform, path: str) -> None:
    first = platform.deploy(path, "def main():\n    return 1\n", summary="The first")
    platform.deploy(path, CODE, summary="The second", parent_hash=first)
    platform.post(f"scripts/delete/p/{path}")


def test_a_deleted_script_is_looked_at_and_put_back(admin: Watched, platform: Platform) -> None:
    path = "u/admin/trash_restored"
    deleted_script(platform, path)
    page = admin.open("/w/main")
    page.get_by_role("link", name="Trash", exact=True).click()
    page.get_by_role("searchbox", name="Search trash").fill("trash_restored")
    row = page.get_by_role("row", name=path)
    expect(row).to_contain_text("Script")
    expect(row).to_contain_text("admin")
    expect(row).to_contain_text(re.compile("in 3 days"))
    row.get_by_role("button", name=path, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("thrown away")
    expect(dialog).to_contain_text("The second")
    expect(dialog.get_by_text("Versions")).to_be_visible()
    dialog.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Script restored")).to_be_visible()
    expect(page.get_by_text("Nothing in the trash matches")).to_be_visible()
    assert platform.run(path) == "thrown away"
    assert len(platform.get(f"scripts/history/p/{path}")) == 2


def test_a_secret_is_not_shown_and_can_be_removed_for_good(admin: Watched, platform: Platform) -> None:
    path = "u/admin/trash_secret"
    secret = {"path": path, "value": "hunter2", "is_secret": True, "description": "Of the pager"}
    platform.post("variables/create", secret)
    page = admin.open("/w/main/variables")
    page.get_by_role("button", name=f"Delete {path}").click()
    expect(page.get_by_role("dialog")).to_contain_text("put it back from the trash")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Variable deleted")).to_be_visible()
    page = admin.open("/w/main/trash")
    page.get_by_role("button", name=path, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Of the pager")
    expect(dialog).to_contain_text("Its value is secret")
    dialog.get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name=f"Delete for good {path}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good", exact=True).click()
    expect(page.get_by_role("row", name=path)).to_have_count(0)
    assert path not in [item["item_path"] for item in platform.get("trash/list")]


def test_a_path_that_was_taken_meanwhile_is_told_and_nothing_is_lost(
    admin: Watched, platform: Platform
) -> None:
    path = "u/admin/trash_taken"
    deleted_script(platform, path)
    platform.deploy(path, "def main():\n    return 3\n")
    page = admin.open("/w/main/trash")
    admin.expect_complaints("/trash/restore")  # the browser itself notes the refusal
    page.get_by_role("button", name=f"Restore {path}").click()
    expect(page.get_by_text(re.compile("already exists"))).to_be_visible()
    expect(page.get_by_role("row", name=path)).to_be_visible()


def test_the_trash_is_emptied(admin: Watched, platform: Platform) -> None:
    workspace = "emptied-trash"
    platform.post("/workspaces/create", {"id": workspace, "name": "Emptied"})
    for name in ("one", "two"):
        variable = {"path": f"u/admin/{name}", "value": "1", "is_secret": False, "description": ""}
        platform.post(f"/w/{workspace}/variables/create", variable)
        platform.http.delete(f"/w/{workspace}/variables/delete/u/admin/{name}").raise_for_status()
    page = admin.open(f"/w/{workspace}/trash")
    expect(page.get_by_role("row", name="u/admin/one")).to_be_visible()
    page.get_by_role("button", name="Empty trash").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    expect(page.get_by_role("button", name="Empty trash")).to_have_count(0)
    assert platform.get(f"/w/{workspace}/trash/list") == []


def test_only_administrators_are_shown_the_trash(visitor: Watched, platform: Platform) -> None:
    email = "keeper@example.com"
    platform.post("/users/create", {"email": email, "password": PASSWORD, "super_admin": False, "name": "K"})
    platform.post("workspaces/add_user", {"email": email, "username": "keeper", "is_admin": False})
    page = visitor.sign_in(email, PASSWORD)
    expect(page.get_by_role("link", name="Members", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Trash", exact=True)).to_have_count(0)
