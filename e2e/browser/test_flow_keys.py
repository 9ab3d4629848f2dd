"""The builder by keys alone, and steps that are copied between tabs."""

import re
from collections.abc import Callable
from typing import Any

from platform_process import Platform
from playwright.sync_api import Response, Route, expect

from browser.axe import complaints_of_axe
from browser.conftest import Watched
from browser.test_flows import graph


def test_keys_suffice_to_build_and_undo(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/flows/add")
    canvas = graph(page)
    canvas.focus()
    for _ in range(2):
        page.keyboard.press("a")
        page.get_by_role("dialog").get_by_placeholder(re.compile("^Search")).fill("bash")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        canvas.focus()
    steps = page.get_by_role("button", name=re.compile("^Step "))
    expect(steps).to_have_count(2)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name=re.compile("^Step a:"))).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    expect(steps).to_have_count(3)
    page.keyboard.press("Control+c")
    expect(page.get_by_text(re.compile("copied"))).to_be_visible()
    page.keyboard.press("Control+v")
    expect(steps).to_have_count(4)
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    expect(steps).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(steps).to_have_count(3)
    assert complaints_of_axe(page) == []


def test_a_thousand_steps_draw_only_what_is_in_sight(admin: Watched, platform: Platform) -> None:
    step = {"type": "rawscript", "language": "bash", "content": "echo 1", "input_transforms": {}}
    modules = [{"id": f"s{n}", "summary": f"Number {n}", "value": step} for n in range(1000)]
    platform.post(
        "flows/create", {"path": "u/admin/long_flow", "summary": "Long", "value": {"modules": modules}}
    )
    page = admin.open("/w/main/flows/edit/u/admin/long_flow")
    canvas = graph(page)
    first = page.get_by_role("button", name="Step s0: Number 0", exact=True)
    expect(first).to_be_visible()
    drawn = page.locator(".react-flow__node").count()
    assert 2 < drawn < 60, drawn

    page.keyboard.press("Control+f")
    page.get_by_role("searchbox").fill("Number 987")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Step s987: Number 987", exact=True)).to_be_visible()
    expect(first).to_have_count(0)
    canvas.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name=re.compile("^Step s987"))).to_have_count(0)
    expect(page.get_by_role("button", name="Step s988: Number 988", exact=True)).to_be_visible()
    assert page.locator(".react-flow__node").count() < 60


def test_the_panel_follows_the_keys_where_they_rest(admin: Watched, platform: Platform) -> None:
    modules = [{"id": name, "summary": f"Step {name}", "value": {"type": "identity"}} for name in "abcde"]
    platform.post("flows/create", {"path": "u/admin/passed", "summary": "", "value": {"modules": modules}})
    page = admin.open("/w/main/flows/edit/u/admin/passed")
    graph(page).focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator("[data-step-panel=d]")).to_be_visible()
    page.keyboard.press("ArrowDown")
    # Whoever opens the panel does not wait for it.
    page.keyboard.press("Enter")
    expect(page.locator("[data-step-panel=e] :focus")).to_be_attached()


def test_steps_are_copied_from_one_tab_to_another(admin: Watched, platform: Platform) -> None:
    code = {"type": "rawscript", "language": "bash", "content": "echo 1", "input_transforms": {}}
    second = {**code, "input_transforms": {"x": {"type": "javascript", "expr": "results.a"}}}
    modules = [
        {"id": "a", "summary": "First", "value": code},
        {"id": "b", "summary": "Second", "value": second},
    ]
    platform.post("flows/create", {"path": "u/admin/copied", "summary": "", "value": {"modules": modules}})
    page = admin.open("/w/main/flows/edit/u/admin/copied")
    graph(page).focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("toolbar", name="Marked steps")).to_be_visible()
    page.keyboard.press("Control+c")
    expect(page.get_by_text("2 steps copied")).to_be_visible()

    other = page.context.new_page()
    other.goto(f"{platform.address}/w/main/flows/add")
    there = graph(other)
    there.focus()
    other.keyboard.press("a")
    other.get_by_role("dialog").get_by_placeholder(re.compile("^Search")).fill("bash")
    other.keyboard.press("Enter")
    expect(other.get_by_role("dialog")).to_have_count(0)
    there.focus()
    other.keyboard.press("Control+v")
    # `a` is taken there: the copies have other names, and read each other still.
    expect(other.get_by_role("button", name=re.compile("^Step .*: First$"))).to_be_visible()
    expect(other.get_by_role("button", name=re.compile("^Step .*: Second$"))).to_be_visible()
    expect(there).to_be_focused()
    other.evaluate("navigator.clipboard.writeText('no steps at all')")
    other.keyboard.press("Control+v")
    expect(other.get_by_text("No steps to paste")).to_be_visible()
    expect(there).to_be_focused()
    # Drafts of less may be under way yet.
    with other.expect_response(is_draft_with("Second")) as saved:
        other.keyboard.press("Alt+ArrowUp")
    draft: dict[str, Any] = saved.value.request.post_data_json["value"]
    steps = {module.get("summary"): module for module in draft["value"]["modules"]}
    first, second = steps["First"], steps["Second"]
    assert first["id"] not in ("a", second["id"])
    assert second["value"]["input_transforms"]["x"]["expr"] == f"results.{first['id']}"
    other.close()


def test_what_is_built_stays_when_the_server_stumbles(admin: Watched, platform: Platform) -> None:
    admin.expect_complaints("/drafts/get_own/")  # the browser itself notes the refusals
    page = admin.open("/w/main/flows/add")
    graph(page)
    page.route(re.compile("/drafts/get_own/"), refuse)
    # The draft that was saved gets an address of its own, which asks for it.
    with page.expect_response(re.compile("/drafts/get_own/")) as asked:
        page.get_by_role("button", name="For each", exact=True).click()
    assert asked.value.status == 400
    expect(page).to_have_url(re.compile("draft="))
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name=re.compile("^Step a: For each"))).to_be_visible()


def is_draft_with(words: str) -> Callable[[Response], bool]:
    def tell(response: Response) -> bool:
        return "drafts/update/flow" in response.url and words in (response.request.post_data or "")

    return tell


def refuse(route: Route) -> None:
    route.fulfill(status=400, body="Bad request: the server stumbles")
