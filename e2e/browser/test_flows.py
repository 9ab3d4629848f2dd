"""Flows as people build, run, approve and repair them."""

import re
from typing import Any

import pytest
from platform_process import Platform, eventually
from playwright.sync_api import Locator, Page, expect

from browser.axe import complaints_of_axe
from browser.conftest import Watched
from browser.test_ui import write_code

APPROVAL = """import wmill


def main(total: int):
    urls = wmill.get_resume_urls()
    return {"description": f"Please approve **{total} euros**.", **urls}
"""
FAILING: dict[str, Any] = {
    "modules": [
        {
            "id": "a",
            "value": {
                "type": "rawscript",
                "language": "python3",
                "content": "import uuid\n\n\ndef main():\n    return str(uuid.uuid4())\n",
                "input_transforms": {},
            },
        },
        {
            "id": "b",
            "value": {
                "type": "rawscript",
                "language": "python3",
                "content": "def main(token: str):\n    raise ValueError('not yet')\n",
                "input_transforms": {"token": {"type": "javascript", "expr": "results.a"}},
            },
        },
    ]
}


def graph(page: Page) -> Locator:
    shown = page.get_by_role("application", name="Flow", exact=True)
    shown.wait_for()
    return shown


def add(page: Page, place: str, kind: str) -> None:
    """Adds a step at a place of the graph, by its button and the list of kinds."""
    page.get_by_role("button", name=place, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("option", name=re.compile(f"^{kind}")).first.click()
    expect(dialog).to_have_count(0)


def open_tab(page: Page, name: str) -> None:
    """The number of mistakes in a tab moves its neighbours when it goes, maybe from under the click."""
    tab = page.get_by_role("tab", name=name)

    def is_open() -> bool:
        tab.click()
        return tab.get_attribute("aria-selected") == "true"

    eventually(is_open)


def take(page: Page, name: str, value: str) -> None:
    """Wires an input of the open step by pointing at a value."""
    page.get_by_role("button", name=f"Take a value for {name}", exact=True).click()
    page.get_by_title(value, exact=True).click()


def point(page: Page, name: str, box: str, value: str) -> None:
    """Wires an input of the open step by pointing at a box of the graph, then at a part of its value."""
    page.get_by_role("button", name=f"Take a value for {name}", exact=True).click()
    page.get_by_role("button", name=re.compile(f"^Step {box}:.*, can be taken$")).click()
    page.get_by_role("dialog", name=f"Value of {box}").get_by_title(value, exact=True).click()
    expect(page.get_by_role("button", name="Stop connecting")).to_have_count(0)


@pytest.fixture
def approver(visitor: Watched) -> Watched:
    """Somebody with a telephone and without an account."""
    visitor.page.set_viewport_size({"width": 360, "height": 740})
    return visitor


def test_a_flow_built_by_clicks_runs_and_is_approved_by_a_guest(
    admin: Watched, approver: Watched, platform: Platform
) -> None:
    page = admin.open("/w/main/flows/add")
    graph(page)
    page.get_by_role("button", name="Add input").click()
    page.get_by_role("textbox", name="Name").fill("amounts")
    page.get_by_role("textbox", name="Name").press("Enter")
    page.get_by_role("combobox", name="Type").click()
    page.get_by_role("option", name="List", exact=True).click()
    page.get_by_role("combobox", name="Items").click()
    page.get_by_role("option", name="Whole numbers").click()

    add(page, "Add a step at the end", "For each")
    page.get_by_role("button", name="Take a list from an earlier step").click()
    page.get_by_title("flow_input.amounts", exact=True).click()
    add(page, "Add a step at the end of a", "Python")
    write_code(page, "def main(n: int):\n    return n * 2\n")
    point(page, "n", "a", "flow_input.iter.value")

    add(page, "Add a step at the end", "Choose a branch")
    condition = page.get_by_role("combobox", name="Condition of branch 1")
    condition.fill("results.a.length")
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="How branch 1 compares").click()
    page.get_by_role("option", name="is greater than").click()
    page.get_by_role("textbox", name="What branch 1 compares with").fill("1")
    expect(condition).to_have_value("results.a.length > 1")
    add(page, "Add a step to branch 1 of c", "Approval")
    # An approval opens on what it asks.
    expect(page.get_by_role("tab", name="Settings")).to_have_attribute("aria-selected", "true")
    write_code(page, APPROVAL)
    open_tab(page, "Inputs")
    page.locator("[data-input=total]").get_by_role("radio", name="Expression").click()
    page.get_by_role("combobox", name="total").fill("results.a[0] + results.a[1]")
    page.keyboard.press("Escape")
    open_tab(page, "Settings")
    page.get_by_role("switch", name=re.compile("^Ask for something")).click()
    page.get_by_role("button", name="Add field").click()
    page.get_by_role("textbox", name="Name").fill("note")
    page.get_by_role("textbox", name="Name").press("Enter")
    add(page, "Add a step at the end", "Python")
    write_code(page, "def main(before: str):\n    return f'went on after {before}'\n")
    page.get_by_role("button", name="Take a value for before", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^Step c:.*, can be taken$"))).to_be_visible()
    expect(page.get_by_role("button", name="Result", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    take(page, "before", "previous_result")
    expect(page.get_by_text("No problems")).to_be_visible()

    page.get_by_role("button", name="Deploy", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("built_by_clicks")
    dialog.get_by_role("textbox", name=re.compile("Summary")).fill("Double and approve")
    dialog.get_by_role("button", name="Deploy").click()
    expect(page).to_have_url(re.compile(r"/flows/u/admin/built_by_clicks"))
    expect(page.get_by_role("heading", name="Double and approve")).to_be_visible()

    for amount in ("4", "5"):
        page.get_by_role("button", name="Add item").click()
        page.locator("input[type=number]").last.fill(amount)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/run/"))
    expect(page.get_by_text("Waiting for an approval")).to_be_visible()
    run = page.url.rsplit("/", 1)[1].split("?")[0]

    inbox = platform.get("jobs/approvals")
    mine = next(item for item in inbox["items"] if item["root_job"] == run)
    link = platform.get(f"jobs_u/completed/get_result/{mine['step_job']}")["approvalPage"]
    guest = approver.open(link.removeprefix(platform.address))
    expect(guest.get_by_text("18 euros")).to_be_visible()
    assert complaints_of_axe(guest) == []
    overflow = guest.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    expect(guest.get_by_role("heading", name="Double and approve")).to_be_visible()
    guest.get_by_role("textbox", name="Note", exact=True).fill("fine with me")
    guest.get_by_role("button", name="Approve").click()
    expect(guest.get_by_role("heading", name="Approved")).to_be_visible()

    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    expect(page.get_by_text("went on after").first).to_be_visible()
    page.get_by_role("radio", name="Timeline").click()
    expect(page.get_by_role("button", name=re.compile("^a For each"))).to_be_visible()
    assert complaints_of_axe(page) == []


def test_the_inbox_counts_and_answers(admin: Watched, platform: Platform) -> None:
    step = {
        "type": "rawscript",
        "language": "bash",
        "content": 'echo \'{"description": "Please look at this."}\'',
        "input_transforms": {},
    }
    flow = {
        "modules": [{"id": "a", "summary": "Look at it", "value": step, "suspend": {"required_events": 1}}]
    }
    run = platform.post("jobs/run/preview_flow", {"value": flow, "args": {}}).text
    eventually(lambda: any(item["root_job"] == run for item in platform.get("jobs/approvals")["items"]))
    page = admin.open("/w/main/inbox")
    page.get_by_role("button", name=re.compile("Look at it")).first.click()
    expect(page.get_by_text("waiting for your approval")).to_be_attached()
    assert complaints_of_axe(page) == []
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved").first).to_be_visible()
    assert platform.wait_for(run)["success"]


def test_a_run_is_shown_to_people_outside_until_it_is_not(
    admin: Watched, approver: Watched, platform: Platform
) -> None:
    step = {
        "type": "rawscript",
        "language": "bash",
        "content": "echo printed\necho 42",
        "input_transforms": {},
    }
    flow = {"modules": [{"id": "a", "summary": "Count", "value": step}]}
    run = platform.post("jobs/run/preview_flow", {"value": flow, "args": {"who": "Ada"}}).text
    assert platform.wait_for(run)["success"]
    page = admin.open(f"/w/main/run/{run}")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Share publicly").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("switch", name="Show the inputs").click()
    dialog.get_by_role("button", name="Make and copy link").click()
    link = dialog.get_by_role("textbox", name="Public link").input_value()
    assert complaints_of_axe(page) == []

    guest = approver.open(link.removeprefix(platform.address))
    expect(guest.get_by_text("42").first).to_be_visible()
    expect(guest.get_by_text("Ada")).to_have_count(0)
    guest.get_by_role("button", name=re.compile("^Step a: Count, Succeeded")).click()
    expect(guest.get_by_text("printed").first).to_be_visible()
    assert complaints_of_axe(guest) == []
    overflow = guest.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0

    dialog.get_by_role("button", name="Revoke").click()
    expect(dialog.get_by_text("nobody outside sees this run")).to_be_visible()
    revoked = f"{platform.address}/api/w/main/jobs_u/shared/{link.partition('/shared/main/')[2]}"
    assert guest.request.get(revoked).status == 404


def test_a_failed_run_is_restarted_from_its_step_with_edited_code(admin: Watched, platform: Platform) -> None:
    platform.post("flows/create", {"path": "u/admin/to_repair", "summary": "To repair", "value": FAILING})
    run = platform.post("jobs/run/f/u/admin/to_repair", {}).text
    assert not platform.wait_for(run)["success"]
    token = platform.get(f"jobs/result_by_id/{run}/a")

    page = admin.open("/w/main/flows/edit/u/admin/to_repair")
    graph(page)
    page.get_by_role("button", name=re.compile("^Step b:")).click()
    write_code(page, "def main(token: str):\n    return f'repaired {token}'\n")
    eventually(lambda: "repaired" in platform.http.get("/w/main/drafts/get_own/flow/u/admin/to_repair").text)

    page = admin.open(f"/w/main/run/{run}")
    page.get_by_role("button", name="Restart from b").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="With code").click()
    page.get_by_role("option", name="Your draft").click()
    expect(dialog.get_by_role("list", name="What happens to each step")).to_contain_text("Result kept")
    expect(dialog.get_by_role("list", name="What happens to each step")).to_contain_text("Runs again")
    expect(dialog.get_by_role("list", name="What happens to each step")).to_contain_text(
        "its code was changed"
    )
    dialog.get_by_role("button", name="Restart").click()
    expect(page).not_to_have_url(re.compile(run))
    expect(page.get_by_text(f"repaired {token}").first).to_be_visible()


def test_text_and_graph_are_one_flow(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/flows/add")
    graph(page)
    page.get_by_role("radio", name="YAML").click()
    broken = "value:\n  modules:\n    - id: a\n      value:\n        type: magic\n"
    write_code(page, broken)
    problem = page.get_by_text("no kind of step")
    expect(problem).to_be_visible()
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    write_code(page, "summary: From text\n" + broken.replace("magic", "identity"))
    expect(problem).to_have_count(0)
    page.get_by_role("button", name="Apply").click()
    graph(page)
    expect(page.get_by_role("button", name=re.compile("^Step a:"))).to_be_visible()
    expect(page.get_by_role("textbox", name="Summary", exact=True)).to_have_value("From text")


def test_steps_are_grouped_named_collapsed_and_undone(admin: Watched, platform: Platform) -> None:
    step = {"type": "identity"}
    modules = [{"id": name, "summary": f"Step {name}", "value": step} for name in "abcd"]
    platform.post("flows/create", {"path": "u/admin/grouped", "summary": "", "value": {"modules": modules}})
    page = admin.open("/w/main/flows/edit/u/admin/grouped")
    canvas = graph(page)
    page.get_by_role("button", name="Step b: Step b", exact=True).click()
    page.get_by_role("button", name="Step c: Step c", exact=True).click(modifiers=["Shift"])
    page.get_by_role("toolbar", name="Marked steps").get_by_role("button", name="Group").click()
    name = page.get_by_role("textbox", name="Name of the group")
    expect(name).to_be_focused()
    name.fill("Prices")
    page.get_by_role("button", name="Colour green").click()
    page.get_by_role("switch", name=re.compile("^Collapsed when the flow is opened")).click()
    assert complaints_of_axe(page) == []

    canvas.focus()
    page.keyboard.press("c")
    folded = page.get_by_role("button", name="Group Prices, 2 steps", exact=True)
    expect(folded).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Step [bc]:"))).to_have_count(0)
    page.keyboard.press("d")
    expect(folded).to_have_count(1)
    expect(page.get_by_role("button", name="Group Prices", exact=True)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Group Prices", exact=True)).to_have_count(0)

    page.get_by_role("button", name="Deploy", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
    expect(page).to_have_url(re.compile(r"/flows/u/admin/grouped"))
    groups = platform.get("flows/get/u/admin/grouped")["value"]["groups"]
    assert groups == [
        {"color": "green", "start_id": "b", "end_id": "c", "summary": "Prices", "autocollapse": True}
    ]


def test_a_canceled_step_is_not_called_failed(admin: Watched, platform: Platform) -> None:
    # The step takes a moment to go, so that its run ends after the flow's.
    code = "trap 'sleep 1; exit 1' TERM\nsleep 600 & wait"
    wait = {"type": "rawscript", "language": "bash", "content": code, "input_transforms": {}}
    flow = {"modules": [{"id": "a", "summary": "Wait", "value": wait}]}
    run = platform.post("jobs/run/preview_flow", {"value": flow, "args": {}}).text
    page = admin.open(f"/w/main/run/{run}")
    expect(page.get_by_role("button", name="Step a: Wait, Running", exact=True)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Step a: Wait, Canceled", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Step a: Wait, Failed"))).to_have_count(0)
    page.get_by_role("radio", name="Timeline").click()
    expect(page.get_by_title(re.compile("^Canceled, "))).to_be_visible()


def test_a_file_dropped_on_the_builder_is_opened(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/flows/add")
    graph(page)
    drop = """([name, text]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name));
        const to = document.querySelector("h1");
        for (const type of ["dragenter", "dragover", "drop"])
            to.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    }"""
    steps = "value:\n  modules:\n    - {id: x, summary: From a file, value: {type: KIND}}\n"
    page.evaluate(drop, ["broken.yaml", steps.replace("KIND", "magic")])
    expect(page.get_by_text("no kind of step")).to_be_visible()
    page.evaluate(drop, ["good.yaml", steps.replace("KIND", "identity")])
    expect(page.get_by_role("button", name="Step x: From a file", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^Step x"))).to_have_count(0)


def test_a_step_is_run_alone_with_what_is_sealed(admin: Watched, platform: Platform) -> None:
    secret = "correct-horse"
    platform.post("variables/create", {"path": "u/admin/sealed_key", "value": secret, "is_secret": True})
    step = {
        "type": "rawscript",
        "language": "bash",
        "content": 'key="$1"\nprintf %s "$key" | wc -c',
        "input_transforms": {"key": {"type": "javascript", "expr": "variable('u/admin/sealed_key')"}},
    }
    flow = {"modules": [{"id": "a", "summary": "Count", "value": step}]}
    platform.post("flows/create", {"path": "u/admin/seals", "summary": "", "value": flow})
    run = platform.post("jobs/run/f/u/admin/seals", {}).text
    assert platform.wait_for(run)["success"]
    page = admin.open("/w/main/flows/edit/u/admin/seals")
    graph(page)
    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_role("button", name="Show the values of the last run").click()
    expect(page.get_by_role("button", name="Step a: Count, Succeeded", exact=True)).to_be_visible()
    page.get_by_role("button", name="Step a: Count, Succeeded", exact=True).click()
    open_tab(page, "Test")
    expect(page.get_by_text("As it was in the run.")).to_be_visible()
    assert "$sealed" not in page.locator("main").inner_text()
    with page.expect_response(re.compile("run/preview")) as started:
        page.get_by_role("button", name="Test step").click()
    job = platform.wait_for(started.value.text())
    assert (job["success"], str(job["result"]).strip()) == (True, str(len(secret)))
    assert secret not in str(platform.get(f"jobs_u/get/{started.value.text()}")["args"])
