import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from postmill.db.pool import Pool
from postmill.kernel.errors import Conflict, InvalidInput, TooMany, Unavailable
from postmill.model.job import NewJob
from postmill.queue.push import PushWriter, has_nul_escape, push_in
from postmill.tables.jobs import push_alike, queue
from tests.job_makers import Hands, new_job, state_of


async def test_a_pushed_job_comes_out_of_the_queue_as_it_went_in(writer: PushWriter, hands: Hands) -> None:
    job = new_job(
        kind="script",
        args='{"b": 1, "a": "ü\\u2028"}',
        path="f/team/x",
        script_hash=-5,
        raw_code=None,
        entrypoint="other",
        priority=7,
        trigger_kind="webhook",
        timeout_seconds=12,
        retry='{"constant":{"attempts":1}}',
        scopes=("jobs:read", "variables:read:u/alice/x"),
        delete_after_seconds=0,
        visible_to_owner=False,
        concurrency_limit=3,
        reply_channel="job:x",
    )
    await writer.push(job)
    (claimed,) = await hands.claim()
    shared = set(NewJob.__struct_fields__) & set(type(claimed).__struct_fields__) - {"scheduled_for"}
    assert {name: getattr(claimed, name) for name in shared} == {name: getattr(job, name) for name in shared}
    assert claimed.attempt == 1
    assert claimed.args == job.args  # as text: the order of its members is kept


async def test_concurrent_pushes_all_arrive_and_share_statements(
    writer: PushWriter, database: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = 0
    store = writer._store

    async def counted(jobs: list[NewJob], encoded: bytes) -> frozenset[object]:
        nonlocal statements
        statements += 1
        return await store(jobs, encoded)

    monkeypatch.setattr(writer, "_store", counted)
    await asyncio.gather(*(writer.push(new_job()) for _ in range(200)))
    assert await database.fetchval("SELECT count(*) FROM queue WHERE state = 'ready'") == 200
    assert statements < 20


async def test_only_the_job_whose_id_is_taken_is_refused(writer: PushWriter, database: Pool) -> None:
    first = new_job()
    await writer.push(first)
    others = [new_job() for _ in range(5)]
    twice = new_job()
    jobs = [*others[:3], new_job(id=first.id), twice, twice, *others[3:]]
    answers = await asyncio.gather(*(writer.push(job) for job in jobs), return_exceptions=True)
    assert [type(answer) for answer in answers] == [
        *([type(None)] * 3), Conflict, type(None), Conflict, *([type(None)] * 2)
    ]  # fmt: skip
    assert await database.fetchval("SELECT count(*) FROM queue") == 7


async def test_a_job_that_cannot_be_stored_does_not_take_the_others_with_it(
    writer: PushWriter, database: Pool
) -> None:
    good = [new_job() for _ in range(4)]
    bad = [new_job(args='{"x": "\\u0000"}'), new_job(raw_code="a\0b"), new_job(priority=70_000)]
    answers = await asyncio.gather(*(writer.push(job) for job in [*bad, *good]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [InvalidInput] * 3 + [type(None)] * 4
    assert "NUL" in str(answers[0])
    assert await database.fetchval("SELECT count(*) FROM queue") == 4


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('"\\u0000"', True),
        ('"\\\\u0000"', False),  # a backslash, then five characters
        ('"\\\\\\u0000"', True),
        ('"\\\\u0000 \\u0000"', True),
        ('"u0000"', False),
    ],
)
def test_the_nul_escape_is_told_from_its_spelling(text: str, holds: bool) -> None:
    assert ("\0" in json.loads(text)) is holds
    assert has_nul_escape(text) is holds


async def test_a_full_queue_refuses_further_jobs_of_that_workspace(database: Pool) -> None:
    writer = PushWriter(database, queue_limit=3)
    for _ in range(3):
        await writer.push(new_job())
    with pytest.raises(TooMany, match="3 jobs of workspace main wait already"):
        await writer.push(new_job())
    await writer.push(new_job(workspace_id="other"))


async def test_a_job_for_later_waits_as_scheduled(writer: PushWriter, database: Pool, hands: Hands) -> None:
    later = new_job(scheduled_for=datetime.now(UTC) + timedelta(hours=1), priority=100)
    past = new_job(scheduled_for=datetime.now(UTC) - timedelta(hours=1))
    await writer.push(later)
    await writer.push(past)
    assert [job.id for job in await hands.claim(5)] == [past.id]
    assert await state_of(database, later.id) == "scheduled"


async def test_the_tags_of_a_push_are_announced_with_its_commit(
    writer: PushWriter, database_url: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("queue", lambda *event: heard.put_nowait(str(event[3])))
    try:
        await writer.push(new_job(tag="gpu"))
        assert await asyncio.wait_for(heard.get(), 60) == "gpu"
    finally:
        await listener.close()


async def test_jobs_pushed_in_a_transaction_share_its_fate(database: Pool) -> None:
    job = new_job()
    with pytest.raises(RuntimeError):
        async with database.acquire() as connection, connection.transaction():
            await push_in(connection, [job])
            raise RuntimeError
    assert await state_of(database, job.id) is None
    async with database.acquire() as connection, connection.transaction():
        await push_in(connection, [job])
    assert await state_of(database, job.id) == "ready"
    with pytest.raises(Conflict):
        async with database.acquire() as connection, connection.transaction():
            await push_in(connection, [job])


async def test_a_closed_writer_takes_nothing_but_commits_what_it_took(database: Pool) -> None:
    writer = PushWriter(database)
    pushes = [asyncio.create_task(writer.push(new_job())) for _ in range(50)]
    await asyncio.gather(*pushes)
    await writer.close()
    with pytest.raises(Unavailable):
        await writer.push(new_job())
    assert await database.fetchval("SELECT count(*) FROM queue") == 50


async def test_a_push_connection_that_was_lost_is_opened_again(writer: PushWriter, database: Pool) -> None:
    await writer.push(new_job())
    ended = await database.fetchval(
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'postmill push' AND datname = current_database()) AS ended"
    )
    assert ended == 1
    job = new_job()
    # The loss may be seen only with the next statement, whose caller is told.
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        await writer.push(job)
    again = new_job()
    await writer.push(again)
    assert await state_of(database, again.id) == "ready"


ALIKE: dict[str, dict[str, Any]] = {
    "plain": {},
    "all of it": {
        "kind": "script",
        "path": "f/team/x",
        "script_hash": -5,
        "raw_code": None,
        "entrypoint": "other",
        "priority": 7,
        "parent_job": new_job().id,
        "root_job": new_job().id,
        "trigger_kind": "webhook",
        "trigger": "hook",
        "timeout_seconds": 12,
        "max_attempts": 1,
        "cache_ttl_seconds": 60,
        "cache_key": "key",
        "warm": True,
        "preprocess": True,
        "delete_after_seconds": 0,
        "visible_to_owner": False,
        "scopes": ("jobs:read", "variables:read:u/alice/x"),
        "end_user_email": "bob@example.com",
        "restart_unless_canceled": True,
        "reply_channel": "job:x",
    },
}


def test_every_setting_of_a_job_is_shared_or_keeps_it_from_the_statement_for_jobs_alike() -> None:
    sorted_out = (*push_alike.OWN, *push_alike.SHARED, *push_alike.NEVER)
    assert sorted(sorted_out) == sorted(NewJob.__struct_fields__)


@pytest.mark.parametrize("settings", ALIKE.values(), ids=list(ALIKE))
async def test_jobs_alike_are_stored_as_any_jobs_are(
    database: Pool, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    jobs = [new_job(args=f'{{"b": {number}, "a": "ü\\u2028"}}', **settings) for number in range(3)]
    assert push_alike.shared_by(jobs) is not None
    of_claims = {"state", "worker", "attempt", "started_at", "heartbeat_at"}

    async def stored() -> list[dict[str, Any]]:
        rows = await database.fetch("SELECT * FROM job JOIN queue ON job_id = id ORDER BY id")
        await database.execute("TRUNCATE job, queue CASCADE")
        return [
            {name: type(value) if isinstance(value, datetime) else value for name, value in row.items()}
            for row in rows
        ]

    async def push() -> list[dict[str, Any]]:
        assert await queue.push(database, jobs) == {job.id for job in jobs}
        assert await queue.push(database, [new_job(id=jobs[0].id, **settings)]) == frozenset()
        return await stored()

    with monkeypatch.context() as patched:
        patched.setattr(push_alike, "shared_by", lambda _jobs: None)
        as_any = await push()
    assert await push() == as_any and len(as_any) == 3
    for job in jobs:
        claimed = await queue.push_running(database, job, "a worker")
        assert claimed is not None and (claimed.id, claimed.attempt) == (job.id, 1)
        assert await queue.push_running(database, job, "another") is None
    for running, ready in zip(await stored(), as_any, strict=True):
        assert (running["state"], running["worker"], running["attempt"]) == ("running", "a worker", 1)
        assert running["started_at"] is running["heartbeat_at"] is datetime
        assert {**running, **{name: ready[name] for name in of_claims}} == ready


@pytest.mark.parametrize(
    "second",
    [
        {"tag": "other"},
        {"workspace_id": "other"},
        {"permissioned_as": "u/bob"},
        {"reply_channel": "job:x"},
        {"scheduled_for": datetime.now(UTC)},
        {"concurrency_key": "key"},
        {"retry": '{"constant":{"attempts":1}}'},
        {"flow_step_id": "a"},
    ],
)
def test_jobs_that_differ_are_not_alike(second: dict[str, Any]) -> None:
    first, other = new_job(), new_job(**second)
    assert push_alike.shared_by([first, first]) is not None
    assert push_alike.shared_by([first, other]) is None
    assert push_alike.shared_by([]) is None
