"""What admins do now and then: earlier versions, keys, workers; and what a canceled run says of itself."""

import re

from platform_process import Platform, eventually
from playwright.sync_api import expect

from browser.conftest import Watched


def test_earlier_versions_go_from_the_settings_of_a_workspace(admin: Watched, platform: Platform) -> None:
    assert (
        platform.http.post("/workspaces/create", json={"id": "upkeep", "name": "Upkeep"}).status_code == 201
    )
    script = {
        "path": "u/admin/kept",
        "summary": "",
        "description": "",
        "language": "bash",
        "content": "echo 1",
    }
    first = platform.http.post("/w/upkeep/scripts/create", json=script).text
    second = {**script, "content": "echo 2", "parent_hash": first}
    assert platform.http.post("/w/upkeep/scripts/create", json=second).status_code == 201
    page = admin.open("/w/upkeep/settings?section=versions")
    page.get_by_role("button", name="Remove earlier versions of scripts").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove for good").click()
    expect(page.get_by_text("1 earlier version removed")).to_be_visible()
    assert len(platform.http.get("/w/upkeep/scripts/history/p/u/admin/kept").json()) == 1


def test_a_new_key_signs_identity_tokens(admin: Watched, platform: Platform) -> None:
    before = {key["kid"] for key in platform.get("/oidc/signing_status")["keys"]}
    page = admin.open("/w/main/users?tab=settings")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_role("button", name="New key").click()
    expect(page.get_by_text("A new key signs identity tokens")).to_be_visible()
    (new,) = {key["kid"] for key in platform.get("/oidc/signing_status")["keys"]} - before
    expect(page.get_by_role("row", name=new)).to_contain_text("signs")


def test_the_restart_of_a_worker_group_asks_first(admin: Watched) -> None:
    page = admin.open("/w/main/workers")
    page.get_by_role("button", name="Restart the workers of default").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("take no more jobs")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)


def test_a_canceled_run_says_once_why(admin: Watched, platform: Platform) -> None:
    body = {"content": "echo", "language": "bash", "args": {}, "tag": "served-by-nobody"}
    job = platform.http.post("/w/main/jobs/run/preview", json=body).text
    page = admin.open(f"/w/main/run/{job}")
    expect(page.get_by_text("served-by-nobody").first).to_be_visible()
    platform.post(f"jobs_u/queue/cancel/{job}", {"reason": "it came too late"})
    expect(page.get_by_text(re.compile("it came too late"))).to_have_count(1)


def test_alerts_are_shown_and_acknowledged(admin: Watched, platform: Platform) -> None:
    tag = "asked-for-in-vain"
    body = {"content": "echo", "language": "bash", "args": {}, "tag": tag}
    job = platform.http.post("/w/main/jobs/run/preview?scheduled_for=2026-01-01T00:00:00Z", json=body).text

    def told() -> bool:
        return any(
            tag in one["message"] for one in platform.get("/settings/critical_alerts?page_size=100")["alerts"]
        )

    eventually(told, 300)
    platform.post(f"jobs_u/queue/cancel/{job}", {})
    page = admin.open("/w/main/users?tab=alerts")
    row = page.get_by_role("row", name=tag)
    row.get_by_role("button", name="Acknowledge").click()
    expect(row.get_by_role("button", name="Acknowledge")).to_have_count(0)
