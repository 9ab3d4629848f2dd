"""What people see of what they may not change, how somebody lets them, and how they go."""

import re

from platform_process import Platform
from playwright.sync_api import expect

from browser.conftest import Watched

PASSWORD = "operators-only-1"


def test_access_is_given_on_one_item_and_operators_see_no_way_to_change_it(
    admin: Watched, visitor: Watched, platform: Platform
) -> None:
    path, email = "u/admin/shown_to_one", "reader@example.com"
    platform.post("variables/create", {"path": path, "value": "blue", "is_secret": False, "description": ""})
    platform.post("/users/create", {"email": email, "password": PASSWORD, "super_admin": False, "name": "R"})
    platform.post(
        "workspaces/add_user", {"email": email, "username": "reader", "is_admin": False, "operator": True}
    )

    page = admin.open("/w/main/variables")
    page.get_by_role("button", name=f"Access to {path}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Add a person or group").click()
    page.get_by_role("option", name="u/reader").click()
    expect(dialog.get_by_role("combobox", name="Rights of u/reader")).to_contain_text("Can read")

    seen = visitor.sign_in(email, PASSWORD)
    seen = visitor.open("/w/main/variables")
    seen.get_by_role("button", name=path, exact=True).click()
    expect(seen.get_by_role("dialog")).to_contain_text("You may read this and not change it.")
    expect(seen.get_by_role("dialog").get_by_label("Value")).to_be_disabled()
    seen.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    for name in (f"Edit {path}", f"Delete {path}", "New variable"):
        expect(seen.get_by_role("button", name=name)).to_have_count(0)

    dialog.get_by_role("button", name="Remove u/reader").click()
    expect(dialog.get_by_text("Nobody else.")).to_be_visible()
    seen.reload()
    expect(seen.get_by_role("heading", name="Variables", exact=True)).to_be_visible()
    seen.wait_for_load_state("networkidle")
    expect(seen.get_by_role("button", name=path, exact=True)).to_have_count(0)


def test_a_member_leaves_and_what_the_instance_holds_is_in_one_place(
    admin: Watched, visitor: Watched, platform: Platform
) -> None:
    email = "leaver@example.com"
    platform.post("/users/create", {"email": email, "password": PASSWORD, "super_admin": False, "name": "L"})
    platform.post(
        "workspaces/add_user", {"email": email, "username": "leaver", "is_admin": False, "operator": True}
    )
    gone = visitor.sign_in(email, PASSWORD)
    gone = visitor.open("/w/main/members")
    gone.get_by_role("button", name="Leave", exact=True).click()
    gone.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    expect(gone).to_have_url(re.compile(r"/workspaces$"))
    expect(gone.get_by_text("No workspace yet")).to_be_visible()

    platform.post("/workspaces/create", {"id": "put-away", "name": "Put away"})
    platform.post("/w/put-away/workspaces/archive", {})
    page = admin.open("/w/main/users?tab=workspaces")
    row = page.get_by_role("row", name=re.compile("Put away"))
    row.get_by_role("button", name="Bring back").click()
    expect(row.get_by_role("link", name="Put away")).to_be_visible()

    page.get_by_role("tab", name="Settings").click()
    only = page.get_by_role("switch", name=re.compile("^Only super admins make workspaces"))
    expect(only).to_be_checked()
    only.click()
    expect(page.get_by_text("Everybody may make workspaces")).to_be_visible()
    expect(only).not_to_be_checked()
    assert platform.get("/settings/global/create_workspace_require_superadmin") is False
    only.click()
    expect(only).to_be_checked()
    expect(page.get_by_text("POSTMILL_JOB_TIMEOUT_SECONDS")).to_be_visible()


def test_runs_are_found_by_words(admin: Watched, platform: Platform) -> None:
    for name in ("searched_one", "searched_two"):
        platform.deploy(f"u/admin/{name}", "echo found", "bash")
        platform.run(f"u/admin/{name}")
    page = admin.open("/w/main/runs")
    expect(page.get_by_text("u/admin/searched_one").first).to_be_visible()
    page.get_by_role("searchbox", name="Search runs").fill("SEARCHED_two")
    expect(page).to_have_url(re.compile("text=SEARCHED_two"))
    expect(page.get_by_text("u/admin/searched_one")).to_have_count(0)
    expect(page.get_by_text("u/admin/searched_two").first).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_role("searchbox", name="Search runs")).to_have_value("")
    expect(page.get_by_text("u/admin/searched_one").first).to_be_visible()


def test_a_service_account_is_made_with_a_token_and_the_logs_of_the_instance_are_read(
    admin: Watched, platform: Platform
) -> None:
    page = admin.open("/w/main/members")
    page.get_by_role("button", name="Service account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill("robot")
    dialog.get_by_role("button", name="Create service account").click()
    row = page.get_by_role("row", name=re.compile("robot@main.service.invalid"))
    expect(row.get_by_text("service", exact=True)).to_be_visible()
    row.get_by_role("button", name="More about robot").click()
    page.get_by_role("menuitem", name="Tokens").click()
    dialog.get_by_role("button", name="New token").click()
    dialog.get_by_label("Label").fill("nightly")
    dialog.get_by_role("button", name="Create token").click()
    token = dialog.locator("code").inner_text()
    me = platform.http.get("/w/main/users/whoami", headers={"authorization": f"Bearer {token}"}).json()
    assert (me["username"], me["is_service_account"]) == ("robot", True)
    dialog.get_by_role("button", name="Done").click()
    expect(dialog.get_by_text("nightly")).to_be_visible()
    dialog.get_by_role("button", name="End token nightly").click()
    expect(dialog.get_by_text("No tokens yet")).to_be_visible()

    page = admin.open("/w/main/users?tab=logs")
    page.get_by_role("button", name=re.compile("^server on ")).last.click()
    expect(
        page.get_by_role("dialog").get_by_text(re.compile("^server of Postmill .* begins$"))
    ).to_be_visible()
