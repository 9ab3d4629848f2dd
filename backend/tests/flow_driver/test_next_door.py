"""Flows that go to the worker beside the server over a socket, and whose ends come back the same way."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from postmill.db.line import Fetches
from postmill.kernel.errors import Conflict
from postmill.kernel.ids import new_job_id
from postmill.model.job import NewJob
from postmill.queue.next_door import WorkerNextDoor
from postmill.queue.push import PushWriter
from postmill.tables.flow_runs import flow_commit
from postmill.tables.flow_runs.flow_run import Writes
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_commits import ROWS, written
from tests.flow_driver.test_flows import identity, loop, prepare, script
from tests.job_makers import until


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No flow goes through the queue as the machine is slow, or as a look there takes the offer back for a moment."""
    monkeypatch.setattr("postmill.queue.next_door.STORED_WITHIN_SECONDS", 60.0)
    monkeypatch.setattr("postmill.worker.loop.SLOW_POLL_SECONDS", 600.0)


@asynccontextmanager
async def beside(works: Works, **changes: Any) -> AsyncIterator[WorkerNextDoor]:
    """A worker with a socket to this server, whose pushes go there."""
    server, worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door = WorkerNextDoor(server, works.waiters.tell)
    works.writer = PushWriter(works.pool, next_door=door)
    try:
        async with works.working(worker, **changes):
            await until(lambda: offers(door))
            yield door
    finally:
        door.close()


async def offers(door: WorkerNextDoor) -> bool:
    offer = door._offers.get("process")
    return offer is not None and door._used["process"] < offer.jobs


async def test_the_end_of_a_flow_is_told_without_a_notification(works: Works) -> None:
    prepare(works)
    heard: list[str] = []
    stop = works.notifications.subscribe(works.waiters.channel, heard.append)
    plain = [script("a", n=1), script("b", n="results.a")]
    async with beside(works) as door:
        for steps in (plain, [{**plain[0], "sleep": {"type": "static", "value": 0}}, plain[1]], []):
            await until(lambda: offers(door))
            assert (await works.run(*steps))[0] == "success"
        await until(lambda: offers(door))
        assert (await works.run(plain[0], script("c", "fail")))[0] == "failure"
    await works.notifications.settled()
    stop()
    assert heard == []


async def test_what_flows_wait_for_has_a_bound(works: Works, monkeypatch: Any) -> None:
    """A flow whose caller was forgotten is told by a notification."""
    monkeypatch.setattr("postmill.worker.next_door.MOST_AWAITED", 0)
    prepare(works)
    async with beside(works):
        assert await works.run(script("a", n=1), script("b", n="results.a")) == ("success", 1)


class Launches:
    """Counts the flows that one statement stores and begins; without ``short`` none is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._launch = flow_commit.launch
        self.short = True
        self.seen = 0
        monkeypatch.setattr(flow_commit, "launch", self._counted)

    async def _counted(self, connection: Fetches, writes: Writes, worker: str) -> datetime | None:
        born = await self._launch(connection, writes, worker) if self.short else None
        self.seen += born is not None
        return born


async def test_a_flow_is_stored_with_its_first_step_as_if_both_came_apart(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    launches = Launches(monkeypatch)
    seen = []
    for short in (True, False):
        launches.short = short
        async with beside(works):
            flow = new_job_id()
            job = {"id": flow, "scopes": ("jobs:run",), "trigger_kind": "http", "trigger": "u/alice/route"}
            with works.waiters.expecting(flow) as waiting:
                await works.push(
                    script("a", n="flow_input.k"), script("b", n="results.a"), args={"k": 1}, job=job
                )
                completed = await waiting.wait(60)
            assert completed is not None and completed.result == "1"
        seen.append(await written(works, flow))
        await works.pool.execute(f"TRUNCATE {', '.join(ROWS)}")
    assert launches.seen == 1
    assert seen[0] == seen[1] and len(seen[0]["completed_job"]) == 3


@pytest.mark.parametrize(
    ("steps", "settings", "result"),
    [
        ([script("a", n="1 + 1")], {}, ("success", 2)),  # JavaScript may take a while
        ([loop("l", "[1, 2]", script("a", n=1))], {}, ("success", [1, 1])),
        ([identity("a"), script("b", n=3)], {}, ("success", 3)),
        ([script("a", n=1)], {"skip_expr": "true"}, ("skipped", "stopped early")),
        ([], {}, ("success", {})),
    ],
)
async def test_a_flow_that_begins_otherwise_is_stored_and_driven(
    works: Works, monkeypatch: pytest.MonkeyPatch, steps: Any, settings: Any, result: Any
) -> None:
    prepare(works)
    launches = Launches(monkeypatch)
    async with beside(works):
        assert await works.run(*steps, **settings) == result
    assert launches.seen == 0


async def test_a_first_step_that_cannot_start_fails_its_flow(works: Works) -> None:
    prepare(works)
    async with beside(works):
        step = {"id": "a", "value": {"type": "script", "path": "f/gone", "input_transforms": {}}}
        status, result = await works.run(step)
    assert status == "failure" and "f/gone" in result["error"]["message"]


async def test_a_taken_id_is_refused(works: Works) -> None:
    prepare(works)
    async with beside(works) as door:
        first = await works.push(script("a", n=1))
        assert await works.result(first) == ("success", 1)
        await until(lambda: offers(door))
        with pytest.raises(Conflict):
            await works.push(script("a", n=1), job={"id": first})


async def test_a_worker_that_is_silent_leaves_the_flow_to_the_queue(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    monkeypatch.setattr("postmill.queue.next_door.STORED_WITHIN_SECONDS", 0.01)
    silent, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door = WorkerNextDoor(silent, works.waiters.tell)
    works.writer = PushWriter(works.pool, next_door=door)
    door._heard(b'{"type":"offer","worker":"w1","kind":"process","tags":["flow"],"jobs":1}')
    flow = await works.push(script("a", n=1))
    assert await works.pool.fetchval("SELECT state FROM queue WHERE job_id = $1", flow) == "ready"
    door.close()
    other.close()
    async with works.working():
        assert await works.result(flow) == ("success", 1)


async def test_a_flow_whose_storing_was_not_told_is_not_stored_twice(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(works)
    async with beside(works) as door:
        give = door.give_new

        async def forgetful(worker: str, flow: NewJob) -> None:
            assert await give(worker, flow) == "stored"

        monkeypatch.setattr(door, "give_new", forgetful)
        flow = await works.push(script("a", n=1))
        assert await works.result(flow) == ("success", 1)
    assert await works.pool.fetchval("SELECT count(*) FROM job WHERE kind = 'flowpreview'") == 1
