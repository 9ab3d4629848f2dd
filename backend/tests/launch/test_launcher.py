import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.kernel.errors import Conflict, InvalidInput, NotAuthorized, NotFound, PermissionDenied, TooMany
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.model.job import Completed
from postmill.model.run_options import Preview, RawScript, RunOptions
from postmill.model.script import Script, ScriptSettings
from postmill.model.subject import Subject
from postmill.queue.push import PushWriter
from postmill.tables.items import script as scripts
from tests.job_makers import Hands, new_job

ALICE = Subject(email="alice@example.com", username="alice", workspace_id="main")
BOB = Subject(email="bob@example.com", username="bob", workspace_id="main")
PATH = "u/alice/report"


@pytest.fixture
async def notifications(database_url: str) -> AsyncIterator[Notifications]:
    notifications = Notifications()
    await notifications.start(database_url)
    yield notifications
    await notifications.close()


@pytest.fixture
async def launcher(database: Pool, notifications: Notifications) -> AsyncIterator[Launcher]:
    await database.execute("INSERT INTO workspace (id, name, owner) VALUES ('main', 'main', 'x')")
    writer = PushWriter(database)
    yield Launcher(database, writer, notifications)
    await writer.close()


async def deploy(pool: Pool, script_hash: int = 1, **given: Any) -> Script:
    values: dict[str, Any] = {
        "workspace_id": "main",
        "hash": script_hash,
        "version": 0,
        "path": PATH,
        "parent_hashes": (),
        "summary": "",
        "description": "",
        "content": "def main(): return 1",
        "language": "python3",
        "kind": "script",
        "schema": None,
        "modules": None,
        "is_template": False,
        "auto_kind": None,
        "has_preprocessor": False,
        "settings": ScriptSettings(),
        "lock": "# py: 3.11\n",
        "lock_error_logs": None,
        "lock_job": None,
        "deployment_message": None,
        "extra_perms": {},
        "created_by": "alice",
        "created_at": datetime.now(UTC),
        "archived": False,
        "deleted": False,
    }
    script = Script(**{**values, **given})
    await scripts.add(pool, script)
    return script


async def job_row(pool: Pool, job_id: UUID) -> dict[str, Any]:
    row = await pool.fetchrow(
        "SELECT job.*, queue.state FROM job JOIN queue ON job_id = id WHERE id = $1", job_id
    )
    assert row is not None
    return dict(row)


async def test_a_run_takes_the_settings_of_the_version(database: Pool, launcher: Launcher) -> None:
    settings = ScriptSettings(
        tag="gpu-$args[size]",
        timeout=9,
        cache_ttl=60,
        concurrent_limit=2,
        concurrency_time_window_s=30,
        concurrency_key="k-$args[size]",
        priority=4,
        dedicated_worker=True,
        delete_after_secs=5,
        restart_unless_cancelled=True,
        visible_to_runner_only=True,
        retry={"constant": {"attempts": 1, "seconds": 2}},
    )
    await deploy(database, settings=settings)
    row = await job_row(database, await launcher.run_script_path(ALICE, PATH, {"size": "big", "a": 1}))
    wanted = {
        "kind": "script",
        "path": PATH,
        "script_hash": 1,
        "created_by": "alice",
        "permissioned_as": "u/alice",
        "email": "alice@example.com",
        "tag": "gpu-big",
        "args": '{"size":"big","a":1}',
        "timeout_seconds": 9,
        "cache_ttl_seconds": 60,
        "concurrency_key": "main/k-big",
        "concurrency_limit": 2,
        "concurrency_window_seconds": 30,
        "priority": 4,
        "warm": True,
        "delete_after_seconds": 5,
        "restart_unless_canceled": True,
        "visible_to_owner": False,
        "state": "ready",
    }
    assert json.loads(row["retry"]) == {"constant": {"attempts": 1, "seconds": 2}}
    assert {name: row[name] for name in wanted} == wanted
    assert row["cache_key"]


async def test_a_run_names_only_kin_that_its_caller_may_see(database: Pool, launcher: Launcher) -> None:
    await deploy(database)
    await deploy(database, script_hash=2, path="u/bob/own", created_by="bob")
    root = await launcher.run_script_path(ALICE, PATH, {})
    parent = await launcher.run_script_path(ALICE, PATH, {}, RunOptions(parent_job=root, root_job=root))
    for hidden in (parent, uuid4()):
        for options in (RunOptions(parent_job=hidden), RunOptions(root_job=hidden)):
            with pytest.raises(NotFound, match=str(hidden)):
                await launcher.run_script_path(BOB, "u/bob/own", {}, options)
    # A job may say what it came from, whoever began that.
    job = msgspec.structs.replace(BOB, token_kind="job", job_id=parent)
    child = await launcher.run_script_path(job, "u/bob/own", {}, RunOptions(parent_job=parent, root_job=root))
    row = await job_row(database, child)
    assert (row["parent_job"], row["root_job"]) == (parent, root)


async def test_runs_of_a_debounced_script_become_one(
    database: Pool, launcher: Launcher, notifications: Notifications
) -> None:
    settings = ScriptSettings(
        debounce_delay_s=60, debounce_key="$args[customer]", debounce_args_to_accumulate=("items",),
        on_behalf_of="u/alice", on_behalf_of_email="alice@example.com",
    )  # fmt: skip
    await deploy(database, settings=settings, extra_perms={"u/bob": False})

    async def run(subject: Subject, customer: int, items: list[int], **options: Any) -> UUID:
        args = {"customer": customer, "items": items}
        return await launcher.run_script_path(subject, PATH, args, RunOptions(**options))

    async def waiting() -> dict[UUID, Any]:
        rows = await database.fetch(
            "SELECT id, args FROM job JOIN queue ON job_id = id WHERE state = 'scheduled'"
        )
        return {row["id"]: json.loads(row["args"])["items"] for row in rows}

    first, by_bob, other = await run(ALICE, 1, [1]), await run(BOB, 1, [2]), await run(ALICE, 2, [3])
    by_hash = await launcher.run_script_hash(ALICE, 1, {"customer": 1, "items": [4]})
    # Another's run keeps its arguments, though all of them run as one identity.
    assert await waiting() == {by_bob: [2], other: [3], by_hash: [1, 4]}
    ended = await database.fetchrow("SELECT status, result FROM completed_job WHERE job_id = $1", first)
    assert ended is not None
    assert (ended["status"], json.loads(ended["result"])) == ("skipped", f"debounced by {by_hash}")
    # What has a time of its own, or is waited for by itself, is not joined.
    later = await run(ALICE, 1, [5], scheduled_in_secs=600)
    assert (await waiting())[later] == [5]
    writer = PushWriter(database)
    alone = Launcher(database, writer, notifications, joins_runs=False)
    row = await job_row(database, await alone.run_script_path(ALICE, PATH, {"customer": 1, "items": []}))
    assert row["state"] == "ready"
    await writer.close()


async def test_debounced_runs_need_room_in_the_queue(database: Pool, notifications: Notifications) -> None:
    await database.execute("INSERT INTO workspace (id, name, owner) VALUES ('main', 'main', 'x')")
    await deploy(database, settings=ScriptSettings(debounce_delay_s=60))
    writer = PushWriter(database, queue_limit=1)
    launcher = Launcher(database, writer, notifications)
    first = await launcher.run_script_path(ALICE, PATH, {"n": 1})
    with pytest.raises(TooMany, match="its queue holds 1"):
        await launcher.run_script_path(ALICE, PATH, {"n": 2})
    # One that takes the place of another needs none, by whichever limit.
    second = await launcher.run_script_path(ALICE, PATH, {"n": 1})
    third = await launcher.run_script_path(ALICE, PATH, {"n": 1}, RunOptions(queue_limit=1))
    with pytest.raises(TooMany, match="the queue_limit of this run"):
        await launcher.run_script_path(ALICE, PATH, {"n": 3}, RunOptions(queue_limit=1))
    rows = await database.fetch("SELECT job_id FROM queue")
    assert [row["job_id"] for row in rows] == [third]
    assert (
        await database.fetchval("SELECT count(*) FROM completed_job WHERE job_id = ANY($1)", [first, second])
        == 2
    )
    await writer.close()


async def test_the_callers_options_come_before_the_versions_settings(
    database: Pool, launcher: Launcher
) -> None:
    await deploy(database, settings=ScriptSettings(tag="a", timeout=9, priority=1))
    job_id = uuid4()
    parent = await launcher.run_script_path(ALICE, PATH, {})
    options = RunOptions(
        job_id=job_id, tag="b", timeout=3, scheduled_in_secs=60, parent_job=parent, root_job=parent, priority=8,
        trigger_kind="webhook", invisible_to_owner=True, end_user_email="e@example.com",
    )  # fmt: skip
    assert await launcher.run_script_path(ALICE, PATH, {}, options) == job_id
    row = await job_row(database, job_id)
    assert (row["tag"], row["timeout_seconds"], row["priority"], row["state"]) == ("b", 3, 8, "scheduled")
    assert (row["parent_job"], row["trigger_kind"], row["visible_to_owner"]) == (parent, "webhook", False)
    with pytest.raises(Conflict):
        await launcher.run_script_path(ALICE, PATH, {}, options)


async def test_runs_go_on_behalf_of_whom_the_version_says(database: Pool, launcher: Launcher) -> None:
    settings = ScriptSettings(on_behalf_of="u/robot", on_behalf_of_email="robot@example.com")
    await deploy(database, settings=settings, extra_perms={"u/bob": False})
    row = await job_row(database, await launcher.run_script_path(BOB, PATH, {}))
    assert (row["created_by"], row["permissioned_as"], row["email"]) == (
        "bob",
        "u/robot",
        "robot@example.com",
    )


async def test_what_may_not_be_read_does_not_exist(database: Pool, launcher: Launcher) -> None:
    await deploy(database)
    scoped = msgspec.structs.replace(ALICE, scopes=("jobs:run:scripts:u/alice/other",))
    for call in (
        launcher.run_script_path(BOB, PATH, {}),
        launcher.run_script_hash(BOB, 1, {}),
        launcher.run_script_path(BOB, "u/alice/none", {}),
        launcher.run_script_hash(ALICE, 2, {}),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(PermissionDenied):
        await launcher.run_script_path(scoped, PATH, {})
    assert await database.fetchval("SELECT count(*) FROM job") == 0


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"lock": None}, "is still being deployed"),
        ({"lock": "x", "auto_kind": "lib"}, "has no main function"),
    ],
)
async def test_a_version_that_cannot_run_says_why(
    database: Pool, launcher: Launcher, state: dict[str, Any], words: str
) -> None:
    await deploy(database, **state)
    for call in (launcher.run_script_path(ALICE, PATH, {}), launcher.run_script_hash(ALICE, 1, {})):
        with pytest.raises(InvalidInput, match=words):
            await call


async def test_a_version_whose_lock_failed_says_so(database: Pool, launcher: Launcher) -> None:
    await deploy(database, lock=None)
    await scripts.set_lock_error(database, "main", 1, "no such package")
    with pytest.raises(InvalidInput, match="dependencies could not be resolved"):
        await launcher.run_script_path(ALICE, PATH, {})


async def test_a_new_version_is_run_as_soon_as_it_is_announced(
    database: Pool, launcher: Launcher, notifications: Notifications
) -> None:
    await notifications.settled()
    await deploy(database, 1)
    assert (await job_row(database, await launcher.run_script_path(ALICE, PATH, {})))["script_hash"] == 1
    heard = asyncio.Event()
    notifications.subscribe("script_changed", lambda _: heard.set())
    await notifications.settled()
    await deploy(database, 2)
    await scripts.notify_changed(database, "main", PATH)
    await asyncio.wait_for(heard.wait(), 60)
    assert (await job_row(database, await launcher.run_script_path(ALICE, PATH, {})))["script_hash"] == 2


async def test_a_preprocessor_gets_the_event_unless_it_is_skipped(database: Pool, launcher: Launcher) -> None:
    await deploy(database, has_preprocessor=True)
    made = {"kind": "webhook"}
    row = await job_row(database, await launcher.run_script_path(ALICE, PATH, {"a": 1}, event=lambda: made))
    assert (json.loads(row["args"]), row["preprocess"]) == ({"event": made}, True)
    skip = RunOptions(skip_preprocessor=True)
    row = await job_row(database, await launcher.run_script_path(ALICE, PATH, {"a": 1}, skip, lambda: made))
    assert (json.loads(row["args"]), row["preprocess"]) == ({"a": 1}, False)
    row = await job_row(database, await launcher.run_script_path(ALICE, PATH, {"a": 1}))
    assert row["preprocess"] is False


async def test_the_entry_point_is_taken_out_of_the_arguments_and_checked(
    database: Pool, launcher: Launcher
) -> None:
    await deploy(database)
    args = {"_ENTRYPOINT_OVERRIDE": "other", "a": 1}
    row = await job_row(database, await launcher.run_script_path(ALICE, PATH, args))
    assert (row["entrypoint"], json.loads(row["args"])) == ("other", {"a": 1})
    for name in ("a b", "a()", "1a", 3, ["x"]):
        with pytest.raises(InvalidInput):
            await launcher.run_script_path(ALICE, PATH, {"_ENTRYPOINT_OVERRIDE": name})


async def test_previews_are_for_those_who_may_write_code(database: Pool, launcher: Launcher) -> None:
    preview = Preview(content="echo 1", language="bash", args={"x": "1"})
    row = await job_row(database, await launcher.run_preview(ALICE, preview))
    assert (row["kind"], row["tag"], row["language"], row["raw_code"]) == (
        "preview",
        "bash",
        "bash",
        "echo 1",
    )
    with pytest.raises(NotAuthorized):
        await launcher.run_preview(msgspec.structs.replace(BOB, is_operator=True), preview)
    for limited in (
        {"scopes": ("jobs:run:scripts:u/alice/x",)},
        {"read_only": True},
        {"token_kind": "anonymous"},
    ):
        with pytest.raises(PermissionDenied):
            await launcher.run_preview(msgspec.structs.replace(ALICE, **limited), preview)


async def test_a_preview_may_do_no_more_than_the_token_that_started_it(
    database: Pool, launcher: Launcher
) -> None:
    limited = msgspec.structs.replace(ALICE, scopes=("jobs:run",))
    row = await job_row(database, await launcher.run_preview(limited, Preview(content="x", language="bash")))
    assert row["scopes"] == ["jobs:run"]


@pytest.mark.parametrize(
    "preview",
    [
        Preview(content="x", language="cobol"),
        Preview(content="x", language="bash", path="../etc/passwd"),
        Preview(content="x", language="bash", path="f/a/../b"),
        Preview(content="x", language="bash", tag="a,b"),
        Preview(content="x", language="bash", entrypoint="a b"),
        Preview(content="x\0", language="bash"),
    ],
)
async def test_hostile_previews_are_refused(launcher: Launcher, preview: Preview) -> None:
    with pytest.raises(InvalidInput):
        await launcher.run_preview(ALICE, preview)


@pytest.mark.parametrize(
    "options",
    [
        RunOptions(timeout=-1),
        RunOptions(priority=99_999),
        RunOptions(scheduled_for=datetime(2027, 1, 1)),
        RunOptions(scheduled_for=datetime(9999, 12, 31, 20, tzinfo=timezone(timedelta(hours=-12)))),
        RunOptions(scheduled_for=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))),
        RunOptions(scheduled_in_secs=-5),
        RunOptions(scheduled_in_secs=2**40),
        RunOptions(retry={"constant": 3}),
    ],
)
async def test_impossible_options_are_refused(
    database: Pool, launcher: Launcher, options: RunOptions
) -> None:
    await deploy(database)
    with pytest.raises(InvalidInput):
        await launcher.run_script_path(ALICE, PATH, {}, options)


async def test_a_run_can_ask_for_a_short_queue(database: Pool, launcher: Launcher) -> None:
    await deploy(database)
    await launcher.run_script_path(ALICE, PATH, {}, RunOptions(queue_limit=1))
    with pytest.raises(TooMany):
        await launcher.run_script_path(ALICE, PATH, {}, RunOptions(queue_limit=1))


async def test_dependency_jobs_carry_what_they_are_to_use(database: Pool, launcher: Launcher) -> None:
    script = RawScript(
        content="import x", language="python3", path="f/a/b", requirements="x==1", sources={"f/a/c": "y"}
    )
    row = await job_row(database, await launcher.run_dependencies(ALICE, script))
    assert (row["kind"], row["tag"], row["path"]) == ("dependencies", "dependency", "f/a/b")
    assert json.loads(row["args"]) == {"requirements": "x==1", "sources": {"f/a/c": "y"}}


async def test_times_are_kept_to_the_second(database: Pool, launcher: Launcher) -> None:
    await deploy(database)
    when = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    row = await job_row(
        database, await launcher.run_script_path(ALICE, PATH, {}, RunOptions(scheduled_for=when))
    )
    assert row["scheduled_for"] == when


async def test_waiting_callers_get_short_and_long_results_and_learn_of_timeouts(
    database: Pool, database_url: str, notifications: Notifications
) -> None:
    waiters = Waiters(database, notifications)
    await notifications.settled()
    writer = PushWriter(database)
    hands = Hands(database_url)
    for result in ('{"a":1}', json.dumps("x" * 10_000)):
        job = new_job(reply_channel=waiters.channel)
        with waiters.expecting(job.id) as waiting:
            await writer.push(job)
            (claimed,) = await hands.claim()
            await hands.end(claimed, result)
            completed = await waiting.wait(60)
        assert completed is not None
        assert (completed.status, completed.result) == ("success", result)
        assert await waiters.wait(job.id, 60) == completed  # whoever comes later looks it up
    unfinished = new_job(reply_channel=waiters.channel)
    await writer.push(unfinished)
    assert await waiters.wait(unfinished.id, 0.05) is None
    await writer.close()
    await hands.close()
    waiters.close()


async def test_a_wait_ends_when_its_caller_leaves(database: Pool, notifications: Notifications) -> None:
    waiters = Waiters(database, notifications)
    with waiters.expecting(uuid4()) as waiting:
        waited = asyncio.create_task(waiting.wait(60))
        await asyncio.sleep(0)
        waiting.leave()
        assert await asyncio.wait_for(waited, 60) is None and waiting.left
    waiters.close()


async def test_a_wait_outlasts_a_database_that_is_away_for_a_moment(
    database: Pool, notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiters = Waiters(database, notifications)
    errors = [
        asyncpg.InternalClientError("cannot switch to state 11"),
        ConnectionRefusedError(),
        ValueError(),
    ]

    async def look(job_id: UUID, *_: object, **__: object) -> Completed | None:
        if errors:
            waiters.tell(job_id, None)  # as when the notifications are heard again
            raise errors.pop(0)
        return Completed("success", "7")

    monkeypatch.setattr(waiters, "look", look)
    with pytest.raises(ValueError):  # a fault of ours is no such moment
        await waiters.wait(uuid4(), 3600)
    assert await waiters.wait(uuid4(), 3600) == Completed("success", "7")
    errors.append(ConnectionRefusedError())
    with pytest.raises(ConnectionRefusedError):
        await waiters.wait(uuid4(), 0)
    waiters.close()


async def test_a_result_that_comes_before_anybody_waits_is_not_lost(
    database: Pool, database_url: str, notifications: Notifications
) -> None:
    waiters = Waiters(database, notifications)
    await notifications.settled()
    writer = PushWriter(database)
    hands = Hands(database_url)
    job = new_job(reply_channel=waiters.channel)
    await writer.push(job)
    (claimed,) = await hands.claim()
    await hands.end(claimed, "7")
    completed = await waiters.wait(job.id, 60)
    assert completed is not None
    assert completed.result == "7"
    await writer.close()
    await hands.close()
    waiters.close()


async def test_a_decision_kept_for_runs_alike_ends_with_the_right_and_the_version(
    database: Pool, launcher: Launcher
) -> None:
    reader = msgspec.structs.replace(BOB, folders={"shared": "read"})
    await deploy(database, path="f/shared/report")
    first, second = [
        await launcher.run_script_path(reader, "f/shared/report", {"number": number}) for number in (1, 2)
    ]
    rows = await database.fetch("SELECT id, args, permissioned_as FROM job ORDER BY created_at")
    assert [row["id"] for row in rows] == [first, second] and first != second
    assert [json.loads(row["args"]) for row in rows] == [{"number": 1}, {"number": 2}]
    with pytest.raises(NotFound):
        await launcher.run_script_path(BOB, "f/shared/report", {})
    only_read = msgspec.structs.replace(reader, scopes=("scripts:read",))
    with pytest.raises(PermissionDenied):
        await launcher.run_script_path(only_read, "f/shared/report", {})
    await deploy(database, 2, path="f/shared/report", lock_error_logs="no such package", lock=None)
    await database.execute("UPDATE script SET archived = true WHERE hash = 1")
    launcher.forget_version("main", "f/shared/report")
    with pytest.raises(InvalidInput):
        await launcher.run_script_path(reader, "f/shared/report", {})


async def test_another_function_is_called_though_a_run_alike_was_decided(
    database: Pool, launcher: Launcher
) -> None:
    await deploy(database)
    await launcher.run_script_path(ALICE, PATH, {})
    other = await launcher.run_script_path(ALICE, PATH, {"_ENTRYPOINT_OVERRIDE": "check"})
    assert await database.fetchval("SELECT entrypoint FROM job WHERE id = $1", other) == "check"
