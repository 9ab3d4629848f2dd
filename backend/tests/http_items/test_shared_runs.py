"""Runs shown to people without an account: who allows it, what they see, and how it ends."""

import json
from typing import Any
from uuid import UUID

import pytest

from postmill.access.shared_runs import public_flow
from postmill.kernel.ids import new_job_id
from postmill.maintenance.expiry import forget_leftovers
from postmill.tables.jobs import run_share

from .test_approvals import waiting_run


async def finished(world: Any, started_by: str = "admin", parent: UUID | None = None) -> UUID:
    """A script that ran: it took a name and printed and returned something."""
    pool = world.context.pool
    job_id = new_job_id()
    await pool.execute(
        "INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag, path, args, raw_code,"
        " parent_job, root_job) VALUES ($1, 'main', 'preview', $2, $3, $4, 'bash', 'u/admin/script',"
        " '{\"name\": \"Ada\"}', 'echo hidden code', $5, $5)",
        job_id, started_by, f"u/{started_by}", f"{started_by}@example.com", parent,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO completed_job (job_id, workspace_id, attempt, status, result, started_at, completed_at,"
        " duration_ms) VALUES ($1, 'main', 1, 'success', '{\"rows\": [1, 2]}', now(), now(), 12)",
        job_id,
    )
    await pool.execute("INSERT INTO job_log (job_id, start_at, content) VALUES ($1, 0, 'hello log')", job_id)
    return job_id


async def share(caller: Any, job_id: UUID, **body: Any) -> dict[str, Any]:
    return dict(json.loads(await caller.post(f"jobs/share/{job_id}", body, 201)))


def api_path(link: dict[str, Any]) -> str:
    """The route behind the page that a link leads to."""
    _, _, rest = link["url"].partition("/shared/")
    workspace, tail = rest.split("/", 1)
    return f"/api/w/{workspace}/jobs_u/shared/{tail}"


async def test_anybody_with_the_link_sees_the_run(world: Any) -> None:
    job_id = await finished(world)
    link = await share(world.admin, job_id, expires_in_days=3)
    path = api_path(link)
    shown = await world.client.get(path)
    assert shown.status_code == 200, shown.text
    seen = shown.json()
    assert (seen["args"], seen["shared_by"], seen["flow"]) == ({"name": "Ada"}, "admin", None)
    assert (seen["run"]["id"], seen["run"]["success"], seen["run"]["duration_ms"]) == (str(job_id), True, 12)
    assert seen["expires_at"] == link["expires_at"] is not None
    assert (await world.client.get(f"{path}/result")).json() == {"rows": [1, 2]}
    assert (await world.client.get(f"{path}/logs")).text == "hello log"
    for secret in ("hidden code", "permissioned_as", "admin@example.com", "worker"):
        assert secret not in shown.text
    assert await world.audited("jobs.share") == [("admin", str(job_id))]


async def test_arguments_and_logs_are_shown_only_when_allowed(world: Any) -> None:
    path = api_path(await share(world.admin, await finished(world), show_args=False, show_logs=False))
    shown = (await world.client.get(path)).json()
    assert (shown["args"], shown["shows_logs"]) == (None, False)
    assert (await world.client.get(f"{path}/logs")).status_code == 404


async def test_a_flow_shows_its_shape_and_where_it_stands(world: Any) -> None:
    run = await waiting_run(world)
    step = await finished(world, parent=run.flow)
    foreign = await finished(world)
    path = api_path(await share(world.admin, run.flow))
    seen = (await world.client.get(path)).json()
    assert [module["id"] for module in seen["flow"]["modules"]] == ["a", "b"]
    assert (seen["flow"]["modules"][0]["summary"], seen["run"]["suspend"]) == ("Ask", 1)
    assert [module["id"] for module in seen["flow_status"]["modules"]] == ["a", "b"]
    assert (await world.client.get(f"{path}/result")).status_code == 404
    assert (await world.client.get(f"{path}/logs", params={"job": str(step)})).text == "hello log"
    assert (await world.client.get(f"{path}/logs", params={"job": str(foreign)})).status_code == 404


def test_nothing_but_names_and_shape_is_public_of_a_flow() -> None:
    secret = {"type": "static", "value": "secret"}
    code = {"type": "rawscript", "language": "bash", "content": "secret", "lock": "secret",
            "input_transforms": {"key": secret}}  # fmt: skip
    inner = [{"id": "b", "value": code, "retry": {"retry_if": {"expr": "secret"}}}]
    flow = {
        "modules": [
            {"id": "a", "value": {"type": "forloopflow", "iterator": secret, "modules": inner}},
            {"id": "c", "value": {"type": "branchone", "default": inner,
                                  "branches": [{"summary": "Large", "expr": "secret", "modules": inner}]}},
            {"id": "d", "value": {"type": "flow", "path": "u/a/x", "input_transforms": {"key": secret}}},
        ],
        "failure_module": {"id": "failure", "value": code},
        "flow_env": {"key": "secret"},
    }  # fmt: skip
    shown = public_flow(flow)
    assert "secret" not in json.dumps(shown)
    assert shown["modules"][1]["value"]["branches"][0]["summary"] == "Large"
    assert shown["modules"][2]["value"]["path"] == "u/a/x"
    assert public_flow({}) == {"modules": []}


async def test_a_link_ends_when_it_is_revoked_or_expires_or_its_maker_leaves(world: Any) -> None:
    alice = await world.member("alice")
    job_id = await finished(world, "alice")
    first, second, third = [await share(alice, job_id) for _ in range(3)]
    assert [link["id"] for link in await alice.get(f"jobs/shares/{job_id}")] == [
        third["id"], second["id"], first["id"],
    ]  # fmt: skip
    assert (await alice("DELETE", f"jobs/share/{first['id']}")).status_code == 204
    assert (await world.client.get(api_path(first))).status_code == 404
    assert await world.audited("jobs.unshare") == [("alice", str(job_id))]
    await alice.refused("DELETE", f"jobs/share/{first['id']}", 404)
    await alice.refused("DELETE", "jobs/share/x", 400)
    pool = world.context.pool
    await pool.execute("UPDATE run_share SET expires_at = now() WHERE id = $1", UUID(second["id"]))
    assert (await world.client.get(api_path(second))).status_code == 404
    await forget_leftovers(pool)
    assert [str(one.id) for one in await run_share.of_run(pool, "main", job_id)] == [third["id"]]
    assert await pool.fetchval("SELECT count(*) FROM run_share") == 1
    assert (await world.client.get(api_path(third))).status_code == 200
    await pool.execute("UPDATE workspace_member SET disabled = true WHERE username = 'alice'")
    for tail in ("", "/result", "/logs"):
        assert (await world.client.get(api_path(third) + tail)).status_code == 404


async def test_who_may_share(world: Any) -> None:
    alice, reader = await world.member("alice"), await world.limited_admin("jobs:read")
    job_id = await finished(world)
    path = f"jobs/share/{job_id}"
    await alice.refused("POST", path, 404, json={})  # she may not see it
    own = await finished(world, "alice")
    assert await alice.get(f"jobs/shares/{own}") == []
    await world.admin.post(f"jobs/share/{own}", {}, 201)  # admins may, whoever started it
    await reader.refused("POST", path, 403, json={})
    assert await reader.get(f"jobs/shares/{job_id}") == []
    refused = await world.admin.refused(
        "POST", f"jobs/share/{await finished(world, parent=job_id)}", 400, json={}
    )
    assert "share the run" in refused
    for bad in ({"expires_in_days": 0}, {"expires_in_days": 366}, {"show_args": 1}, []):
        await world.admin.refused("POST", path, 400, json=bad)
    await world.admin.refused("POST", "jobs/share/x", 400, json={})
    await world.admin.refused("POST", f"jobs/share/{new_job_id()}", 404, json={})


async def test_somebody_who_may_only_see_a_run_does_not_share_it(world: Any) -> None:
    await world.folder("team", alice=False)
    alice = await world.member("alice")
    job_id = await finished(world)
    await world.context.pool.execute("UPDATE job SET path = 'f/team/script' WHERE id = $1", job_id)
    await share(world.admin, job_id)
    refused = await alice.refused("POST", f"jobs/share/{job_id}", 403, json={})
    assert "who started the run" in refused
    assert await alice.get(f"jobs/shares/{job_id}") == []


@pytest.mark.parametrize("change", ["signature", "share", "workspace", "other", "letters"])
async def test_forged_links_open_nothing(world: Any, change: str) -> None:
    job_id = await finished(world)
    link, other = await share(world.admin, job_id), await share(world.admin, job_id)
    parts = api_path(link).split("/")
    if change == "signature":
        parts[-1] = "0" * 64
    elif change == "share":
        parts[-2] = str(new_job_id())
    elif change == "workspace":
        parts[3] = "admins"
    elif change == "other":
        parts[-2] = other["id"]
    else:
        parts[-1] = "%C3%BF"
    assert (await world.client.get("/".join(parts))).status_code == 404
