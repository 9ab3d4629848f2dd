"""Jobs that only wait for other servers have slots of their own."""

import asyncio

from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.worker.sides import kind_of_tag
from tests.job_makers import new_job

from .conftest import Shop

SQL = {"tag": "postgresql", "language": "postgresql", "raw_code": "select 1", "raw_lock": ""}


def test_tags_of_people_take_process_slots() -> None:
    assert [kind_of_tag(tag) for tag in ("postgresql", "python3", "flow", "gpu")] == [
        "light", "process", "process", "process",
    ]  # fmt: skip


async def test_many_light_jobs_run_at_once_beside_full_process_slots(shop: Shop) -> None:
    arrived: list[str] = []
    full, all_light, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def meet(request: RunRequest) -> RunOutcome:
        arrived.append(request.code)
        if len(arrived) == 2:
            full.set()
        if arrived.count("select 1") == 30:
            all_light.set()
        await go_on.wait()
        return RunOutcome("success", "1")

    shop.runner.behaviour = meet
    async with shop.working(workers=2, light_slots=30):
        heavy = [asyncio.create_task(shop.run()) for _ in range(3)]
        async with asyncio.timeout(60):
            await full.wait()
        assert "select 1" not in arrived
        light = [asyncio.create_task(shop.run(**SQL)) for _ in range(31)]
        async with asyncio.timeout(60):
            await all_light.wait()
        assert (len(arrived), arrived.count("select 1")) == (32, 30)
        go_on.set()
        ended = await asyncio.gather(*heavy, *light)
    assert {completed.status for completed in ended} == {"success"}


async def test_light_jobs_are_handed_back_and_rescued_like_others(shop: Shop) -> None:
    started = asyncio.Event()

    async def wait(request: RunRequest) -> RunOutcome:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    shop.runner.behaviour = wait
    job = new_job(**SQL)
    async with shop.working(drain_seconds=0.1) as stopping:
        await shop.writer.push(job)
        async with asyncio.timeout(60):
            await started.wait()
        stopping.set()
    row = await shop.pool.fetchrow("SELECT state, worker FROM queue WHERE job_id = $1", job.id)
    assert (row["state"], row["worker"]) == ("ready", None)
