"""A worker beside a server: jobs come to it over a socket, and their ends go back the same way."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from postmill.kernel.settings import Settings
from postmill.queue.next_door import WorkerNextDoor
from postmill.queue.push import PushWriter
from postmill.worker import loop
from postmill.worker.process import Isolated, work_with
from tests.job_makers import claimed, new_job, state_of, until

from .conftest import NoExpressions, Shop


@asynccontextmanager
async def beside(shop: Shop, **changes: Any) -> AsyncIterator[WorkerNextDoor]:
    """A worker with a socket to this server, whose pushes go there."""
    server, worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door = WorkerNextDoor(server, shop.waiters.tell)
    shop.writer = PushWriter(shop.pool, next_door=door)
    stopping = asyncio.Event()
    settings = Settings(**{**vars(shop.settings), **changes})
    isolated = Isolated(shop.runner, NoExpressions(), "none", ("a test",))
    task = asyncio.create_task(work_with(isolated, shop, settings, stopping, lambda: None, worker))
    try:
        await until(lambda: _offers(door))
        yield door
    finally:
        stopping.set()
        async with asyncio.timeout(60):
            await task
        door.close()


async def _offers(door: WorkerNextDoor) -> bool:
    offer = door._offers.get("process")
    return offer is not None and door._used["process"] < offer.jobs


async def test_jobs_run_without_a_claim_and_their_ends_are_told_without_a_notification(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A look into the queue takes the offer back for a moment, and a job that comes just then goes through the queue.
    monkeypatch.setattr(loop, "SLOW_POLL_SECONDS", 600.0)
    heard: list[str] = []
    shop.notifications.subscribe(shop.waiters.channel, heard.append)
    async with beside(shop) as door:
        for number in range(10):  # more than one offer holds
            await until(lambda: _offers(door))
            completed = await shop.run(args=f'{{"n": {number}}}')
            assert (completed.status, completed.result) == ("success", "1")
    assert len(shop.runner.requests) == 10
    assert await shop.pool.fetchval("SELECT count(*) FROM completed_job WHERE attempt = 1") == 10
    assert heard == []


async def test_a_job_for_the_worker_that_was_here_before_is_given_back_and_run(shop: Shop) -> None:
    async with beside(shop) as door:
        job = new_job(tag="gpu")
        await PushWriter(shop.pool).push(job)
        await shop.pool.execute(
            "UPDATE queue SET state = 'running', worker = 'earlier', attempt = 1, started_at = now(), "
            "heartbeat_at = now() WHERE job_id = $1",
            job.id,
        )
        assert door.give("earlier", claimed(job))

        async def is_ready() -> bool:
            return await state_of(shop.pool, job.id) == "ready"

        await until(is_ready)


async def test_a_server_that_starts_again_is_offered_slots_anew(shop: Shop) -> None:
    async with beside(shop) as door:
        again = WorkerNextDoor(socket.socket(fileno=socket.dup(door._wall._end.fileno())), shop.waiters.tell)
        door.close()
        await until(lambda: _offers(again))
        shop.writer = PushWriter(shop.pool, next_door=again)
        assert (await shop.run()).status == "success"
        again.close()


async def test_work_in_the_queue_takes_the_offer_back(shop: Shop) -> None:
    async with beside(shop, workers=1) as door:
        await asyncio.gather(*(shop.run() for _ in range(6)))
        await until(lambda: _offers(door))
    assert len(shop.runner.requests) == 6
