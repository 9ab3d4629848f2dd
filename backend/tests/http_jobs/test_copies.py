"""Jobs carried from one instance to another: out, removed, in again."""

from typing import Any
from uuid import UUID

import pytest

from postmill.kernel.ids import new_job_id
from postmill.queue import results

from .conftest import World

ENDED = {
    "id": "01900000-0000-7000-8000-000000000001", "created_by": "ada", "created_at": "2026-01-01T00:00:00Z",
    "job_kind": "script", "permissioned_as": "u/ada", "email": "ada@example.com", "visible_to_owner": True,
    "started_at": "2026-01-01T00:00:01Z", "duration_ms": 5, "language": "python3", "script_path": "u/ada/x",
}  # fmt: skip


async def test_what_ended_goes_out_is_removed_and_comes_in_as_it_was(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    job_id = await world.admin.start("u/admin/report", {"1": "x"})
    await world.worker.run_next({"rows": [1, 2]}, labels=("monthly",), log_start=0, log_tail="counted\n")
    failed = await world.admin.start("u/admin/report")
    await world.worker.run_next({"error": {"message": "no"}}, "failure")
    exported = await world.admin.get("jobs/completed/export")
    assert [job["id"] for job in exported] == [str(job_id), str(failed)]
    assert (exported[0]["args"], exported[0]["result"], exported[0]["logs"]) == (
        {"1": "x"}, {"rows": [1, 2]}, "counted\n",
    )  # fmt: skip
    before = await world.admin.get(f"jobs_u/get/{job_id}")
    removed = await world.admin("POST", "jobs/delete", json=[str(job_id), str(failed)])
    assert (removed.status_code, removed.text) == (200, "deleted 2 jobs")
    assert (await world.admin("GET", f"jobs_u/get/{job_id}")).status_code == 404
    assert await world.context.pool.fetchval("SELECT count(*) FROM job_log") == 0
    for count in (2, 0):  # a second time changes nothing
        told = await world.admin("POST", "jobs/completed/import", json=exported)
        assert (told.status_code, told.text) == (200, f"imported {count} completed jobs")
    after = await world.admin.get(f"jobs_u/get/{job_id}")
    keys = (
        "result",
        "args",
        "success",
        "created_at",
        "completed_at",
        "duration_ms",
        "labels",
        "script_hash",
        "tag",
    )
    assert {key: after.get(key) for key in keys} == {key: before.get(key) for key in keys}
    assert (await world.admin("GET", f"jobs_u/get_logs/{job_id}")).text == "counted\n"
    assert (await world.admin.get(f"jobs_u/get/{failed}"))["success"] is False
    assert len(await world.admin.get("jobs/completed/export", per_page=1, page=2)) == 1


async def test_what_waits_goes_out_and_is_run_where_it_comes_in(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    await world.admin.start("u/admin/report", {"1": "x"})
    (waiting,) = await world.admin.get("jobs/queue/export")
    new_id = new_job_id()
    told = await world.admin("POST", "jobs/queue/import", json=[{**waiting, "id": str(new_id)}])
    assert (told.status_code, told.text) == (200, "imported 1 queued job")
    claimed = {(await world.worker.claim()).id for _ in range(2)}
    assert claimed == {UUID(waiting["id"]), new_id}
    again = await world.admin("POST", "jobs/queue/import", json=[waiting])
    assert again.status_code == 400


async def test_a_long_result_is_carried_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "LARGEST_INLINE_BYTES", 100)
    long = {**ENDED, "result": ["x" * 200]}
    for _ in range(2):
        assert (await world.admin("POST", "jobs/completed/import", json=[long])).status_code == 200
    assert await world.context.pool.fetchval("SELECT count(*) FROM completed_job WHERE result IS NULL") == 1
    (exported,) = await world.admin.get("jobs/completed/export")
    assert exported["result"] == ["x" * 200]


async def test_only_what_has_ended_is_removed_all_or_none(world: World) -> None:
    await world.admin.deploy("u/admin/report")
    ended = await world.admin.start("u/admin/report")
    await world.worker.run_next(1)
    waiting = await world.admin.start("u/admin/report")
    refused = await world.admin("POST", "jobs/delete", json=[str(ended), str(waiting)])
    assert (refused.status_code, str(waiting) in refused.text) == (404, True)
    assert (await world.admin("GET", f"jobs_u/get/{ended}")).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"job_kind": "nonsense"},
        {"language": "cobol"},
        {"created_at": "2026-01-01T00:00:00"},
        {"created_at": "9999-12-31T23:59:59-12:00"},
        {"scheduled_for": "0001-01-01T00:00:00+12:00"},
        {"duration_ms": -1},
        {"mem_peak": 1 << 40},
        {"priority": 1 << 20},
        {"args": [1]},
        {"script_hash": "xyz"},
        {"logs": "a\0b"},
        {"id": "no"},
    ],
)
async def test_a_job_that_cannot_be_is_refused_and_nothing_is_stored(
    world: World, change: dict[str, Any]
) -> None:
    good = {**ENDED, "id": "01900000-0000-7000-8000-000000000002"}
    answer = await world.admin("POST", "jobs/completed/import", json=[good, {**ENDED, **change}])
    assert answer.status_code == 400, answer.text
    assert await world.context.pool.fetchval("SELECT count(*) FROM job") == 0


async def test_a_waiting_flow_is_not_carried(world: World) -> None:
    answer = await world.admin("POST", "jobs/queue/import", json=[{**ENDED, "job_kind": "flow"}])
    assert (answer.status_code, "started anew" in answer.text) == (400, True)


async def test_members_carry_nothing(world: World) -> None:
    bob = await world.member("bob")
    for method, path in (
        ("GET", "completed/export"), ("GET", "queue/export"), ("POST", "completed/import"), ("POST", "queue/import"),
        ("POST", "delete"),
    ):  # fmt: skip
        assert (await bob(method, f"jobs/{path}", json=[])).status_code == 403
