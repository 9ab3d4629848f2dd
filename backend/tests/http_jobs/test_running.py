"""Jobs started, awaited, streamed and canceled over HTTP; the worker is driven by hand."""

import asyncio
import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.job_makers import until

from .conftest import World


def payload(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


async def test_a_run_by_path_goes_from_queued_to_ended(world: World) -> None:
    version = await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet", {"name": "Ada"})
    queued = await world.admin.get(f"jobs_u/get/{job_id}")
    assert (queued["type"], queued["running"], queued["args"]) == ("QueuedJob", False, {"name": "Ada"})
    assert (queued["script_path"], queued["script_hash"], queued["tag"]) == ("u/admin/greet", version, "bash")
    job = await world.worker.claim()
    assert (job.id, json.loads(job.args)) == (job_id, {"name": "Ada"})
    assert (await world.admin.get(f"jobs_u/get/{job_id}"))["running"] is True
    await world.worker.end(job, {"hello": "Ada"}, labels=("daily",), log_tail="said hello\n")
    ended = await world.admin.get(f"jobs_u/get/{job_id}")
    assert (ended["type"], ended["success"], ended["result"]) == ("CompletedJob", True, {"hello": "Ada"})
    assert (ended["labels"], ended["duration_ms"], ended["raw_code"]) == (["daily"], 7, 'echo "$1"')
    assert ended["logs"].endswith("said hello\n")
    assert await world.admin.get(f"jobs_u/completed/get_result/{job_id}") == {"hello": "Ada"}
    assert await world.admin.get(f"jobs_u/completed/get_result/{job_id}", json_path="hello") == "Ada"


async def test_a_run_by_hash_runs_that_version_and_get_takes_a_payload(world: World) -> None:
    first = await world.admin.deploy("u/admin/greet", "echo one")
    await world.admin.deploy("u/admin/greet", "echo two", parent_hash=first)
    response = await world.admin("GET", f"jobs/run/h/{first}", params={"payload": payload({"n": 1})})
    assert response.status_code == 201
    job = await world.worker.claim()
    assert (job.id, json.loads(job.args)) == (UUID(response.text), {"n": 1})
    assert (await world.admin.get(f"jobs_u/get/{job.id}"))["script_hash"] == first


async def test_head_answers_without_running_anything(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    response = await world.admin("HEAD", "jobs/run/p/u/admin/greet")
    assert (response.status_code, response.content) == (200, b"")
    assert await world.admin.get("jobs/queue/list") == []


async def test_the_options_of_a_run_are_effective(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    started = await world.admin("POST", "jobs/run/p/u/admin/greet", json={}, params={"tag": "earlier"})
    chosen, parent = uuid4(), UUID(started.text)
    response = await world.admin(
        "POST",
        "jobs/run/p/u/admin/greet",
        json={"a": 1},
        params={
            "job_id": str(chosen), "tag": "special", "parent_job": str(parent), "root_job": str(parent),
            "timeout": 30, "include_query": "who", "who": "me", "include_header": "X-Kind", "raw": "true",
        },
        headers={"x-kind": "test"},
    )  # fmt: skip
    assert (response.status_code, response.text) == (201, str(chosen))
    again = await world.admin("POST", "jobs/run/p/u/admin/greet", json={}, params={"job_id": str(chosen)})
    assert again.status_code == 400, again.text
    job = await world.worker.claim()
    assert json.loads(job.args) == {"a": 1, "who": "me", "x_kind": "test", "raw_string": '{"a":1}'}
    assert (job.tag, job.parent_job, job.root_job, job.timeout_seconds) == ("special", parent, parent, 30)
    assert await world.admin.get(f"jobs_u/get_root_job_id/{chosen}") == str(parent)


async def test_a_run_in_the_future_waits_for_its_time(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id = await world.admin.start("u/admin/greet", scheduled_in_secs=3600)
    [queued] = await world.admin.get("jobs/queue/list")
    assert (queued["id"], queued["running"], queued["waiting_for"]) == (str(job_id), False, "time")
    at = await world.admin.get(f"jobs/queue/scheduled_for/{job_id}")
    assert 3_500_000 < at - await world.admin.get("/jobs/db_clock") <= 3_600_000
    assert (await world.admin.get(f"jobs/queue/position/{at}"))["position"] == 1


@pytest.mark.parametrize(
    ("method", "path", "request_", "status"),
    [
        ("POST", "jobs/run/p/u/admin/absent", {"json": {}}, 404),
        ("POST", "jobs/run/p/nonsense", {"json": {}}, 400),
        ("POST", "jobs/run/h/xyz", {"json": {}}, 400),
        ("POST", "jobs/run/h/0123456789abcdef", {"json": {}}, 404),
        ("POST", "jobs/run/p/u/admin/greet", {"content": "{", "headers": {"content-type": "application/json"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {"a": "\0"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {}, "params": {"job_id": "x"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {}, "params": {"scheduled_for": "2026-01-01"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {}, "params": {"timeout": "-1"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {}, "params": {"priority": "99999"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {}, "params": {"queue_limit": "0"}}, 429),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {"_ENTRYPOINT_OVERRIDE": "a b"}}, 400),
        ("POST", "jobs/run/p/u/admin/greet", {"json": {}, "params": {"retry": "{"}}, 400),
        ("GET", "jobs/run/p/u/admin/greet", {"params": {"payload": "%"}}, 400),
        ("POST", "jobs/run/preview", {"json": {"args": {}}}, 400),
        ("POST", "jobs/run/preview", {"json": {"content": "", "language": "cobol", "args": {}}}, 400),
        ("POST", "jobs/run/dependencies_async", {"json": {"raw_scripts": []}}, 400),
        ("POST", "jobs/run/dynamic_select", {"json": {"entrypoint_function": "f", "runnable_ref": {}}}, 400),
        ("POST", "jobs/run/batch_rerun_jobs", {"json": {"job_ids": ["x"]}}, 400),
        ("GET", "jobs/list?success=true&running=true", {}, 400),
        ("GET", "jobs/list?script_hash=xyz", {}, 400),
        ("GET", "jobs/queue/position/soon", {}, 400),
        ("GET", "jobs_u/get/x", {}, 400),
        ("GET", f"jobs_u/get/{UUID(int=7)}", {}, 404),
        ("GET", f"jobs_u/get_logs/{UUID(int=7)}", {}, 404),
        ("GET", f"jobs_u/getupdate/{UUID(int=7)}", {}, 404),
        ("POST", f"jobs_u/queue/cancel/{UUID(int=7)}", {"json": {}}, 404),
        ("POST", f"job_metrics/set_progress/{UUID(int=7)}", {"json": {"percent": 1}}, 404),
        ("POST", "/configs/update/a%20b", {"json": {}}, 400),
        ("POST", "/configs/update/native", {"json": {"worker_tags": "x"}}, 400),
        ("GET", "/configs/get/absent", {}, 404),
        ("DELETE", "/configs/update/absent", {}, 404),
    ],
)  # fmt: skip
async def test_mistakes_are_answered_with_a_sentence(
    shared_world: World, method: str, path: str, request_: dict[str, Any], status: int
) -> None:
    world = shared_world
    response = await world.admin(method, path, **request_)
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("text/plain")
    assert len(response.text) > 10
    assert await world.admin.get("jobs/queue/list") == []


async def test_a_synchronous_run_answers_with_the_result(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    answer = asyncio.create_task(world.admin("POST", "jobs/run_wait_result/p/u/admin/greet", json={"a": 1}))
    job = await world.worker.run_next({"sum": 3})
    response = await answer
    assert (response.status_code, response.json()) == (200, {"sum": 3})
    assert json.loads(job.args) == {"a": 1}


async def test_the_caller_of_a_run_that_a_later_one_replaced_hears_of_it(world: World) -> None:
    await world.admin.deploy(
        "u/admin/joined", debounce_delay_s=600, debounce_args_to_accumulate=["items"], debounce_key="$args[c]"
    )
    given = {"c": 1, "items": [1]}
    answer = asyncio.create_task(world.admin("POST", "jobs/run_wait_result/p/u/admin/joined", json=given))
    pool = world.context.pool
    await until(lambda: pool.fetchval("SELECT count(*) = 1 FROM queue WHERE state = 'scheduled'"))
    later = await world.admin.start("u/admin/joined", {"c": 1, "items": [2]})
    response = await answer
    assert (response.status_code, response.json()) == (200, f"debounced by {later}")
    [replaced] = [job for job in await world.admin.get("jobs/completed/list") if job["is_skipped"]]
    assert replaced["script_path"] == "u/admin/joined"
    assert (await world.admin.get(f"jobs_u/get/{later}"))["args"] == {"c": 1, "items": [1, 2]}


async def test_a_synchronous_run_that_fails_is_422_with_the_error(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    answer = asyncio.create_task(
        world.admin("GET", "jobs/run_wait_result/p/u/admin/greet", params={"payload": payload({})})
    )
    await world.worker.run_next({"error": {"name": "ValueError", "message": "no"}}, "failure")
    response = await answer
    assert (response.status_code, response.json()["error"]["message"]) == (422, "no")


async def test_large_results_come_back_whole(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    answer = asyncio.create_task(world.admin("POST", "jobs/run_wait_result/p/u/admin/greet", json={}))
    big = {"text": "x" * 700_000}
    job = await world.worker.run_next(big)
    assert (await answer).json() == big
    assert await world.admin.get(f"jobs_u/completed/get_result/{job.id}") == big


async def test_a_result_can_choose_its_response(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    answer = asyncio.create_task(world.admin("POST", "jobs/run_wait_result/p/u/admin/greet", json={}))
    await world.worker.run_next(
        {
            "wm_status_code": 202,
            "wm_content_type": "text/csv",
            "wm_headers": {"X-Kind": "csv"},
            "result": "a,b",
        }
    )
    response = await answer
    assert (response.status_code, response.text, response.headers["x-kind"]) == (202, "a,b", "csv")
    assert response.headers["content-type"].startswith("text/csv")


async def test_a_caller_who_goes_away_cancels_the_run(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not received:
            received.append(True)
            return {"type": "http.request", "body": b"{}", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        return None

    received: list[bool] = []
    scope = {
        "type": "http", "method": "POST", "path": "/api/w/main/jobs/run_wait_result/p/u/admin/greet",
        "raw_path": b"/api/w/main/jobs/run_wait_result/p/u/admin/greet", "query_string": b"", "scheme": "http",
        "headers": [(b"authorization", f"Bearer {world.admin._headers['authorization'][7:]}".encode())],
        "client": ("127.0.0.1", 1), "server": ("postmill.test", 80), "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip
    app = world.client._transport.app  # type: ignore[attr-defined]
    call = asyncio.create_task(app(scope, receive, send))
    job = await world.worker.claim()
    gone.set()
    await call
    record = await world.admin.get(f"jobs_u/get/{job.id}")
    assert (record["canceled"], record["canceled_by"]) == (True, "admin")
    assert "went away" in record["canceled_reason"]


async def test_waiting_has_an_end(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    world.context.settings = type(world.context.settings)(
        data_dir=world.context.settings.data_dir,
        database_url=world.context.settings.database_url,
        wait_result_seconds=0.05,
    )
    response = await world.admin("POST", "jobs/run_wait_result/p/u/admin/greet", json={})
    assert (response.status_code, response.text) == (500, "timeout after 0.05s")
    assert len(await world.admin.get("jobs/queue/list")) == 1


async def test_previews_run_inline_and_awaited(world: World) -> None:
    body = {"content": "echo 1", "language": "bash", "args": {"a": 1}}
    for path in ("jobs/run_inline/preview", "jobs/run_wait_result/preview"):
        answer = asyncio.create_task(world.admin("POST", path, json=body))
        job = await world.worker.run_next("1")
        assert (await answer).json() == "1"
        assert (job.kind, job.raw_code, json.loads(job.args)) == ("preview", "echo 1", {"a": 1})


async def test_dynamic_select_calls_the_function_of_the_form(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    deployed = {"source": "deployed", "path": "u/admin/greet", "runnable_kind": "script"}
    inline = {"source": "inline", "code": "def choose(): return []", "lang": "python3"}
    for reference, kind in ((deployed, "script"), (inline, "preview")):
        body = {"entrypoint_function": "choose", "args": {"filterText": "a"}, "runnable_ref": reference}
        assert (await world.admin("POST", "jobs/run/dynamic_select", json=body)).status_code == 201
        job = await world.worker.run_next([])
        assert (job.kind, job.entrypoint, json.loads(job.args)) == (kind, "choose", {"filterText": "a"})


async def test_dependencies_are_resolved_by_a_job(world: World) -> None:
    body = {"raw_scripts": [{"raw_code": "import httpx", "language": "python3", "script_path": "u/admin/x"}]}
    response = await world.admin("POST", "jobs/run/dependencies_async", json={**body, "entrypoint": "x"})
    assert response.status_code == 201, response.text
    job = await world.worker.run_next({"lock": "httpx==1"})
    assert (str(job.id), job.kind, job.raw_code, job.path) == (
        response.text, "dependencies", "import httpx", "u/admin/x",
    )  # fmt: skip


async def test_dependencies_are_resolved_while_the_caller_waits(world: World) -> None:
    body = {
        "raw_scripts": [{"raw_code": "import httpx", "language": "python3", "path": "u/admin/x"}],
        "entrypoint": "x",
    }
    answer = asyncio.create_task(world.admin("POST", "jobs/run/dependencies", json=body))
    job = await world.worker.run_next({"lock": "httpx==1"})
    response = await answer
    assert (job.kind, response.status_code, response.json()) == ("dependencies", 201, {"lock": "httpx==1"})
    answer = asyncio.create_task(world.admin("POST", "jobs/run/dependencies", json=body))
    await world.worker.run_next({"error": {"name": "E", "message": "no such package"}}, "failure")
    response = await answer
    assert response.status_code == 422 and "no such package" in response.text
    assert (await world.admin("POST", "jobs/run/dependencies", json={"raw_scripts": []})).status_code == 400


async def test_dependencies_take_code_and_requirements_that_are_not_deployed(world: World) -> None:
    stored = await world.admin("POST", "scripts/raw_temp/store", json="import numpy")
    assert stored.status_code == 200, stored.text
    body = {
        "raw_scripts": [
            {"raw_code": "import u.admin.lib", "language": "python3", "script_path": "u/admin/x"}
        ],
        "entrypoint": "x",
        "raw_workspace_dependencies": {"dependencies/requirements.in": "httpx"},
        "temp_script_refs": {"u/admin/lib": stored.json()},
    }
    assert (await world.admin("POST", "jobs/run/dependencies_async", json=body)).status_code == 201
    job = await world.worker.run_next({"lock": ""})
    assert json.loads(job.args) == {"requirements": "httpx", "sources": {"u/admin/lib": "import numpy"}}
    unknown = {**body, "temp_script_refs": {"u/admin/lib": "0" * 64}}
    assert (await world.admin("POST", "jobs/run/dependencies_async", json=unknown)).status_code == 404


async def test_jobs_are_grouped_by_what_they_ran(world: World) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": []}
    first = await world.admin.deploy("u/admin/greet", "echo one", schema=schema)
    jobs = [str(await world.admin.start("u/admin/greet")) for _ in range(2)]
    second = await world.admin.deploy("u/admin/greet", "echo two", parent_hash=first, schema={})
    jobs.append(str(await world.admin.start("u/admin/greet")))
    response = await world.admin("POST", "jobs/list_selected_job_groups", json=[*jobs, str(UUID(int=9))])
    assert response.status_code == 200, response.text
    [group] = response.json()
    assert (group["kind"], group["script_path"], group["latest_schema"]) == ("script", "u/admin/greet", {})
    assert group["schemas"] == [
        {"script_hash": first, "schema": schema, "job_ids": jobs[:2]},
        {"script_hash": second, "schema": {}, "job_ids": jobs[2:]},
    ]


async def test_jobs_run_again_together(world: World) -> None:
    first = await world.admin.deploy("u/admin/greet", "echo one")
    job_id = await world.admin.start("u/admin/greet", {"a": 1, "b": 2})
    await world.worker.run_next(1)
    second = await world.admin.deploy("u/admin/greet", "echo two", parent_hash=first)
    missing = UUID(int=9)
    options = {
        "u/admin/greet": {
            "input_transforms": {"b": {"type": "static", "value": 3}},
            "use_latest_version": True,
        }
    }
    response = await world.admin(
        "POST",
        "jobs/run/batch_rerun_jobs",
        json={
            "job_ids": [str(job_id), str(missing)],
            "script_options_by_path": options,
            "flow_options_by_path": {},
        },
    )
    assert response.status_code == 201
    again, refused = response.text.strip().split("\n")
    assert refused.startswith(f"Error: {missing}: Not found")
    job = await world.worker.claim()
    assert (str(job.id), json.loads(job.args)) == (again, {"a": 1, "b": 3})
    assert (await world.admin.get(f"jobs_u/get/{again}"))["script_hash"] == second


async def test_flows_run_again_together(world: World) -> None:
    flow = {"path": "u/admin/pass_on", "summary": "", "value": {"modules": [], "priority": 1}}
    await world.admin("POST", "flows/create", json=flow)
    job_id = (await world.admin("POST", "jobs/run/f/u/admin/pass_on", json={"a": 1, "b": 2})).text
    version = (await world.admin.get(f"jobs_u/get/{job_id}"))["script_hash"]
    changed = {**flow, "value": {"modules": [], "priority": 2}}
    assert (await world.admin("POST", "flows/update/u/admin/pass_on", json=changed)).status_code == 200
    changes = {"input_transforms": {"b": {"type": "static", "value": 3}}}
    found = []
    for options in ({}, {"u/admin/pass_on": {**changes, "use_latest_version": True}}):
        body = {"job_ids": [job_id], "flow_options_by_path": options}
        again = (await world.admin("POST", "jobs/run/batch_rerun_jobs", json=body)).text.strip()
        job = await world.admin.get(f"jobs_u/get/{again}")
        found.append((job["args"], job["script_hash"] == version))
    assert found == [({"a": 1, "b": 2}, True), ({"a": 1, "b": 3}, False)]


async def test_canceling_waiting_running_and_ended_jobs(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    waiting = await world.admin.start("u/admin/greet")
    response = await world.admin("POST", f"jobs_u/queue/cancel/{waiting}", json={"reason": "not now"})
    assert (response.status_code, response.text) == (200, str(waiting))
    record = await world.admin.get(f"jobs_u/completed/get/{waiting}")
    assert (record["canceled"], record["success"], record["canceled_reason"]) == (True, False, "not now")
    assert record["result"]["error"]["name"] == "Canceled"
    again = await world.admin("POST", f"jobs_u/queue/cancel/{waiting}")
    assert (again.status_code, "ended already" in again.text) == (200, True)

    running = await world.admin.start("u/admin/greet")
    await world.worker.claim()
    assert (await world.admin("POST", f"jobs_u/queue/cancel/{running}", json={})).text == str(running)
    assert (await world.admin.get(f"jobs_u/get/{running}"))["type"] == "QueuedJob"
    assert (await world.admin("POST", f"jobs_u/queue/force_cancel/{running}", json={})).status_code == 200
    assert (await world.admin.get(f"jobs_u/get/{running}"))["type"] == "CompletedJob"


async def test_canceling_many(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    await world.admin.deploy("u/admin/other")
    ids = [str(await world.admin.start("u/admin/greet")) for _ in range(2)]
    other = str(await world.admin.start("u/admin/other"))
    response = await world.admin("POST", "jobs/queue/cancel_selection", json=[ids[0], str(UUID(int=9))])
    assert response.json() == [ids[0]]
    assert (
        await world.admin("POST", "jobs_u/queue/cancel_persistent/u/admin/greet", json={})
    ).status_code == 200
    assert [job["id"] for job in await world.admin.get("jobs/queue/list")] == [other]


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
async def test_a_time_that_cannot_be_read_again_hides_no_list(world: World, time: str) -> None:
    await world.admin.deploy("u/admin/later")
    for path in ("jobs/run/p/u/admin/later", "jobs/run/preview", "jobs/run/preview_flow"):
        body = {"content": "x", "language": "bash", "value": {"modules": []}, "args": {}}
        answer = await world.admin("POST", path, json=body, params={"scheduled_for": time})
        assert answer.status_code == 400 and "outside the years" in answer.text
    assert await world.admin.get("jobs/list") == []
