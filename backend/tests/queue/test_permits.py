import asyncio

from postmill.db.pool import Pool
from postmill.queue.cancel import cancel
from postmill.queue.permits import promote, promote_all
from postmill.queue.push import PushWriter
from postmill.queue.rescue import rescue
from tests.job_makers import Hands, new_job, silence, state_of


def keyed(limit: int = 2, window: int | None = None, **more: object) -> object:
    return new_job(
        concurrency_key="main/key", concurrency_limit=limit, concurrency_window_seconds=window, **more
    )


async def test_no_more_jobs_of_a_key_run_than_its_limit(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    jobs = [keyed() for _ in range(5)]
    for job in jobs:
        await writer.push(job)  # type: ignore[arg-type]
    running = await hands.claim(10)
    assert len(running) == 2
    done = 0
    while running:
        await hands.end(running.pop())
        done += 1
        await promote(database, ["main/key"])
        running += await hands.claim(10)
        assert len(running) <= 2
    assert done == 5


async def test_other_keys_and_jobs_without_one_are_not_held_up(writer: PushWriter, hands: Hands) -> None:
    for job in [keyed(1), keyed(1), new_job(), new_job(concurrency_key="main/other", concurrency_limit=1)]:
        await writer.push(job)  # type: ignore[arg-type]
    assert len(await hands.claim(10)) == 3


async def test_ended_runs_count_until_the_window_has_passed(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    for _ in range(2):
        await writer.push(keyed(1, window=3600))  # type: ignore[arg-type]
    (job,) = await hands.claim(5)
    await hands.end(job)
    seconds = await promote_all(database)
    assert seconds is not None
    assert 3500 < seconds <= 3600
    assert await hands.claim(5) == []
    await database.execute("UPDATE concurrency_permit SET counts_until = now()")
    await promote_all(database)
    assert len(await hands.claim(5)) == 1


async def test_priority_decides_who_gets_the_next_permit(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    await writer.push(keyed(1))  # type: ignore[arg-type]
    low, high = keyed(1), keyed(1, priority=5)
    for job in (low, high):
        await writer.push(job)  # type: ignore[arg-type]
    (first,) = await hands.claim(5)
    await hands.end(first)
    await promote(database, ["main/key"])
    assert [job.id for job in await hands.claim(5)] == [high.id]  # type: ignore[attr-defined]


async def test_a_canceled_job_passes_its_permit_on_and_does_not_count_for_the_window(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    first, second = keyed(1, window=3600), keyed(1, window=3600)
    for job in (first, second):
        await writer.push(job)  # type: ignore[arg-type]
    await cancel(database, "main", first.id, "bob")  # type: ignore[attr-defined]
    assert [job.id for job in await hands.claim(5)] == [second.id]  # type: ignore[attr-defined]


async def test_a_lost_run_keeps_its_permit_while_it_runs_again(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    first, second = keyed(1), keyed(1)
    for job in (first, second):
        await writer.push(job)  # type: ignore[arg-type]
    await hands.claim(5)
    await silence(database, first.id)  # type: ignore[attr-defined]
    await rescue(database, 30)
    await promote_all(database)
    assert await state_of(database, second.id) == "parked"  # type: ignore[attr-defined]
    assert [job.id for job in await hands.claim(5)] == [first.id]  # type: ignore[attr-defined]


async def test_the_limit_holds_when_everything_happens_at_once(
    writer: PushWriter, database: Pool, database_url: str
) -> None:
    most = 0
    done = 0
    workers = [Hands(database_url, f"worker {n}") for n in range(4)]
    jobs = [keyed(3) for _ in range(40)]
    pushes = asyncio.gather(*(writer.push(job) for job in jobs))  # type: ignore[arg-type]

    async def work(hands: Hands) -> None:
        nonlocal most, done
        while done < len(jobs):
            claimed = await hands.claim(2)
            running = await database.fetchval("SELECT count(*) FROM queue WHERE state = 'running'")
            most = max(most, running)
            for job in claimed:
                await hands.end(job)
                done += 1
                await promote(database, ["main/key"])
            await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(pushes, *(work(hands) for hands in workers))
    for hands in workers:
        await hands.close()
    assert 1 <= most <= 3
