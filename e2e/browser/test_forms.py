"""Widgets of forms that speak with the server."""

import re

from platform_process import Platform
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
