"""Earlier versions are removed in a whole workspace, but for those that something still takes."""

from typing import Any

import pytest

from postmill.deploy.locking import record_lock_error
from postmill.kernel.ids import parse_hash

PATH = "u/admin/code"


async def prune(world: Any, kind: str) -> int:
    answer = await world.admin("POST", "workspaces/prune_versions", json={"resource_type": kind})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["pruned"])


async def versions(world: Any, path: str = PATH) -> list[str]:
    return [version["script_hash"] for version in await world.admin.get(f"scripts/history/p/{path}")]


async def test_the_newest_version_of_a_script_stays(world: Any) -> None:
    first = await world.admin.deploy(PATH, "echo 1")
    second = await world.admin.deploy(PATH, "echo 2", parent_hash=first)
    third = await world.admin.deploy(PATH, "echo 3", parent_hash=second)
    await world.admin.deploy("u/admin/other", "echo 4")
    assert await prune(world, "scripts") == 2
    assert await versions(world) == [third]
    await world.admin.refused("POST", f"jobs/run/h/{first}", 404, json={})
    await world.admin.deploy(PATH, "echo 5", parent_hash=third)
    assert await prune(world, "scripts") == 1
    assert ("admin", "main") in await world.audited("workspaces.prune_versions")


async def test_the_version_that_runs_stays_where_a_newer_one_has_no_lock(world: Any) -> None:
    oldest = await world.admin.deploy(PATH, "echo 1")
    runs = await world.admin.deploy(PATH, "echo 2", parent_hash=oldest)
    code = "import requests\n\ndef main():\n    return 1\n"
    broken = await world.admin.deploy(PATH, code, "python3", parent_hash=runs)
    async with world.context.pool.acquire() as connection, connection.transaction():
        await record_lock_error(connection, "main", parse_hash(broken), "no such package")
    await world.context.pool.execute("delete from queue")
    assert await prune(world, "scripts") == 1
    assert await versions(world) == [broken, runs]
    await world.admin.post(f"jobs/run/p/{PATH}", {}, 201)


async def test_what_a_queued_run_or_a_flow_names_stays(world: Any) -> None:
    named = await world.admin.deploy(PATH, "echo 1")
    queued = await world.admin.deploy(PATH, "echo 2", parent_hash=named)
    unused = await world.admin.deploy(PATH, "echo 3", parent_hash=queued)
    newest = await world.admin.deploy(PATH, "echo 4", parent_hash=unused)
    await world.admin.post(f"jobs/run/h/{queued}", {}, 201, scheduled_in_secs=3600)
    step = {"id": "a", "value": {"type": "script", "path": PATH, "hash": named, "input_transforms": {}}}
    flow = {"path": "u/admin/flow", "summary": "", "value": {"modules": [step]}, "schema": {}}
    await world.admin.post("flows/create", flow, 201)
    assert await prune(world, "scripts") == 1
    assert await versions(world) == [newest, queued, named]


async def test_earlier_versions_of_flows_and_values_of_resources_go(world: Any) -> None:
    flow = {"path": "u/admin/flow", "summary": "1", "value": {"modules": []}, "schema": {}}
    await world.admin.post("flows/create", flow, 201)
    for summary in ("2", "3"):
        await world.admin.post("flows/update/u/admin/flow", {**flow, "summary": summary})
    before = await world.admin.get("flows/history/p/u/admin/flow")
    await world.context.pool.execute("delete from queue")
    await world.admin.post(f"jobs/run/fv/{before[1]['id']}", {}, 201)
    assert await prune(world, "flows") == 1
    left = await world.admin.get("flows/history/p/u/admin/flow")
    assert [version["id"] for version in left] == [version["id"] for version in before[:2]]
    assert (await world.admin.get("flows/get/u/admin/flow"))["summary"] == "3"
    thing = {"path": "u/admin/thing", "value": {"a": 1}, "resource_type": "any"}
    await world.admin.post("resources/create", thing, 201)
    await world.admin.post("resources/update_value/u/admin/thing", {"value": {"a": 2}})
    assert await prune(world, "resources") == 1
    assert len((await world.admin.get("resources/history/p/u/admin/thing"))["versions"]) == 1
    assert await prune(world, "apps") == 0


async def test_another_workspace_keeps_its_versions(world: Any) -> None:
    await world.admin.post("/workspaces/create", {"id": "second", "name": "second"}, 201)
    elsewhere = world.admin.elsewhere("second")
    first = await elsewhere.deploy(PATH, "echo 1")
    await elsewhere.deploy(PATH, "echo 2", parent_hash=first)
    assert await prune(world, "scripts") == 0
    assert len(await elsewhere.get(f"scripts/history/p/{PATH}")) == 2


async def test_only_admins_prune_and_only_what_has_versions(world: Any) -> None:
    alice = await world.member("alice")
    body = {"resource_type": "scripts"}
    await alice.refused("POST", "workspaces/prune_versions", 403, json=body)
    for wrong in ({"resource_type": "variables"}, {}, []):
        await world.admin.refused("POST", "workspaces/prune_versions", 400, json=wrong)


@pytest.mark.parametrize("deployed", [True, False])
async def test_what_a_queued_run_of_an_earlier_flow_names_stays(world: Any, deployed: bool) -> None:
    named = await world.admin.deploy(PATH, "echo 1")
    unused = await world.admin.deploy(PATH, "echo 2", parent_hash=named)
    newest = await world.admin.deploy(PATH, "echo 3", parent_hash=unused)
    step = {"id": "a", "value": {"type": "script", "path": PATH, "hash": named, "input_transforms": {}}}
    flow: dict[str, Any] = {"path": "u/admin/flow", "summary": "", "value": {"modules": [step]}, "schema": {}}
    if deployed:
        await world.admin.post("flows/create", flow, 201)
        await world.admin.post("jobs/run/f/u/admin/flow", {}, 201)
        await world.admin.post("flows/update/u/admin/flow", {**flow, "value": {"modules": []}})
    else:
        await world.admin.post("jobs/run/preview_flow", {"value": flow["value"], "args": {}}, 201)
    assert await prune(world, "scripts") == 1
    assert await versions(world) == [newest, named]
