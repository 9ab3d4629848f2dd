"""Hostile and broken requests: limits, JSON, paths, other sites, and what errors look like."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from postmill.db.pool import connect

from .conftest import ADMIN, PASSWORD, TOKEN, Platform, running_platform, with_settings

FOLDERS = "/w/main/folders/create"
_numbers = itertools.count(1)


def new_folder() -> dict[str, object]:
    """A body that makes a folder no other test has made."""
    return {"name": f"made_{next(_numbers)}"}


@pytest.fixture(scope="module")
async def platform(module_database_url: str) -> AsyncIterator[Platform]:
    """One application for all the tests here: they leave nothing behind that another would meet."""
    database = await connect(module_database_url, max_size=4)
    async with running_platform(database, module_database_url) as running:
        yield running
    database.terminate()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"nonsense",
        b'{"name": 5}',
        b'{"name": "a", "owners": "u/admin"}',
        b'{"name": "a", "extra_perms": {"u/admin": "yes"}}',
        b'{"name": "a\\u0000"}',
        b'{"name": "../../etc"}',
        b'{"name": "\xff\xfe"}',
        b'{"name": ' + b"[" * 101 + b"]" * 101 + b"}",
        b"[" * 100_000,
        b'{"name": "a", "summary": "' + b"x" * 2000 + b'"}',
        b'{"name": "a", "summary": "nul \\u0000"}',
        b'{"name": "a", "summary": "\\ud800"}',
    ],
)
async def test_bad_bodies_are_400_with_a_sentence(admin: httpx.AsyncClient, body: bytes) -> None:
    answer = await admin.post(FOLDERS, content=body)
    assert answer.status_code == 400, answer.text
    assert answer.text.startswith("Bad request: ") and len(answer.text) > 20
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_brackets_in_texts_are_not_depth(admin: httpx.AsyncClient) -> None:
    body = {"name": "deep", "summary": "[{" * 300 + '"' + "[" * 200}
    assert (await admin.post(FOLDERS, json=body)).status_code == 200


async def test_a_large_body_is_refused_before_it_is_read(platform: Platform) -> None:
    small = with_settings(platform, max_body_bytes=1000)

    async def endless() -> Any:
        for _ in range(10):
            yield b" " * 500
        raise AssertionError("the body was read beyond the limit")

    async with small.client(TOKEN) as client:
        declared = await client.post(FOLDERS, content=b" " * 1001)
        assert declared.status_code == 413
    chunks = []

    async def receive() -> dict[str, object]:
        chunks.append(500)
        return {"type": "http.request", "body": b" " * 500, "more_body": True}

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/api{FOLDERS}",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {TOKEN}".encode())],
        "client": ("127.0.0.1", 1),
    }
    await small.app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert len(chunks) == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=0", 400),
        ("page=-1", 400),
        ("page=x", 400),
        ("page=99999999999999999999", 400),
        ("per_page=0", 400),
        ("per_page=1000000", 200),
        ("unknown=1", 200),
        ("page=", 200),
        ("%ff=1", 400),
        ("&".join("a=1" for _ in range(300)), 400),
        ("x=" + "y" * 50_000, 414),
    ],
)
async def test_query_parameters(admin: httpx.AsyncClient, query: str, status: int) -> None:
    assert (await admin.get(f"/w/main/folders/list?{query}")).status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing/here", 404),
        ("/w/nowhere/folders/list", 404),
        ("/w/main%00/folders/list", 400),
        ("/w/main/folders/get/a%00b", 400),
        ("/w/main/folders/get/nothing", 404),
        ("/w/main/users/is_owner/u/admin/%2E%2E/x", 400),
        ("/w/main/users/is_owner/u/admin/a.b", 400),
        ("/w/main/users/is_owner//u/admin/x", 200),
        ("/w/main/users/is_owner/u%2Fadmin%2Fx", 200),
        ("/w/main/audit/get/abc", 400),
        ("/w/main/audit/get/99999999999999999999", 400),
        ("/w/main/audit/get/999999", 404),
        ("/" + "x" * 5000, 414),
    ],
)
async def test_paths(admin: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await admin.get(path)
    assert answer.status_code == status
    assert "html" not in answer.headers["content-type"]


async def test_other_methods_are_405_and_say_what_is_possible(admin: httpx.AsyncClient) -> None:
    answer = await admin.put(FOLDERS, json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_head_asks_what_get_would_read(admin: httpx.AsyncClient) -> None:
    assert (await admin.head("/version")).status_code == 200
    assert (await admin.head("/users/whoami")).status_code == 200
    assert (await admin.head("/users/refresh_token")).status_code == 405  # it makes a session


async def test_problem_details_when_asked_for(anonymous: httpx.AsyncClient) -> None:
    headers = {"accept": "application/problem+json"}
    answer = await anonymous.get("/users/whoami", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Unauthorized",
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectionRefusedError(111, "refused"), 503),
        (asyncpg.TooManyConnectionsError("too many"), 503),
        (asyncpg.QueryCanceledError("statement timeout"), 503),
        (asyncpg.CannotConnectNowError("starting"), 503),
        (TimeoutError(), 503),
        (asyncpg.UniqueViolationError("duplicate key"), 400),
        (asyncpg.CharacterNotInRepertoireError("nul"), 400),
        (RuntimeError("the secret detail /root/file.py"), 500),
        (asyncpg.UndefinedTableError('relation "x" does not exist'), 500),
    ],
)
async def test_failures_behind_the_door(
    platform: Platform,
    admin: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("postmill.identity.folders.list_folders", fail)
    answer = await admin.get("/w/main/folders/list")
    assert answer.status_code == status
    assert str(error) not in answer.text or not str(error)
    assert ("retry-after" in answer.headers) is (status == 503)
    if status == 500:
        assert answer.headers["x-request-id"] in answer.text


async def test_a_stopping_server_says_so(platform: Platform, admin: httpx.AsyncClient) -> None:
    platform.context.stopping = True
    answer = await admin.get("/version")
    platform.context.stopping = False
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_every_answer_carries_the_security_headers(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    for answer in (
        await admin.get("/users/whoami"),
        await anonymous.get("/users/whoami"),
        await admin.get("/nothing"),
        await admin.post(FOLDERS, content=b"{"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("wanted", ["script", "worker", "serviceworker", "sharedworker", "audioworklet"])
async def test_nothing_of_the_api_is_code_for_a_page(admin: httpx.AsyncClient, wanted: str) -> None:
    """Results and files choose their type: as a script of the page theirs would be our own code."""
    answer = await admin.get(
        "/users/whoami", headers={"sec-fetch-dest": wanted, "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 403
    for sound in ("empty", "document", "image", "iframe"):
        assert (await admin.get("/users/whoami", headers={"sec-fetch-dest": sound})).status_code == 200


class TestOtherSites:
    """With a cookie, a page of another site changes nothing."""

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200),
            ({"origin": "http://postmill.test"}, 200),
            ({"sec-fetch-site": "same-origin"}, 200),
            ({"origin": "http://evil.test"}, 403),
            ({"origin": "null"}, 403),
            ({"sec-fetch-site": "cross-site"}, 403),
            ({"sec-fetch-site": "same-site"}, 403),
            ({"origin": "http://postmill.test", "sec-fetch-site": "cross-site"}, 403),
        ],
    )
    async def test_changes_by_cookie(self, platform: Platform, headers: dict[str, str], status: int) -> None:
        async with platform.client(headers={**headers, "cookie": f"token={TOKEN}"}) as client:
            assert (await client.post(FOLDERS, json=new_folder())).status_code == status

    async def test_reading_by_cookie_is_left_to_the_browser(self, platform: Platform) -> None:
        async with platform.client() as client:
            headers = {"cookie": f"token={TOKEN}", "sec-fetch-site": "cross-site"}
            assert (await client.get("/users/email", headers=headers)).status_code == 200

    async def test_a_token_in_the_header_comes_from_no_form(self, admin: httpx.AsyncClient) -> None:
        headers = {"origin": "http://evil.test"}
        assert (await admin.post(FOLDERS, json=new_folder(), headers=headers)).status_code == 200

    async def test_runs_by_get_are_changes(self, platform: Platform) -> None:
        async with platform.client() as client:
            headers = {"cookie": f"token={TOKEN}", "origin": "http://evil.test"}
            answer = await client.get("/w/main/jobs/run_wait_result/p/u/admin/x", headers=headers)
        assert answer.status_code == 403

    @pytest.mark.parametrize(
        ("site", "wanted", "status"),
        [
            ("same-origin", "image", 403),  # the background of a table in somebody's text
            ("same-origin", "document", 403),  # a link in it
            ("same-origin", "iframe", 403),
            ("same-origin", "empty", 404),  # our own code: there is no such script
            ("none", "document", 404),  # typed, or a bookmark
        ],
    )
    async def test_what_others_wrote_into_a_page_starts_nothing(
        self, platform: Platform, site: str, wanted: str, status: int
    ) -> None:
        headers = {"cookie": f"token={TOKEN}", "sec-fetch-site": site, "sec-fetch-dest": wanted}
        async with platform.client(headers=headers) as client:
            answer = await client.get("/w/main/jobs/run/p/u/admin/x")
        assert answer.status_code == status

    async def test_nobody_is_signed_in_by_another_site(self, anonymous: httpx.AsyncClient) -> None:
        answer = await anonymous.post(
            "/auth/login", json={"email": ADMIN, "password": PASSWORD}, headers={"origin": "http://evil.test"}
        )
        assert answer.status_code == 403

    async def test_configured_sites_may_call_with_a_token(self, platform: Platform) -> None:
        opened = with_settings(platform, allowed_origins=("https://portal.example.com",))
        async with opened.client(TOKEN) as client:
            good = {"origin": "https://portal.example.com"}
            answer = await client.get("/users/email", headers=good)
            assert answer.headers["access-control-allow-origin"] == "https://portal.example.com"
            assert "access-control-allow-credentials" not in answer.headers
            preflight = await client.options("/users/email", headers=good)
            assert "Authorization" in preflight.headers["access-control-allow-headers"]
            bad = await client.get("/users/email", headers={"origin": "https://evil.example.com"})
            assert "access-control-allow-origin" not in bad.headers


class TestWebUi:
    async def test_it_is_served_with_a_strict_policy(self, platform: Platform) -> None:
        transport = httpx.ASGITransport(platform.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://postmill.test") as client:
            answer = await client.get("/w/main/scripts/f/docs/x")
            assert answer.status_code in (200, 503)  # 503: this checkout has no built UI, and says so
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]
            assert (await client.get("/assets/../app.py")).status_code in (404, 503, 200)
            assert "Application" not in (await client.get("/assets/%2e%2e/%2e%2e/app.py")).text
            assert (await client.post("/")).status_code == 405


async def test_tokens_and_bodies_stay_out_of_the_logs(
    platform: Platform, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG", logger="postmill")
    caplog.set_level("ERROR", logger="httpx")

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("postmill.identity.folders.create", fail)
    async with platform.client() as client:
        await client.post(f"{FOLDERS}?token={TOKEN}", json={"name": "x", "summary": "private words"})
        await client.get(f"/scripts_u/tokened_raw/main/{TOKEN}/u/admin/x.py")
    assert "broken" in caplog.text
    assert TOKEN not in caplog.text and "private words" not in caplog.text
