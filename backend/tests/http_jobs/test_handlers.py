"""The error and success handlers of a workspace: set over the API, run for the runs that end."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from postmill.http.flow_parts import FLOW_LAUNCHER
from postmill.kernel.json import encode_text
from postmill.launch.handler_runs import arguments, run_id
from postmill.maintenance.handlers import AT_ONCE, HandlerRuns
from postmill.model.handler import EndedRun, Handler
from postmill.tables.workspaces import workspace_handler

from .conftest import World

ERROR = {"error": {"name": "ValueError", "message": "no such month"}}
SET_ERROR = "workspaces/edit_error_handler"


async def set_handler(world: World, body: dict[str, Any], route: str = SET_ERROR) -> None:
    answer = await world.admin("POST", route, json=body)
    assert answer.status_code == 200, answer.text


def duty(world: World) -> HandlerRuns:
    context = world.context
    return HandlerRuns(context.pool, context.launcher, FLOW_LAUNCHER.of(context))


async def waiting(world: World) -> list[dict[str, Any]]:
    """What is queued, the oldest first, with arguments."""
    listed: list[dict[str, Any]] = await world.admin.get("jobs/queue/list")
    jobs = [await world.admin.get(f"jobs_u/get/{job['id']}") for job in listed]
    return sorted(jobs, key=lambda job: str(job["created_at"]))


@pytest.fixture
async def deployed(world: World) -> World:
    await world.admin.deploy("u/admin/report")
    await world.admin.deploy("u/admin/on_error")
    return world


async def test_a_failed_run_starts_the_handler_once_with_what_happened(deployed: World) -> None:
    world = deployed
    await set_handler(world, {"path": "script/u/admin/on_error", "extra_args": {"channel": "#alerts"}})
    failed = await world.admin.start("u/admin/report", {"1": "x"})
    await world.worker.run_next(ERROR, "failure")
    await world.admin.start("u/admin/report")
    await world.worker.run_next(1)
    for handlers in (first := duty(world), first, duty(world)):  # again, and as a new leader
        await handlers.run_due()
    (job,) = await waiting(world)
    assert (job["script_path"], job["trigger"], job["permissioned_as"]) == (
        "u/admin/on_error", "error_handler", "u/admin",
    )  # fmt: skip
    assert job["id"] == str(run_id(failed, "error"))
    assert {**job["args"], "started_at": None} == {
        "workspace_id": "main", "job_id": str(failed), "path": "u/admin/report", "is_flow": False,
        "email": job["email"],
        "started_at": None, "schedule_path": None, "error": ERROR["error"], "channel": "#alerts",
    }  # fmt: skip


async def test_what_a_run_says_is_no_reference_for_the_admin_who_set_the_handler(deployed: World) -> None:
    world = deployed
    await set_handler(world, {"path": "u/admin/on_error", "extra_args": {"key": "$var:u/admin/key"}})
    await world.admin.start("u/admin/report")
    sly = {
        "message": "$var:u/admin/key",
        "name": "$WM_TOKEN",
        "more": [{"a": ["$res:u/admin/db"]}, "costs $5"],
    }
    await world.worker.run_next({"error": sly}, "failure")
    await duty(world).run_due()
    (job,) = await waiting(world)
    assert job["args"]["error"] == {
        "message": " $var:u/admin/key", "name": " $WM_TOKEN", "more": [{"a": [" $res:u/admin/db"]}, "costs $5"],
    }  # fmt: skip
    assert job["args"]["key"] == "$var:u/admin/key"  # what the admin wrote stays a reference


@pytest.mark.parametrize(
    "result",
    ['{"error": "\\u0024var:u/admin/key"}', '{"error": ' + "[" * 100_000 + '"$x"' + "]" * 100_000 + "}"],
)
def test_no_form_of_a_result_is_a_reference(result: str) -> None:
    run = EndedRun(
        id=UUID(int=1), path="u/a/b", is_flow=False, email="a@b.c", schedule_path=None, is_canceled=False,
        is_muted=False, started_at=None, completed_at=datetime.now(UTC),
    )  # fmt: skip
    handler = Handler(
        path="u/a/b", is_flow=False, extra_args="{}", muted_on_cancel=False, muted_on_user_path=False,
        permissioned_as="u/a", email="a@b.c",
    )  # fmt: skip
    for kind in ("error", "success"):
        told = encode_text(arguments(handler, kind, "main", run, result))  # type: ignore[arg-type]
        assert '"$' not in told and "u0024" not in told


async def test_a_handler_that_fails_is_not_handled(deployed: World) -> None:
    world = deployed
    await set_handler(world, {"path": "u/admin/on_error"})
    await world.admin.start("u/admin/report")
    await world.worker.run_next(ERROR, "failure")
    handlers = duty(world)
    await handlers.run_due()
    await world.worker.run_next(ERROR, "failure")
    await handlers.run_due()
    assert await waiting(world) == []


async def test_what_is_muted_starts_nothing(deployed: World) -> None:
    world = deployed
    await world.admin.deploy("u/admin/quiet", ws_error_handler_muted=True)
    body = {"path": "u/admin/on_error", "muted_on_cancel": True}
    await set_handler(world, body)
    handlers = duty(world)
    await world.admin.start("u/admin/quiet")
    await world.worker.run_next(ERROR, "failure")
    canceled = await world.admin.start("u/admin/report")
    await world.admin("POST", f"jobs_u/queue/cancel/{canceled}", json={"reason": "enough"})
    await handlers.run_due()
    assert await waiting(world) == []
    await set_handler(world, {**body, "muted_on_user_path": True})
    await world.admin.start("u/admin/report")
    await world.worker.run_next(ERROR, "failure")
    await handlers.run_due()
    assert await waiting(world) == []


async def test_a_success_starts_the_success_handler(deployed: World) -> None:
    world = deployed
    await set_handler(world, {"path": "u/admin/on_error"}, "workspaces/edit_success_handler")
    await world.admin.start("u/admin/report")
    await world.worker.run_next({"rows": 3})
    await duty(world).run_due()
    (job,) = await waiting(world)
    assert (job["trigger"], job["args"]["result"]) == ("success_handler", {"rows": 3})


async def test_more_failures_than_a_page_are_all_handled_and_the_time_moves_on(deployed: World) -> None:
    world = deployed
    await set_handler(world, {"path": "u/admin/on_error"})
    pool = world.context.pool
    await pool.execute("UPDATE workspace_handler SET seen_until = now() - interval '1 hour'")
    await pool.execute(
        """WITH ended AS (
             INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag, path)
             SELECT gen_random_uuid(), 'main', 'script', 'admin', 'u/admin', 'a@b.c', 'bash', 'u/admin/report'
             FROM generate_series(1, $1) RETURNING id)
           INSERT INTO completed_job (job_id, workspace_id, status, duration_ms, attempt, completed_at)
           SELECT id, 'main', 'failure', 1, 1, now() - interval '10 minutes' FROM ended""",
        AT_ONCE + 3,
    )
    await duty(world).run_due()
    assert await pool.fetchval("SELECT count(*) FROM queue") == AT_ONCE + 3
    (due,) = await workspace_handler.all_due(pool)
    late = await pool.fetchval("SELECT now() - $1::timestamptz", due.seen_until)
    assert late.total_seconds() < 3600


async def test_a_handler_whose_maker_left_does_not_run(deployed: World) -> None:
    world = deployed
    await set_handler(world, {"path": "u/admin/on_error"})
    await world.context.pool.execute(
        "UPDATE workspace_handler SET permissioned_as = 'u/gone', email = 'gone@example.com'"
    )
    await world.admin.start("u/admin/report")
    await world.worker.run_next(ERROR, "failure")
    await duty(world).run_due()
    assert await waiting(world) == []


async def test_the_setting_is_shown_and_removed(deployed: World) -> None:
    world = deployed
    await set_handler(
        world, {"error_handler": "script/u/admin/on_error", "error_handler_muted_on_cancel": True}
    )
    shown = (await world.admin.get("workspaces/get_settings"))["error_handler"]
    assert shown == {
        "path": "script/u/admin/on_error", "extra_args": {}, "muted_on_cancel": True,
        "muted_on_user_path": False, "permissioned_as": "u/admin",
    }  # fmt: skip
    await set_handler(world, {})
    assert "error_handler" not in await world.admin.get("workspaces/get_settings")


@pytest.mark.parametrize(
    ("path", "status"),
    [("script/u/admin/nothing", 404), ("flow/u/admin/report", 404), ("hub/1/x/y", 400), ("no path", 400)],
)
async def test_what_cannot_run_is_no_handler(deployed: World, path: str, status: int) -> None:
    answer = await deployed.admin("POST", SET_ERROR, json={"path": path})
    assert answer.status_code == status, answer.text


async def test_only_admins_choose_it(deployed: World) -> None:
    member = await deployed.member("bob")
    assert (await member("POST", SET_ERROR, json={"path": "u/admin/on_error"})).status_code == 403


def test_the_id_of_the_handlers_run_is_one_for_each_end() -> None:
    ended = UUID("0190a5f0-0000-7000-8000-00000000000a")
    found = run_id(ended, "error")
    assert found == run_id(ended, "error") != run_id(ended, "success")
    assert (found.bytes[:6], found.version) == (ended.bytes[:6], 7)
