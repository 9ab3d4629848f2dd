"""Widgets of forms that speak with the server."""

import re

from platform_process import Platform, eventually
from playwright.sync_api import expect

from browser.conftest import Watched

SCHEMA = {
    "type": "object",
    "properties": {
        "report": {"type": "object", "format": "resource-s3_object"},
        "at": {"type": "string", "format": "time"},
    },
    "required": ["report"],
    "order": ["report", "at"],
}


def test_a_file_is_uploaded_and_later_picked_from_the_stored_ones(admin: Watched, platform: Platform) -> None:
    code = "def main(report: dict, at: str = ''):\n    return [report['s3'], at]\n"
    platform.deploy("u/admin/takes_file", code, schema=SCHEMA)
    page = admin.open("/w/main/scripts/u/admin/takes_file")
    file = {"name": "Figures.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    page.get_by_label(re.compile("^report")).set_input_files(file)
    expect(page.get_by_text("Figures.csv")).to_be_visible()
    key = page.get_by_text(re.compile(r"^uploads/admin/.*\.csv$")).inner_text()
    assert (
        platform.http.get("/w/main/job_helpers/download_s3_file", params={"file_key": key}).text
        == "a,b\n1,2\n"
    )

    page.get_by_role("button", name="Take another file").click()
    page.get_by_role("button", name="Stored files").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="uploads").click()
    dialog.get_by_role("button", name="admin").last.click()
    dialog.get_by_role("button", name=re.compile(r"\.csv")).first.click()
    page.get_by_label(re.compile("^at")).fill("14:30")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(key).first).to_be_visible()
    expect(page.get_by_text("14:30").first).to_be_visible()


OPTIONS = """DynSelect_size = str


def size(name: str = "", filterText: str = ""):
    return [{"value": n, "label": f"{name} {n}"} for n in ("small", "large")]


def main(name: str, size: DynSelect_size, upload: bytes = b""):
    return [name, size]
"""


def test_options_are_computed_when_they_are_asked_for_and_are_no_past_inputs(
    admin: Watched, platform: Platform
) -> None:
    inferred = platform.post("scripts/infer_schema", {"language": "python3", "code": OPTIONS}).json()
    platform.deploy("u/admin/with_options", OPTIONS, schema=inferred["schema"])
    page = admin.open("/w/main/scripts/u/admin/with_options")
    page.get_by_label(re.compile("^name")).fill("box")
    page.get_by_label(re.compile("^size")).click()
    page.get_by_role("option", name="box large").click()
    with page.expect_response(re.compile("/jobs/run/p/")) as started:
        page.get_by_role("button", name="Run", exact=True).click()
    job = platform.wait_for(started.value.text())
    assert job["result"] == ["box", "large"]
    history = platform.get("inputs/history", runnable_type="ScriptPath", runnable_id="u/admin/with_options")
    assert [one["id"] for one in history] == [job["id"]]
    page = admin.open("/w/main/scripts/u/admin/with_options")
    page.get_by_label(re.compile("^size")).wait_for()
    # The page is as tall as the window: what is long scrolls within.
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


def test_what_is_typed_into_a_code_field_stays_and_is_checked(admin: Watched, platform: Platform) -> None:
    schema = {"type": "object", "properties": {"rules": {"type": "string", "format": "yaml"}}}
    platform.deploy("u/admin/takes_yaml", "def main(rules: str = ''):\n    return rules\n", schema=schema)
    page = admin.open("/w/main/scripts/u/admin/takes_yaml")
    field = page.locator(".monaco-editor").first
    field.wait_for()
    field.click()
    page.keyboard.type("name: one, two\nnext: {a: b: c}")
    value = "() => monaco.editor.getEditors()[0].getValue()"
    eventually(lambda: page.evaluate(value).startswith("name: one, two\nnext: {a: b: c}"))
    expect(page.locator(".squiggly-error").first).to_be_visible()
