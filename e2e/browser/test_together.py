"""Two people at one script or flow: each sees the other's draft, nobody deploys over what they have not seen."""

import re

import pytest
from platform_process import Platform
from playwright.sync_api import Page, expect

from browser.conftest import Watched

EMAIL, PASSWORD = "together@example.com", "together-password-1"


@pytest.fixture
def colleague(visitor: Watched, platform: Platform) -> Watched:
    """A plain member, signed in, who may write in the folder ``together``."""
    if platform.get("/users/exists/" + EMAIL) is False:
        platform.post(
            "/users/create", {"email": EMAIL, "password": PASSWORD, "super_admin": False, "name": "T"}
        )
        platform.post("workspaces/add_user", {"email": EMAIL, "username": "together", "is_admin": False})
        platform.post("folders/create", {"name": "together", "extra_perms": {"u/together": True}})
    visitor.sign_in(EMAIL, PASSWORD)
    return visitor


def deploy(page: Page, action: str = "Deploy") -> None:
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()


def summarise(page: Page, summary: str) -> None:
    page.get_by_label("Summary").first.fill(summary)
    expect(page.get_by_text("Draft saved")).to_be_visible()


def two_edit(mine: Page, theirs: Page, path: str, page_of: str) -> None:
    """What both see from the first draft to the second deploy; the editors are open in both."""
    expect(mine.get_by_label("Summary").first).to_have_value("As it was")
    expect(theirs.get_by_label("Summary").first).to_have_value("As it was")
    summarise(mine, "As the first says")
    summarise(theirs, "As the second says")
    theirs.reload()
    theirs.get_by_role("button", name="1 draft of others: admin", exact=True).click()
    expect(theirs.get_by_role("dialog")).to_contain_text("yours is on the left")
    theirs.keyboard.press("Escape")

    deploy(mine)
    expect(mine).to_have_url(re.compile(rf"/{page_of}/{path}$"))
    expect(mine.get_by_text("Draft of together", exact=True)).to_be_visible()

    deploy(theirs)
    told = theirs.get_by_role("dialog").get_by_role("alert")
    expect(told).to_contain_text("admin deployed a newer version")
    theirs.get_by_role("button", name="Back to editing").click()
    expect(theirs.get_by_text("A newer version was deployed since this draft began.")).to_be_visible()
    deploy(theirs, "Deploy over it")
    expect(theirs).to_have_url(re.compile(rf"/{page_of}/{path}$"))
    expect(theirs.get_by_role("heading", name="As the second says")).to_be_visible()


def test_two_people_edit_a_script(admin: Watched, colleague: Watched, platform: Platform) -> None:
    path = "f/together/script"
    platform.deploy(path, "def main():\n    return 1\n", summary="As it was")
    mine, theirs = admin.open(f"/w/main/edit/{path}"), colleague.open(f"/w/main/edit/{path}")
    two_edit(mine, theirs, path, "scripts")
    shown = platform.get(f"scripts/get/p/{path}")
    assert (shown["summary"], len(shown["parent_hashes"])) == ("As the second says", 2)


def test_two_people_edit_a_flow(admin: Watched, colleague: Watched, platform: Platform) -> None:
    path = "f/together/flow"
    step = {"id": "a", "value": {"type": "identity"}}
    value = {"modules": [step]}
    platform.post("flows/create", {"path": path, "summary": "As it was", "description": "", "value": value})
    mine, theirs = admin.open(f"/w/main/flows/edit/{path}"), colleague.open(f"/w/main/flows/edit/{path}")
    two_edit(mine, theirs, path, "flows")
    assert platform.get(f"flows/get/{path}")["summary"] == "As the second says"
    assert len(platform.get(f"flows/history/p/{path}")) == 3


def test_a_link_with_arguments_is_run_by_somebody_else_in_the_order_of_the_form(
    admin: Watched, colleague: Watched, platform: Platform
) -> None:
    path = "f/together/linked"
    signature = "days: int, kind: str = 'short', loud: bool = False"
    platform.deploy(path, f"def main({signature}):\n    print('counting', days)\n    return days\n")
    page = admin.open(f"/w/main/scripts/{path}")
    page.get_by_label("days").fill("3")
    page.get_by_role("button", name="Share link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    theirs = colleague.open(str(link).removeprefix(platform.address))
    expect(theirs.get_by_label("days")).to_have_value("3")
    theirs.get_by_role("button", name="Run", exact=True).click()
    expect(theirs.get_by_text("counting 3")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("counting 3")).to_be_visible()
    for job in platform.get("jobs/completed/list", script_path_exact=path):
        assert list(platform.get(f"jobs_u/get/{job['id']}")["args"]) == ["days", "kind", "loud"]
