"""What holds for every page, in light and dark: axe finds nothing serious, nothing sticks out, the console is quiet.

What opens over a page is looked at there, one after the other: to load the page for each would take longer than all
the rest. Each test leaves a picture per theme in ``.dev/reports/pages``, to be looked at.
"""

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from platform_process import ROOT, Platform, eventually
from playwright.sync_api import Page, expect

from browser.axe import be_still, complaints_of_axe
from browser.conftest import PATIENCE_MS, Watched

PICTURES = ROOT / ".dev" / "reports" / "pages"
# As a tab learns what was chosen in another one.
CHOOSE = """theme => {
  localStorage.setItem('postmill.theme', theme);
  window.dispatchEvent(new StorageEvent('storage', {key: 'postmill.theme'}));
}"""

# The network of a page is called idle once only: what is asked for later is counted here.
COUNT_REQUESTS = """(() => {
  window.underWay = 0;
  window.lastAnswer = 0;
  const ask = window.fetch;
  window.fetch = (...asked) => {
    window.underWay += 1;
    return ask(...asked).finally(() => {
      window.underWay -= 1;
      window.lastAnswer = performance.now();
    });
  };
})()"""
# As long as the browser waits before it calls a network idle.
IDLE_AGAIN = (
    """from => window.underWay === 0 && performance.now() - Math.max(from, window.lastAnswer) > 500"""
)

REPORT = """def main(days: int, tags: list[str] = ["a"], notify: bool = False):
    return [{"day": day, "note": "x"} for day in range(days)]
"""
DOUBLE = "def main(number: int):\n    print('doubling')\n    return number * 2\n"

SIGNED_IN = {
    "home": "",
    "script": "/scripts/u/admin/quality",
    "new-script": "/scripts/new",
    "editor": "/edit/u/admin/quality",
    "run": "/run/{good}",
    "failed-run": "/run/{bad}",
    "flow": "/flows/u/admin/quality_flow",
    "new-flow": "/flows/add",
    "flow-builder": "/flows/edit/u/admin/quality_flow",
    "flow-run": "/run/{flow}",
    "waiting-run": "/run/{waiting}",
    "inbox": "/inbox",
    "runs": "/runs",
    "variables": "/variables",
    "resources": "/resources",
    "folders": "/folders",
    "members": "/members",
    "workers": "/workers",
    "alerts": "/alerts",
    "audit": "/audit",
    "trash": "/trash",
    "settings": "/settings",
    "handlers": "/settings?section=handlers",
    "account": "/account",
    "users": "/users",
}
ROLES: tuple[Literal["button", "menuitem"], ...] = ("button", "menuitem")
# What lies over a page once it is opened: the page, and the buttons that lead there.
OVER_A_PAGE = {
    "new-variable": ("/variables", "New variable"),
    "access": ("/variables", "Access to f/quality/key"),
    "trash-item": ("/trash", "f/quality/gone"),
    "new-resource": ("/resources", "New resource"),
    "resource": ("/resources", "Edit f/quality/db"),
    "new-folder": ("/folders", "New folder"),
    "new-member": ("/members", "Add member"),
    "service-account": ("/members", "Service account"),
    "new-user": ("/users", "New account"),
    "new-token": ("/account", "New token"),
    "filters": ("/runs", "Filters"),
    "run-later": ("/scripts/u/admin/quality", "Run later or elsewhere"),
    "move": ("/scripts/u/admin/quality", "More actions", "Move or rename"),
    "share": ("/run/{good}", "More actions", "Share publicly"),
    "restart": ("/run/{flow}", "Restart from d"),
    "script-settings": ("/edit/u/admin/quality", "Settings"),
    "script-deploy": ("/edit/u/admin/quality", "Deploy"),
    "flow-settings": ("/flows/edit/u/admin/quality_flow", "Settings"),
    "flow-deploy": ("/flows/edit/u/admin/quality_flow", "Deploy"),
    "flow-versions": ("/flows/edit/u/admin/quality_flow", "Versions"),
    "step-chooser": ("/flows/edit/u/admin/quality_flow", "Add a step"),
    "find-in-flow": ("/flows/edit/u/admin/quality_flow", "Find in the flow"),
    "example": ("/flows/edit/u/admin/quality_flow", "Input", "From an example"),
}
NARROW = ("home", "script", "run", "flow-run", "runs", "inbox", "variables", "members")


def step(id: str, content: str, number: str, **settings: Any) -> dict[str, Any]:
    return {
        "id": id,
        "summary": "Double it",
        "value": {
            "type": "rawscript",
            "language": "python3",
            "content": content,
            "input_transforms": {"number": {"type": "javascript", "expr": number}},
        },
        **settings,
    }


def flow(path: str, last: dict[str, Any]) -> dict[str, Any]:
    loop = {
        "id": "b",
        "summary": "For each of three",
        "value": {
            "type": "forloopflow",
            "iterator": {"type": "javascript", "expr": "[1, 2, results.a]"},
            "skip_failures": False,
            "modules": [step("c", DOUBLE, "flow_input.iter.value")],
        },
    }
    schema = {"type": "object", "properties": {"number": {"type": "integer", "default": 4}}, "required": []}
    modules = [step("a", DOUBLE, "flow_input.number"), loop, last]
    return {
        "path": path,
        "summary": "Double and double",
        "description": "",
        "schema": schema,
        "value": {"modules": modules},
    }


@pytest.fixture(scope="module")
def places(platform: Platform) -> dict[str, str]:
    """The ids that the addresses need, with something to see on each page."""
    platform.deploy("u/admin/quality", REPORT, summary="Days of a report")
    good = platform.start("u/admin/quality", {"days": 20})
    bad = platform.start("u/admin/quality", {"days": "x"})
    platform.post("folders/create", {"name": "quality"})
    platform.post("workspaces/invite_user", {"email": "invited@example.com", "operator": True})
    platform.post(
        "workspaces/edit_error_handler", {"path": "script/u/admin/quality", "muted_on_user_path": True}
    )
    platform.post(
        "variables/create",
        {"path": "f/quality/key", "value": "hidden", "is_secret": True, "description": "Of the pager"},
    )
    platform.post(
        "resources/create",
        {"path": "f/quality/db", "value": {"host": "db.example.com"}, "resource_type": "postgresql"},
    )
    platform.post(
        "variables/create", {"path": "f/quality/gone", "value": "1", "is_secret": False, "description": ""}
    )
    platform.http.delete("/w/main/variables/delete/f/quality/gone").raise_for_status()
    ends = step("d", DOUBLE, "results.a")
    waits = step("d", DOUBLE, "results.a", suspend={"required_events": 1})
    waits = {**flow("u/admin/quality_approval", waits)}
    waits["value"]["modules"].append(step("e", DOUBLE, "results.d"))
    platform.post("flows/create", flow("u/admin/quality_flow", ends))
    platform.post("flows/create", waits)
    whole = platform.post("jobs/run/f/u/admin/quality_flow", {"number": 4}).text
    waiting = platform.post("jobs/run/f/u/admin/quality_approval", {"number": 4}).text
    eventually(lambda: platform.get(f"jobs_u/get/{waiting}").get("suspend"))
    for id in (good, bad, whole):
        platform.wait_for(id)
    return {"good": good, "bad": bad, "flow": whole, "waiting": waiting}


def settle(page: Page) -> None:
    expect(page.get_by_role("heading").first).to_be_attached(timeout=PATIENCE_MS)
    page.wait_for_load_state("networkidle")


def fits(page: Page) -> bool:
    fitting: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return fitting


def look(page: Page, name: str, within: str = "html", rules: list[str] | None = None) -> dict[str, object]:
    """A settled page's picture, and what is wrong with it."""
    be_still(page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
    return {"axe": complaints_of_axe(page, within, rules), "sideways": not fits(page)}


FINE = {"axe": [], "sideways": False}


def in_both_themes(page: Page, name: str, within: str = "html") -> dict[str, dict[str, object]]:
    """A settled page that is light becomes dark; what is wrong with it, by picture."""
    found = {f"{name}-light": look(page, f"{name}-light", within)}
    page.evaluate(CHOOSE, "dark")
    expect(page.locator("html.dark")).to_be_attached()
    # Nothing but the colours is another one.
    found[f"{name}-dark"] = look(page, f"{name}-dark", within, ["color-contrast"])
    return {picture: seen for picture, seen in found.items() if seen != FINE}


def over_the_page(page: Page, name: str, buttons: Sequence[str]) -> dict[str, dict[str, object]]:
    """What these buttons open, in both themes; it is closed again."""
    page.evaluate(CHOOSE, "light")
    expect(page.locator("html:not(.dark)")).to_be_attached()
    for button in buttons:
        by_role = [page.get_by_role(role, name=button, exact=True) for role in ROLES]
        by_role[0].or_(by_role[1]).first.click()
    expect(page.get_by_role("dialog").first).to_be_visible()
    page.wait_for_function(IDLE_AGAIN, arg=page.evaluate("performance.now()"))
    found = in_both_themes(page, f"dialog-{name}", "[role=dialog]")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    return found


@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_and_what_opens_over_it_in_light_and_dark(
    admin: Watched, places: dict[str, str], name: str
) -> None:
    admin.page.add_init_script(COUNT_REQUESTS)
    page = admin.open("/w/main" + SIGNED_IN[name].format(**places))
    settle(page)
    found = in_both_themes(page, name)
    for dialog, (path, *buttons) in OVER_A_PAGE.items():
        if path == SIGNED_IN[name]:
            found |= over_the_page(page, dialog, buttons)
    assert found == {}


def test_every_dialog_lies_over_one_of_the_pages() -> None:
    assert {path for path, *_ in OVER_A_PAGE.values()} <= set(SIGNED_IN.values())


@pytest.mark.parametrize("path", ["/edit/u/admin/quality", "/flows/edit/u/admin/quality_flow"])
def test_deploy_stands_beside_the_name_on_a_telephone(
    admin: Watched, places: dict[str, str], path: str
) -> None:
    admin.page.set_viewport_size({"width": 360, "height": 740})
    page = admin.open("/w/main" + path)
    settle(page)
    deploy = page.get_by_role("button", name="Deploy", exact=True).bounding_box()
    name = page.get_by_label("Summary").first.bounding_box()
    assert deploy is not None
    assert name is not None
    assert deploy["y"] < name["y"] + name["height"]
    assert fits(page)


def test_the_sign_in_form(visitor: Watched) -> None:
    page = visitor.open("/login")
    settle(page)
    assert in_both_themes(page, "login") == {}


def test_the_page_behind_a_link_for_a_new_password(visitor: Watched) -> None:
    page = visitor.open("/reset-password#pm_rst_x")
    settle(page)
    assert in_both_themes(page, "reset-password") == {}


def test_the_page_of_an_approver_without_an_account(
    visitor: Watched, platform: Platform, places: dict[str, str]
) -> None:
    urls = platform.get(f"jobs/resume_urls/{waiting_step(platform, places['waiting'])}/1")
    visitor.page.set_viewport_size({"width": 360, "height": 740})
    page = visitor.open(str(urls["approvalPage"]).removeprefix(platform.address))
    settle(page)
    assert in_both_themes(page, "approval") == {}


def test_a_shared_run_for_people_outside(
    visitor: Watched, platform: Platform, places: dict[str, str]
) -> None:
    link = platform.post(f"jobs/share/{places['flow']}", {"expires_in_days": 1}).json()["url"]
    page = visitor.open(str(link).removeprefix(platform.address))
    settle(page)
    assert in_both_themes(page, "shared-run") == {}


def waiting_step(platform: Platform, flow: str) -> str:
    """The job of the step behind which a flow waits."""
    status = platform.get(f"jobs_u/get/{flow}")["flow_status"]
    return str(status["modules"][2]["job"])


@pytest.mark.parametrize("name", NARROW)
def test_a_page_on_a_telephone(admin: Watched, places: dict[str, str], name: str) -> None:
    admin.page.set_viewport_size({"width": 360, "height": 740})
    page = admin.open("/w/main" + SIGNED_IN[name].format(**places))
    settle(page)
    assert look(page, f"{name}-narrow") == FINE
