"""A token that is limited to scopes reaches no more by way of code, references and links than its scopes say."""

import time
from typing import Any

import pytest

from postmill.identity import job_tokens
from postmill.model.job import ClaimedJob
from tests.http_jobs.conftest import Api, World

SECRET = "u/admin/secret"
LENT = {"on_behalf_of": "u/admin", "on_behalf_of_email": "admin@example.com", "preserve_on_behalf_of": True}
ECHO = 'x="$1"\necho "$x"'


async def limited(world: World, *scopes: str, api: Api | None = None) -> Api:
    made = await (api or world.admin)("POST", "/users/tokens/create", json={"scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return Api(world.client, made.text)


async def posted(api: Api, path: str, body: Any) -> None:
    answer = await api("POST", path, json=body)
    assert answer.status_code < 300, answer.text


async def with_secret(world: World) -> None:
    await posted(world.admin, "variables/create", {"path": SECRET, "value": "1", "is_secret": True})
    await posted(world.admin, "folders/create", {"name": "team", "extra_perms": {"g/all": False}})
    await posted(world.admin, "variables/create", {"path": "f/team/plain", "value": "1", "is_secret": False})
    for path, value in (("f/team/open", "$var:f/team/plain"), ("f/team/deep", f"$var:{SECRET}")):
        body = {"path": path, "value": {"inner": [value]}, "resource_type": "any"}
        await posted(world.admin, "resources/create", body)


async def claimed(world: World, api: Api, path: str) -> ClaimedJob:
    await api.start(path)
    return await world.worker.claim()


# -- code --


async def test_runs_of_a_token_that_may_change_code_have_its_limits(world: World) -> None:
    both = await limited(world, "scripts:write", "jobs:run")
    await both.deploy("u/admin/mine")
    assert (await claimed(world, both, "u/admin/mine")).scopes == ("scripts:write", "jobs:run")
    runs = await limited(world, "jobs:run:scripts:u/admin/*")
    assert (await claimed(world, runs, "u/admin/mine")).scopes is None
    assert (await claimed(world, world.admin, "u/admin/mine")).scopes is None


async def test_so_have_flows_and_their_versions(world: World) -> None:
    both = await limited(world, "flows:write", "jobs:run")
    value = {"modules": [{"id": "a", "value": {"type": "rawscript", "language": "bash", "content": "x"}}]}
    await posted(both, "flows/create", {"path": "u/admin/f", "summary": "", "value": value, "schema": {}})
    started = await both("POST", "jobs/run/f/u/admin/f", json={})
    assert started.status_code == 201, started.text
    pool = world.context.pool
    assert await pool.fetchval("SELECT scopes FROM job WHERE id = $1", started.text) == [
        "flows:write",
        "jobs:run",
    ]


async def test_it_makes_no_token_whose_runs_have_none(world: World) -> None:
    both = await limited(world, "scripts:write", "jobs:run", "tokens:write")
    only_runs = {"scopes": ["jobs:run"]}
    assert (await both("POST", "/users/tokens/create", json=only_runs)).status_code == 403
    await posted(both, "/users/tokens/create", {"scopes": ["scripts:write:f/a/*", "jobs:run"]})
    await posted(world.admin, "/users/tokens/create", {"scopes": ["jobs:run"], "label": "other"})
    tokens = await world.admin.get("/users/tokens/list")
    prefix = next(token["token_prefix"] for token in tokens if token.get("label") == "other")
    changed = await both("POST", f"/users/tokens/update_scopes/{prefix}", json=only_runs)
    assert changed.status_code == 403


async def test_nothing_runs_as_somebody_because_a_limited_token_said_so(world: World) -> None:
    writes = await limited(world, "scripts:write", "flows:write", "workspaces:write")
    script = {"path": "u/admin/s", "content": "x", "language": "bash", "summary": "", "description": ""}
    flow = {"path": "u/admin/f", "summary": "", "value": {"modules": []}, "schema": {}}
    for asked in (LENT, {"on_behalf_of_email": "admin@example.com"}):
        assert (await writes("POST", "scripts/create", json={**script, **asked})).status_code == 403
        assert (await writes("POST", "flows/create", json={**flow, **asked})).status_code == 403
    await writes.deploy("u/admin/s", "x")
    for kind in ("error", "success"):
        body = {"path": "script/u/admin/s"}
        assert (await writes("POST", f"workspaces/edit_{kind}_handler", json=body)).status_code == 403
    queued = await limited(world, "jobs:write")
    assert (await queued("POST", "jobs/queue/import", json=[])).status_code == 403


async def test_nothing_runs_as_somebody_because_their_job_said_so(world: World) -> None:
    await world.admin.deploy("u/admin/s")
    job = await claimed(world, world.admin, "u/admin/s")
    code = Api(
        world.client, job_tokens.mint(world.context.keyring, job.id, job.attempt, int(time.time()) + 3600)
    )
    script = {"path": "u/admin/left", "content": "x", "language": "bash", "summary": "", "description": ""}
    assert (await code("POST", "scripts/create", json={**script, **LENT})).status_code == 403
    assert (await code("POST", "scripts/create", json=script)).status_code == 201


# -- references --


@pytest.mark.parametrize(
    ("scopes", "given", "status"),
    [
        ((), "text", 201),
        ((), f"$var:{SECRET}", 404),
        ((), {"deep": [[[[f"$jsonvar:{SECRET}"]]]]}, 404),
        ((), "$res:f/team/open", 404),
        (("resources:read",), "$res:f/team/open", 404),
        (("resources:read", "variables:read:f/team/*"), "$res:f/team/open", 201),
        (("resources:read", "variables:read:f/team/*"), "$res:f/team/deep", 404),
        (("variables:read",), f"$var:{SECRET}", 201),
        (("variables:read",), "$WM_TOKEN", 403),
    ],
)
async def test_a_token_that_only_runs_reads_nothing_by_references(
    world: World, scopes: tuple[str, ...], given: Any, status: int
) -> None:
    await with_secret(world)
    await world.admin.deploy("f/team/echo", ECHO)
    runs = await limited(world, "jobs:run:scripts:f/team/*", *scopes)
    for _ in range(2):  # what is known of a run like it changes nothing
        answer = await runs("POST", "jobs/run/p/f/team/echo", json={"x": given})
        assert answer.status_code == status, answer.text
        if status == 404:
            assert ":read:" in answer.text
        await posted(runs, "jobs/run/p/f/team/echo", {"x": "plain"})


@pytest.mark.parametrize("operator", [False, True])
async def test_who_runs_something_as_somebody_else_reads_nothing_as_them(
    world: World, operator: bool
) -> None:
    await with_secret(world)
    schema = {"properties": {"x": {"type": "object", "default": "$res:f/team/deep"}}}
    await world.admin.deploy("f/team/echo", ECHO, schema=schema, **LENT)
    value = {"modules": [{"id": "a", "value": {"type": "rawscript", "language": "bash", "content": "x"}}]}
    flow = {"path": "f/team/flow", "summary": "", "value": value, "schema": schema, **LENT}
    await posted(world.admin, "flows/create", flow)
    bob = await world.member("bob", operator=operator)
    for started in ("p/f/team/echo", "f/f/team/flow"):
        for given, status in (
            ({"x": "plain"}, 201),
            ({"x": f"$var:{SECRET}"}, 404),
            ({"x": "$res:f/team/open"}, 201),
            ({"y": "$res:f/team/deep"}, 404),
            ({"x": "$res:f/team/deep"}, 201),  # what its author made the default
            ({"x": {"a": ["$WM_TOKEN"]}, "y": "$var:f/team/plain"}, 403),
        ):
            answer = await bob("POST", f"jobs/run/{started}", json=given)
            assert answer.status_code == status, (started, given, answer.text)


# -- jobs --


async def test_a_token_for_the_jobs_of_some_paths_sees_and_ends_those_alone(world: World) -> None:
    for name in ("one", "two"):
        await posted(world.admin, "folders/create", {"name": name})
        await world.admin.deploy(f"f/{name}/s")
    one, two = [str(await world.admin.start(f"f/{name}/s")) for name in ("one", "two")]
    reads = await limited(world, "jobs:read:f/one/*")
    assert [job["id"] for job in await reads.get("jobs/list")] == [one]
    assert (await reads("GET", f"jobs_u/get/{one}")).status_code == 200
    assert (await reads("GET", f"jobs_u/get/{two}")).status_code == 404
    ends = await limited(world, "jobs:read", "jobs:write:f/one/*")
    assert (await ends("GET", f"jobs_u/get/{two}")).status_code == 200
    assert (await ends("POST", f"jobs_u/queue/cancel/{two}", json={})).status_code == 404
    assert (await ends("POST", f"jobs_u/queue/force_cancel/{two}", json={})).status_code == 404
    assert (await ends("POST", "jobs_u/queue/cancel_persistent/f/two/s", json={})).text.startswith("0 jobs")
    assert (await ends("POST", "jobs/queue/cancel_selection", json=[one, two])).json() == [one]
