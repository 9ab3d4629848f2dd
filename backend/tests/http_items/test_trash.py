"""Deleted items are in the trash for three days: looked at, had back, or removed for good, by admins."""

from typing import Any

from postmill.tables.items import trash

SECRET = {"path": "u/admin/key", "value": "hunter2", "is_secret": True, "description": "d"}
FLOW = {
    "path": "u/admin/flow",
    "summary": "first",
    "description": "",
    "value": {"modules": [{"id": "a", "value": {"type": "script", "path": "u/admin/code", "input_transforms": {}}}]},
    "schema": {},
}  # fmt: skip


async def trashed(admin: Any, kind: str) -> int:
    """The number of the only item of a kind."""
    [item] = await admin.get("trash/list", item_kind=kind)
    return int(item["id"])


async def test_a_secret_comes_back_and_is_not_shown_meanwhile(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", SECRET, 201)
    await admin.post("acls/add/variable/u/admin/key", {"owner": "g/all", "write": False})
    await admin("DELETE", "variables/delete/u/admin/key")
    [item] = await admin.get("trash/list")
    assert (item["item_kind"], item["item_path"], item["deleted_by"]) == ("variable", "u/admin/key", "admin")
    assert item["expires_at"] > item["deleted_at"]
    shown = await admin.get(f"trash/get/{item['id']}")
    assert shown["item_data"]["variable"][0]["value"] is None
    assert shown["item_data"]["variable"][0]["description"] == "d"
    await admin.post(f"trash/restore/{item['id']}")
    assert await admin.get("variables/get_value/u/admin/key") == "hunter2"
    assert (await admin.get("variables/get/u/admin/key"))["extra_perms"] == {"g/all": False}
    assert await admin.get("trash/list") == []


async def test_the_key_of_the_workspace_may_change_meanwhile(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", SECRET, 201)
    await admin("DELETE", "variables/delete/u/admin/key")
    await admin.post("variables/rotate_key")
    await admin.post(f"trash/restore/{await trashed(admin, 'variable')}")
    assert await admin.get("variables/get_value/u/admin/key") == "hunter2"


async def test_a_resource_comes_back_with_its_history(world: Any) -> None:
    admin = world.admin
    body = {"path": "u/admin/thing", "value": {"z": 1, "a": [2.50]}, "resource_type": "any"}
    await admin.post("resources/create", body, 201)
    await admin.post("resources/update_value/u/admin/thing", {"value": {"b": 1, "a": None}})
    await admin("DELETE", "resources/delete_bulk", json={"paths": ["u/admin/thing"]})
    await admin.post(f"trash/restore/{await trashed(admin, 'resource')}")
    assert (await admin("GET", "resources/get_value/u/admin/thing")).text == '{"b":1,"a":null}'
    assert len((await admin.get("resources/history/p/u/admin/thing"))["versions"]) == 2


async def test_a_script_comes_back_with_its_versions(world: Any) -> None:
    admin = world.admin
    first = await admin.deploy("u/admin/code", "echo 1")
    second = await admin.deploy("u/admin/code", "echo 2", parent_hash=first)
    await admin.post("scripts/delete/p/u/admin/code")
    await admin.refused("GET", "scripts/get/p/u/admin/code", 404)
    await admin.post(f"trash/restore/{await trashed(admin, 'script')}")
    shown = await admin.get("scripts/get/p/u/admin/code")
    assert (shown["hash"], shown["content"]) == (second, "echo 2")
    assert len(await admin.get("scripts/history/p/u/admin/code")) == 2
    third = await admin.deploy("u/admin/code", "echo 3", parent_hash=second)
    assert (await admin.get("scripts/get/p/u/admin/code"))["hash"] == third


async def test_a_flow_comes_back_with_its_versions(world: Any) -> None:
    admin = world.admin
    await admin.deploy("u/admin/code", "echo 1")
    await admin.post("flows/create", FLOW, 201)
    await admin.post("flows/update/u/admin/flow", {**FLOW, "summary": "second"})
    await admin("DELETE", "flows/delete/u/admin/flow")
    await admin.post(f"trash/restore/{await trashed(admin, 'flow')}")
    assert (await admin.get("flows/get/u/admin/flow"))["summary"] == "second"
    assert len(await admin.get("flows/history/p/u/admin/flow")) == 2
    uses = await admin.get("flows/list_paths_from_workspace_runnable/script/u/admin/code")
    assert "u/admin/flow" in uses


async def test_a_taken_path_stays_as_it_is(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", SECRET, 201)
    await admin("DELETE", "variables/delete/u/admin/key")
    await admin.post("variables/create", {**SECRET, "value": "other"}, 201)
    number = await trashed(admin, "variable")
    said = await admin.refused("POST", f"trash/restore/{number}", 400)
    assert said == "Bad request: variable u/admin/key already exists"
    assert await admin.get("variables/get_value/u/admin/key") == "other"
    assert (await admin("DELETE", f"trash/delete/{number}")).status_code == 200
    await admin.refused("POST", f"trash/restore/{number}", 404)


async def test_it_is_emptied_and_forgets_what_is_old(world: Any) -> None:
    admin, pool = world.admin, world.context.pool
    for name in ("a", "b", "c"):
        await admin.post("variables/create", {**SECRET, "path": f"u/admin/{name}"}, 201)
        await admin("DELETE", f"variables/delete/u/admin/{name}")
    listed = await admin.get("trash/list", per_page=2, page=1)
    assert [item["item_path"] for item in listed] == ["u/admin/a"]
    await pool.execute(
        "UPDATE trash_item SET deleted_at = now() - interval '4 days' WHERE path = 'u/admin/a'"
    )
    await trash.forget_old(pool)
    assert await admin.post("trash/empty") == "2 items removed for good"
    assert await admin.get("trash/list") == []


async def test_it_is_for_admins_of_its_workspace(world: Any) -> None:
    admin, alice = world.admin, await world.member("alice")
    await admin.post("variables/create", SECRET, 201)
    await admin("DELETE", "variables/delete/u/admin/key")
    number = await trashed(admin, "variable")
    for method, path in (
        ("GET", "trash/list"), ("GET", f"trash/get/{number}"), ("POST", f"trash/restore/{number}"),
        ("DELETE", f"trash/delete/{number}"), ("POST", "trash/empty"),
    ):  # fmt: skip
        await alice.refused(method, path, 403)
    await admin.post("/workspaces/create", {"id": "other", "name": "Other"}, 201)
    await admin.elsewhere("other").refused("POST", f"trash/restore/{number}", 404)
    for odd in ("x", "-1", "9" * 30):
        await admin.refused("GET", f"trash/get/{odd}", 400)
