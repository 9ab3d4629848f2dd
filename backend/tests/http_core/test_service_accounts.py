"""Service accounts: members that are no people, lent out by tokens that are good in their workspace only."""

import httpx

from postmill.db.pool import Pool

from .conftest import ADMIN, Join, Platform

BOT = "bot@main.service.invalid"


async def made(admin: httpx.AsyncClient, **more: object) -> None:
    body = {"username": "bot", **more}
    answer = await admin.post("/w/main/workspaces/create_service_account", json=body)
    assert answer.status_code == 201, answer.text


async def token_of(admin: httpx.AsyncClient, **body: object) -> str:
    answer = await admin.post("/w/main/users/service_account_tokens/bot", json=body)
    assert answer.status_code == 201, answer.text
    return answer.text


async def test_a_program_is_a_member_of_one_workspace(admin: httpx.AsyncClient, platform: Platform) -> None:
    await made(admin)
    [listed] = [one for one in (await admin.get("/w/main/users/list")).json() if one["username"] == "bot"]
    assert (listed["email"], listed["is_service_account"], listed["is_admin"]) == (BOT, True, False)
    assert [one["email"] for one in (await admin.get("/users/list_as_super_admin")).json()] == [ADMIN]
    assert [one["email"] for one in (await admin.get("/users/export")).json()] == [ADMIN]
    async with platform.client(await token_of(admin, label="deploys")) as bot:
        me = (await bot.get("/w/main/users/whoami")).json()
        assert (me["username"], me["is_service_account"]) == ("bot", True)
        variable = {"path": "u/bot/v", "value": "1", "is_secret": False, "description": ""}
        assert (await bot.post("/w/main/variables/create", json=variable)).status_code == 201
        assert (await bot.get("/w/admins/variables/list")).status_code in (401, 403, 404)
        assert (await bot.post("/users/setpassword", json={"password": "a long password"})).status_code == 403
        more = await bot.post("/users/tokens/create", json={"label": "more"})
        assert more.status_code == 201
        async with platform.client(more.text) as again:
            assert (await again.get("/w/admins/variables/list")).status_code in (401, 403, 404)
    [first, second] = (await admin.get("/w/main/users/service_account_tokens/bot")).json()
    assert {first["label"], second["label"]} == {"deploys", "more"}
    assert {first["workspace_id"], second["workspace_id"]} == {"main"}
    for one in (first, second):
        path = f"/w/main/users/service_account_tokens/bot/{one['token_prefix']}"
        assert (await admin.delete(path)).status_code == 200
        assert (await admin.delete(path)).status_code == 404


async def test_scopes_and_roles_are_given_with_it(admin: httpx.AsyncClient, platform: Platform) -> None:
    await made(admin, operator=True, add_to_deployers=True)
    async with platform.client(await token_of(admin, scopes=["variables:read"])) as bot:
        assert (await bot.get("/w/main/variables/list")).status_code == 200
        assert (await bot.get("/w/main/resources/list")).status_code == 403
    [listed] = [one for one in (await admin.get("/w/main/users/list")).json() if one["username"] == "bot"]
    assert listed["operator"] and "wm_deployers" in listed["groups"]


async def test_it_never_signs_in_and_has_no_role_of_the_instance(
    admin: httpx.AsyncClient, database: Pool
) -> None:
    await made(admin)
    password = {"password": "a long password"}
    for path, body in (
        ("/auth/login", {"email": BOT, **password}),
        ("/users/create", {"email": "x@main.service.invalid", "super_admin": False, **password}),
        (f"/users/set_password_of/{BOT}", password),
        (f"/users/password_reset_link/{BOT}", None),
        (f"/users/update/{BOT}", {"is_super_admin": True}),
        (f"/users/update/{BOT}", {"is_devops": True}),
        (f"/users/change_email/{BOT}", {"new_email": "person@example.com"}),
        ("/w/admins/workspaces/add_user", {"email": BOT, "is_admin": True, "operator": False}),
        ("/w/main/workspaces/create_service_account", {"username": "bot"}),
        ("/w/main/workspaces/create_service_account", {"username": "no/name"}),
        ("/w/main/workspaces/create_service_account", {"username": "b", "is_admin": True, "operator": True}),
    ):
        answer = await admin.post(path, json=body)
        assert answer.status_code == 400, (path, answer.text)
    assert await database.fetchval("SELECT count(*) FROM account WHERE password_hash IS NULL") == 1


async def test_it_ends_with_its_membership(
    admin: httpx.AsyncClient, platform: Platform, database: Pool
) -> None:
    await made(admin)
    async with platform.client(await token_of(admin)) as bot:
        assert (await bot.get("/w/main/users/whoami")).status_code == 200
        assert (await admin.delete("/w/main/users/delete/bot")).status_code == 200
        assert (await bot.get("/w/main/users/whoami")).status_code == 401
    assert await database.fetchval("SELECT count(*) FROM account WHERE email = $1", BOT) == 0
    await made(admin)


async def test_an_admin_is_it_for_a_while(admin: httpx.AsyncClient, platform: Platform) -> None:
    await made(admin)
    path = "/w/main/users/impersonate_service_account"
    lent = (await admin.post(path, json={"username": "bot"})).text
    async with platform.client(lent) as bot:
        assert (await bot.get("/w/main/users/whoami")).json()["username"] == "bot"
        exit_path = "/w/main/users/exit_impersonation"
        assert (await bot.post(exit_path, json={"token": "pm_tok_wrong"})).status_code == 400
        own = (await admin.post("/users/tokens/create", json={})).text
        assert (await bot.post(exit_path, json={"token": own})).status_code == 200
        assert (await bot.get("/w/main/users/whoami")).status_code == 401
    again = (await admin.post(path, json={"username": "bot"})).text
    assert (await admin.post(exit_path, json={"token": own})).status_code == 400
    assert (await admin.post(exit_path, json={"token": again})).status_code == 200
    async with platform.client(again) as bot:
        assert (await bot.get("/w/main/users/whoami")).status_code == 401
    for username in ("admin", "nobody"):
        assert (await admin.post(path, json={"username": username})).status_code == 404


async def test_only_admins_with_all_their_rights_lend_it(
    admin: httpx.AsyncClient, platform: Platform, join: Join
) -> None:
    await made(admin)
    limited = (
        await admin.post("/users/tokens/create", json={"scopes": ["users:write", "tokens:write"]})
    ).text
    async with platform.client(limited) as narrow:
        for path, body in (
            ("/w/main/users/service_account_tokens/bot", {}),
            ("/w/main/users/impersonate_service_account", {"username": "bot"}),
            ("/w/main/workspaces/create_service_account", {"username": "other"}),
        ):
            assert (await narrow.post(path, json=body)).status_code == 403, path
    bob = await join("bob")
    for path in ("/w/main/users/service_account_tokens/bot", "/w/main/users/impersonate_service_account"):
        assert (await bob.post(path, json={"username": "bot"})).status_code == 403
    assert (await bob.get("/w/main/users/service_account_tokens/bot")).status_code == 403
