import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from postmill.db.pool import Pool
from postmill.model.job import NewJob
from postmill.queue.conflicts import again_after_conflict
from postmill.queue.push import PushWriter
from postmill.tables.jobs import exchange, queue
from tests.job_makers import Hands, ended, new_job, state_of


async def push_all(writer: PushWriter, jobs: list) -> list[UUID]:  # type: ignore[type-arg]
    for job in jobs:
        await writer.push(job)
    return [job.id for job in jobs]


async def test_higher_priority_comes_first_then_the_earlier_time(writer: PushWriter, hands: Hands) -> None:
    now = datetime.now(UTC)
    jobs = [
        new_job(priority=priority, scheduled_for=now - timedelta(minutes=minutes))
        for priority, minutes in [(0, 5), (3, 1), (0, 9), (3, 2), (-1, 60)]
    ]
    ids = await push_all(writer, jobs)
    claimed = [(await hands.claim())[0].id for _ in jobs]
    assert claimed == [ids[3], ids[1], ids[2], ids[0], ids[4]]


async def test_only_served_tags_are_claimed(writer: PushWriter, hands: Hands) -> None:
    await push_all(writer, [new_job(tag="gpu"), new_job(tag="bash"), new_job(tag="python3")])
    claimed = await hands.claim(10, tags=("python3", "bash", "nothing"))
    assert {job.tag for job in claimed} == {"python3", "bash"}
    assert await hands.claim(10, tags=()) == []


async def test_workspaces_take_turns(writer: PushWriter, hands: Hands) -> None:
    flood = [new_job(workspace_id="flood") for _ in range(50)]
    await push_all(writer, flood)
    await push_all(writer, [new_job(workspace_id="small") for _ in range(3)])
    claimed = await hands.claim(6)
    assert Counter(job.workspace_id for job in claimed) == {"flood": 3, "small": 3}


async def test_who_was_served_lately_comes_later(writer: PushWriter, hands: Hands) -> None:
    await push_all(writer, [new_job(workspace_id="flood") for _ in range(10)])
    await push_all(writer, [new_job(workspace_id="small") for _ in range(2)])
    claimed = [(await hands.claim(1, served={"flood": 20}))[0].workspace_id for _ in range(3)]
    assert claimed == ["small", "small", "flood"]


async def test_concurrent_claims_never_take_the_same_job(writer: PushWriter, database_url: str) -> None:
    ids = await push_all(writer, [new_job(workspace_id=f"w{n % 3}") for n in range(120)])
    workers = [Hands(database_url, f"worker {n}") for n in range(6)]
    taken: list[UUID] = []

    async def drain(hands: Hands) -> None:
        misses = 0
        while misses < 3:
            claimed = await hands.claim(7)
            misses = 0 if claimed else misses + 1
            taken.extend(job.id for job in claimed)

    await asyncio.gather(*(drain(hands) for hands in workers))
    for hands in workers:
        await hands.close()
    assert sorted(taken) == sorted(ids)


async def test_a_claim_names_worker_attempt_and_heartbeat_together(
    writer: PushWriter, database: Pool, database_url: str
) -> None:
    hands = Hands(database_url, "the worker")
    (job_id,) = await push_all(writer, [new_job()])
    await hands.claim()
    row = await database.fetchrow(
        "SELECT state, worker, attempt, heartbeat_at >= started_at AS beats FROM queue"
    )
    assert row is not None
    assert tuple(row) == ("running", "the worker", 1, True)
    assert (await queue.running_job(database, job_id)).attempt == 1  # type: ignore[union-attr]
    await hands.close()


async def test_completion_and_claim_are_one_step(writer: PushWriter, hands: Hands, database: Pool) -> None:
    first, second = await push_all(writer, [new_job(), new_job()])
    (job,) = await hands.claim()
    answer = await hands.exchange([ended(job)], limit=1)
    assert answer.recorded == {first}
    assert [claimed.id for claimed in answer.claimed] == [second]
    assert await state_of(database, first) == "success"


async def test_an_exchange_that_finds_the_queue_empty_says_that_looking_again_is_useless(
    writer: PushWriter, hands: Hands
) -> None:
    assert not (await hands.exchange([], limit=3)).has_more
    await push_all(writer, [new_job() for _ in range(4)])
    assert (await hands.exchange([], limit=3)).has_more
    assert not (await hands.exchange([], limit=3)).has_more


EVERYWHERE = "'{python3}', 1, 'w', '{}', '{}', '[]'"
TYPES = "text[], integer, text, text[], integer[], text"


@pytest.mark.parametrize(
    ("statement", "types", "values"),
    [
        ("complete_and_claim", TYPES, EVERYWHERE),
        (
            "complete_plain_and_claim_behind",
            f"{TYPES}, text[], smallint[], timestamptz[], uuid[]",
            EVERYWHERE + ", '{main}', '{0}', '{2026-01-01}', '{00000000-0000-0000-0000-000000000000}'",
        ),
    ],
)
async def test_a_plan_made_for_an_empty_queue_stays_right(
    hands: Hands, statement: str, types: str, values: str
) -> None:
    """The statement is planned before there are rows; the plan must go by keys, never by whole indexes."""
    await hands.claim()
    connection = await hands.line._line.open()
    await connection.execute("DEALLOCATE ALL")
    await connection.execute(f"PREPARE exchange ({types}) AS {getattr(exchange.QUERIES, statement)}")
    plan = await connection.fetch(f"EXPLAIN EXECUTE exchange ({values})")
    lines = [row[0] for row in plan]
    assert not [line for line in lines if "Seq Scan" in line]
    scans = [number for number, line in enumerate(lines) if " on queue" in line and "Index Scan" in line]
    assert scans
    for number in scans:
        assert "Index Cond: (job_id" in lines[number + 1], lines[number]


async def test_a_claim_behind_others_goes_on_in_their_lanes_alone(writer: PushWriter, hands: Hands) -> None:
    now = datetime.now(UTC)

    def job_at(minutes: int, **given: object) -> NewJob:
        return new_job(scheduled_for=now - timedelta(minutes=minutes), **given)

    ids = await push_all(writer, [job_at(minutes) for minutes in (9, 8, 7, 6)])
    other = await push_all(writer, [job_at(5, workspace_id="other")])
    first = await hands.exchange([], limit=2)
    assert {(place.tag, place.workspace_id) for place in first.places} == {
        ("python3", "main"),
        ("python3", "other"),
    }
    behind = [place for place in first.places if place.workspace_id == "main"]
    assert [place.job_id for place in behind] == [ids[0]]
    # Neither what has come back, nor what is more urgent, nor another lane.
    earlier, urgent = await push_all(writer, [job_at(60), new_job(priority=5)])
    (elsewhere,) = await push_all(writer, [job_at(50, workspace_id="third")])
    second = await hands.exchange([ended(job) for job in first.claimed], limit=2, behind=behind)
    assert second.recorded == {ids[0], *other}
    assert [job.id for job in second.claimed] == ids[1:3]
    assert second.has_more
    third = await hands.exchange([ended(job) for job in second.claimed], limit=5, behind=second.places)
    assert [job.id for job in third.claimed] == ids[3:]
    everywhere = await hands.exchange([ended(job) for job in third.claimed], limit=5)
    assert [job.id for job in everywhere.claimed] == [urgent, earlier, elsewhere]


async def test_deadlocks_are_tried_again() -> None:
    tries = 0

    async def call() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return "done"

    assert await again_after_conflict(call) == "done"
    with pytest.raises(asyncpg.UniqueViolationError):
        await again_after_conflict(_violates)


async def _violates() -> None:
    raise asyncpg.UniqueViolationError("twice")
