"""What newcomers do with the examples: upload a file, look at a chart, find things by keyboard."""

import re
from pathlib import Path

from platform_process import ROOT, Platform
from playwright.sync_api import expect

from browser.conftest import Watched


def deploy_example(platform: Platform, file: str, path: str) -> None:
    source = (ROOT / "examples" / file).read_text()
    folder = path.split("/")[1]
    if folder not in platform.get("folders/listnames"):
        platform.post("folders/create", {"name": folder})
    platform.deploy(path, source, auto_parent=True)


def test_a_file_is_uploaded_and_comes_back_as_a_table(
    admin: Watched, platform: Platform, tmp_path: Path
) -> None:
    deploy_example(platform, "csv/f/data/clean_csv.py", "f/data/clean_csv")
    table = tmp_path / "people.csv"
    table.write_text(" Name ,E-Mail\n Ada , ada@example.com \n\nAda,ada@example.com\nBob,bob@example.com\n")
    page = admin.open("/w/main/scripts/f/data/clean_csv")
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("people.csv").first).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/run/"))
    expect(page.get_by_text("bob@example.com").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    assert Path(download.value.path()).read_text().startswith("name,e_mail\nAda,")


def test_a_report_shows_its_chart_and_its_table(admin: Watched, platform: Platform) -> None:
    deploy_example(platform, "reports/f/reports/monthly_employment.py", "f/reports/monthly_employment")
    job = platform.wait_for(platform.start("f/reports/monthly_employment", {"year": 2012}))
    page = admin.open(f"/w/main/run/{job['id']}")
    expect(page.get_by_role("heading", name="Employment in 2012")).to_be_visible()
    expect(page.locator("canvas, svg[role=img], [data-chart]").first).to_be_visible()
    expect(page.get_by_role("table").first).to_contain_text("December")


def test_scripts_are_found_by_keyboard(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/needle_in_haystack", "echo 1", "bash")
    page = admin.open("/w/main")
    page.get_by_role("heading").first.wait_for()
    page.keyboard.press("Control+k")
    page.get_by_placeholder(re.compile("Go to a script")).fill("needle_in")
    expect(page.get_by_role("option", name=re.compile("needle_in_haystack")).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("needle_in_haystack"))


def test_a_link_leads_through_the_login_to_its_target(visitor: Watched, platform: Platform) -> None:
    visitor.expect_complaints("status of 401")  # the browser itself notes what leads to the login
    page = visitor.open("/w/main/variables")
    page.get_by_label("Email", exact=True).fill(platform.email)
    page.get_by_label("Password", exact=True).fill(platform.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/w/main/variables"))
