"""What is taken away from somebody on one server ends on the other within a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.http_jobs.conftest import Api, World, made_world

PASSWORD = "correct horse battery"
BOB = "bob@example.com"


@dataclass
class Pair:
    """Two servers around one database, and bob's token on the second."""

    first: World
    second: World
    bob: Api

    async def status(self, path: str) -> int:
        return (await self.bob("GET", path)).status_code


@pytest.fixture
async def pair(database_url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(made_world(database_url, tmp_path / "first"))
        second = await stack.enter_async_context(made_world(database_url, tmp_path / "second"))
        await first.member("bob")
        await ok(first.admin, "groups/create", {"name": "crew"})
        await ok(first.admin, "groups/adduser/crew", {"username": "bob"})
        await ok(first.admin, "folders/create", {"name": "docs", "extra_perms": {"g/crew": False}})
        login = await second.client.post("/api/auth/login", json={"email": BOB, "password": PASSWORD})
        yield Pair(first, second, Api(second.client, login.text))


async def ok(api: Api, path: str, body: object, method: str = "POST") -> None:
    answer = await api(method, path, json=body)
    assert answer.status_code < 300, answer.text


Change = tuple[str, str, object]


@pytest.mark.parametrize(
    ("seen", "change", "after"),
    [
        ("/users/whoami", ("POST", f"/users/update/{BOB}", {"disabled": True}), 401),
        ("/users/whoami", ("DELETE", f"/users/delete/{BOB}", None), 401),
        ("/users/whoami", ("POST", f"/users/set_password_of/{BOB}", {"password": "quite another"}), 401),
        ("users/whoami", ("POST", "users/update/bob", {"disabled": True}), 404),
        ("users/whoami", ("DELETE", "users/delete/bob", None), 404),
        ("users/whoami", ("POST", "workspaces/archive", {}), 404),
        ("folders/get/docs", ("POST", "groups/removeuser/crew", {"username": "bob"}), 404),
        ("folders/get/docs", ("DELETE", "groups/delete/crew", None), 404),
        ("folders/get/docs", ("POST", "folders/removeowner/docs", {"owner": "g/crew"}), 404),
        ("folders/get/docs", ("POST", "acls/remove/folder/docs", {"owner": "g/crew"}), 404),
    ],
)
async def test_a_right_that_ends(pair: Pair, seen: str, change: Change, after: int) -> None:
    assert await pair.status(seen) == 200
    await heard(pair, lambda: ok(pair.first.admin, change[1], change[2], change[0]))
    assert await pair.status(seen) == after


async def test_a_demoted_admin_and_a_demoted_superadmin(pair: Pair) -> None:
    admin = pair.first.admin
    await heard(pair, lambda: ok(admin, "users/update/bob", {"is_admin": True}))
    assert await pair.status("workspaces/list_pending_invites") == 200
    await heard(pair, lambda: ok(admin, "users/update/bob", {"is_admin": False}))
    assert await pair.status("workspaces/list_pending_invites") == 403
    await heard(pair, lambda: ok(admin, f"/users/update/{BOB}", {"is_super_admin": True}))
    assert await pair.status("/users/list_as_super_admin") == 200
    await heard(pair, lambda: ok(admin, f"/users/update/{BOB}", {"is_super_admin": False}))
    assert await pair.status("/users/list_as_super_admin") == 403


async def test_a_narrowed_token(pair: Pair) -> None:
    made = await pair.bob("POST", "/users/tokens/create", json={"label": "ci"})
    listed = await pair.bob.get("/users/tokens/list")
    prefix = next(token["token_prefix"] for token in listed if token.get("label") == "ci")
    pair.bob = Api(pair.second.client, made.text)
    assert await pair.status("variables/list") == 200
    owner = Api(pair.first.client, made.text)
    path = f"/users/tokens/update_scopes/{prefix}"
    await heard(pair, lambda: ok(owner, path, {"scopes": ["scripts:read"]}))
    assert await pair.status("variables/list") == 403


async def heard(pair: Pair, change: Callable[[], Awaitable[None]]) -> None:
    """Makes the change on the first server and waits until the second has heard of it.

    Notifications come in the order of their commits: what is said behind the change is heard behind it, while any
    other may be of a change before.
    """
    told = asyncio.Event()
    notifications = pair.second.context.notifications
    unsubscribe = notifications.subscribe("changed_in_a_test", lambda _: told.set())
    await notifications.settled()
    await change()
    await pair.first.context.pool.execute("SELECT pg_notify('changed_in_a_test', '')")
    await asyncio.wait_for(told.wait(), 60)
    unsubscribe()
