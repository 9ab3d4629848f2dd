"""Takes the pictures of the README and the documentation from a platform of its own, with the examples in it."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "e2e"))

from chromium import FLAGS, chromium
from platform_process import Platform, eventually, running_platform
from playwright.sync_api import Page, sync_playwright

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 800

# What turns for as long as something runs is no reason to wait.
STILL = """() => document.getAnimations().every(
  one => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity
)"""

EDITED = '''import httpx
from f.alerts.severity import level


def main(url: str = "https://status.example.com", score: int = 80, loud: bool = False):
    """Ask a service how it is, and say how bad that is."""
    answer = httpx.get(url, timeout=10)
    return {"status": answer.status_code, "level": level(score)}
'''


def seed(platform: Platform) -> str:
    """Puts the examples in; the id of a run of the report."""
    for folder in ("reports", "alerts", "data"):
        platform.post("folders/create", {"name": folder})
    examples = ROOT / "examples"
    deployed = [
        (
            "reports/f/reports/monthly_employment.py",
            "f/reports/monthly_employment",
            "Monthly employment report",
        ),
        ("csv/f/data/clean_csv.py", "f/data/clean_csv", "Clean an uploaded CSV file"),
        ("alerts/f/alerts/severity.py", "f/alerts/severity", "What an alert's number means"),
        ("alerts/f/alerts/format_alert.py", "f/alerts/format_alert", "Turn an alert into a message"),
    ]
    for file, path, summary in deployed:
        source = examples / file
        if source.exists():
            platform.deploy(path, source.read_text(), summary=summary, auto_parent=True)
    platform.deploy("f/alerts/check_service", EDITED, summary="How is a service?")
    platform.post(
        "variables/create",
        {"path": "f/alerts/api_key", "value": "secret", "is_secret": True, "description": "Of the pager"},
    )
    job = platform.wait_for(platform.start("f/reports/monthly_employment", {"year": 2012}))
    return str(job["id"])


ORDER = {"items": [{"name": "Desk, oak", "price": 420.0, "count": 2}], "limit": 100}


def order(platform: Platform) -> dict[str, Any]:
    """Deploys the flow of the examples; what the inbox says of a run of it that waits for an approval."""
    push = [sys.executable, "-P", "-m", "postmill.main", "push", str(ROOT / "examples" / "approvals")]
    where = ["--base-url", platform.address, "--workspace", "main", "--token", platform.token]
    subprocess.run([*push, *where], cwd=ROOT / "backend", check=True)
    platform.post("jobs/run/f/f/purchases/order", ORDER)
    eventually(lambda: platform.get("jobs/approvals")["items"])
    waiting: dict[str, Any] = platform.get("jobs/approvals")["items"][0]
    return waiting


def sign_in(page: Page, platform: Platform) -> None:
    page.goto(f"{platform.address}/login")
    page.get_by_label("Email", exact=True).fill(platform.email)
    page.get_by_label("Password", exact=True).fill(platform.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Runs", exact=True).wait_for()


def take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_function(STILL)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"pictures: {name}.png", file=sys.stderr)


def take_all(page: Page, platform: Platform, run: str, waiting: dict[str, Any]) -> None:
    root = f"{platform.address}/w/main"
    page.goto(root)
    page.get_by_text("Monthly employment report").first.wait_for()
    take(page, "home")

    page.goto(f"{root}/scripts/f/reports/monthly_employment")
    page.get_by_role("button", name="Run", exact=True).wait_for()
    take(page, "run-form")

    page.goto(f"{root}/run/{run}")
    page.locator("canvas").first.wait_for()
    take(page, "run-page")

    page.goto(f"{root}/edit/f/alerts/check_service")
    page.locator("[data-help=ready]").wait_for(timeout=120_000)
    page.evaluate("monaco.editor.getEditors()[0].setPosition({lineNumber: 7, column: 20})")
    page.evaluate("monaco.editor.getEditors()[0].focus()")
    page.keyboard.press("Control+Space")
    page.locator(".suggest-widget .monaco-list-row").first.wait_for()
    take(page, "editor")

    page.goto(f"{root}/flows/edit/f/purchases/order")
    page.get_by_role("application", name="Flow", exact=True).wait_for()
    page.get_by_role("button", name="Step ask: Ask for approval").click()
    page.locator("[data-help=ready]").wait_for(timeout=120_000)
    # What the code imports is known once its environment is there.
    page.wait_for_function("() => monaco.editor.getModelMarkers({}).length === 0", timeout=120_000)
    take(page, "flow-builder")

    page.goto(f"{root}/run/{waiting['root_job']}")
    page.get_by_role("application", name="Flow", exact=True).wait_for()
    take(page, "flow-run")

    page.goto(f"{root}/inbox")
    page.get_by_role("button", name="Approve").wait_for()
    take(page, "inbox")

    link = platform.get(f"jobs/resume_urls/{waiting['step_job']}/1")["approvalPage"]
    page.goto(link)
    page.get_by_role("button", name="Approve").wait_for()
    take(page, "approval")


def main() -> int:
    """Every picture is taken anew; a failed one leaves the old file."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder)) as platform:
        run = seed(platform)
        waiting = order(platform)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
            page.set_default_timeout(60_000)
            sign_in(page, platform)
            take_all(page, platform, run, waiting)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
