import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound
from postmill.queue.cancel import cancel, force_cancel
from postmill.queue.push import PushWriter
from postmill.queue.rescue import Rescued, rescue
from postmill.queue.running import find_running_job
from postmill.tables.jobs import queue
from tests.job_makers import Hands, lock_error_of, log_of, new_job, silence, state_of, version_to_lock


async def test_a_waiting_job_is_canceled_at_once(writer: PushWriter, database: Pool, hands: Hands) -> None:
    ready = new_job()
    later = new_job(scheduled_for=datetime.now(UTC) + timedelta(hours=1))
    for job in (ready, later):
        await writer.push(job)
        assert await cancel(database, "main", job.id, "bob", "not needed") == "canceled"
        row = await database.fetchrow("SELECT * FROM completed_job WHERE job_id = $1", job.id)
        assert row is not None
        assert (row["status"], row["canceled_by"], row["started_at"]) == ("canceled", "bob", None)
        assert json.loads(row["result"]) == {
            "error": {
                "message": "Job canceled: not needed by bob",
                "name": "Canceled",
                "reason": "not needed",
                "canceler": "bob",
            }
        }
    assert await hands.claim(5) == []
    assert await cancel(database, "main", ready.id, "bob") == "finished"


async def test_the_worker_of_a_running_job_is_told_by_notification_and_by_heartbeat(
    writer: PushWriter, database: Pool, hands: Hands, database_url: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("cancel", lambda *event: heard.put_nowait(str(event[3])))
    await writer.push(new_job())
    (job,) = await hands.claim()
    assert await cancel(database, "main", job.id, "bob", "wrong") == "canceling"
    assert await asyncio.wait_for(heard.get(), 60) == str(job.id)
    (beat,) = await queue.heartbeat(database, [(job.id, job.attempt)])
    assert (beat.canceled_by, beat.canceled_reason) == ("bob", "wrong")
    assert await state_of(database, job.id) == "running"
    await listener.close()


async def test_force_ends_a_running_job_whose_report_is_then_refused(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    await writer.push(new_job())
    (job,) = await hands.claim()
    assert await force_cancel(database, "main", job.id, "bob") == "canceled"
    assert not await hands.end(job)
    assert await state_of(database, job.id) == "canceled"


async def test_jobs_of_other_workspaces_do_not_exist(writer: PushWriter, database: Pool) -> None:
    job = new_job()
    await writer.push(job)
    for workspace, job_id in (("other", job.id), ("main", uuid4())):
        with pytest.raises(NotFound):
            await cancel(database, workspace, job_id, "bob")
        with pytest.raises(NotFound):
            await force_cancel(database, workspace, job_id, "bob")
    assert await state_of(database, job.id) == "ready"


async def test_lost_jobs_run_again_up_to_their_limit_then_fail_with_the_reason(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    job = new_job(max_attempts=2)
    await writer.push(job)
    await hands.claim()
    assert await rescue(database, 30) == Rescued()  # it was heard of
    await silence(database, job.id)
    assert await rescue(database, 30) == Rescued(again=1)
    (again,) = await hands.claim()
    assert (again.attempt, again.lost_attempts) == (2, 1)
    assert "worker hands was lost during attempt 1 of 2" in await log_of(database, job.id)
    await silence(database, job.id)
    assert await rescue(database, 30) == Rescued(ended=1)
    row = await database.fetchrow("SELECT status, result FROM completed_job")
    assert row is not None
    assert row["status"] == "failure"
    assert "was lost while it ran this job; it was started 2 times" in row["result"]


async def test_a_run_that_is_given_up_is_an_alert(writer: PushWriter, database: Pool, hands: Hands) -> None:
    canceled, lost = new_job(max_attempts=1), new_job(max_attempts=1)
    for job in (canceled, lost):
        await writer.push(job)
        await hands.claim()
        await silence(database, job.id)
    await cancel(database, "main", canceled.id, "bob")
    assert await rescue(database, 30) == Rescued(ended=2)
    (alert,) = await database.fetch("SELECT * FROM alert")
    assert (alert["kind"], alert["about"]) == ("run_lost", str(lost.id))
    assert alert["over_at"] is not None


async def test_a_lost_job_that_was_to_be_canceled_is_canceled(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    job = new_job()
    await writer.push(job)
    await hands.claim()
    await cancel(database, "main", job.id, "bob")
    await silence(database, job.id)
    assert await rescue(database, 30) == Rescued(ended=1)
    assert await state_of(database, job.id) == "canceled"


async def test_handing_back_does_not_count_as_lost(writer: PushWriter, database: Pool, hands: Hands) -> None:
    await writer.push(new_job(max_attempts=1))
    for attempt in range(1, 5):
        (job,) = await hands.claim()
        assert (job.attempt, job.lost_attempts) == (attempt, 0)
        assert await queue.hand_back(database, [(job.id, job.attempt)]) == {job.id}


async def test_job_tokens_find_their_running_attempt_and_no_other(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    job = new_job(scopes=("jobs:read",))
    await writer.push(job)
    assert await find_running_job(database, job.id) is None
    (claimed,) = await hands.claim()
    running = await find_running_job(database, job.id)
    assert running == (1, "main", "u/alice", "alice@example.com", ("jobs:read",))
    await hands.end(claimed)
    assert await find_running_job(database, job.id) is None


async def test_one_row_that_cannot_be_rescued_does_not_stop_the_others(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    bad, good = new_job(), new_job()
    for job in (bad, good):
        await writer.push(job)
    await hands.claim(2)
    for job in (bad, good):
        await silence(database, job.id)
    await database.execute(
        f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.job_id = '{bad.id}' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON job_log FOR EACH ROW EXECUTE FUNCTION refuse()"""
    )
    assert await rescue(database, 30) == Rescued(again=1, failed=1)
    assert await state_of(database, good.id) == "ready"
    assert await state_of(database, bad.id) == "running"


async def test_a_lock_job_that_is_canceled_or_lost_tells_its_version_why_there_is_no_lock(
    writer: PushWriter, database: Pool, hands: Hands
) -> None:
    waiting, forced, lost = [await version_to_lock(database, number) for number in (1, 2, 3)]
    await writer.push(waiting)
    await cancel(database, "main", waiting.id, "bob", "not now")
    await writer.push(forced)
    await hands.claim()
    await force_cancel(database, "main", forced.id, "bob")
    await writer.push(lost)
    (job,) = await hands.claim()
    await silence(database, job.id)
    assert await rescue(database, 30) == Rescued(ended=1)
    begin = "The dependencies were not resolved: "
    assert await lock_error_of(database, 1) == f"{begin}Job canceled: not now by bob"
    assert await lock_error_of(database, 2) == f"{begin}Job canceled: no reason given by bob"
    assert (await lock_error_of(database, 3) or "").startswith(f"{begin}the worker hands was lost")


async def test_a_canceled_lock_job_says_nothing_about_a_version_that_has_a_lock_or_a_newer_job(
    writer: PushWriter, database: Pool
) -> None:
    locked, superseded = [await version_to_lock(database, number) for number in (1, 2)]
    await database.execute("UPDATE script SET lock = '# py: 3.11' WHERE hash = 1")
    await database.execute("UPDATE script SET lock_job = $1 WHERE hash = 2", uuid4())
    for job in (locked, superseded):
        await writer.push(job)
        assert await cancel(database, "main", job.id, "bob") == "canceled"
    assert [await lock_error_of(database, number) for number in (1, 2)] == [None, None]
