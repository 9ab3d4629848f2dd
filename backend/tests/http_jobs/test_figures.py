"""Usage, health in detail, the dependency map, histories of rights, and the list of scopes."""

from typing import Any

from postmill.access.scopes import parse_scope

from .conftest import World


async def test_runs_of_the_month_are_counted_without_steps(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    bob = await world.member("bob")
    for _ in range(2):
        await world.admin.start("u/admin/report")
    assert (
        await bob("POST", "jobs/run/preview", json={"content": "echo 1", "language": "bash"})
    ).status_code == 201
    pool = world.context.pool
    await pool.execute(
        "UPDATE job SET flow_step_id = 'a' WHERE id = (SELECT id FROM job WHERE created_by = 'admin' LIMIT 1)"
    )
    assert await world.admin.get("/users/usage") == 1
    assert (await world.admin("GET", "workspaces/usage")).text == "2"
    assert await world.admin.get("users/list_usage") == [
        {"email": "admin@example.com", "executions": 1}, {"email": "bob@example.com", "executions": 1},
    ]  # fmt: skip
    await pool.execute("UPDATE job SET created_at = now() - interval '40 days'")
    assert await bob.get("/users/usage") == 0
    assert (await bob("GET", "users/list_usage")).status_code == 403


async def test_health_in_detail(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    await world.admin.start("u/admin/report")
    found = await world.admin.get("/health/detailed")
    assert found["status"] == "degraded"  # no worker is there
    checks = found["checks"]
    assert checks["database"]["healthy"] and checks["readiness"]["healthy"]
    assert checks["database"]["pool"]["max_connections"] >= checks["database"]["pool"]["size"] >= 1
    assert checks["queue"] == {"pending_jobs": 1, "running_jobs": 0}
    assert checks["workers"]["active_count"] == 0
    bob = await world.member("bob")
    assert (await bob("GET", "/health/detailed")).status_code == 403


async def deploy_python(world: World, path: str, code: str) -> None:
    body = {
        "path": path,
        "content": code,
        "language": "python3",
        "summary": "",
        "description": "",
        "lock": "",
    }
    answer = await world.admin("POST", "scripts/create", json=body)
    assert answer.status_code == 201, answer.text


async def test_who_imports_whom(world: World) -> None:
    await deploy_python(world, "u/admin/tool", "def main(): pass")
    await deploy_python(world, "u/admin/uses", "from u.admin.tool import main as tool\ndef main(): tool()")
    expected = {"importer_path": "u/admin/uses", "importer_kind": "script"}
    assert await world.admin.get("workspaces/get_dependents/u/admin/tool") == [
        {**expected, "importer_node_ids": None}
    ]
    assert await world.admin.get("workspaces/get_imports/u/admin/uses") == ["u/admin/tool"]
    whole = await world.admin.get("workspaces/get_dependency_map")
    assert [(edge["importer_path"], edge["imported_path"]) for edge in whole] == [
        ("u/admin/uses", "u/admin/tool")
    ]
    amounts = await world.admin(
        "POST", "workspaces/get_dependents_amounts", json=["u/admin/tool", "u/admin/uses"]
    )
    assert amounts.json() == [
        {"imported_path": "u/admin/tool", "count": 1}, {"imported_path": "u/admin/uses", "count": 0},
    ]  # fmt: skip
    bob = await world.member("bob")
    assert await bob.get("workspaces/get_dependency_map") == []
    assert await bob.get("workspaces/get_imports/u/admin/uses") == []
    await world.context.pool.execute("DELETE FROM script_import")
    rebuilt = await world.admin("POST", "workspaces/rebuild_dependency_map")
    assert (rebuilt.status_code, rebuilt.text) == (200, "read the imports of 2 scripts")
    assert await world.admin.get("workspaces/get_dependency_map") == whole
    too_many = await world.admin("POST", "workspaces/get_dependents_amounts", json=["u/a/b"] * 1001)
    assert too_many.status_code == 400


async def test_who_changed_rights(world: World) -> None:
    bob = await world.member("bob")

    async def done(path: str, **body: Any) -> None:
        assert (await world.admin("POST", path, json=body)).status_code == 200

    await done("folders/create", name="docs")
    await done("folders/addowner/docs", owner="u/bob")
    await done("folders/create", name="closed")
    await done("groups/create", name="sales")
    await done("groups/adduser/sales", username="bob")
    rights = await bob.get("folders_history/get/docs")
    assert [(one["change_type"], one["changed_by"], one["affected"]) for one in rights] == [
        ("add_owner", "admin", "u/bob"), ("create", "admin", None),
    ]  # fmt: skip
    assert (await bob("GET", "folders_history/get/closed")).status_code == 404
    members = await world.admin.get("groups_history/get/sales", per_page=1)
    assert [(one["change_type"], one["member_affected"]) for one in members] == [("adduser", "bob")]
    assert (await bob("GET", "groups_history/get/sales")).status_code == 403


async def test_every_listed_scope_can_be_given(world: World) -> None:
    domains = await world.admin.get("/tokens/list/scopes")
    values = [scope["value"] for domain in domains for scope in domain["scopes"]]
    assert {"jobs:run:scripts", "variables:read", "folders:write"} <= set(values)
    for value in values:
        parse_scope(value)
    made = await world.admin("POST", "/users/tokens/create", json={"scopes": values[:100]})
    assert made.status_code == 201
