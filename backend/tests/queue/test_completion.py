import asyncio

import asyncpg
import pytest

from postmill.db.pool import Pool
from postmill.queue.deletion import scrub
from postmill.queue.push import PushWriter
from postmill.queue.rescue import rescue
from postmill.queue.results import completed, is_long, store_long, whole_result
from postmill.queue.watch import watch
from postmill.tables.jobs import queue
from tests.job_makers import Hands, ended, log_of, new_job, silence, state_of


async def test_a_completed_job_leaves_the_queue_and_keeps_everything_said_about_it(
    writer: PushWriter, hands: Hands, database: Pool
) -> None:
    await writer.push(new_job(delete_after_seconds=60, preprocess=True))
    (job,) = await hands.claim()
    assert job.preprocess
    counted = await hands.end(
        job,
        '{"wm_labels": ["x"]}',
        labels=("x", "ü"),
        log_tail="said\n",
        memory_peak_kb=123,
        isolation="sandbox",
        new_args='{"n": 1}',
        delete_after_seconds=60,
    )
    assert counted
    row = await database.fetchrow("SELECT * FROM completed_job")
    assert row is not None
    assert (row["status"], row["result"], row["labels"]) == ("success", '{"wm_labels": ["x"]}', ["x", "ü"])
    assert (row["worker"], row["attempt"], row["memory_peak_kb"], row["isolation"]) == (
        "hands",
        1,
        123,
        "sandbox",
    )
    assert row["delete_at"] > row["completed_at"]
    assert await log_of(database, job.id) == "said\n"
    assert await database.fetchval("SELECT args FROM job") == '{"n": 1}'
    assert await database.fetchval("SELECT count(*) FROM queue") == 0


async def test_nothing_is_completed_twice(writer: PushWriter, hands: Hands, database: Pool) -> None:
    await writer.push(new_job())
    (job,) = await hands.claim()
    assert await hands.end(job, "1")
    assert not await hands.end(job, "2")
    assert await database.fetchval("SELECT result FROM completed_job") == "1"


async def test_a_late_worker_changes_nothing_and_is_told_so(
    writer: PushWriter, hands: Hands, database: Pool, database_url: str
) -> None:
    await writer.push(new_job())
    (late,) = await hands.claim()
    await silence(database, late.id)
    assert (await rescue(database, 30)).again == 1
    other = Hands(database_url, "other")
    (again,) = await other.claim()
    assert (again.id, again.attempt, again.lost_attempts) == (late.id, 2, 1)
    assert not await hands.end(late, '"late"', log_tail="late")
    assert await queue.heartbeat(database, [(late.id, late.attempt)]) == []
    assert await queue.hand_back(database, [(late.id, late.attempt)]) == frozenset()
    assert not await queue.retry_later(database, late.id, late.attempt, 1)
    assert await state_of(database, late.id) == "running"
    assert await other.end(again, '"in time"')
    assert await database.fetchval("SELECT result FROM completed_job") == '"in time"'
    assert "late" not in await log_of(database, late.id)
    await other.close()


async def test_a_batch_records_each_end_on_its_own_merits(writer: PushWriter, hands: Hands) -> None:
    for _ in range(5):
        await writer.push(new_job())
    jobs = await hands.claim(5)
    await hands.end(jobs[2])
    answer = await hands.exchange([ended(job) for job in jobs])
    assert answer.recorded == {job.id for index, job in enumerate(jobs) if index != 2}


async def test_the_waiting_server_is_told_with_the_result_when_it_is_short(
    writer: PushWriter, hands: Hands, database_url: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("job:me", lambda *event: heard.put_nowait(str(event[3])))
    for result, told in [('{"a": 1}', '{"a": 1}'), (f'"{"x" * 5000}"', "")]:
        await writer.push(new_job(reply_channel="job:me"))
        (job,) = await hands.claim()
        await hands.end(job, result)
        assert await asyncio.wait_for(heard.get(), 60) == f"{job.id} success {told}"
    await listener.close()


async def test_only_watched_jobs_are_announced(
    writer: PushWriter, hands: Hands, database: Pool, database_url: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("job_update", lambda *event: heard.put_nowait(str(event[3])))
    await writer.push(new_job())
    await writer.push(new_job())
    silent, watched = await hands.claim(2)
    await watch(database, watched.id)
    await hands.end(silent)
    await hands.end(watched)
    assert await asyncio.wait_for(heard.get(), 60) == str(watched.id)
    assert heard.empty()
    await listener.close()


async def test_a_long_result_comes_back_whole(writer: PushWriter, hands: Hands, database: Pool) -> None:
    text = '"' + "ü" * 20_000_000 + '"'
    assert is_long(text)
    await writer.push(new_job())
    (job,) = await hands.claim()
    async with database.acquire() as connection, connection.transaction():
        blob_id = await store_long(connection, text)
    await hands.exchange([ended(job, None, result_blob=blob_id)])  # type: ignore[arg-type]
    found = await completed(database, job.id)
    assert found is not None
    assert (found.status, found.result) == ("success", text)
    async with database.acquire() as connection, connection.transaction():
        assert await scrub(connection, job.id)
    assert await whole_result(database, blob_id) == ""
    assert (await completed(database, job.id)).result == "null"  # type: ignore[union-attr]
    assert await database.fetchval("SELECT deleted FROM completed_job")


@pytest.mark.parametrize("result", ["", "{", '{"a": \\u0000}', "nan"])
async def test_what_is_no_json_is_refused_by_the_database(
    writer: PushWriter, hands: Hands, result: str
) -> None:
    await writer.push(new_job())
    (job,) = await hands.claim()
    with pytest.raises(asyncpg.DataError):
        await hands.end(job, result)
