"""What people see of what they may not change, and how somebody lets them."""

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
