"""Tokens: never stronger than their maker, stored as hashes, ended everywhere at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.http.app import create_app
from postmill.http.call import CALLERS
from postmill.identity import job_tokens
from postmill.identity.tokens import store
from postmill.kernel.clock import now
from postmill.kernel.ids import new_job_id

from .conftest import ADMIN, PASSWORD, TOKEN, Join, Platform


async def make(client: httpx.AsyncClient, **body: object) -> str:
    answer = await client.post("/users/tokens/create", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


async def test_a_token_is_listed_by_prefix_and_deleted_by_it(
    platform: Platform, admin: httpx.AsyncClient
) -> None:
    token = await make(admin, label="ci")
    async with platform.client(token) as client:
        assert (await client.get("/users/whoami")).status_code == 200
        listed = {
            row["label"]: row for row in (await admin.get("/users/tokens/list")).json() if "label" in row
        }
        prefix = listed["ci"]["token_prefix"]
        assert len(prefix) == 10 and prefix in token
        assert (await admin.delete(f"/users/tokens/delete/{prefix}")).status_code == 200
        assert (await admin.delete(f"/users/tokens/delete/{prefix}")).status_code == 404
        assert (await client.get("/users/whoami")).status_code == 401


@pytest.mark.parametrize("length", [10, 17, 30])
async def test_a_token_is_deleted_by_the_beginning_of_its_text(
    platform: Platform, admin: httpx.AsyncClient, join: Join, database: Pool, length: int
) -> None:
    token, kept = await make(admin), await make(admin)
    bob = await join("bob")
    assert (await bob.delete(f"/users/tokens/delete/{token[:length]}")).status_code == 404
    assert (await admin.delete(f"/users/tokens/delete/{token[:9]}")).status_code == 404
    assert (await admin.delete(f"/users/tokens/delete/{token[:length]}")).status_code == 200
    async with platform.client(token) as ended, platform.client(kept) as other:
        assert (await ended.get("/users/whoami")).status_code == 401
        assert (await other.get("/users/whoami")).status_code == 200
    noted = await database.fetch("SELECT resource FROM audit WHERE action = 'users.token.delete'")
    assert [row["resource"] for row in noted] == [token[7:17]]


async def test_a_beginning_that_several_tokens_share_deletes_none(
    platform: Platform, admin: httpx.AsyncClient, database: Pool
) -> None:
    texts = [f"pm_tok_twin{number}-0123456789abcdef0123456789" for number in (1, 2)]
    for text in texts:
        await store(database, text, ADMIN, "user")
    refused = await admin.delete(f"/users/tokens/delete/{texts[0][:11]}")
    assert (refused.status_code, "several of your tokens" in refused.text) == (400, True)
    assert (await admin.delete(f"/users/tokens/delete/{texts[0][:12]}")).status_code == 200
    async with platform.client(texts[1]) as other:
        assert (await other.get("/users/whoami")).status_code == 200


async def test_only_hashes_are_stored(admin: httpx.AsyncClient, database: Pool) -> None:
    token = await make(admin, label="secret one")
    for table in ("token", "audit"):
        rows = await database.fetch(f"SELECT * FROM {table}")
        assert token not in str(rows) and token[8:30] not in str(rows)


async def test_a_token_ends_on_another_server_when_it_hears_of_it(
    platform: Platform, admin: httpx.AsyncClient, database_url: str
) -> None:
    token = await make(admin)
    notifications = Notifications()
    await notifications.start(database_url)
    changed = asyncio.Event()
    notifications.subscribe("access_changed", lambda _: changed.set())
    other = Platform(platform.context, None)
    other.context = replace(platform.context, notifications=notifications)
    other.app = create_app(other.context)
    await notifications.settled()
    try:
        async with other.client(token) as client:
            assert (await client.get("/users/whoami")).status_code == 200
            prefix = token.removeprefix("pm_tok_")[:10]
            assert (await admin.delete(f"/users/tokens/delete/{prefix}")).status_code == 200
            await asyncio.wait_for(changed.wait(), 60)
            assert (await client.get("/users/whoami")).status_code == 401
    finally:
        await notifications.close()


async def test_disabling_an_account_takes_effect_at_once(
    platform: Platform, admin: httpx.AsyncClient, join: Join
) -> None:
    bob = await join("bob")
    assert (await bob.get("/w/main/users/whoami")).status_code == 200
    async with rights_changed(platform):
        await admin.post("/w/main/users/update/bob", json={"disabled": True})
    assert (await bob.get("/w/main/users/whoami")).status_code == 404
    async with rights_changed(platform):
        await admin.post("/users/update/bob@example.com", json={"disabled": True})
    assert (await bob.get("/users/whoami")).status_code == 401


async def test_a_demoted_admin_loses_the_right_at_once(
    platform: Platform, admin: httpx.AsyncClient, join: Join
) -> None:
    bob = await join("bob", is_admin=True)
    assert (await bob.get("/w/main/workspaces/list_pending_invites")).status_code == 200
    async with rights_changed(platform):
        await admin.post("/w/main/users/update/bob", json={"is_admin": False})
    assert (await bob.get("/w/main/workspaces/list_pending_invites")).status_code == 403


@asynccontextmanager
async def rights_changed(platform: Platform) -> AsyncIterator[None]:
    """Waits at its end until the server has heard of the change: within a second where the machine is not busy."""
    heard = asyncio.Event()
    unsubscribe = platform.context.notifications.subscribe("access_changed", lambda _: heard.set())
    yield
    await asyncio.wait_for(heard.wait(), 60)
    unsubscribe()


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ({"scopes": ["variables:read", "tokens:write"]}, {}),
        ({"scopes": ["variables:read", "tokens:write"]}, {"scopes": ["variables:write"]}),
        ({"scopes": ["variables:read:f/a/*", "tokens:write"]}, {"scopes": ["variables:read"]}),
        ({"workspace_id": "main"}, {"workspace_id": "admins"}),
        ({"read_only": True}, {}),
    ],
)
async def test_no_token_makes_a_stronger_one(
    platform: Platform, admin: httpx.AsyncClient, held: dict[str, object], asked: dict[str, object]
) -> None:
    async with platform.client(await make(admin, **held)) as client:
        assert (await client.post("/users/tokens/create", json=asked)).status_code == 403


async def test_a_bound_token_makes_bound_tokens_and_ends_with_its_maker(
    platform: Platform, admin: httpx.AsyncClient
) -> None:
    expires = now() + timedelta(hours=1)
    maker = await make(admin, workspace_id="main", expiration=expires.isoformat())
    async with platform.client(maker) as client:
        await make(client, label="child")
        child = next(
            row for row in (await client.get("/users/tokens/list")).json() if row.get("label") == "child"
        )
    assert child["workspace_id"] == "main"
    assert child["expiration"] == expires.isoformat().replace("+00:00", "Z")


async def test_a_bound_token_enters_one_workspace_and_holds_no_instance_rights(
    platform: Platform, admin: httpx.AsyncClient
) -> None:
    async with platform.client(await make(admin, workspace_id="main")) as client:
        assert (await client.get("/w/main/users/whoami")).status_code == 200
        assert (await client.get("/w/admins/users/whoami")).status_code == 404
        assert (await client.get("/users/list_as_super_admin")).status_code == 403
        assert [row["id"] for row in (await client.get("/workspaces/list")).json()] == ["main"]


async def test_an_expired_token_is_refused(
    platform: Platform, admin: httpx.AsyncClient, database: Pool
) -> None:
    token = await make(admin, expiration=(now() + timedelta(hours=1)).isoformat(), label="old")
    await database.execute("UPDATE token SET expires_at = now() - interval '1 second' WHERE label = 'old'")
    async with platform.client(token) as client:
        assert (await client.get("/users/whoami")).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": ["nonsense:read"]},
        {"scopes": ["scripts:fly"]},
        {"scopes": "scripts:read"},
        {"expiration": "yesterday"},
        {"expiration": "2020-01-01T00:00:00Z"},
        {"expiration": "2099-01-01T00:00:00"},
        {"label": "x" * 2000},
        {"label": "nul \u0000"},
    ],
)
async def test_bad_token_requests_are_400(admin: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await admin.post("/users/tokens/create", json=body)
    assert answer.status_code == 400
    assert answer.text.startswith("Bad request: ")


async def test_a_token_for_an_unknown_workspace_is_refused(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/users/tokens/create", json={"workspace_id": "nowhere"})).status_code == 404


async def test_token_places(platform: Platform) -> None:
    async with platform.client() as client:
        for options in (
            {"headers": {"authorization": f"Bearer {TOKEN}  "}},
            {"headers": {"authorization": f"bearer {TOKEN}"}},
            {"headers": {"cookie": f"other=1; token={TOKEN}"}},
            {"params": {"token": TOKEN}},
        ):
            answer = await client.get("/users/email", **options)  # type: ignore[arg-type]
            assert (answer.status_code, answer.text) == (200, ADMIN)
        header_wins = await client.get(
            "/users/email", headers={"authorization": "Bearer wrong"}, params={"token": TOKEN}
        )
        assert header_wins.status_code == 401


class TestJobTokens:
    """Signed, good while their attempt runs, with the rights of whom the job runs as."""

    async def start_job(self, database: Pool, permissioned_as: str = "u/bob", attempt: int = 1) -> object:
        job_id = new_job_id()
        await database.execute(
            "INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag) "
            "VALUES ($1, 'main', 'script', 'bob', $2, 'bob@example.com', 'bash')",
            job_id,
            permissioned_as,
        )
        await database.execute(
            "INSERT INTO queue (job_id, workspace_id, tag, state, attempt, worker, started_at, heartbeat_at) "
            "VALUES ($1, 'main', 'bash', 'running', $2, 'worker', now(), now())",
            job_id,
            attempt,
        )
        return job_id

    def mint(self, platform: Platform, job_id: object, attempt: int = 1, hours: float = 1) -> str:
        keyring = platform.context.keyring
        return job_tokens.mint(keyring, job_id, attempt, int((now() + timedelta(hours=hours)).timestamp()))  # type: ignore[arg-type]

    async def test_it_is_the_identity_of_the_job(
        self, platform: Platform, join: Join, database: Pool
    ) -> None:
        await join("bob")
        token = self.mint(platform, await self.start_job(database))
        async with platform.client(token) as client:
            me = (await client.get("/w/main/users/whoami")).json()
            assert me["username"] == "bob" and me["is_admin"] is False
            assert (await client.get("/users/email")).text == "bob@example.com"
            assert (await client.get("/w/admins/users/whoami")).status_code == 404

    async def test_it_manages_nobody_whoever_it_is(self, platform: Platform, database: Pool) -> None:
        token = self.mint(platform, await self.start_job(database, "u/admin"))
        async with platform.client(token) as client:
            assert (await client.get("/w/main/users/whoami")).json()["is_admin"] is True
            for method, path in (
                ("POST", "/users/tokens/create"),
                ("POST", "/users/create"),
                ("POST", "/users/setpassword"),
                ("POST", "/settings/global/x"),
                ("GET", "/settings/list_global"),
                ("POST", "/workspaces/create"),
                ("POST", "/w/main/workspaces/add_user"),
                ("POST", "/w/main/users/update/admin"),
                ("POST", "/w/main/groups/create"),
            ):
                answer = await client.request(method, path, json={})
                assert answer.status_code == 403, path

    async def test_it_ends_with_its_attempt(self, platform: Platform, join: Join, database: Pool) -> None:
        await join("bob")
        job_id = await self.start_job(database)
        async with platform.client(self.mint(platform, job_id)) as client:
            assert (await client.get("/w/main/users/whoami")).status_code == 200
            await database.execute("UPDATE queue SET attempt = 2 WHERE job_id = $1", job_id)
            CALLERS.of(platform.context).forget("")  # else at most a second later
            assert (await client.get("/w/main/users/whoami")).status_code == 401

    async def test_forged_foreign_and_expired_ones_are_refused(
        self, platform: Platform, database: Pool
    ) -> None:
        job_id = await self.start_job(database, "u/admin")
        good = self.mint(platform, job_id)
        for token in (
            good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
            good[:20],
            "pm_job_",
            "pm_job_€€€",
            self.mint(platform, job_id, attempt=2),
            self.mint(platform, job_id, hours=-1),
            self.mint(platform, uuid4()),
        ):
            async with platform.client() as client:
                answer = await client.get("/w/main/users/whoami", params={"token": token})
                assert answer.status_code == 401, token

    async def test_a_group_can_be_the_identity(
        self, platform: Platform, admin: httpx.AsyncClient, database: Pool
    ) -> None:
        await admin.post("/w/main/groups/create", json={"name": "crew"})
        token = self.mint(platform, await self.start_job(database, "g/crew"))
        async with platform.client(token) as client:
            me = (await client.get("/w/main/users/whoami")).json()
            assert me["groups"] == ["all", "crew"] and me["is_admin"] is False


async def test_superadmins_may_act_for_others_and_it_is_recorded(
    platform: Platform, admin: httpx.AsyncClient, join: Join
) -> None:
    bob = await join("bob")
    body = {"impersonate_email": "bob@example.com", "label": "support"}
    assert (await bob.post("/users/tokens/impersonate", json=body)).status_code == 403
    token = (await admin.post("/users/tokens/impersonate", json=body)).text
    async with platform.client(token) as client:
        assert (await client.get("/users/email")).text == "bob@example.com"
    entries = (await admin.get("/w/main/audit/list?all_workspaces=true&operation=users.impersonate")).json()
    assert [entry["resource"] for entry in entries] == ["bob@example.com"]


async def test_password_is_needed_to_sign_in(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.post("/auth/login", json={"email": ADMIN})).status_code == 400
    assert (
        await anonymous.post("/auth/login", json={"email": ADMIN, "password": PASSWORD})
    ).status_code == 200
