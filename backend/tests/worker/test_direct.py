"""Runs that a worker begins without a task: their ends, their logs, and what breaks them off."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from postmill.flow_driver.commits import claimed_at_birth
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.model.job import NewJob
from postmill.model.limits import Limits
from postmill.queue.cancel import cancel
from postmill.worker.attempt import Finished, open_attempt
from postmill.worker.direct import DirectRun
from postmill.worker.job_logs import LogWriter
from postmill.worker.running import RunningJob
from postmill.worker.tools import Tools
from postmill.worker.usage import UsageWriter
from tests.job_makers import log_of, new_job, state_of, until

from .conftest import Shop, for_ever, succeed

VERSION: dict[str, Any] = {
    "kind": "script", "script_hash": 7, "path": "u/alice/s", "raw_code": None, "raw_lock": None,
}  # fmt: skip


def job_of_version(**given: Any) -> NewJob:
    return new_job(**VERSION, **given)


@pytest.fixture
async def known(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose worker keeps processes, with a version that can be run; what is at hand stays so."""
    monkeypatch.setattr("postmill.worker.code.GOOD_FOR_SECONDS", 3600.0)
    monkeypatch.setattr("postmill.worker.slots.AHEAD_FOR_SECONDS", 3600.0)
    await shop.pool.execute(
        """INSERT INTO script (workspace_id, hash, path, content, language, lock, created_by)
           VALUES ('main', 7, 'u/alice/s', 'code', 'python3', '', 'alice')"""
    )
    shop.runner.keeps_processes = True
    return shop


async def load(shop: Shop) -> None:
    """Has the worker load what it keeps, which takes a run the long way."""
    await shop.run(**VERSION)
    assert shop.runner.begun == []
    shop.runner.started.clear()


async def until_ended(shop: Shop, job: NewJob) -> None:
    async def has_ended() -> bool:
        return await state_of(shop.pool, job.id) == "success"

    await until(has_ended)


async def test_what_is_at_hand_is_begun_at_once_and_recorded_like_any_run(known: Shop) -> None:
    async with known.working():
        await load(known)
        completed = await known.run(**VERSION, args='{"n": 1}')
    assert (completed.status, completed.result) == ("success", "1")
    (request,) = known.runner.begun
    assert (request.code, request.args, request.lock) == ("code", '{"n": 1}', "")
    assert request.env["WM_JOB_ID"] == str(request.job_id)
    head, *rest = (await log_of(known.pool, request.job_id)).splitlines()
    assert head.startswith(f"job={request.job_id} tag=python3 worker=wk-")
    assert rest == ["begun"]


async def test_what_has_to_be_resolved_first_takes_the_long_way(known: Shop) -> None:
    async with known.working():
        await load(known)
        completed = await known.run(**VERSION, args='{"x": "$var:u/alice/none"}')
    assert completed.status == "failure"
    assert known.runner.begun == []


async def test_a_language_that_cannot_begin_runs_it_the_long_way_with_one_log(known: Shop) -> None:
    async with known.working():
        await load(known)
        known.runner.begin = lambda *_: None  # type: ignore[method-assign]
        job = job_of_version(reply_channel=known.waiters.channel)
        with known.waiters.expecting(job.id) as waiting:
            await known.writer.push(job)
            completed = await waiting.wait(60)
    assert completed is not None
    assert completed.status == "success"
    assert (await log_of(known.pool, job.id)).count("job=") == 1


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (RunOutcome("error", '{"message": "no", "name": "E"}'), "no"),
        (OSError("no more processes"), "the isolated process could not be started: no more processes"),
    ],
    ids=["by itself", "not started"],
)
async def test_a_failure_has_its_reason(known: Shop, end: RunOutcome | Exception, words: str) -> None:
    async def fail(request: RunRequest) -> RunOutcome:
        if isinstance(end, Exception):
            raise end
        return end

    async with known.working():
        await load(known)
        known.runner.behaviour = fail
        completed = await known.run(**VERSION)
    assert completed.status == "failure"
    assert words in json.loads(completed.result)["error"]["message"]
    assert len(known.runner.begun) == 1


async def test_the_token_is_masked(known: Shop) -> None:
    async def tell(request: RunRequest) -> RunOutcome:
        request.log.write(request.env["WM_TOKEN"].encode() + b"\n")
        return RunOutcome("error", json.dumps({"message": request.env["WM_TOKEN"], "name": "E"}))

    async with known.working():
        await load(known)
        known.runner.behaviour = tell
        completed = await known.run(**VERSION)
    (request,) = known.runner.begun
    assert request.env["WM_TOKEN"] not in completed.result
    log = await log_of(known.pool, request.job_id)
    assert request.env["WM_TOKEN"] not in log
    assert log.splitlines()[-1] == "****"


async def test_an_end_with_a_transaction_of_its_own_is_recorded(known: Shop) -> None:
    text = json.dumps("x" * 2_000_000)

    async def say_much(request: RunRequest) -> RunOutcome:
        return RunOutcome("success", text)

    async with known.working():
        await load(known)
        known.runner.behaviour = say_much
        job = job_of_version()
        await known.writer.push(job)
        await until_ended(known, job)
    assert len(known.runner.begun) == 1
    assert await known.pool.fetchval(
        "SELECT result_blob IS NOT NULL FROM completed_job WHERE job_id = $1", job.id
    )


async def test_a_cancellation_ends_it(known: Shop) -> None:
    async with known.working():
        await load(known)
        known.runner.behaviour = for_ever
        job = job_of_version(reply_channel=known.waiters.channel)
        await known.writer.push(job)
        await known.runner.started.wait()
        assert await cancel(known.pool, "main", job.id, "bob", "enough") == "canceling"
        completed = await known.waiters.wait(job.id, 60)
        assert completed is not None
        assert completed.status == "canceled"
        assert known.runner.cancelled == [job.id]
        known.runner.behaviour = succeed
        assert (await known.run(**VERSION)).status == "success"


@pytest.mark.parametrize("order", ["break off, end", "end, break off"])
async def test_an_end_and_a_cancellation_at_one_moment_are_one_end(known: Shop, order: str) -> None:
    """The run's end needs a while, as its job could read secrets; the wish to cancel it comes just before or after."""
    over: list[Finished | None] = []

    class Withdrawn:
        async def withdraw(self) -> None:
            await asyncio.sleep(0)

    running = RunningJob(claimed_at_birth(job_of_version(), datetime.now(UTC)), canceled_by="bob")
    tools = Tools(
        pool=known.pool, keyring=known.keyring, runner=known.runner, codes=None, identities=None, driver=None,
        shared=None, usage=UsageWriter(known.pool), workflows=None, logs=LogWriter(known.pool), limits=Limits(),
        base_url="", worker="w", worker_group="default",
    )  # type: ignore[arg-type]  # fmt: skip
    attempt = open_attempt(running.job, tools)
    attempt.log.can_read_secrets = True
    run = DirectRun(running, attempt, tools.usage.begin(running.job), lambda _, end: over.append(end))
    run.follow(Withdrawn())
    end = RunOutcome("error", '{"message": "no", "name": "E"}')
    for what in order.split(", "):
        if what == "end":
            run.ended(end)
        else:
            running.break_off("canceled")
    assert running.task is not None
    await running.task
    (finished,) = over
    assert finished is not None
    assert finished.ended.status == ("canceled" if order == "break off, end" else "failure")


async def test_a_stopping_worker_lets_it_end(known: Shop) -> None:
    finish = asyncio.Event()

    async def wait(request: RunRequest) -> RunOutcome:
        await finish.wait()
        return RunOutcome("success", "1")

    async with known.working() as stopping:
        await load(known)
        known.runner.behaviour = wait
        job = job_of_version()
        await known.writer.push(job)
        await known.runner.started.wait()
        stopping.set()
        finish.set()
    assert await state_of(known.pool, job.id) == "success"


async def test_what_does_not_end_in_time_is_handed_back(known: Shop) -> None:
    job = job_of_version(max_attempts=1)
    async with known.working(drain_seconds=0.05) as stopping:
        await load(known)
        known.runner.behaviour = for_ever
        await known.writer.push(job)
        await known.runner.started.wait()
        stopping.set()
    assert known.runner.cancelled == [job.id]
    assert await state_of(known.pool, job.id) == "ready"


async def test_more_than_there_are_slots_all_run(known: Shop) -> None:
    async with known.working():
        await load(known)
        jobs = [job_of_version() for _ in range(60)]
        for job in jobs:
            await known.writer.push(job)

        async def are_done() -> bool:
            return await known.pool.fetchval("SELECT count(*) FROM completed_job") == len(jobs) + 1

        await until(are_done)
    assert await known.pool.fetchval("SELECT count(*) FROM queue") == 0
    assert len({request.job_id for request in known.runner.begun}) > len(jobs) // 2
