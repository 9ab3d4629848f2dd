"""Jobs that go straight to the worker beside the server, with the test in that worker's place."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from postmill.db.pool import Pool
from postmill.kernel.errors import Conflict
from postmill.model.job import ClaimedJob, Completed
from postmill.queue.next_door import (
    LARGEST_MESSAGE,
    Ending,
    Handed,
    Hello,
    NewFlow,
    Offer,
    Stored,
    WorkerNextDoor,
)
from postmill.queue.push import PushWriter
from postmill.tables.jobs import queue
from tests.job_makers import TAG, Hands, new_job, state_of, until

BACKEND = Path(__file__).parents[2]


class Neighbour:
    """The worker's end of the socket, and a writer on the server's."""

    def __init__(self, database: Pool) -> None:
        server, self.end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.end.settimeout(60)
        self.told: list[tuple[UUID, Completed]] = []
        self.door = WorkerNextDoor(server, lambda job_id, completed: self.told.append((job_id, completed)))
        self.writer = PushWriter(database, next_door=self.door)

    async def offer(self, jobs: int) -> None:
        self.end.send(msgspec.json.encode(Offer("w1", "process", (TAG,), jobs)))

        async def has_come() -> bool:
            return self.door._offers.get("process") == Offer("w1", "process", (TAG,), jobs)

        await until(has_come)

    def receive(self) -> Handed | Hello | NewFlow:
        data = self.end.recv(2 * LARGEST_MESSAGE)
        message: Handed | Hello | NewFlow = msgspec.json.decode(data, type=Handed | Hello | NewFlow)
        return message


@pytest.fixture
async def neighbour(database: Pool) -> AsyncIterator[Neighbour]:
    neighbour = Neighbour(database)
    assert neighbour.receive() == Hello()
    yield neighbour
    await neighbour.writer.close()
    neighbour.door.close()
    neighbour.end.close()


async def test_a_lone_job_is_claimed_by_its_push_for_the_worker_that_waits(
    neighbour: Neighbour, database: Pool, hands: Hands
) -> None:
    await neighbour.offer(1)
    job = new_job(args='{"n": 1}', path="f/team/x", reply_channel="job:here", scopes=("jobs:run",))
    await neighbour.writer.push(job)
    handed = neighbour.receive()
    assert isinstance(handed, Handed)
    assert (handed.worker, handed.job.id, handed.job.attempt) == ("w1", job.id, 1)
    row = await database.fetchrow("SELECT state, worker, attempt FROM queue WHERE job_id = $1", job.id)
    assert row is not None
    assert tuple(row) == ("running", "w1", 1)
    # What the worker is given is what a claim would have given it.
    await queue.hand_back(database, [(job.id, 1)])
    (claimed,) = await hands.claim()
    assert _without_claim(claimed) == _without_claim(handed.job)


def _without_claim(job: ClaimedJob) -> dict[str, Any]:
    return {
        name: value
        for name, value in msgspec.structs.asdict(job).items()
        if name not in ("attempt", "started_at")
    }


async def test_a_flow_is_stored_by_the_worker(
    neighbour: Neighbour, database: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postmill.queue.next_door.STORED_WITHIN_SECONDS", 60.0)
    await neighbour.offer(2)
    job = new_job(kind="flow", script_hash=7, path="f/team/flow", reply_channel="job:here", max_attempts=20)
    pushing = asyncio.create_task(neighbour.writer.push(job))
    handed = await asyncio.to_thread(neighbour.receive)
    assert handed == NewFlow("w1", job)
    assert not pushing.done() and await state_of(database, job.id) is None
    neighbour.end.send(msgspec.json.encode(Stored(job.id, "stored")))
    await pushing
    # One that the worker does not take goes through the queue.
    other = new_job(kind="flow", script_hash=7)
    pushing = asyncio.create_task(neighbour.writer.push(other))
    await asyncio.to_thread(neighbour.receive)
    neighbour.end.send(msgspec.json.encode(Stored(other.id, "refused")))
    await pushing
    assert await state_of(database, other.id) == "ready"


async def test_an_offer_is_used_up(neighbour: Neighbour, database: Pool) -> None:
    await neighbour.offer(1)
    first, second = new_job(), new_job()
    await neighbour.writer.push(first)
    await neighbour.writer.push(second)
    assert await state_of(database, first.id) == "running"
    assert await state_of(database, second.id) == "ready"


@pytest.mark.parametrize(
    "given",
    [
        {"tag": "gpu"},
        {"concurrency_key": "main/k", "concurrency_limit": 1},
        {"retry": '{"constant": {"attempts": 1, "seconds": 1}}'},
        {"restart_unless_canceled": True},
        {"kind": "dependencies"},
        {"args": '{"text": "' + "x" * LARGEST_MESSAGE + '"}'},
    ],
)
async def test_only_a_simple_job_goes_past_the_queue(
    neighbour: Neighbour, database: Pool, given: dict[str, Any]
) -> None:
    await neighbour.offer(4)
    job = new_job(**given)
    await neighbour.writer.push(job)
    assert await state_of(database, job.id) == "ready"


async def test_jobs_that_come_together_go_through_the_queue(neighbour: Neighbour, database: Pool) -> None:
    await neighbour.offer(0)
    jobs = [new_job() for _ in range(8)]
    await asyncio.gather(*(neighbour.writer.push(job) for job in jobs))
    assert {await state_of(database, job.id) for job in jobs} == {"ready"}


async def test_an_id_that_is_taken_is_refused_as_ever(neighbour: Neighbour) -> None:
    await neighbour.offer(4)
    job = new_job()
    await neighbour.writer.push(job)
    with pytest.raises(Conflict):
        await neighbour.writer.push(job)


async def test_a_job_that_cannot_be_sent_is_given_back(neighbour: Neighbour, database: Pool) -> None:
    await neighbour.offer(1)
    neighbour.end.shutdown(socket.SHUT_RDWR)
    job = new_job()
    await neighbour.writer.push(job)
    assert await state_of(database, job.id) == "ready"


async def test_an_end_that_is_told_reaches_who_waits(neighbour: Neighbour) -> None:
    job = new_job()
    neighbour.end.send(msgspec.json.encode(Ending(job.id, "success", '{"a":1}')))

    async def was_told() -> bool:
        return neighbour.told == [(job.id, Completed("success", '{"a":1}'))]

    await until(was_told)


HAND_OVER_ONE = """
import asyncio, socket, sys
import msgspec
from postmill.db.pool import connect
from postmill.queue.next_door import Offer, WorkerNextDoor
from postmill.queue.push import PushWriter
from tests.job_makers import TAG, new_job

async def main():
    pool = await connect(sys.argv[1], max_size=2)
    server, worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door = WorkerNextDoor(server, lambda *_: None)
    door._heard(msgspec.json.encode(Offer("w1", "process", (TAG,), 1)))
    await PushWriter(pool, next_door=door).push(new_job())

asyncio.run(main())
"""


async def test_a_server_that_dies_between_commit_and_handing_over_leaves_a_job_that_its_worker_gives_back(
    database: Pool, database_url: str
) -> None:
    environment = {
        **os.environ, "PYTHONPATH": str(BACKEND), "POSTMILL_CRASH_AT": "queue.hand_over.after_commit"
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HAND_OVER_ONE, database_url, env=environment
    )
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    # The question that a worker's heart asks: what do I hold that I know nothing of?
    (held,) = await queue.held_by(database, "w1", 0.0)
    assert await queue.hand_back(database, [held]) == {held[0]}
    assert await state_of(database, held[0]) == "ready"
