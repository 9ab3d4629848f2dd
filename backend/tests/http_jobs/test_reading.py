"""Jobs read, followed, listed and counted over HTTP, and who may do so."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from postmill.model.usage import UsagePoint
from postmill.tables.output import job_usage

from .conftest import Api, World


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(block.removeprefix("data: ")) for block in text.strip().split("\n\n")]


async def write_log(world: World, job_id: UUID, text: str, start: int = 0, table: str = "job_log") -> None:
    """What a worker does when a job prints."""
    await world.context.pool.execute(
        f"INSERT INTO {table} (job_id, start_at, content) VALUES ($1, $2, $3)", job_id, start, text
    )
    await world.context.pool.execute("SELECT pg_notify('job_update', $1)", str(job_id))


async def test_result_maybe_tells_how_far_a_job_is(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet")
    path = f"jobs_u/completed/get_result_maybe/{job_id}"
    waiting = {"completed": False, "result": None, "success": None}
    assert await world.admin.get(path) == {**waiting, "started": False}
    job = await world.worker.claim()
    assert await world.admin.get(path) == {**waiting, "started": True}
    await world.worker.end(job, None)
    assert await world.admin.get(path) == {
        "completed": True,
        "result": None,
        "success": True,
        "started": True,
    }
    assert await world.admin.get(f"jobs_u/completed/get_result/{job_id}") is None


async def test_logs_and_updates_from_any_position(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet")
    job = await world.worker.claim()
    await write_log(world, job_id, "grüße\n")
    await write_log(world, job_id, "zwei\n", 6)
    assert (await world.admin("GET", f"jobs_u/get_logs/{job_id}")).text == "grüße\nzwei\n"
    assert (await world.admin("GET", f"jobs_u/get_logs/{job_id}?log_offset=8")).text == "ei\n"
    first = await world.admin.get(f"jobs_u/getupdate/{job_id}", running=False, log_offset=0)
    assert (first["running"], first["completed"], first["log_offset"]) == (True, False, 11)
    then = await world.admin.get(f"jobs_u/getupdate/{job_id}", running=True, log_offset=11)
    assert "new_logs" not in then
    await world.worker.end(job, 1, log_tail="drei\n", log_start=11)
    last = await world.admin.get(f"jobs_u/getupdate/{job_id}", log_offset=11, only_result=True)
    assert (last["completed"], last["new_logs"], last["only_result"]) == (True, "drei\n", 1)


async def test_following_a_job_brings_each_change_once_and_the_end(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet")
    stream = asyncio.create_task(world.admin("GET", f"jobs_u/getupdate_sse/{job_id}?get_progress=true"))
    job = await world.worker.claim()
    await write_log(world, job_id, "one\n")
    await write_log(world, job_id, "to be streamed", table="job_stream")
    set_ = await world.admin("POST", f"job_metrics/set_progress/{job_id}", json={"percent": 140})
    assert (set_.status_code, set_.text) == (200, "null")
    assert await world.admin.get(f"job_metrics/get_progress/{job_id}") == 99
    await world.worker.end(job, {"n": 1})
    response = await stream
    assert response.headers["content-type"].startswith("text/event-stream")
    updates = events(response.text)
    assert {update["type"] for update in updates} <= {"update", "ping"}
    assert "".join(update.get("new_logs", "") for update in updates).endswith("one\n")
    assert "".join(update.get("new_result_stream", "") for update in updates) == "to be streamed"
    assert (updates[-1]["completed"], updates[-1]["job"]["result"]) == (True, {"n": 1})
    assert not any(update.get("completed") for update in updates[:-1])


async def test_a_reader_is_spared_a_long_result_when_it_asks_for_that(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet")
    await world.worker.end(await world.worker.claim(), "x" * 1000)
    for most, shown in ((999, "WINDMILL_TOO_BIG"), (1002, "x" * 1000)):
        job = await world.admin.get(f"jobs_u/get/{job_id}", max_result_bytes=most)
        assert job["result"] == shown
        stream = await world.admin("GET", f"jobs_u/getupdate_sse/{job_id}?max_result_bytes={most}")
        assert events(stream.text)[-1]["job"]["result"] == shown
    assert (await world.admin.get(f"jobs_u/get/{job_id}"))["result"] == "x" * 1000
    refused = await world.admin("GET", f"jobs_u/get/{job_id}?max_result_bytes=many")
    assert refused.status_code == 400


async def test_a_stream_ends_with_the_rights_of_its_reader(world: World) -> None:
    ada = await world.member("ada")
    await ada.deploy("u/ada/private")
    job_id = await ada.start("u/ada/private")
    token = (await ada("POST", "/users/tokens/create", json={"label": "short"})).text
    stream = asyncio.create_task(Api(world.client, token)("GET", f"jobs_u/getupdate_sse/{job_id}"))
    await world.worker.claim()
    [prefix] = [
        item["token_prefix"] for item in await ada.get("/users/tokens/list") if item["label"] == "short"
    ]
    async with asyncio.timeout(60):
        await watched(world, job_id)
        assert (await ada("DELETE", f"/users/tokens/delete/{prefix}")).status_code == 200
        updates = events((await stream).text)
    assert updates[-1]["type"] == "error"
    assert not any(update.get("completed") for update in updates)


async def test_a_token_that_is_revoked_meanwhile_gets_no_result(world: World) -> None:
    ada = await world.member("ada")
    await ada.deploy("u/ada/private")
    token = (await ada("POST", "/users/tokens/create", json={"label": "short"})).text
    answer = asyncio.create_task(
        Api(world.client, token)("POST", "jobs/run_wait_result/p/u/ada/private", json={})
    )
    job = await world.worker.claim()
    [prefix] = [
        item["token_prefix"] for item in await ada.get("/users/tokens/list") if item["label"] == "short"
    ]
    assert (await ada("DELETE", f"/users/tokens/delete/{prefix}")).status_code == 200
    await world.worker.end(job, "the result")
    assert (await answer).status_code == 401
    assert (await ada.get(f"jobs_u/completed/get_result/{job.id}")) == "the result"


async def watched(world: World, job_id: UUID) -> None:
    """Returns once somebody follows the job."""
    while True:
        if await world.context.pool.fetch("SELECT FROM job_watcher WHERE job_id = $1", job_id):
            return
        await asyncio.sleep(0.01)


async def test_following_what_is_not_there(world: World) -> None:
    response = await world.admin("GET", f"jobs_u/getupdate_sse/{UUID(int=7)}")
    assert events(response.text) == [{"type": "notfound"}]


async def test_a_run_can_be_started_and_streamed_at_once(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    stream = asyncio.create_task(world.admin("POST", "jobs/run_and_stream/p/u/admin/greet", json={"a": 1}))
    job = await world.worker.claim()
    await write_log(world, job.id, "private\n")
    await write_log(world, job.id, "abc", table="job_stream")
    await world.worker.end(job, "abc")
    updates = events((await stream).text)
    assert "".join(update.get("new_result_stream", "") for update in updates) == "abc"
    assert updates[-1]["only_result"] == "abc"
    assert not any("new_logs" in update for update in updates)


async def test_lists_narrow_by_every_filter(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    await world.admin.deploy("u/admin/other/deep")
    good = str(await world.admin.start("u/admin/greet", {"n": 1, "m": 2}))
    await world.worker.run_next({"out": [1]}, labels=("daily",))
    bad = str(await world.admin.start("u/admin/other/deep", {"n": 2}))
    await world.worker.run_next({"error": {"name": "E"}}, "failure")
    waiting = str(await world.admin.start("u/admin/greet", {"n": 3}, tag="special"))
    everything = {waiting, bad, good}

    async def found(path: str = "jobs/list", **query: Any) -> set[str]:
        return {job["id"] for job in await world.admin.get(path, **query)}

    assert [job["id"] for job in await world.admin.get("jobs/list")] == [waiting, bad, good]
    assert await found("jobs/queue/list") == {waiting}
    assert await found("jobs/completed/list") == {good, bad}
    expectations: list[tuple[dict[str, Any], set[str]]] = [
        ({"script_path_exact": "u/admin/greet"}, {waiting, good}),
        ({"script_path_exact": "!u/admin/greet"}, {bad}),
        ({"script_path_exact": ""}, set()),
        ({"script_path_start": "u/admin/other"}, {bad}),
        ({"created_by": "admin,somebody"}, everything),
        ({"created_by": "!admin"}, set()),
        ({"tag": "special"}, {waiting}),
        ({"tag": "spec*", "allow_wildcards": True}, {waiting}),
        ({"tag": "spec*"}, set()),
        ({"tag": "!special"}, {bad, good}),
        ({"label": "daily"}, {good}),
        ({"label": "!daily"}, {bad, waiting}),
        ({"worker": "hand"}, {bad, good}),
        ({"worker": "!hand"}, {waiting}),
        ({"success": True}, {good}),
        ({"success": False}, {bad}),
        ({"status": "failure"}, {bad}),
        ({"is_skipped": False}, {good, bad}),
        ({"running": True}, set()),
        ({"running": False}, {waiting}),
        ({"scheduled_for_before_now": True}, {waiting}),
        ({"suspended": True}, set()),
        ({"job_kinds": "script"}, everything),
        ({"job_kinds": "!script,flow"}, set()),
        ({"args": '{"n":1}'}, {good}),
        ({"result": '{"out":[1]}'}, {good}),
        ({"trigger_kind": "webhook"}, everything),
        ({"trigger_kind": "!webhook"}, set()),
        ({"is_not_schedule": True}, everything),
        ({"schedule_path": "u/admin/tick"}, set()),
        ({"has_null_parent": True}, everything),
        ({"is_flow_step": True}, set()),
        ({"parent_job": str(UUID(int=1))}, set()),
        ({"excludes_entrypoint_override": True}, everything),
        ({"broad_filter": "other/de"}, {bad}),
        ({"broad_filter": "100%"}, set()),
        ({"started_before": "2020-01-01T00:00:00Z"}, set()),
        ({"started_after": "2020-01-01T00:00:00Z"}, {good, bad}),
        ({"completed_after": "2020-01-01T00:00:00+02:00"}, {good, bad}),
        ({"created_before": "2020-01-01T00:00:00Z"}, set()),
        ({"created_after_queue": "2999-01-01T00:00:00Z"}, {good, bad}),
        ({"per_page": 1}, {waiting}),
    ]
    for query, expected in expectations:
        assert await found(**query) == expected, query
    page = await world.admin.get("jobs/completed/list", per_page=1, page=2)
    assert [job["id"] for job in page] == [good]
    oldest_first = await world.admin.get("jobs/completed/list", order_desc=False)
    assert [job["id"] for job in oldest_first] == [good, bad]
    version = (await world.admin.get(f"jobs_u/get/{good}"))["script_hash"]
    assert await found(script_hash=version) == {good, waiting}
    assert set(await world.admin.get("jobs/list_filtered_uuids", success=True)) == {good}
    assert await world.admin.get("jobs/queue/list_filtered_uuids") == [waiting]
    extended = await world.admin.get("concurrency_groups/list_jobs", concurrency_key="nobody")
    assert extended["jobs"] == []


async def test_what_a_job_used_comes_as_series_of_the_asked_span_and_length(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    points = [UsagePoint(start + timedelta(seconds=n), 1000 * n, 500 * n) for n in range(5)]
    await job_usage.put(world.context.pool, [job_usage.Usage(job_id, 1, points)])
    path = f"job_metrics/get/{job_id}"
    whole = (await world.admin("POST", path, json={})).json()
    assert [one["id"] for one in whole["metrics_metadata"]] == ["memory_kb", "cpu_percent"]
    memory, cpu = whole["timeseries_metrics"]
    assert [point["value"] for point in memory["values"]] == [0, 1000, 2000, 3000, 4000]
    assert [point["value"] for point in cpu["values"]] == [50, 50, 50, 50]
    assert memory["values"][1]["timestamp"] == "2026-01-01T00:00:01Z"
    late = (await world.admin("POST", path, json={"from_timestamp": "2026-01-01T00:00:03Z"})).json()
    assert len(late["timeseries_metrics"][0]["values"]) == 2
    few = (await world.admin("POST", path, json={"timeseries_max_datapoints": 2})).json()
    assert [point["value"] for point in few["timeseries_metrics"][0]["values"]] == [2000, 4000]
    refused = await world.admin("POST", path, json={"timeseries_max_datapoints": 0})
    assert (refused.status_code, "timeseries_max_datapoints" in refused.text) == (400, True)


async def test_counts(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    await world.admin.start("u/admin/greet")
    await world.worker.run_next(1)
    await world.admin.start("u/admin/greet", tag="special")
    assert await world.admin.get("jobs/queue/count") == {"database_length": 1, "suspended": 0}
    assert await world.admin.get("jobs/completed/count") == {"database_length": 1}
    assert await world.admin.get("jobs/completed/count_jobs", success=False) == 0
    assert await world.admin.get("jobs/completed/count_jobs", completed_after_s_ago=60, tags="bash,x") == 1
    assert await world.admin.get("/jobs/completed/count_by_tag") == [{"tag": "bash", "count": 1}]
    assert await world.admin.get("/workers/queue_counts") == {"special": 1}
    assert [point["id"] for point in await world.admin.get("/workers/queue_metrics")] == [
        "queue_count_special", "queue_delay_special",
    ]  # fmt: skip
    assert await world.admin.get("/workers/custom_tags") == []


async def test_worker_groups_are_configured(world: World) -> None:
    body = {"worker_tags": ["gpu", "bash"], "env_vars_static": {"A": "b"}}
    assert (await world.admin("POST", "/configs/update/worker__big", json=body)).status_code == 200
    assert await world.admin.get("/configs/get/big") == body
    assert {"name": "big", "config": body} in await world.admin.get("/configs/list_worker_groups")
    seen = await (await world.member("reader")).get("/configs/list_worker_groups")
    hidden = {"worker_tags": ["gpu", "bash"], "env_vars_static": {"A": "*****"}}
    assert {"name": "big", "config": hidden} in seen
    assert await world.admin.get("/workers/custom_tags") == ["gpu"]
    assert (await world.admin("DELETE", "/configs/update/big")).status_code == 200
    assert (await world.admin("GET", "/configs/get/big")).status_code == 404


@pytest.mark.parametrize(
    "config",
    [
        {"init_bash": "apt-get install jq"}, {"cache_clear": 1}, {"min_alive_workers_alert_threshold": 2},
        {"env_vars_static": {"A": 1}}, {"env_vars_static": ["A"]}, {"env_vars_static": {"A B": "1"}},
        {"env_vars_allowlist": "HOME"}, {"env_vars_allowlist": ["PGPASSWORD"]},
        {"env_vars_allowlist": ["POSTMILL_DATABASE_URL"]}, {"env_vars_allowlist": ["a=b"]}, {"worker_tags": "gpu"}, [],
    ],
)  # fmt: skip
async def test_settings_of_worker_groups_that_cannot_work_are_refused(world: World, config: Any) -> None:
    answer = await world.admin("POST", "/configs/update/worker__big", json=config)
    assert answer.status_code == 400 and answer.text.startswith("Bad request: ")
    whole = {"worker_configs": {"big": config}}
    assert (await world.admin("PUT", "/settings/instance_config", json=whole)).status_code == 400
    assert (await world.admin("GET", "/configs/get/big")).status_code == 404


async def test_empty_settings_of_worker_groups_pass(world: World) -> None:
    config = {"worker_tags": ["gpu"], "init_bash": "", "cache_clear": None, "priority_tags": {}}
    assert (await world.admin("POST", "/configs/update/big", json=config)).status_code == 200


def routes_of(job_id: UUID) -> list[tuple[str, str]]:
    """Every way to a job."""
    return [
        *(
            ("GET", f"jobs_u/{path}/{job_id}")
            for path in (
                "get", "completed/get", "completed/get_result", "completed/get_result_maybe",
                "completed/get_timing", "get_args", "get_logs", "get_completed_logs_tail", "get_root_job_id",
                "getupdate",
            )
        ),
        ("GET", f"job_metrics/get_progress/{job_id}"),
        ("POST", f"job_metrics/get/{job_id}"),
        ("POST", f"jobs_u/queue/cancel/{job_id}"),
        ("POST", f"jobs_u/queue/force_cancel/{job_id}"),
    ]  # fmt: skip


async def statuses(api: Api, job_id: UUID) -> set[int]:
    return {(await api(method, path)).status_code for method, path in routes_of(job_id)}


async def listed(api: Api) -> list[str]:
    ids = [job["id"] for job in await api.get("jobs/list")]
    assert ids == [job["id"] for job in await api.get("jobs/completed/list")]
    assert len(ids) == (await api.get("jobs/completed/count"))["database_length"]
    return ids


async def test_a_job_is_seen_by_its_starter_by_readers_of_the_script_and_by_admins(world: World) -> None:
    ada, bob = await world.member("ada"), await world.member("bob")
    await ada.deploy("u/ada/private")
    job_id = await ada.start("u/ada/private", {"secret": 1})
    await world.worker.run_next({"secret": 2}, log_tail="secret\n")
    assert await statuses(ada, job_id) == {200}
    assert await statuses(world.admin, job_id) == {200}
    assert await statuses(bob, job_id) == {404}
    anonymous = {
        (await world.anonymous(m, p)).status_code for m, p in routes_of(job_id) if p.startswith("jobs_u")
    }
    assert anonymous == {404}
    assert (await listed(ada), await listed(bob), await listed(world.admin)) == (
        [str(job_id)],
        [],
        [str(job_id)],
    )
    hidden = await bob("GET", f"jobs_u/get/{job_id}")
    missing = await bob("GET", f"jobs_u/get/{UUID(int=5)}")
    assert hidden.text.replace(str(job_id), "") == missing.text.replace(str(UUID(int=5)), "")
    assert events((await bob("GET", f"jobs_u/getupdate_sse/{job_id}")).text) == [{"type": "notfound"}]
    assert (await bob("POST", "jobs/queue/cancel_selection", json=[str(job_id)])).json() == []

    shared = await ada("POST", "acls/add/script/u/ada/private", json={"owner": "u/bob", "write": False})
    assert shared.status_code == 200, shared.text
    assert await statuses(bob, job_id) == {200}
    assert await listed(bob) == [str(job_id)]


async def test_invisible_jobs_are_for_their_starter_and_admins(world: World) -> None:
    ada, bob = await world.member("ada"), await world.member("bob")
    await ada.deploy("u/ada/tool")
    await ada("POST", "acls/add/script/u/ada/tool", json={"owner": "u/bob", "write": False})
    job_id = await bob.start("u/ada/tool", invisible_to_owner=True)
    await world.worker.run_next(1)
    assert (await statuses(bob, job_id), await statuses(ada, job_id)) == ({200}, {404})
    assert await statuses(world.admin, job_id) == {200}


async def test_operators_run_but_preview_nothing(world: World) -> None:
    operator = await world.member("olga", operator=True)
    body = {"content": "echo 1", "language": "bash", "args": {}}
    for path in ("jobs/run/preview", "jobs/run_wait_result/preview", "jobs/run_inline/preview"):
        assert (await operator("POST", path, json=body)).status_code in (401, 403)
    refused = await operator("POST", "/configs/update/big", json={})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("scopes", "status"), [(["jobs:read"], 403), (["jobs:run:scripts:u/admin/greet"], 201)]
)
async def test_scopes_limit_what_a_token_runs(world: World, scopes: list[str], status: int) -> None:
    await world.admin.deploy("u/admin/greet")
    await world.admin.deploy("u/admin/other")
    made = await world.admin("POST", "/users/tokens/create", json={"label": "t", "scopes": scopes})
    assert made.status_code == 201, made.text
    limited = Api(world.client, made.text)
    assert (await limited("POST", "jobs/run/p/u/admin/greet", json={})).status_code == status
    assert (await limited("POST", "jobs/run/p/u/admin/other", json={})).status_code == 403


async def test_what_an_ended_job_left_behind_can_be_deleted(world: World) -> None:
    ada = await world.member("ada")
    await ada.deploy("u/ada/private")
    job_id = await ada.start("u/ada/private", {"secret": 1})
    refused = await world.admin("POST", f"jobs/completed/delete/{job_id}")
    assert (refused.status_code, "has not ended" in refused.text) == (400, True)
    await world.worker.run_next({"secret": 2}, log_tail="secret\n")
    assert (await ada("POST", f"jobs/completed/delete/{job_id}")).status_code == 403
    deleted = await world.admin("POST", f"jobs/completed/delete/{job_id}")
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, True)
    assert "secret" not in deleted.text
    assert await ada.get(f"jobs_u/completed/get_result/{job_id}") is None
    assert (await ada("GET", f"jobs_u/get_logs/{job_id}")).text == ""
    assert "secret" not in (await ada("GET", f"jobs_u/get_args/{job_id}")).text


async def test_lists_bring_short_arguments_when_asked(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    short, long = [await world.admin.start("u/admin/greet", {"a": "x" * size}) for size in (5, 5000)]
    listed = {job["id"]: job.get("args") for job in await world.admin.get("jobs/list", max_args_bytes=200)}
    assert listed == {str(short): {"a": "xxxxx"}, str(long): None}
    assert all("args" not in job for job in await world.admin.get("jobs/list"))
    refused = await world.admin("GET", "jobs/list", params={"max_args_bytes": 10**9})
    assert (refused.status_code, "max_args_bytes" in refused.text) == (400, True)
