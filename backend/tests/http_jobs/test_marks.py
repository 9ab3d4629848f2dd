"""Failed runs are marked as dealt with; runs that wait for their time start now."""

from uuid import uuid4

from .conftest import World


async def test_a_failed_run_is_dealt_with_and_told_from_others(world: World) -> None:
    await world.admin.deploy("u/admin/s")
    good = str(await world.admin.start("u/admin/s"))
    await world.worker.run_next(1)
    bad = str(await world.admin.start("u/admin/s"))
    await world.worker.run_next({"error": {}}, "failure")
    body = {"job_ids": [bad, good, str(uuid4())], "note": "data was missing", "superseded_by": good}
    answer = await world.admin("POST", "jobs/completed/resolve", json=body)
    assert (answer.status_code, answer.json()) == (200, [bad])
    shown = await world.admin.get(f"jobs_u/get/{bad}")
    assert (shown["resolved"], shown["resolved_by"], shown["resolution_note"]) == (
        True, "admin", "data was missing",
    )  # fmt: skip
    assert shown["resolved_at"] and shown["resolved_automatically"] is False
    for place in ("jobs/list", "jobs/completed/list"):
        listed = {value: await world.admin.get(place, resolved=value) for value in ("true", "false")}
        assert [[job["id"] for job in listed[value]] for value in ("true", "false")] == [[bad], [good]]
    undone = await world.admin("POST", "jobs/completed/unresolve", json={"job_ids": [bad, good]})
    assert undone.json() == [bad]
    assert "resolved" not in await world.admin.get(f"jobs_u/get/{bad}")
    actions = await world.context.pool.fetch("SELECT action FROM audit WHERE resource = $1 ORDER BY id", bad)
    assert [row["action"] for row in actions][-2:] == ["jobs.resolve", "jobs.unresolve"]


async def test_runs_of_others_and_bad_words_are_left_alone(world: World) -> None:
    await world.admin.deploy("u/admin/s")
    bad = str(await world.admin.start("u/admin/s"))
    await world.worker.run_next({"error": {}}, "failure")
    stranger = await world.member("eve")
    assert (await stranger("POST", "jobs/completed/resolve", json={"job_ids": [bad]})).json() == []
    later = await world.admin.start("u/admin/s", scheduled_in_secs=600)
    assert (await stranger("POST", f"jobs/queue/run_now/{later}")).status_code == 404
    for more in ({"note": "x" * 3000}, {"note": "\0"}, {"superseded_by": "x"}, {"job_ids": "x"}):
        answer = await world.admin("POST", "jobs/completed/resolve", json={"job_ids": [bad], **more})
        assert answer.status_code == 400, more
    hidden = {"job_ids": [bad], "superseded_by": str(uuid4())}
    assert (await world.admin("POST", "jobs/completed/resolve", json=hidden)).status_code == 404


async def test_a_delayed_run_starts_now(world: World) -> None:
    await world.admin.deploy("u/admin/s")
    later = await world.admin.start("u/admin/s", scheduled_in_secs=600)
    answer = await world.admin("POST", f"jobs/queue/run_now/{later}")
    assert (answer.status_code, answer.text) == (200, str(later))
    due = await world.context.pool.fetchval(
        "SELECT scheduled_for <= clock_timestamp() FROM queue WHERE job_id = $1", later
    )
    assert due is True
    await world.context.pool.execute("UPDATE queue SET state = 'ready' WHERE job_id = $1", later)
    again = await world.admin("POST", f"jobs/queue/run_now/{later}")
    assert again.status_code == 400 and "not scheduled for later" in again.text
    assert (await world.admin("POST", f"jobs/queue/run_now/{uuid4()}")).status_code == 404
