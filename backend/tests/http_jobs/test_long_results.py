"""Results that are kept in chunks go from the database to the caller piece by piece."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from postmill.completion.record import record
from postmill.http.api.jobs.reading.wire import TOO_BIG
from postmill.model.job import Ended, JobStatus
from postmill.queue.results import LARGEST_INLINE_BYTES

from .conftest import Api, World

# Two chunks and a bit; characters of one to four bytes lie across the ends of chunks.
LONG = "aä€🎼" * (LARGEST_INLINE_BYTES // 2)


async def end_next(world: World, result: Any, status: JobStatus = "success") -> UUID:
    job = await world.worker.claim()
    text = json.dumps(result, ensure_ascii=False)
    await record(
        world.context.pool,
        job,
        Ended(id=job.id, attempt=job.attempt, status=status, result=text, duration_ms=7),
    )
    return job.id


async def kept(world: World, result: Any) -> UUID:
    await world.admin.deploy("u/admin/much")
    await world.admin.start("u/admin/much")
    return await end_next(world, result)


async def test_a_long_result_is_the_same_on_every_way(world: World) -> None:
    job_id = await kept(world, {"text": LONG, "n": 1})
    whole = await world.admin("GET", f"jobs_u/completed/get_result/{job_id}")
    assert whole.json() == {"text": LONG, "n": 1}
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert await world.admin.get(f"jobs_u/completed/get_result_maybe/{job_id}") == {
        "completed": True, "result": {"text": LONG, "n": 1}, "success": True, "started": True,
    }  # fmt: skip
    assert await world.admin.get(f"jobs_u/completed/get_result/{job_id}", json_path="n") == 1
    for route in ("jobs_u/get", "jobs_u/completed/get"):
        record = await world.admin("GET", f"{route}/{job_id}")
        assert int(record.headers["content-length"]) == len(record.content)
        assert (record.json()["result"], record.json()["type"]) == ({"text": LONG, "n": 1}, "CompletedJob")
    shown = await world.admin.get(f"jobs_u/get/{job_id}", max_result_bytes=1000)
    assert (shown["result"], shown["success"]) == (TOO_BIG, True)
    shown = await world.admin.get(f"jobs_u/get/{job_id}", max_result_bytes=len(whole.content))
    assert shown["result"]["n"] == 1


async def test_a_long_result_that_is_removed_is_null(world: World) -> None:
    job_id = await kept(world, [LONG])
    assert (await world.admin("POST", f"jobs/completed/delete/{job_id}")).status_code == 200
    assert await world.admin.get(f"jobs_u/completed/get_result/{job_id}") is None
    assert (await world.admin.get(f"jobs_u/get/{job_id}")).get("result") is None


@pytest.mark.parametrize(
    ("result", "status", "answered", "body"),
    [
        ([LONG, "windmill_status_code"], "success", 200, [LONG, "windmill_status_code"]),
        ({"text": LONG}, "success", 200, {"text": LONG}),
        ({"error": {"message": LONG}}, "failure", 422, {"error": {"message": LONG}}),
        ({"text": LONG, "result": [LONG], "windmill_status_code": 207}, "success", 207, [LONG]),
    ],
)
async def test_a_caller_who_waits_gets_a_long_result(
    world: World, result: Any, status: JobStatus, answered: int, body: Any
) -> None:
    await world.admin.deploy("u/admin/much")
    waiting = asyncio.create_task(world.admin("POST", "jobs/run_wait_result/p/u/admin/much", json={}))
    await end_next(world, result, status)
    response = await waiting
    assert response.status_code == answered
    assert json.loads(response.content) == body


@pytest.mark.parametrize("scopes", [["jobs:run"], ["jobs:run", "jobs:read:f/elsewhere/*"]])
async def test_who_waits_gets_it_whatever_other_runs_the_token_reads(world: World, scopes: list[str]) -> None:
    await world.admin.deploy("u/admin/much")
    made = await world.admin("POST", "/users/tokens/create", json={"scopes": scopes})
    caller = Api(world.client, made.text)
    waiting = asyncio.create_task(caller("POST", "jobs/run_wait_result/p/u/admin/much", json={}))
    await end_next(world, [LONG])
    response = await waiting
    assert (response.status_code, response.json()) == (200, [LONG])
    waiting = asyncio.create_task(caller("POST", "jobs/run_and_stream/p/u/admin/much", json={}))
    await end_next(world, ["streamed"])
    assert '"only_result":["streamed"]' in (await waiting).text
