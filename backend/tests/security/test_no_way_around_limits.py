"""What would let the holder of a limited token come back without its limits is refused to it."""

import time
from datetime import timedelta
from typing import Any

import pytest

from postmill.identity import job_tokens
from postmill.kernel.clock import now
from tests.http_jobs.conftest import Api, World

LIMITS: dict[str, dict[str, Any]] = {
    "scopes": {"scopes": ["tokens:write", "users:write"]},
    "one workspace": {"workspace_id": "main"},
    "read-only": {"read_only": True},
}


async def limited_admin(world: World, **limits: Any) -> Api:
    """The superadmin with a token that has these limits."""
    return Api(world.client, await made_token(world.admin, **limits))


async def made_token(api: Api, **limits: Any) -> str:
    answer = await api("POST", "/users/tokens/create", json=limits)
    assert answer.status_code == 201, answer.text
    return answer.text


async def listed(api: Api, label: str) -> dict[str, Any]:
    tokens = await api.get("/users/tokens/list")
    return next(token for token in tokens if token.get("label") == label)


@pytest.mark.parametrize("limits", LIMITS.values(), ids=list(LIMITS))
async def test_a_limited_superadmin_token_opens_no_account(world: World, limits: dict[str, Any]) -> None:
    await world.member("ada")
    limited = await limited_admin(world, **limits)
    new = {"email": "new@example.com", "password": "a password of mine", "super_admin": True}
    for path, body in (
        ("/users/tokens/impersonate", {"impersonate_email": "admin@example.com"}),
        ("/users/tokens/impersonate", {"impersonate_email": "ada@example.com"}),
        ("/users/set_password_of/admin@example.com", {"password": "a password of mine"}),
        ("/users/set_password_of/ada@example.com", {"password": "a password of mine"}),
        ("/users/setpassword", {"password": "a password of mine"}),
        ("/users/create", new),
        ("/users/update/ada@example.com", {"is_super_admin": True}),
        ("/users/refresh_token", None),
    ):
        method = "GET" if body is None else "POST"
        answer = await limited(method, path, json=body)
        assert answer.status_code == 403, (path, answer.text)
    accounts = await world.admin.get("/users/list_as_super_admin")
    assert {account["email"] for account in accounts if account["super_admin"]} == {"admin@example.com"}


async def test_what_a_scope_names_stays_possible(world: World) -> None:
    limited = await limited_admin(world, scopes=["users:write"])
    body = {"email": "new@example.com", "password": "a password of mine"}
    assert (await limited("POST", "/users/create", json=body)).status_code == 201


async def test_a_token_that_ends_gives_nothing_to_one_that_lasts(world: World) -> None:
    soon = (now() + timedelta(hours=1)).isoformat()
    short = await limited_admin(world, expiration=soon)
    await made_token(world.admin, label="lasting", scopes=["variables:read"])
    lasting = await listed(world.admin, "lasting")
    widened = await short(
        "POST", f"/users/tokens/update_scopes/{lasting['token_prefix']}", json={"scopes": None}
    )
    assert widened.status_code == 403
    assert (await listed(world.admin, "lasting"))["scopes"] == ["variables:read"]


async def test_acting_for_somebody_ends_with_the_token_that_asked(world: World) -> None:
    ada = await world.member("ada")
    soon = now() + timedelta(hours=1)
    short = await limited_admin(world, expiration=soon.isoformat())
    body = {"impersonate_email": "ada@example.com", "label": "for ada"}
    assert (await short("POST", "/users/tokens/impersonate", json=body)).status_code == 201
    assert (await listed(ada, "for ada"))["expiration"] == soon.isoformat().replace("+00:00", "Z")


async def test_a_token_of_one_workspace_sees_nothing_of_the_others(world: World) -> None:
    for workspace in ("main", "admins"):
        bound = await limited_admin(world, workspace_id=workspace)
        everywhere = await bound("GET", f"/w/{workspace}/audit/list", params={"all_workspaces": True})
        assert everywhere.status_code == 403
        assert (await bound("GET", f"/w/{workspace}/audit/list")).status_code == 200
    await world.admin.deploy("u/admin/tool")
    job_id = str(await world.admin.start("u/admin/tool"))
    whole = await world.admin.get("/w/admins/jobs/list", all_workspaces=True)
    assert [job["id"] for job in whole] == [job_id]
    assert (await bound("GET", "/w/admins/jobs/list", params={"all_workspaces": True})).text.find(job_id) < 0


async def test_a_job_of_a_superadmin_sees_its_workspace_only(world: World) -> None:
    await world.admin.deploy("u/admin/tool")
    await world.admin.start("u/admin/tool")
    job = await world.worker.claim()
    token = job_tokens.mint(world.context.keyring, job.id, job.attempt, int(time.time()) + 3600)
    code = Api(world.client, token)
    assert (await code.get("users/whoami"))["is_admin"] is True
    assert (await code("GET", "audit/list", params={"all_workspaces": True})).status_code == 403
    assert (await code("GET", "/w/admins/users/whoami")).status_code == 404
