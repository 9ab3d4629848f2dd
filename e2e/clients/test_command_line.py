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


def test_an_instance_is_pulled_and_pushed(platform: Platform, node_client: Client, tmp_path: Path) -> None:
    wmill = CommandLine(platform, tmp_path, place=())
    wmill("instance", "add", "here", f"{platform.address}/", platform.token)
    wmill("instance", "pull", "--yes")
    assert "No instance-level changes" in wmill("instance", "push", "--yes")

    def more(name: str, text: str) -> None:
        file = wmill.folder / f"instance_{name}.yaml"
        before = file.read_text().strip() if file.exists() else ""
        file.write_text(text if before in ("", "[]") else f"{before}\n{text}")

    more("configs", "- {name: big, config: {worker_tags: [gpu], env_vars_static: {REGION: eu}}}\n")
    more("users", "- {email: zoe@example.com, super_admin: false, verified: true, first_time_user: false}\n")
    more("groups", "- {name: ops, summary: Operations, emails: [zoe@example.com]}\n")
    more("settings", "- {name: retention_period_secs, value: 864000}\n")
    wmill("instance", "push", "--yes")
    assert platform.get("/configs/get/big") == {"worker_tags": ["gpu"], "env_vars_static": {"REGION": "eu"}}
    assert platform.get("/users/exists/zoe@example.com") is True
    assert platform.get("/groups/get/ops")["emails"] == ["zoe@example.com"]
    assert platform.get("/settings/global/retention_period_secs") == 864000
    assert platform.get("/users/whoami")["super_admin"] is True

    wmill("instance", "pull", "--yes")
    assert "No instance-level changes" in wmill("instance", "push", "--yes")
    more("configs", "- {name: odd, config: {init_bash: apt-get install jq}}\n")
    assert "Failed to set config odd" in wmill("instance", "push", "--yes")
    more("settings", "- {name: hub_base_url, value: https://hub.example}\n")
    assert "setting hub_base_url: ApiError: Bad Request" in wmill("instance", "push", "--yes")
    assert {group["name"] for group in platform.get("/configs/list_worker_groups")} >= {"big"}
    platform.http.delete("/configs/update/big")


def test_what_a_push_deletes_is_put_back(platform: Platform, wmill: CommandLine) -> None:
    for name in ("kept", "thrown"):
        secret = {"path": f"u/admin/trash_{name}", "value": name, "is_secret": True, "description": ""}
        platform.post("variables/create", secret)
    only = ("--includes", "u/admin/trash_*", "--skip-scripts", "--skip-flows")
    wmill("sync", "pull", "--yes", *only)
    (wmill.folder / "u" / "admin" / "trash_thrown.variable.yaml").unlink()
    wmill("sync", "push", "--yes", *only)
    assert platform.get("variables/exists/u/admin/trash_thrown") is False
    assert "u/admin/trash_thrown" in wmill("trash", "list")
    [number] = [
        item["id"] for item in platform.get("trash/list") if item["item_path"] == "u/admin/trash_thrown"
    ]
    assert '"is_secret": true' in wmill("trash", "get", str(number))
    wmill("trash", "restore", str(number))
    assert platform.get("variables/get_value/u/admin/trash_thrown") == "thrown"


def test_the_manual_is_searched(wmill: CommandLine) -> None:
    said = wmill("docs", "approval links")
    assert "Approvals" in said and "/api/docs/page?url=how-to/approvals.md" in said
