"""That a run was started is in the audit trail: read off the job while it is kept, an entry of its own afterwards."""

from typing import Any

from postmill.maintenance.expiry import remove_old_jobs

from .conftest import World


async def starts(world: World, **query: Any) -> list[dict[str, Any]]:
    return [
        entry for entry in await world.admin.get("audit/list", **query) if "jobs.run" in entry["operation"]
    ]


async def test_who_started_what_is_told(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    first = await world.admin.start("u/admin/report")
    second = await world.admin("POST", "jobs/run/preview", json={"content": "echo 1", "language": "bash"})
    assert second.status_code == 201
    entries = await starts(world)
    assert [(entry["operation"], entry.get("resource")) for entry in entries] == [
        ("jobs.run.preview", None), ("jobs.run.script", "u/admin/report"),
    ]  # fmt: skip
    told = entries[1]
    assert (told["username"], told["email"], told["action_kind"], told["outcome"]) == (
        "admin", "admin@example.com", "Execute", "ok",
    )  # fmt: skip
    assert told["parameters"]["job_id"] == str(first)
    assert await world.admin.get(f"audit/get/{told['id']}") == told
    assert await world.context.pool.fetchval("SELECT count(*) FROM audit WHERE action LIKE 'jobs.run%'") == 0


async def test_filters_and_pages_go_over_both(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    await world.admin.start("u/admin/report")
    bob = await world.member("bob")
    assert (await bob("POST", "folders/create", json={"name": "docs"})).status_code == 200
    everything = await world.admin.get("audit/list")
    times = [entry["timestamp"] for entry in everything]
    assert times == sorted(times, reverse=True)
    pages = [await world.admin.get("audit/list", per_page=2, page=page) for page in range(1, 6)]
    assert [entry["id"] for page in pages for entry in page] == [entry["id"] for entry in everything][:10]
    assert len(await starts(world, operation="jobs.run.script")) == 1
    assert await starts(world, operation="folder.create") == []
    assert await starts(world, exclude_operations="jobs.run.script,jobs.run.flow") == []
    assert await starts(world, username="bob") == []
    assert await starts(world, action_kind="Created") == []
    assert len(await starts(world, resource="u/admin/report", action_kind="Execute")) == 1
    assert len(await starts(world, all_workspaces=True)) == 1
    assert await starts(world, before="2020-01-01T00:00:00Z") == []


async def test_members_see_their_own_starts_alone(world: World) -> None:
    await world.admin.deploy("u/admin/report", extra_perms={"g/all": True})
    await world.admin.start("u/admin/report")
    (entry,) = await starts(world)
    bob = await world.member("bob")
    assert [e for e in await bob.get("audit/list") if "jobs.run" in e["operation"]] == []
    assert (await bob("GET", f"audit/get/{entry['id']}")).status_code == 404
    ran = await bob("POST", "jobs/run/preview", json={"content": "echo 1", "language": "bash"})
    assert ran.status_code == 201
    (own,) = [e for e in await bob.get("audit/list") if "jobs.run" in e["operation"]]
    assert own["username"] == "bob"
    assert (await bob("GET", f"audit/get/{own['id']}")).status_code == 200


async def test_the_start_outlives_the_job(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    await world.admin.start("u/admin/report")
    await world.worker.run_next(1)
    (before,) = await starts(world)
    await world.context.pool.execute("UPDATE completed_job SET completed_at = now() - interval '2 days'")
    await remove_old_jobs(world.context.pool, world.context.keyring, 1)
    assert await world.context.pool.fetchval("SELECT count(*) FROM job") == 0
    (after,) = await starts(world)
    assert {**after, "id": 0} == {**before, "id": 0}
    assert (await world.admin.get("audit/list"))[0]["operation"] == "jobs.run.script"


async def test_a_number_that_belongs_to_no_run_is_not_found(world: World) -> None:
    for number in (1 << 50, 7_000_000_000_000_000, 999_999_999_999_999_999):
        assert (await world.admin("GET", f"audit/get/{number}")).status_code == 404
