"""``wmill`` of npm, unmodified, with the parts of a workspace that belong to its admins."""

import secrets
import string
from pathlib import Path

from platform_process import Platform

from clients.conftest import Client, CommandLine

PARTS = ("--include-users", "--include-groups", "--include-settings", "--include-key")
WORKSPACE = "carried"
SETTINGS = """name: Carried
color: "#3b82f6"
webhook: https://hooks.example.com/changes
operator_settings: {runs: true, schedules: false, resources: true, variables: false, assets: true, audit_logs: true,
  triggers: true, groups: true, folders: true, workers: true}
"""


def test_people_settings_and_the_key_go_both_ways(
    platform: Platform, node_client: Client, tmp_path: Path
) -> None:
    platform.post("/workspaces/create", {"id": WORKSPACE, "name": "Carried"})
    there = f"/w/{WORKSPACE}"
    platform.post(f"{there}/workspaces/add_user", {"email": "bob@example.com", "username": "bob"})
    platform.post(f"{there}/folders/create", {"name": "fin"})
    secret = {"path": "f/fin/key", "value": "hunter2", "is_secret": True, "description": ""}
    platform.post(f"{there}/variables/create", secret)
    dependencies = {"workspace_id": WORKSPACE, "language": "python3", "name": "team", "content": "tinyx==1\n"}
    platform.post(f"{there}/workspace_dependencies/create", dependencies)
    wmill = CommandLine(platform, tmp_path, WORKSPACE)

    wmill("sync", "pull", "--yes", *PARTS)
    assert (wmill.folder / "dependencies" / "team.requirements.in").read_text() == "tinyx==1\n"
    assert "0 changes" in wmill("sync", "push", "--yes", *PARTS)

    users, groups = wmill.folder / "users", wmill.folder / "groups"
    (users / "bob@example.com.user.yaml").write_text("disabled: false\nrole: operator\nusername: bob\n")
    (users / "eve@example.com.user.yaml").write_text("disabled: false\nrole: developer\nusername: eve\n")
    (groups / "sales.group.yaml").write_text(
        "summary: Sales\nadmins: [u/eve]\nmembers: [u/bob]\nextra_perms: {u/eve: true}\n"
    )
    (wmill.folder / "settings.yaml").write_text(SETTINGS)
    key = "".join(secrets.choice(string.ascii_letters) for _ in range(64))
    (wmill.folder / "encryption_key.yaml").write_text(key)
    assert "5 changes pushed" in wmill("sync", "push", "--yes", *PARTS)

    assert platform.get(f"{there}/users/get/bob")["operator"] is True
    assert set(platform.get(f"{there}/groups/get/sales")["members"]) == {"bob", "eve"}
    settings = platform.get(f"{there}/workspaces/get_settings")
    assert settings["webhook"] == "https://hooks.example.com/changes"
    assert settings["operator_settings"]["variables"] is False
    assert platform.get(f"{there}/workspaces/encryption_key")["key"] == key
    assert platform.get(f"{there}/variables/get_value/f/fin/key") == "hunter2"

    wmill(
        "sync", "pull", "--yes", *PARTS
    )  # secrets come encrypted with the new key, everybody is in group all
    assert "0 changes" in wmill("sync", "push", "--yes", *PARTS)
    assert "0 changes" in wmill("sync", "pull", "--yes", *PARTS)


def test_protection_rules_go_both_ways(platform: Platform, node_client: Client, tmp_path: Path) -> None:
    platform.post("/workspaces/create", {"id": "guarded", "name": "Guarded"})
    rules = "/w/guarded/workspaces/protection_rules"
    wmill = CommandLine(platform, tmp_path, "guarded")
    place = f"{{baseUrl: '{platform.address}/', workspaceId: guarded}}"
    (wmill.folder / "wmill.yaml").write_text(f"workspaces:\n  guarded: {place}\n")
    file = wmill.folder / "protection-rules.yaml"
    file.write_text(
        "guarded:\n  - {name: careful, rules: [RestrictPublicRunSharing], bypass_groups: [ops], bypass_users: []}\n"
    )
    wmill("protection-rules", "push", "guarded", "--yes")
    (made,) = platform.get(rules)
    assert (made["name"], made["rules"], made["bypass_groups"]) == (
        "careful", ["RestrictPublicRunSharing"], ["ops"],
    )  # fmt: skip
    changed = {"rules": ["RestrictPublicRunSharing"], "bypass_groups": [], "bypass_users": ["admin"]}
    platform.post(f"{rules}/careful", changed)
    wmill("protection-rules", "pull", "guarded")
    assert "admin" in file.read_text() and "ops" not in file.read_text()
