import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from postmill import maintenance
from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.identity.instance_settings import RETENTION, put_all
from postmill.kernel.settings import Settings
from postmill.maintenance import duties, expiry
from postmill.maintenance.duty import Duty, keep_doing
from postmill.maintenance.leader import lead
from postmill.model.subject import Subject
from postmill.queue.push import PushWriter
from postmill.queue.results import store_long
from tests.job_makers import Hands, ended, log_of, new_job, silence, state_of, until

ADMIN = Subject(email="admin@example.com", username="admin", is_superadmin=True)


@dataclass
class Backbone:
    database_url: str
    pool: Pool
    notifications: Notifications
    keyring: Keyring = field(default_factory=lambda: Keyring(bytes(32)))


@pytest.fixture
async def backbone(database_url: str, database: Pool) -> AsyncIterator[Backbone]:
    notifications = Notifications()
    await notifications.start(database_url)
    yield Backbone(database_url, database, notifications)
    await notifications.close()


@asynccontextmanager
async def maintained(backbone: Backbone, folder: Path, **changes: Any) -> AsyncIterator[None]:
    settings = Settings(data_dir=folder, heartbeat_seconds=0.2, lease_seconds=1.0, **changes)
    task = asyncio.create_task(maintenance.run(backbone, settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def pushed(pool: Pool, **given: Any) -> Any:
    job = new_job(**given)
    writer = PushWriter(pool)
    await writer.push(job)
    await writer.close()
    return job


async def wait_for(pool: Pool, job_id: Any, state: str) -> None:
    async def is_there() -> bool:
        return await state_of(pool, job_id) == state

    await until(is_there)


async def test_scheduled_jobs_become_ready_when_their_time_comes(backbone: Backbone, tmp_path: Path) -> None:
    far = await pushed(backbone.pool, scheduled_for=datetime.now(UTC) + timedelta(hours=1))
    async with maintained(backbone, tmp_path):
        near = await pushed(backbone.pool, scheduled_for=datetime.now(UTC) + timedelta(seconds=0.5))
        keyed = await pushed(
            backbone.pool,
            scheduled_for=datetime.now(UTC) + timedelta(seconds=0.5),
            concurrency_key="main/k",
            concurrency_limit=1,
        )
        await wait_for(backbone.pool, near.id, "ready")
        await wait_for(backbone.pool, keyed.id, "ready")
        assert await backbone.pool.fetchval(
            "SELECT bool_and(now() >= scheduled_for) FROM queue WHERE state = 'ready'"
        )
    assert await state_of(backbone.pool, far.id) == "scheduled"


async def test_lost_jobs_are_rescued(backbone: Backbone, tmp_path: Path) -> None:
    job = await pushed(backbone.pool)
    hands = Hands(backbone.database_url)
    await hands.claim()
    await silence(backbone.pool, job.id, 2)
    async with maintained(backbone, tmp_path):
        await wait_for(backbone.pool, job.id, "ready")
    await hands.close()


async def test_waiting_jobs_go_on_when_the_window_has_passed(backbone: Backbone, tmp_path: Path) -> None:
    key = {"concurrency_key": "main/k", "concurrency_limit": 1, "concurrency_window_seconds": 1}
    await pushed(backbone.pool, **key)
    second = await pushed(backbone.pool, **key)
    hands = Hands(backbone.database_url)
    (first,) = await hands.claim(5)
    await hands.end(first)
    async with maintained(backbone, tmp_path):
        await wait_for(backbone.pool, second.id, "ready")
    waited = await backbone.pool.fetchval("SELECT clock_timestamp() - completed_at FROM completed_job")
    assert waited >= timedelta(seconds=1)
    await hands.close()


async def test_data_is_removed_when_the_script_wants_it(backbone: Backbone) -> None:
    hands = Hands(backbone.database_url)
    kept, gone = await pushed(backbone.pool), await pushed(backbone.pool, args='{"secret": 1}')
    claimed = {job.id: job for job in await hands.claim(2)}
    async with backbone.pool.acquire() as connection, connection.transaction():
        blob_id = await store_long(connection, '"long"')
    await hands.end(claimed[kept.id], log_tail="kept")
    await hands.exchange(
        [ended(claimed[gone.id], None, result_blob=blob_id, log_tail="gone", delete_after_seconds=0)]  # type: ignore[arg-type]
    )
    await expiry.scrub_deleted(backbone.pool)
    row = await backbone.pool.fetchrow("SELECT * FROM completed_job WHERE job_id = $1", gone.id)
    assert row is not None
    assert (row["deleted"], row["result"], row["result_blob"], row["status"]) == (True, None, None, "success")
    assert await backbone.pool.fetchval("SELECT args FROM job WHERE id = $1", gone.id) == "{}"
    assert await log_of(backbone.pool, gone.id) == ""
    assert await backbone.pool.fetchval("SELECT count(*) FROM blob_chunk") == 0
    assert await log_of(backbone.pool, kept.id) == "kept"
    await hands.close()


async def test_old_jobs_go_with_everything_that_belongs_to_them(backbone: Backbone) -> None:
    hands = Hands(backbone.database_url)
    old, young = await pushed(backbone.pool), await pushed(backbone.pool)
    for job in await hands.claim(2):
        await hands.end(job, log_tail="said")
    await backbone.pool.execute(
        "UPDATE completed_job SET completed_at = now() - interval '10 days' WHERE job_id = $1", old.id
    )
    await expiry.remove_old_jobs(backbone.pool, backbone.keyring, 0)
    assert await state_of(backbone.pool, old.id) == "success"
    await put_all(backbone.pool, backbone.keyring, ADMIN, {RETENTION: 11 * 86400}, {})
    await expiry.remove_old_jobs(backbone.pool, backbone.keyring, 9)
    assert await state_of(backbone.pool, old.id) == "success"
    await put_all(backbone.pool, backbone.keyring, ADMIN, {RETENTION: 9 * 86400}, {})
    await expiry.remove_old_jobs(backbone.pool, backbone.keyring, 0)
    assert await state_of(backbone.pool, old.id) is None
    assert await backbone.pool.fetchval("SELECT array_agg(id) FROM job") == [young.id]
    assert await backbone.pool.fetchval("SELECT array_agg(job_id) FROM job_log") == [young.id]
    await hands.close()


async def test_what_has_expired_is_forgotten_and_what_has_not_stays(backbone: Backbone) -> None:
    await backbone.pool.execute(
        """INSERT INTO cached_result VALUES ('old', 'main', gen_random_uuid(), now() - interval '1 s'),
                                            ('new', 'main', gen_random_uuid(), now() + interval '1 h');
           INSERT INTO job_watcher VALUES (gen_random_uuid(), now() - interval '1 s'),
                                          (gen_random_uuid(), now() + interval '1 h');
           INSERT INTO worker (name, instance, worker_group, tags, slots, version, ip, isolation, ping_at)
           VALUES ('old', 'm', 'g', '{}', 1, '0', '::1', 'none', now() - interval '1 h'),
                  ('new', 'm', 'g', '{}', 1, '0', '::1', 'none', now());
           INSERT INTO audit (at, username, email, action, kind)
           VALUES (now() - interval '400 days', 'a', 'a', 'old', 'Updated'), (now(), 'a', 'a', 'new', 'Updated')"""
    )
    await expiry.forget_leftovers(backbone.pool)
    await expiry.trim_audit(backbone.pool)
    assert await backbone.pool.fetchval("SELECT array_agg(key) FROM cached_result") == ["new"]
    assert await backbone.pool.fetchval("SELECT count(*) FROM job_watcher") == 1
    assert await backbone.pool.fetchval("SELECT array_agg(name) FROM worker") == ["new"]
    assert await backbone.pool.fetchval("SELECT array_agg(action) FROM audit") == ["new"]


async def test_a_duty_that_fails_is_tried_again() -> None:
    tries = 0
    done = asyncio.Event()

    async def once() -> float:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("for once")
        done.set()
        return 60.0

    wake = asyncio.Event()
    wake.set()  # cuts the pause after the error short
    task = asyncio.create_task(keep_doing(Duty("try", once, wake)))
    await asyncio.wait_for(done.wait(), 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert tries == 2


async def test_duties_begin_one_after_the_other_and_a_slow_one_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duties, "LONGEST_TURN_SECONDS", 0.05)
    monkeypatch.setattr("postmill.kernel.lasting.CANCEL_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr("postmill.maintenance.duty.PAUSE_AFTER_ERROR_SECONDS", 0.0)
    breaks_off = [asyncio.CancelledError(), asyncpg.InternalClientError("cannot switch to state 11")]
    under_way, most, last = 0, 0, asyncio.Event()

    async def look() -> float:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return 60.0

    async def hang() -> float:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 60.0

    async def end() -> float:
        if breaks_off:
            raise breaks_off.pop()
        last.set()
        return 60.0

    given = [*(Duty("look", look) for _ in range(5)), Duty("hang", hang), Duty("end", end)]
    task = asyncio.create_task(duties.begin_in_turn(given))
    await asyncio.wait_for(last.wait(), 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert most == 1
    assert not {"hang", "end"} & {left.get_name() for left in asyncio.all_tasks()}


async def test_one_leads_and_another_follows_when_it_is_gone(database_url: str) -> None:
    led: list[str] = []
    changed = asyncio.Event()

    def duties_of(name: str) -> Any:
        async def work() -> None:
            led.append(name)
            changed.set()
            await asyncio.Event().wait()

        return work

    first = asyncio.create_task(lead(database_url, duties_of("first")))
    await asyncio.wait_for(changed.wait(), 60)
    second = asyncio.create_task(lead(database_url, duties_of("second")))
    changed.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(changed.wait(), 0.5)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await asyncio.wait_for(changed.wait(), 60)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert led == ["first", "second"]
