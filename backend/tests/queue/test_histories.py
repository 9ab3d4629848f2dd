"""Random histories: whatever happens in whatever order, every job ends at most once and every limit holds."""

import random

import pytest

from postmill.db.pool import Pool
from postmill.model.job import ClaimedJob
from postmill.queue.cancel import cancel, force_cancel
from postmill.queue.permits import promote_all
from postmill.queue.push import PushWriter
from postmill.queue.rescue import rescue
from postmill.tables.jobs import queue
from tests.job_makers import Hands, new_job, silence

STEPS = 120
LIMIT = 2


class History:
    """What a test did so far, and what must hold after each step."""

    def __init__(self, pool: Pool, writer: PushWriter, hands: Hands, chance: random.Random) -> None:
        self.pool = pool
        self.writer = writer
        self.hands = hands
        self.chance = chance
        self.held: list[ClaimedJob] = []  # every attempt that was ever claimed and not reported
        self.pushed: list[object] = []
        self.counted: dict[object, int] = {}

    async def push(self) -> None:
        key = {"concurrency_key": "main/k", "concurrency_limit": LIMIT} if self.chance.random() < 0.5 else {}
        job = new_job(priority=self.chance.randint(0, 2), max_attempts=self.chance.randint(1, 3), **key)
        await self.writer.push(job)
        self.pushed.append(job.id)

    async def claim(self) -> None:
        self.held += await self.hands.claim(self.chance.randint(1, 3))

    async def end(self) -> None:
        if self.held:
            job = self.held.pop(self.chance.randrange(len(self.held)))
            if await self.hands.end(job):
                self.counted[job.id] = self.counted.get(job.id, 0) + 1

    async def end_twice(self) -> None:
        if self.held:
            self.held.append(self.chance.choice(self.held))
            await self.end()

    async def lose(self) -> None:
        if self.held:
            await silence(self.pool, self.chance.choice(self.held).id)
            await rescue(self.pool, 30)

    async def hand_back(self) -> None:
        if self.held:
            job = self.chance.choice(self.held)
            await queue.hand_back(self.pool, [(job.id, job.attempt)])

    async def cancel(self) -> None:
        if self.pushed:
            call = self.chance.choice([cancel, force_cancel])
            await call(self.pool, "main", self.chance.choice(self.pushed), "bob")  # type: ignore[arg-type]

    async def promote(self) -> None:
        await promote_all(self.pool)

    async def check(self) -> None:
        row = await self.pool.fetchrow(
            """SELECT (SELECT count(*) FROM job) AS jobs,
                      (SELECT count(*) FROM queue) + (SELECT count(*) FROM completed_job) AS places,
                      (SELECT count(*) FROM queue JOIN completed_job USING (job_id)) AS twice,
                      (SELECT count(*) FROM queue WHERE concurrency_key IS NOT NULL AND state IN ('ready', 'running'))
                          AS permitted,
                      (SELECT count(*) FROM concurrency_permit WHERE counts_until IS NULL) AS permits"""
        )
        assert row is not None
        assert row["jobs"] == row["places"] == len(self.pushed)
        assert row["twice"] == 0
        assert row["permitted"] == row["permits"] <= LIMIT
        assert all(count == 1 for count in self.counted.values())


@pytest.mark.parametrize("seed", range(4))
async def test_no_history_breaks_the_rules_and_every_one_comes_to_an_end(
    writer: PushWriter, hands: Hands, database: Pool, seed: int
) -> None:
    history = History(database, writer, hands, random.Random(seed))
    steps = [history.push, history.push, history.claim, history.claim, history.end, history.end, history.end_twice,
             history.lose, history.hand_back, history.cancel, history.promote]  # fmt: skip
    for _ in range(STEPS):
        await history.chance.choice(steps)()
        await history.check()
    for _ in range(20 * STEPS):
        if not await database.fetchval("SELECT count(*) FROM queue"):
            break
        await history.promote()
        await history.claim()
        await history.end()
        if not history.held:
            await database.execute(
                "UPDATE queue SET heartbeat_at = now() - interval '1 hour' WHERE state = 'running'"
            )
            await rescue(database, 30)
        await history.check()
    assert await database.fetchval("SELECT count(*) FROM completed_job") == len(history.pushed)
