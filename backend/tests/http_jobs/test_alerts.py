"""Alerts: what has to be looked at, by whom, and until when."""

from typing import Any

import pytest

from postmill.queue import alerts
from postmill.tables.instance import alert

from .conftest import World

LATE = "update queue set scheduled_for = now() - interval '2 minutes'"
LIST = "/settings/critical_alerts"
WORKER = """insert into worker (name, instance, worker_group, tags, slots, version, ip, isolation, ping_at)
values ('wk-1', 'a', 'gpu', $1, 1, '1', '', 'none', now() - $2 * interval '1 second')
on conflict (name) do update set ping_at = excluded.ping_at"""


async def waiting(world: World, tag: str) -> Any:
    body = {"content": "echo", "language": "bash", "args": {}, "tag": tag}
    return (await world.admin("POST", "jobs/run/preview", json=body)).text


async def test_runs_that_no_worker_takes_are_told_once_for_as_long_as_they_wait(world: World) -> None:
    pool = world.context.pool
    await waiting(world, "gpu")
    assert await alerts.look(pool) == []  # for a moment it is nothing
    await pool.execute(LATE)
    (message,) = await alerts.look(pool)
    assert "'gpu'" in message
    assert await alerts.look(pool) == []
    (shown,) = (await world.admin.get(LIST))["alerts"]
    assert (shown["message"], shown["acknowledged"], shown["workspace_id"]) == (message, False, "main")
    assert shown["over_at"] is None
    await pool.execute(WORKER, ["gpu"], 0)
    assert await alerts.look(pool) == []
    (shown,) = (await world.admin.get(LIST))["alerts"]
    assert shown["over_at"] is not None
    await pool.execute("delete from worker")
    assert await alerts.look(pool) == [message]


async def test_each_workspace_is_told_of_its_own_runs_that_no_worker_takes(world: World) -> None:
    pool = world.context.pool
    assert (
        await world.admin("POST", "/workspaces/create", json={"id": "other", "name": "Other"})
    ).status_code == 201
    body = {"content": "echo", "language": "bash", "args": {}, "tag": "gpu"}
    for workspace in ("other", "main", "other"):
        await world.admin("POST", f"/w/{workspace}/jobs/run/preview", json=body)
    await pool.execute(LATE)
    assert sorted(await alerts.look(pool)) == [
        f"Runs of {workspace} with the tag 'gpu' wait, and no worker that is there serves it"
        for workspace in ("main", "other")
    ]
    (shown,) = (await world.admin.get("workspaces/critical_alerts"))["alerts"]
    assert (shown["workspace_id"], shown["job_id"]) == ("main", None)
    await pool.execute("delete from queue where workspace_id = 'main'")
    assert await alerts.look(pool) == []
    over = {one["workspace_id"]: one["over_at"] for one in (await world.admin.get(LIST))["alerts"]}
    assert over["main"] is not None
    assert over["other"] is None


async def test_a_worker_that_falls_silent_is_told_of(world: World) -> None:
    pool = world.context.pool
    await pool.execute(WORKER, ["x"], 10)
    assert await alerts.look(pool) == []
    await pool.execute(WORKER, ["x"], 100)
    (message,) = await alerts.look(pool)
    assert message.startswith("The worker wk-1 of the group gpu fell silent")


async def test_alerts_are_acknowledged_one_by_one_and_all_at_once(world: World) -> None:
    pool = world.context.pool
    await alert.note_present(pool, "tag_unserved", [alert.Present(tag, tag) for tag in ("a", "b", "c")])
    page = await world.admin.get(LIST, page_size=2)
    assert [one["message"] for one in page["alerts"]] == ["c", "b"]
    assert (page["total_rows"], page["total_pages"]) == (3, 2)
    seen = page["alerts"][0]["id"]
    assert (await world.admin("POST", f"{LIST}/{seen}/acknowledge")).status_code == 200
    assert [one["message"] for one in (await world.admin.get(LIST, acknowledged="false"))["alerts"]] == [
        "b",
        "a",
    ]
    assert (await world.admin("POST", f"{LIST}/acknowledge_all")).json() == "acknowledged 2 alerts"
    assert (await world.admin.get(LIST, acknowledged="false"))["total_rows"] == 0
    assert (await world.admin.get(LIST, acknowledged="true"))["total_rows"] == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LIST}/999/acknowledge", 404), (f"{LIST}/x/acknowledge", 400), (f"{LIST}/{'9' * 30}/acknowledge", 400),
        ("workspaces/critical_alerts/999/acknowledge", 404),
    ],
)  # fmt: skip
async def test_alerts_that_are_not_there(world: World, path: str, status: int) -> None:
    assert (await world.admin("POST", path)).status_code == status


@pytest.mark.parametrize("query", ["page=0", "page_size=0", "page_size=100000", "acknowledged=maybe"])
async def test_pages_that_cannot_be(world: World, query: str) -> None:
    assert (await world.admin("GET", f"{LIST}?{query}")).status_code == 400


async def test_admins_of_a_workspace_see_and_acknowledge_what_is_about_it(world: World) -> None:
    pool = world.context.pool
    job = await waiting(world, "gpu")
    await alert.note_present(pool, "worker_silent", [alert.Present("x", "of the instance")])
    await alert.note_run(pool, "run_lost", job, "given up")
    (shown,) = (await world.admin.get("workspaces/critical_alerts"))["alerts"]
    assert (shown["message"], shown["alert_type"], shown["workspace_id"]) == ("given up", "run_lost", "main")
    assert shown["job_id"] == job
    assert (
        await world.admin("POST", "workspaces/critical_alerts/acknowledge_all")
    ).json() == "acknowledged 1 alert"
    (left,) = (await world.admin.get(LIST, acknowledged="false"))["alerts"]
    assert left["message"] == "of the instance"
    of_the_instance = f"workspaces/critical_alerts/{left['id']}/acknowledge"
    assert (await world.admin("POST", of_the_instance)).status_code == 404
    member = await world.member("reader")
    assert (await member("GET", "workspaces/critical_alerts")).status_code == 403
    assert (await member("GET", LIST)).status_code == 403


async def test_a_workspace_whose_alerts_are_muted_hears_of_nothing_new(world: World) -> None:
    pool = world.context.pool
    job = await waiting(world, "gpu")
    await alert.note_run(pool, "run_lost", job, "before")
    mute = "workspaces/critical_alerts/mute"
    assert (await world.admin("POST", mute, json={"mute_critical_alerts": True})).status_code == 200
    await alert.note_run(pool, "run_lost", job, "while muted")
    await alert.note_present(pool, "tag_unserved", [alert.Present("main/x", "also muted", "main")])
    assert (await world.admin.get("workspaces/get_settings"))["mute_critical_alerts"] is True
    assert (await world.admin("POST", mute, json={})).status_code == 200
    await alert.note_run(pool, "run_lost", job, "after")
    shown = (await world.admin.get("workspaces/critical_alerts"))["alerts"]
    assert [(one["message"], one["acknowledged"]) for one in shown] == [
        ("after", False), ("also muted", True), ("while muted", True), ("before", False),
    ]  # fmt: skip
    bob = await world.member("bob")
    assert (await bob("POST", mute, json={"mute_critical_alerts": True})).status_code == 403
    assert (await world.admin("POST", mute, json={"mute_critical_alerts": 3})).status_code == 400
