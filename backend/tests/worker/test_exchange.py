"""In a backlog claims go on where the last ones ended; everything is looked at again and again all the same."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import pytest

from postmill.model.job import ClaimedJob, Ended
from postmill.queue.exchange import QueueLine
from postmill.tables.jobs.exchange import Exchange, Place
from postmill.worker import exchange
from postmill.worker.exchange import Exchanger
from tests.job_makers import claimed, ended, new_job


class Backlog(QueueLine):
    """A queue of so many jobs; ``looks`` notes for each claim whether it went on behind an earlier one."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.looks: list[bool] = []

    async def exchange(
        self,
        ended: Sequence[Ended],
        *,
        tags: Sequence[str],
        limit: int,
        served: Mapping[str, int],
        behind: Sequence[Place] = (),
    ) -> Exchange:
        await asyncio.sleep(0)
        if limit:
            self.looks.append(bool(behind))
        count = min(limit, self.left)
        self.left -= count
        jobs = [claimed(new_job()) for _ in range(count)]
        places = [Place(job.tag, job.workspace_id, 0, job.scheduled_for, job.id) for job in jobs[-1:]]
        return Exchange(frozenset(one.id for one in ended), jobs, count == limit > 0, places)

    async def close(self) -> None:
        return None


async def drained(*lines: Backlog) -> None:
    """Ends each job of the backlog as soon as it is claimed, two at a time."""
    over = asyncio.Event()

    def start(job: ClaimedJob) -> None:
        exchanger.submit(ended(job))
        exchanger.release_slot()

    def when_idle() -> None:
        if exchanger.idle == 2:
            over.set()

    exchanger = Exchanger(lines, 2, start=start, recorded=lambda _, counted: None)
    exchanger.on_change = when_idle
    exchanger.tags = ["python3"]
    exchanger.open()
    async with asyncio.timeout(60):
        await over.wait()
    await exchanger.close()


async def test_a_backlog_is_claimed_behind_what_was_claimed_until_it_gives_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Neither the moment after which it looks everywhere nor the pace of the machine is of interest here.
    monkeypatch.setattr(exchange, "GOES_ON_SECONDS", 3600.0)
    monkeypatch.setattr(exchange, "MOST_AHEAD", 0)
    line = Backlog(20)
    await drained(line)
    *behind, last = line.looks[1:]
    assert not line.looks[0]  # everywhere, at first
    assert all(behind)
    assert not last  # what gave less than it was asked for is followed by a look everywhere
    assert len(behind) >= 4


async def test_every_moment_all_lanes_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "GOES_ON_SECONDS", 0.0)
    line = Backlog(20)
    await drained(line)
    assert not any(line.looks)


class Interrupted(Backlog):
    """A queue that cannot be reached at first, nor when the first jobs have ended."""

    def __init__(self, count: int, error: BaseException) -> None:
        super().__init__(count)
        self.error = error
        self.failures = 0

    async def exchange(self, ended: Sequence[Ended], **given: Any) -> Exchange:
        if self.failures == 0 or (ended and self.failures == 1):
            self.failures += 1
            raise self.error
        return await super().exchange(ended, **given)

    def drop(self) -> None:
        return None


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), asyncpg.InternalClientError("not connected"), asyncio.CancelledError()]
)
async def test_a_line_that_failed_tries_again_though_the_others_have_nothing_to_do(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postmill.kernel.lasting.PAUSE_SECONDS", 0.0)
    line = Interrupted(20, error)
    await drained(line, Backlog(0))
    assert (line.left, line.failures) == (0, 2)
