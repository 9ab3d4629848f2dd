"""Protection rules: what a workspace keeps its members from, admins included, and who is excepted."""

from typing import Any

import pytest

from .conftest import Api, World

RULES = "workspaces/protection_rules"


def rule(*kinds: str, name: str = "main", groups: Any = (), users: Any = ()) -> dict[str, Any]:
    return {"name": name, "rules": list(kinds), "bypass_groups": list(groups), "bypass_users": list(users)}


async def deploy(api: Api, path: str, content: str = "echo 1") -> int:
    body = {"path": path, "content": content, "language": "bash", "summary": "", "auto_parent": True}
    return (await api("POST", "scripts/create?skip_if_noop=true", json=body)).status_code


async def test_they_are_made_changed_and_deleted_by_admins(world: World) -> None:
    bob = await world.member("bob")
    first = rule("DisableDirectDeployment", groups=["ops"], users=["ann"])
    assert (await bob("POST", RULES, json=first)).status_code == 403
    assert (await world.admin("POST", RULES, json=first)).status_code == 200
    assert (await world.admin("POST", RULES, json=first)).status_code == 400
    assert await bob.get(RULES) == [{**first, "workspace_id": "main"}]
    changed = {"rules": ["RestrictPublicRunSharing"], "bypass_groups": [], "bypass_users": []}
    assert (await world.admin("POST", f"{RULES}/main", json=changed)).status_code == 200
    assert (await world.admin("POST", f"{RULES}/other", json=changed)).status_code == 404
    for wrong in (rule("NoSuchRule"), rule(name=""), rule(name="a\n"), rule(groups=["x" * 300])):
        assert (await world.admin("POST", RULES, json=wrong)).status_code == 400
    assert (await world.admin("DELETE", f"{RULES}/main")).status_code == 200
    assert (await world.admin("DELETE", f"{RULES}/main")).status_code == 404
    rows = await world.context.pool.fetch("SELECT action FROM audit WHERE action LIKE '%protection_rule'")
    assert {row["action"] for row in rows} == {
        f"workspaces.{verb}_protection_rule" for verb in ("create", "update", "delete")
    }


async def test_deploying_in_every_way_is_kept_to_those_who_are_excepted(world: World) -> None:
    bob = await world.member("bob")
    flow = {"path": "u/admin/steps", "summary": "", "value": {"modules": []}}
    assert await deploy(world.admin, "u/admin/kept") == 201
    assert (await world.admin("POST", "flows/create", json=flow)).status_code == 201
    await world.admin("POST", RULES, json=rule("DisableDirectDeployment", users=["u/bob"]))
    assert await deploy(world.admin, "u/admin/kept") == 201  # nothing would change
    hash_ = (await world.admin.get("scripts/get/p/u/admin/kept"))["hash"]
    for method, path, body in (
        ("POST", "scripts/create", {"path": "u/admin/new", "content": "echo", "language": "bash", "summary": ""}),
        ("POST", "scripts/archive/p/u/admin/kept", None),
        ("POST", f"scripts/archive/h/{hash_}", None),
        ("POST", f"scripts/delete/h/{hash_}", None),
        ("POST", "scripts/delete/p/u/admin/kept", None),
        ("POST", "flows/create", flow | {"path": "u/admin/more"}),
        ("POST", "flows/update/u/admin/steps", flow | {"summary": "new"}),
        ("POST", "flows/update/u/admin/steps?skip_if_noop=true", flow | {"path": "u/admin/moved"}),
        ("POST", "flows/archive/u/admin/steps", {"archived": True}),
        ("DELETE", "flows/delete/u/admin/steps", None),
        ("POST", "workspace_dependencies/create", {"language": "python3", "name": "t", "content": "x"}),
    ):  # fmt: skip
        answer = await world.admin(method, path, json=body)
        assert (answer.status_code, "protection rule 'main'" in answer.text) == (403, True), (
            path,
            answer.text,
        )
    assert await deploy(bob, "u/bob/mine") == 201


@pytest.mark.parametrize("group", ["wm_deployers", "ops"])
async def test_deployers_and_excepted_groups_deploy(world: World, group: str) -> None:
    bob = await world.member("bob")
    await world.admin("POST", RULES, json=rule("RestrictDeployToDeployers", groups=["g/ops"]))
    assert await deploy(bob, "u/bob/mine") == 403
    await world.admin("POST", "groups/create", json={"name": group})
    await world.admin("POST", f"groups/adduser/{group}", json={"username": "bob"})
    assert await deploy(bob, "u/bob/mine") == 201


async def test_sharing_runs_can_be_kept_back(world: World) -> None:
    await deploy(world.admin, "u/admin/kept")
    run = await world.admin.start("u/admin/kept")
    assert (await world.admin("POST", f"jobs/share/{run}", json={})).is_success
    await world.admin("POST", RULES, json=rule("RestrictPublicRunSharing"))
    assert (await world.admin("POST", f"jobs/share/{run}", json={})).status_code == 403
    await world.admin("POST", f"{RULES}/main", json=rule("RestrictPublicRunSharing", users=["admin"]))
    assert (await world.admin("POST", f"jobs/share/{run}", json={})).is_success
