import asyncio
import errno
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from postmill.db.notifications import Notifications
from postmill.identity import job_tokens
from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.model.job import Ended
from postmill.queue.cancel import cancel, force_cancel
from postmill.queue.exchange import QueueLine
from postmill.queue.push import push_in
from postmill.queue.rescue import rescue
from postmill.tables.instance import worker, worker_group
from postmill.tables.jobs.exchange import Exchange
from postmill.worker.group_config import CHANNEL as GROUP_CHANNEL
from postmill.worker.running import RunningJob
from postmill.worker.slots import Slots
from tests.job_makers import Hands, lock_error_of, log_of, new_job, silence, state_of, until, version_to_lock

from .conftest import Shop, for_ever, succeed


async def wait_for_state(shop: Shop, job_id: Any, state: str) -> None:
    async def is_there() -> bool:
        return await state_of(shop.pool, job_id) == state

    await until(is_there)


async def logged(shop: Shop, job_id: Any, words: str) -> bool:
    return words in await log_of(shop.pool, job_id)


async def test_a_job_runs_with_its_arguments_and_documented_variables(shop: Shop) -> None:
    async with shop.working():
        completed = await shop.run(args='{"n": 1}', path="f/team/report", timeout_seconds=7)
    assert (completed.status, completed.result) == ("success", "1")
    (request,) = shop.runner.requests
    assert (request.args, request.path, request.lock) == ('{"n": 1}', "f/team/report", "# py: 3.11\n")
    assert request.limits.wall_seconds == 7
    env = request.env
    assert env["WM_WORKSPACE"] == "main"
    assert env["WM_JOB_ID"] == str(request.job_id)
    assert env["WM_STATE_PATH"] == "f/team/report/user"
    claim = job_tokens.read(shop.keyring, env["WM_TOKEN"])
    assert claim is not None
    assert (claim.job_id, claim.attempt) == (request.job_id, 1)
    assert claim.expires_at > datetime.now(UTC)


async def test_more_jobs_than_slots_all_run(shop: Shop) -> None:
    at_once = most = 0
    both = asyncio.Event()

    async def count(request: RunRequest) -> RunOutcome:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if most == 2:
            both.set()
        await both.wait()
        at_once -= 1
        return RunOutcome("success", request.args)

    shop.runner.behaviour = count
    async with shop.working():
        ends = await asyncio.gather(*(shop.run(args=json.dumps({"n": n})) for n in range(60)))
    assert [json.loads(end.result) for end in ends] == [{"n": n} for n in range(60)]
    assert most == 2


@pytest.mark.parametrize(
    ("outcome", "status", "result"),
    [
        (RunOutcome("success", "null", streamed="a\nb"), "success", "a\nb"),
        (RunOutcome("success", '{"x":1}', streamed="a"), "success", {"x": 1, "wm_stream": "a"}),
        (RunOutcome("success", "[1]", streamed="a"), "success", [1]),
        (RunOutcome("success", '"\\u0000 \\ud800"'), "success", "\ufffd ?"),
        (
            RunOutcome("error", '{"name":"E","message":"m"}'),
            "failure",
            {"error": {"name": "E", "message": "m"}},
        ),
        (RunOutcome("timeout", '{"name":"T"}'), "failure", {"error": {"name": "T"}}),
    ],
)
async def test_every_outcome_is_stored_in_its_documented_shape(
    shop: Shop, outcome: RunOutcome, status: str, result: Any
) -> None:
    async def give(request: RunRequest) -> RunOutcome:
        return outcome

    shop.runner.behaviour = give
    async with shop.working():
        completed = await shop.run()
    assert (completed.status, json.loads(completed.result)) == (status, result)


async def test_a_fault_of_the_worker_still_ends_the_job(shop: Shop) -> None:
    async def break_down(request: RunRequest) -> RunOutcome:
        raise RuntimeError("a bug")

    async def find_no_room(request: RunRequest) -> RunOutcome:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def give_no_json(request: RunRequest) -> RunOutcome:
        return RunOutcome("success", "{no json")

    async with shop.working():
        for behaviour, words in (
            (break_down, "a bug"), (give_no_json, "cannot be stored"), (find_no_room, "its disk is full"),
        ):  # fmt: skip
            shop.runner.behaviour = behaviour
            completed = await shop.run()
            assert completed.status == "failure"
            assert words in completed.result
        shop.runner.behaviour = succeed
        assert (await shop.run()).status == "success"


async def test_what_a_job_may_not_do_fails_it_with_a_sentence(shop: Shop) -> None:
    async with shop.working():
        gone = await shop.run(permissioned_as="u/nobody", email="nobody@example.com")
        missing = await shop.run(args='{"x": "$var:u/alice/none"}')
        lost = await shop.run(kind="script", script_hash=1, raw_code=None, raw_lock=None)
    assert "u/nobody, whom this job runs as, does not exist any more" in gone.result
    assert "u/alice/none" in missing.result
    assert "does not exist any more" in lost.result
    assert {gone.status, missing.status, lost.status} == {"failure"}
    assert shop.runner.requests == []


async def test_output_is_stored_while_the_job_runs(shop: Shop) -> None:
    go_on = asyncio.Event()

    async def talk(request: RunRequest) -> RunOutcome:
        request.log.write(b"first \xff\0\n")
        request.stream("piece")
        await go_on.wait()
        request.log.write("last ü\n".encode())
        return RunOutcome("success", "1")

    shop.runner.behaviour = talk
    job = new_job()
    async with shop.working():
        await shop.writer.push(job)
        await until(lambda: logged(shop, job.id, "first"))

        async def streamed() -> bool:
            return bool(await shop.pool.fetchval("SELECT content = 'piece' FROM job_stream"))

        await until(streamed)
        go_on.set()
        await wait_for_state(shop, job.id, "success")
    log = await log_of(shop.pool, job.id)
    assert log.startswith(f"job={job.id} tag=python3 worker=wk-default-")
    assert log.endswith("first \ufffd\ufffd\nlast ü\n")


async def test_too_much_output_is_cut_with_a_visible_notice(shop: Shop) -> None:
    async def flood(request: RunRequest) -> RunOutcome:
        for _ in range(100):
            request.log.write(b"x" * 100)
        return RunOutcome("success", "1")

    shop.runner.behaviour = flood
    async with shop.working(job_log_bytes=1000):
        job = new_job()
        await shop.writer.push(job)
        await wait_for_state(shop, job.id, "success")
    log = await log_of(shop.pool, job.id)
    assert log.endswith("\n--- the log is longer than 1000 bytes; the rest is left out ---\n")
    assert len(log) < 1100


async def test_a_running_job_is_canceled_at_once(shop: Shop) -> None:
    shop.runner.behaviour = for_ever
    async with shop.working():
        job = new_job(reply_channel=shop.waiters.channel)
        await shop.writer.push(job)
        await shop.runner.started.wait()
        assert await cancel(shop.pool, "main", job.id, "bob", "enough") == "canceling"
        completed = await shop.waiters.wait(job.id, 60)
    assert completed is not None
    assert completed.status == "canceled"
    assert json.loads(completed.result)["error"]["message"] == "Job canceled: enough by bob"
    assert shop.runner.cancelled == [job.id]


async def test_a_forced_cancel_kills_the_run_of_which_the_worker_has_nothing_to_report(shop: Shop) -> None:
    shop.runner.behaviour = for_ever
    async with shop.working():
        job = new_job()
        await shop.writer.push(job)
        await shop.runner.started.wait()
        await force_cancel(shop.pool, "main", job.id, "bob")
        await shop.runner.cancel_seen.wait()
        shop.runner.behaviour = succeed
        assert (await shop.run()).status == "success"
    assert await state_of(shop.pool, job.id) == "canceled"


async def test_a_stopping_worker_lets_jobs_end(shop: Shop) -> None:
    finish = asyncio.Event()

    async def wait(request: RunRequest) -> RunOutcome:
        await finish.wait()
        return RunOutcome("success", "1")

    shop.runner.behaviour = wait
    running, waiting = new_job(), new_job(tag="nobody")
    async with shop.working() as stopping:
        await shop.writer.push(running)
        await shop.runner.started.wait()
        stopping.set()
        await shop.writer.push(waiting)
        finish.set()
    assert await state_of(shop.pool, running.id) == "success"
    assert await shop.pool.fetchval("SELECT count(*) FROM worker") == 0


async def test_what_does_not_end_in_time_is_handed_back_at_once(shop: Shop) -> None:
    shop.runner.behaviour = for_ever
    job = new_job(max_attempts=1)
    async with shop.working(drain_seconds=0.05) as stopping:
        await shop.writer.push(job)
        await shop.runner.started.wait()
        stopping.set()
    assert shop.runner.cancelled == [job.id]
    assert await state_of(shop.pool, job.id) == "ready"
    shop.runner.behaviour = succeed
    async with shop.working():
        await wait_for_state(shop, job.id, "success")
    assert "attempt=2" in await log_of(shop.pool, job.id)


async def test_the_heartbeat_keeps_a_long_job(shop: Shop) -> None:
    shop.runner.behaviour = for_ever
    job = new_job()
    async with shop.working(drain_seconds=0.05):
        await shop.writer.push(job)
        await shop.runner.started.wait()
        first = await shop.pool.fetchval("SELECT heartbeat_at FROM queue")

        async def beats_again() -> bool:
            return bool(await shop.pool.fetchval("SELECT heartbeat_at > $1 FROM queue", first))

        await until(beats_again)
        assert (await rescue(shop.pool, 60.0)).again == 0


async def test_a_run_that_was_taken_away_is_killed(shop: Shop) -> None:
    shop.runner.behaviour = for_ever
    job = new_job()
    async with shop.working(drain_seconds=0.05):
        await shop.writer.push(job)
        await shop.runner.started.wait()
        await shop.pool.execute("UPDATE queue SET attempt = attempt + 1, worker = 'another'")
        await shop.runner.cancel_seen.wait()
    assert await state_of(shop.pool, job.id) == "running"
    assert await shop.pool.fetchval("SELECT worker FROM queue") == "another"


async def test_a_job_that_is_broken_off_before_it_takes_its_first_step_gives_its_slot_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the heart does it that could not beat in time, just behind a claim: nothing is held for ever."""
    begin = Slots._begin
    broken: list[RunningJob] = []

    def break_off_at_once(slots: Slots, running: RunningJob) -> None:
        begin(slots, running)
        if not broken:
            broken.append(running)
            running.canceled_by = "bob"
            running.break_off("canceled")

    monkeypatch.setattr(Slots, "_begin", break_off_at_once)
    async with shop.working(workers=1):
        assert (await shop.run()).status == "canceled"
        assert (await shop.run()).status == "success"
    assert len(broken) == 1


async def test_claims_whose_answer_was_lost_are_given_back(shop: Shop) -> None:
    async with shop.working():
        assert (await shop.run()).status == "success"
        name = await shop.pool.fetchval("SELECT name FROM worker")
        hands = Hands(shop.database_url, name)
        await shop.writer.push(new_job(tag="elsewhere"))
        (job,) = await hands.claim(1, tags=("elsewhere",))
        await hands.close()
        await silence(shop.pool, job.id)
        await wait_for_state(shop, job.id, "ready")


async def test_the_tags_of_the_group_are_followed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGION", "eu-west")
    async with shop.working():
        job = new_job(tag="gpu")
        await shop.writer.push(job)
        assert (await shop.run()).status == "success"
        assert await state_of(shop.pool, job.id) == "ready"
        await worker_group.put(
            shop.pool,
            "default",
            '{"worker_tags": ["gpu"], "env_vars_static": {"A": "1"}, "env_vars_allowlist": ["REGION", "ABSENT"]}',
        )
        await wait_for_state(shop, job.id, "success")
    given = shop.runner.requests[-1].env
    assert (given["A"], given["REGION"], given.get("ABSENT")) == ("1", "eu-west", None)


async def test_what_changes_while_a_worker_begins_is_known_to_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow, changed = Notifications._follow_subscriptions, asyncio.Event()

    async def late(notifications: Notifications, connection: Any) -> None:
        if GROUP_CHANNEL in notifications._callbacks and not changed.is_set():
            changed.set()
            await worker_group.put(shop.pool, "default", '{"worker_tags": ["gpu"]}')
        await follow(notifications, connection)

    monkeypatch.setattr(Notifications, "_follow_subscriptions", late)
    job = new_job(tag="gpu")
    await shop.writer.push(job)
    async with shop.working():
        await wait_for_state(shop, job.id, "success")


async def test_a_worker_of_a_group_that_restarts_drains_and_ends(shop: Shop) -> None:
    gate = asyncio.Event()

    async def wait(request: RunRequest) -> RunOutcome:
        await gate.wait()
        return RunOutcome("success", "1")

    shop.runner.behaviour = wait
    async with shop.working() as stopping:
        job = new_job()
        await shop.writer.push(job)
        await shop.runner.started.wait()
        assert await worker.ask_to_restart(shop.pool, "another", 60.0) == []
        (asked,) = await worker.ask_to_restart(shop.pool, "default", 60.0)
        await until(lambda: shop.pool.fetchval("SELECT draining FROM worker WHERE name = $1", asked))
        assert await worker.ask_to_restart(shop.pool, "default", 60.0) == []
        gate.set()
        await wait_for_state(shop, job.id, "success")
        await until(lambda: shop.pool.fetchval("SELECT count(*) = 0 FROM worker"))
        assert not stopping.is_set()


async def test_secrets_are_masked_in_logs_and_in_the_words_of_failures(shop: Shop) -> None:
    async def tell(request: RunRequest) -> RunOutcome:
        request.log.write(b"token " + request.env["WM_TOKEN"].encode()[:20])
        request.log.write(request.env["WM_TOKEN"].encode()[20:] + b"\n")
        return RunOutcome("error", json.dumps({"name": "E", "message": request.env["WM_TOKEN"]}))

    shop.runner.behaviour = tell
    async with shop.working():
        job = new_job()
        await shop.writer.push(job)
        await wait_for_state(shop, job.id, "failure")
    assert (await log_of(shop.pool, job.id)).endswith("token ****\n")
    assert await shop.pool.fetchval("SELECT result FROM completed_job") == (
        '{"error":{"name": "E", "message": "****"}}'
    )


async def test_a_failed_run_runs_again_by_its_policy_and_every_retry_is_noted(shop: Shop) -> None:
    async def fail_twice(request: RunRequest) -> RunOutcome:
        if len(shop.runner.requests) < 3:
            return RunOutcome("error", '{"name":"E","message":"not yet"}')
        return RunOutcome("success", "3")

    shop.runner.behaviour = fail_twice
    job = new_job(retry='{"constant":{"attempts":2,"seconds":0}}')
    async with shop.working():
        await shop.writer.push(job)
        for _ in range(2):
            await wait_for_state(shop, job.id, "scheduled")
            await shop.pool.execute("UPDATE queue SET state = 'ready'")
            await shop.pool.execute("SELECT pg_notify('queue', '')")
        await wait_for_state(shop, job.id, "success")
    row = await shop.pool.fetchrow("SELECT attempt, retries FROM completed_job")
    assert row is not None
    assert tuple(row) == (3, 2)
    log = await log_of(shop.pool, job.id)
    assert "retry 1 starts in 0 s" in log
    assert "retry 2 starts in 0 s" in log


async def test_a_cached_result_is_taken_instead_of_running(shop: Shop) -> None:
    same = {"cache_key": "k", "cache_ttl_seconds": 60}
    async with shop.working():
        first = await shop.run(**same)
        second = await shop.run(**same)
        await shop.pool.execute("UPDATE cached_result SET expires_at = now()")
        third = await shop.run(**same)
    assert first == second == third
    assert len(shop.runner.requests) == 2


async def test_a_perpetual_script_is_started_again_until_it_is_canceled(shop: Shop) -> None:
    async with shop.working():
        assert (await shop.run(restart_unless_canceled=True)).status == "success"
        row = await shop.pool.fetchrow(
            "SELECT id, restart_unless_canceled FROM job ORDER BY created_at DESC LIMIT 1"
        )
        assert row is not None
        assert row["restart_unless_canceled"]
        await cancel(shop.pool, "main", row["id"], "bob")
        assert await shop.pool.fetchval("SELECT count(*) FROM queue") == 0


async def test_a_dependency_job_answers_with_the_lock_or_the_words_of_the_resolver(shop: Shop) -> None:
    async with shop.working():
        good = await shop.run(
            kind="dependencies", tag="dependency", raw_code="import requests", raw_lock=None
        )
        bad = await shop.run(kind="dependencies", tag="dependency", raw_code="import unknown", raw_lock=None)
    assert json.loads(good.result) == {"lock": "# py: 3.11\n"}
    assert bad.status == "failure"
    assert "no such package: unknown" in bad.result


async def test_a_version_is_locked_and_run_with_its_modules(shop: Shop) -> None:
    modules = {"helper.py": {"content": "x = 1", "language": "python3"}}
    await shop.pool.execute(
        """INSERT INTO script (workspace_id, hash, path, content, language, modules, created_by)
           VALUES ('main', 7, 'u/alice/s', 'from .helper import x', 'python3', $1, 'alice')""",
        json.dumps(modules),
    )
    version = {"script_hash": 7, "path": "u/alice/s", "raw_code": None, "raw_lock": None}
    async with shop.working():
        await shop.run(kind="dependencies", tag="dependency", **version)
        await shop.run(kind="script", **version)
    (locked,), (ran,) = shop.runner.lock_requests, shop.runner.requests
    assert locked.modules == ran.modules == {"helper.py": "x = 1"}
    assert (ran.code, ran.lock) == ("from .helper import x", "# py: 3.11\n")


async def test_a_lock_is_made_with_all_requirements_files_of_the_workspace(shop: Shop) -> None:
    await shop.pool.execute(
        """INSERT INTO workspace_dependency (workspace_id, language, name, content, archived, created_by)
           VALUES ('main', 'python3', NULL, 'alpha', false, 'alice'),
                  ('main', 'python3', 'team', 'old', true, 'alice'),
                  ('main', 'python3', 'team', 'beta', false, 'alice'),
                  ('main', 'go', 'other', 'x', false, 'alice')"""
    )
    code = {"raw_code": "# requirements: team\n", "raw_lock": None}
    async with shop.working():
        await shop.run(kind="dependencies", tag="dependency", **code)
        await shop.run(**code)
    assert [request.workspace_requirements for request in shop.runner.lock_requests] == [
        {"": "alpha", "team": "beta"}
    ] * 2


def test_an_end_names_its_attempt() -> None:
    """The fence is part of the record: an end without an attempt cannot be made."""
    with pytest.raises(TypeError):
        Ended(id=new_job().id, status="success", result="1", duration_ms=1)  # type: ignore[call-arg]


async def test_a_lock_job_that_does_not_come_to_its_resolver_tells_its_version(shop: Shop) -> None:
    resolving = asyncio.Event()

    async def for_ever_lock(language: str, request: LockRequest) -> str:
        resolving.set()
        await asyncio.Event().wait()
        raise AssertionError

    shop.runner.lock = for_ever_lock  # type: ignore[method-assign]
    canceled, homeless = [await version_to_lock(shop.pool, number) for number in (1, 2)]
    homeless = msgspec.structs.replace(homeless, permissioned_as="u/nobody", email="nobody@example.com")
    async with shop.working():
        await shop.writer.push(homeless)
        await shop.writer.push(canceled)
        await asyncio.wait_for(resolving.wait(), 60)
        await cancel(shop.pool, "main", canceled.id, "bob", "too slow")
        await wait_for_state(shop, canceled.id, "canceled")
        await wait_for_state(shop, homeless.id, "failure")
    assert (
        await lock_error_of(shop.pool, 1)
        == "The dependencies were not resolved: Job canceled: too slow by bob"
    )
    assert "u/nobody" in (await lock_error_of(shop.pool, 2) or "")


async def test_what_was_claimed_for_the_next_moment_goes_back_when_slots_stay_taken(shop: Shop) -> None:
    release = asyncio.Event()
    ran: list[str] = []

    async def quick_then_long(request: RunRequest) -> RunOutcome:
        ran.append(request.args)
        if "long" in request.args:
            await release.wait()
        return RunOutcome("success", "1")

    async def in_state(state: str) -> int:
        query = "SELECT count(*)::integer FROM queue WHERE state = $1"
        return int(await shop.pool.fetchval(query, state))

    shop.runner.behaviour = quick_then_long
    quick = [new_job(args=f'{{"quick":{n}}}', priority=1) for n in range(300)]
    long = [new_job(args=f'{{"long":{n}}}') for n in range(30)]
    async with shop.pool.acquire() as connection:
        await push_in(connection, [*quick, *long])
    async with shop.working():

        async def only_the_slots_hold_jobs() -> bool:
            return len(ran) == 302 and await in_state("running") == 2 and await in_state("ready") == 28

        await until(only_the_slots_hold_jobs)
        dropped = next(job for job in reversed(long) if job.args not in ran)
        assert await cancel(shop.pool, "main", dropped.id, "bob") == "canceled"
        release.set()

        async def all_ended() -> bool:
            return await in_state("running") == 0 and await in_state("ready") == 0

        await until(all_ended)
    assert sorted(ran) == sorted(job.args for job in [*quick, *long] if job is not dropped)


async def test_a_stopping_worker_gives_back_what_it_has_claimed_ahead(shop: Shop) -> None:
    both_began = asyncio.Event()
    long: list[str] = []

    async def quick_then_for_ever(request: RunRequest) -> RunOutcome:
        if "long" not in request.args:
            return RunOutcome("success", "1")
        long.append(request.args)
        if len(long) == 2:
            both_began.set()
        return await for_ever(request)

    shop.runner.behaviour = quick_then_for_ever
    jobs = [new_job(args=f'{{"quick":{n}}}', priority=1) for n in range(200)]
    jobs += [new_job(args=f'{{"long":{n}}}') for n in range(30)]
    async with shop.pool.acquire() as connection:
        await push_in(connection, jobs)
    async with shop.working(drain_seconds=0.1) as stopping:
        await both_began.wait()
        stopping.set()
    left = await shop.pool.fetch(
        "SELECT state, lost_attempts, count(*) FROM queue GROUP BY state, lost_attempts"
    )
    assert [tuple(row) for row in left] == [("ready", 0, 30)]


async def test_what_is_claimed_while_the_worker_stops_goes_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim was under way when no more was to be claimed, and its answer comes late."""
    exchange, claimed, go_on = QueueLine.exchange, asyncio.Event(), asyncio.Event()

    async def held_back(line: QueueLine, *given: Any, **more: Any) -> Exchange:
        answer = await exchange(line, *given, **more)
        if answer.claimed:
            claimed.set()
            await go_on.wait()
        return answer

    monkeypatch.setattr(QueueLine, "exchange", held_back)
    job = new_job(max_attempts=1)
    async with shop.working() as stopping:
        await shop.writer.push(job)
        await claimed.wait()
        stopping.set()
        await until(lambda: shop.pool.fetchval("SELECT draining FROM worker"))
        go_on.set()
    assert shop.runner.requests == []
    row = await shop.pool.fetchrow("SELECT state, lost_attempts FROM queue WHERE job_id = $1", job.id)
    assert tuple(row) == ("ready", 0)
