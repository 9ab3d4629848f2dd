"""Signing in, sessions, cookies and the limits on guessing."""

import httpx

from postmill.db.pool import Pool
from postmill.identity import sign_in

from .conftest import ADMIN, PASSWORD, Join, Platform, with_settings


async def login(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/auth/login", json={"email": email, "password": password})


async def test_right_password_gives_a_token_and_a_guarded_cookie(anonymous: httpx.AsyncClient) -> None:
    answer = await login(anonymous, ADMIN, PASSWORD)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("pm_ses_")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie and "Secure" not in cookie
    assert (await anonymous.get("/users/email")).text == ADMIN  # by the cookie


async def test_cookie_is_secure_under_https(platform: Platform) -> None:
    behind_proxy = with_settings(platform, base_url="https://tools.example.com")
    async with behind_proxy.client() as client:
        assert "Secure" in (await login(client, ADMIN, PASSWORD)).headers["set-cookie"]


async def test_unknown_account_wrong_password_and_disabled_account_look_the_same(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, join: Join
) -> None:
    await join("gone")
    await admin.post("/users/update/gone@example.com", json={"disabled": True})
    answers = [
        await login(anonymous, "nobody@example.com", PASSWORD),
        await login(anonymous, ADMIN, "wrong"),
        await login(anonymous, "gone@example.com", PASSWORD),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(400, "Bad request: Invalid login")}


async def test_guessing_is_stopped_per_account_even_for_the_right_password(
    anonymous: httpx.AsyncClient,
) -> None:
    for _ in range(sign_in.ACCOUNT_FAILURES):
        assert (await login(anonymous, ADMIN, "wrong")).status_code == 400
    answer = await login(anonymous, ADMIN, PASSWORD)
    assert answer.status_code == 429
    assert "retry-after" in answer.headers


async def test_guessing_is_stopped_per_address(anonymous: httpx.AsyncClient, database: Pool) -> None:
    await database.execute(
        "INSERT INTO login_attempt (subject, window_start, failures) VALUES ('address:127.0.0.1', now(), $1)",
        sign_in.ADDRESS_FAILURES,
    )
    assert (await login(anonymous, ADMIN, PASSWORD)).status_code == 429


async def test_signing_out_ends_the_session(platform: Platform) -> None:
    async with platform.client() as client:
        token = (await login(client, ADMIN, PASSWORD)).text
        assert (await client.post("/auth/logout")).status_code == 200
    async with platform.client(token) as client:
        assert (await client.get("/users/whoami")).status_code == 401


async def test_a_session_is_renewed_when_it_is_about_to_end(platform: Platform) -> None:
    async with platform.client() as client:
        first = (await login(client, ADMIN, PASSWORD)).text
        path = "/users/refresh_token"
        lasting = await client.get(path, params={"if_expiring_in_less_than_s": 3600})
        assert lasting.status_code == 200 and "set-cookie" not in lasting.headers
        assert first not in lasting.text and not lasting.text.startswith("pm_")
        renewed = await client.get(path, params={"if_expiring_in_less_than_s": 30 * 24 * 3600})
        assert renewed.text.startswith("pm_ses_") and renewed.text != first
        assert renewed.text in renewed.headers["set-cookie"]
        assert (await client.get(path)).text.startswith("pm_ses_")
        for value in ("-1", "soon"):
            refused = await client.get(path, params={"if_expiring_in_less_than_s": value})
            assert refused.status_code == 400, value


async def test_a_new_password_ends_other_sessions_at_once(platform: Platform) -> None:
    async with platform.client() as first, platform.client() as second:
        await login(first, ADMIN, PASSWORD)
        await login(second, ADMIN, PASSWORD)
        assert (await second.get("/users/whoami")).status_code == 200
        assert (
            await first.post("/users/setpassword", json={"password": "another good one"})
        ).status_code == 200
        assert (await first.get("/users/whoami")).status_code == 200
        assert (await second.get("/users/whoami")).status_code == 401
    async with platform.client() as client:
        assert (await login(client, ADMIN, PASSWORD)).status_code == 400
        assert (await login(client, ADMIN, "another good one")).status_code == 200


async def test_a_limited_token_cannot_change_the_password(
    admin: httpx.AsyncClient, platform: Platform
) -> None:
    token = (await admin.post("/users/tokens/create", json={"scopes": ["users:write"]})).text
    async with platform.client(token) as limited:
        answer = await limited.post("/users/setpassword", json={"password": "taken over now"})
    assert answer.status_code == 403


async def test_sign_ins_and_refusals_are_in_the_audit_trail(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    await login(anonymous, ADMIN, "wrong")
    await login(anonymous, ADMIN, PASSWORD)
    entries = (await admin.get("/w/main/audit/list", params={"all_workspaces": True})).json()
    assert [entry["operation"] for entry in entries[:2]] == ["users.login", "users.login_failure"]
    assert entries[1]["outcome"] == "refused"
    assert "wrong" not in str(entries)
