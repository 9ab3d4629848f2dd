"""What people do in the browser, from signing in to sharing a link."""

import re

import pytest
from platform_process import Platform, eventually
from playwright.sync_api import Page, expect

from browser.conftest import Watched

REPORT = """import time


def main(rows: int, title: str = "Report", slow: bool = False):
    print(f"making {rows} rows")
    if slow:
        time.sleep(900)
    return [{"row": n, "title": title} for n in range(rows)]
"""


def write_code(page: Page, text: str) -> None:
    """Replaces what the code editor holds, at one go: no draft is saved of less."""
    editor = page.locator(".monaco-editor").first
    editor.wait_for()
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    # A click could meet suggestions that have just come up, and take the cursor out of the editor.
    editor.get_by_role("textbox").first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
    held = "text => monaco.editor.getEditors().some((editor) => editor.getValue() === text)"
    page.wait_for_function(held, arg=text)


def test_a_wrong_password_is_refused_and_the_right_one_lets_in(visitor: Watched, platform: Platform) -> None:
    visitor.expect_complaints("/api/auth/login")  # the browser itself notes the 400 of the wrong password
    page = visitor.open("/")
    expect(page).to_have_url(re.compile(r"/login"))
    page.get_by_label("Email", exact=True).fill(platform.email)
    page.get_by_label("Password", exact=True).fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    visitor.sign_in(platform.email, platform.password)
    for name in ("Home", "Runs", "Variables", "Resources", "Workers"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_a_script_from_the_editor_to_a_run_that_is_shared(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, REPORT)
    rows = page.get_by_label(re.compile(r"^rows", re.IGNORECASE))
    rows.wait_for()
    rows.fill("3")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("table")).to_contain_text("Report")

    page.get_by_role("button", name="Deploy", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("browser_report")
    dialog.get_by_role("textbox", name=re.compile("Summary")).fill("Report from the browser")
    dialog.get_by_role("textbox", name=re.compile("Message")).fill("first version")
    dialog.get_by_role("button", name="Deploy").click()
    expect(page).to_have_url(re.compile(r"/scripts/u/admin/browser_report"))
    expect(page.get_by_role("heading", name="Report from the browser")).to_be_visible()

    page.get_by_label(re.compile(r"^rows", re.IGNORECASE)).fill("4")
    page.get_by_label(re.compile(r"^title", re.IGNORECASE)).fill("Shared")
    page.get_by_role("button", name="Share link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/run/"))
    expect(page.get_by_text("making 4 rows")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Shared")

    page.goto(link)
    expect(page.get_by_label(re.compile(r"^rows", re.IGNORECASE))).to_have_value("4")
    expect(page.get_by_label(re.compile(r"^title", re.IGNORECASE))).to_have_value("Shared")


def test_a_running_job_is_watched_and_canceled(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/long", REPORT)
    job_id = platform.start("u/admin/long", {"rows": 2, "slow": True})
    page = admin.open(f"/w/main/run/{job_id}")
    expect(page.get_by_text("making 2 rows")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Canceled").first).to_be_visible()
    assert platform.wait_for(job_id)["canceled_by"] == "admin"


def test_a_run_that_has_not_begun_says_why(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/unserved", REPORT, tag="nobody-serves-this")
    platform.deploy("u/admin/one_at_a_time", REPORT, concurrent_limit=1, concurrency_time_window_s=0)
    unserved = platform.start("u/admin/unserved", {"rows": 1})
    first = platform.start("u/admin/one_at_a_time", {"rows": 1, "slow": True})
    platform.wait_until_running(first)
    parked = platform.start("u/admin/one_at_a_time", {"rows": 2})
    page = admin.open(f"/w/main/run/{unserved}")
    expect(page.get_by_text("No worker serves the tag nobody-serves-this")).to_be_visible()
    page.get_by_role("link", name="Look at the workers").click()
    expect(page.get_by_role("row", name=re.compile("nobody-serves-this"))).to_contain_text(
        "No worker serves it"
    )
    page = admin.open("/w/main/runs?path=u/admin/unserved")
    expect(page.get_by_role("listitem").filter(has_text="u/admin/unserved")).to_contain_text("No worker")
    page = admin.open(f"/w/main/run/{parked}")
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    page.get_by_role("link", name="See what is running").click()
    expect(page.get_by_role("listitem").filter(has_text="rows: 1")).to_be_visible()
    for job in (unserved, parked, first):
        platform.post(f"jobs_u/queue/cancel/{job}", {})


def test_past_runs_are_found(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/findable", "echo found", "bash")
    assert platform.run("u/admin/findable") == "found"
    page = admin.open("/w/main/runs")
    page.get_by_text("u/admin/findable").first.click()
    expect(page).to_have_url(re.compile(r"/run/"))
    expect(page.get_by_text("found").first).to_be_visible()


def test_several_runs_are_run_again_and_canceled_together(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/batch", REPORT)
    for rows in (1, 2):
        platform.wait_for(platform.start("u/admin/batch", {"rows": rows}))
    slow = platform.start("u/admin/batch", {"rows": 3, "slow": True})
    platform.wait_until_running(slow)
    page = admin.open("/w/main/runs?path=u/admin/batch")
    expect(page.get_by_text("rows: 2", exact=False)).to_be_visible()
    page.get_by_role("button", name="Select").click()
    page.get_by_role("checkbox", name="Pick runs, or all that are listed").check()
    expect(page.get_by_text("3 runs picked")).to_be_visible()
    page.get_by_role("button", name="Cancel 1").click()
    page.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_text("1 run canceled")).to_be_visible()
    assert platform.wait_for(slow)["canceled"]
    # What still runs in the eyes of the list is not run again.
    expect(page.get_by_role("img", name="Canceled", exact=True)).to_be_visible()

    page.get_by_role("checkbox", name="Pick runs, or all that are listed").check()
    expect(page.get_by_text("3 runs picked")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("menuitem", name="With the newest version").click()
    expect(page.get_by_text("3 runs started")).to_be_visible()
    platform.post("jobs_u/queue/cancel_persistent/u/admin/batch", {})


@pytest.mark.parametrize(
    "path",
    [
        "", "/runs", "/variables", "/resources", "/folders", "/members", "/workers", "/audit", "/settings",
        "/account", "/users",
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [1280, 360])
def test_pages_open_without_errors(admin: Watched, path: str, width: int) -> None:
    admin.page.set_viewport_size({"width": width, "height": 800})
    page = admin.open(f"/w/main{path}")
    expect(page.get_by_role("heading").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_have_count(0)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"the page is {overflow} pixels wider than the screen"


def test_the_side_bar_stays_narrow_and_its_links_keep_their_names(admin: Watched) -> None:
    page = admin.open("/w/main/runs")
    wide = page.locator("aside")
    page.get_by_role("button", name="Narrow the side bar").click()
    expect(page.get_by_role("button", name="Widen the side bar")).to_be_focused()
    page.reload()
    expect(page.get_by_role("button", name="Widen the side bar")).to_be_visible()
    box = wide.bounding_box()
    assert box and box["width"] < 80
    page.get_by_role("link", name="Variables", exact=True).hover()
    expect(page.get_by_role("tooltip", name="Variables")).to_be_attached()
    page.get_by_role("link", name="Variables", exact=True).click()
    expect(page.get_by_role("heading", name="Variables", level=1)).to_be_visible()
    page.get_by_role("button", name="Widen the side bar").click()
    expect(page.get_by_role("button", name="Narrow the side bar")).to_be_visible()


def test_a_secret_is_written_but_not_shown(admin: Watched, platform: Platform) -> None:
    secret = {"path": "u/admin/hidden", "value": "tell-nobody", "is_secret": True, "description": ""}
    platform.post("variables/create", secret)
    page = admin.open("/w/main/variables")
    expect(page.get_by_text("u/admin/hidden").first).to_be_visible()
    assert "tell-nobody" not in page.content()


def test_what_workspace_and_worker_group_set_reaches_runs(admin: Watched, platform: Platform) -> None:
    code = "import os\n\n\ndef main():\n    return [os.environ.get(name) for name in ('LEDGER', 'SITE')]\n"
    platform.deploy("u/admin/environment", code)
    page = admin.open("/w/main/variables?tab=contextual")
    page.get_by_role("button", name="New environment variable").click()
    page.get_by_label("Name").fill("LEDGER")
    page.get_by_label("Value").fill("blue")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("LEDGER"))).to_contain_text("custom")

    page = admin.open("/w/main/workers")
    page.get_by_role("button", name="Edit the worker group default").click()
    page.get_by_role("button", name="Add variable").click()
    page.get_by_label("Name of variable 1").fill("SITE")
    page.get_by_label("Value of SITE").fill("north")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Worker group saved")).to_be_visible()
    eventually(lambda: platform.run("u/admin/environment") == ["blue", "north"])

    page.get_by_role("button", name="Delete the configuration of default").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    eventually(lambda: platform.run("u/admin/environment") == ["blue", None])


def test_a_resource_in_a_new_folder_goes_back_to_an_earlier_value(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/resources")
    page.get_by_role("button", name="New resource").first.click()
    drawer = page.get_by_role("dialog").first
    drawer.get_by_role("combobox", name="Type").click()
    page.get_by_placeholder("Search…").fill("any_json")
    page.get_by_role("option", name=re.compile("any_json")).first.click()
    drawer.get_by_role("combobox", name="Owner").click()
    page.get_by_role("button", name="New folder").click()
    folder = page.get_by_role("dialog").last
    folder.get_by_label("Name").fill("ledgers")
    folder.get_by_role("button", name="Create").click()
    expect(drawer.get_by_role("combobox", name="Owner")).to_contain_text("f/ledgers")
    drawer.get_by_label("Path").fill("limits")
    drawer.get_by_label("JSON").fill('{"most": 1}')
    drawer.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Resource created")).to_be_visible()

    platform.post("resources/update/f/ledgers/limits", {"value": {"most": 2}})
    page.reload()
    page.get_by_role("button", name="f/ledgers/limits", exact=True).click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Earlier value restored")).to_be_visible()
    assert platform.get("resources/get_value/f/ledgers/limits") == {"most": 1}


def test_results_from_scripts_cannot_run_as_the_platform(admin: Watched, platform: Platform) -> None:
    admin.expect_complaints("about:srcdoc")  # the frame's own policy reports what it blocked
    attack = "<img src=x onerror=\"parent.document.title='stolen'\"><script>parent.document.title='stolen'</script>"
    platform.deploy("u/admin/attack", f"def main():\n    return {{'html': {attack!r}}}\n")
    job = platform.wait_for(platform.start("u/admin/attack"))
    page = admin.open(f"/w/main/run/{job['id']}")
    page.locator("iframe").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert "stolen" not in page.title()
    frames = page.locator("iframe").all()
    assert frames, "the result is not shown"
    for frame in frames:
        sandbox = frame.get_attribute("sandbox")
        assert sandbox is not None
        assert "allow-same-origin" not in sandbox


def test_a_server_that_does_not_answer_is_told_of_until_it_does(admin: Watched, platform: Platform) -> None:
    platform.post(
        "variables/create", {"path": "u/admin/reached", "value": "1", "is_secret": False, "description": ""}
    )
    page = admin.open("/w/main/variables")
    expect(page.get_by_text("u/admin/reached")).to_be_visible()
    notice = page.get_by_text("The server cannot be reached.")
    expect(notice).to_have_count(0)

    # The browser itself notes the requests that are refused, and the page what it did not get by them.
    for words in ("ERR_CONNECTION_REFUSED", "dynamically imported module", "Check that Postmill is running"):
        admin.expect_complaints(words)
    page.route("**", lambda route: route.abort("connectionrefused"))
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(notice).to_be_visible()
    # Also where the code of the page itself did not come.
    expect(page.get_by_role("alert")).to_contain_text("Check that Postmill is running")

    page.unroute("**")
    expect(page.get_by_role("heading", name="Trash", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(notice).to_have_count(0)
