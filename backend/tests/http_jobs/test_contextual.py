"""References of resources to what a run finds in its environment."""

from .conftest import World


async def test_a_resource_is_read_as_a_run_sees_it(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    job_id = await world.admin.start("u/admin/report")
    value = {
        "path": "$WM_JOB_PATH",
        "id": "$WM_JOB_ID",
        "as": "$WM_PERMISSIONED_AS",
        "token": "$WM_TOKEN",
        "own": "$REGION",
    }
    created = {"path": "u/admin/place", "value": value, "resource_type": "any"}
    assert (await world.admin("POST", "resources/create", json=created)).status_code == 201
    region = {"name": "REGION", "value": "eu"}
    assert (await world.admin("POST", "workspaces/set_environment_variable", json=region)).status_code == 200

    read = "resources/get_value_interpolated/u/admin/place"
    assert await world.admin.get(read) == value
    assert await world.admin.get(read, job_id=str(job_id)) == {
        "path": "u/admin/report", "id": str(job_id), "as": "u/admin", "token": "$WM_TOKEN", "own": "eu",
    }  # fmt: skip


async def test_a_hidden_run_lends_nothing(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    job_id = await world.admin.start("u/admin/report")
    bob = await world.member("bob")
    created = {"path": "u/bob/place", "value": "$WM_JOB_PATH", "resource_type": "any"}
    assert (await bob("POST", "resources/create", json=created)).status_code == 201
    read = "resources/get_value_interpolated/u/bob/place"
    hidden = await bob("GET", read, params={"job_id": str(job_id)})
    missing = await bob("GET", read, params={"job_id": "00000000-0000-0000-0000-000000000000"})
    assert hidden.status_code == missing.status_code == 404
    assert (await bob("GET", read, params={"job_id": "no id"})).status_code == 400
