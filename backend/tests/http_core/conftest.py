"""A whole application on a fresh database, and clients of it: the first admin, members of every role, strangers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.http.app import create_app
from postmill.http.context import ServerContext
from postmill.identity.first_start import ensure_first_admin
from postmill.kernel.settings import Settings
from postmill.launch.launcher import Launcher
from postmill.queue.push import PushWriter

ADMIN = "admin@example.com"
PASSWORD = "correct horse battery"
TOKEN = "pm_tok_first-admin-token-0123456789"


@dataclass
class Platform:
    """The application and how to reach it."""

    context: ServerContext
    app: Any

    def client(self, token: str | None = None, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client; its addresses are relative to ``/api``."""
        headers = dict(headers or {})
        if token:
            headers["authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://postmill.test/api", headers=headers)


@asynccontextmanager
async def running_platform(database: Pool, database_url: str) -> AsyncIterator[Platform]:
    """An application on a database, with its first administrator made."""
    settings = Settings(
        data_dir=Path("/nonexistent"), admin_email=ADMIN, admin_password=PASSWORD, admin_token=TOKEN
    )
    keyring = Keyring(bytes(range(32)))
    await ensure_first_admin(database, keyring, settings)
    notifications = Notifications()
    await notifications.start(database_url)
    push_writer = PushWriter(database)
    launcher = Launcher(database, push_writer, notifications)
    context = ServerContext(
        settings=settings,
        pool=database,
        notifications=notifications,
        keyring=keyring,
        launcher=launcher,
        waiters=cast(Any, None),
    )
    app = create_app(context)
    await notifications.settled()
    yield Platform(context, app)
    await push_writer.close()
    await notifications.close()


@pytest.fixture
async def platform(database: Pool, database_url: str) -> AsyncIterator[Platform]:
    async with running_platform(database, database_url) as running:
        yield running


@pytest.fixture
async def admin(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """The first administrator, with a token."""
    async with platform.client(TOKEN) as client:
        yield client


@pytest.fixture
async def anonymous(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with platform.client() as client:
        yield client


Join = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def join(platform: Platform, admin: httpx.AsyncClient) -> AsyncIterator[Join]:
    """Makes an account, takes it into workspace main and signs it in: ``await join("bob", operator=True)``."""
    clients: list[httpx.AsyncClient] = []

    async def make(
        name: str, *, is_admin: bool = False, operator: bool = False, member: bool = True
    ) -> httpx.AsyncClient:
        email = f"{name}@example.com"
        created = await admin.post(
            "/users/create", json={"email": email, "password": PASSWORD, "super_admin": False}
        )
        assert created.status_code == 201, created.text
        if member:
            body = {"email": email, "is_admin": is_admin, "operator": operator, "username": name}
            joined = await admin.post("/w/main/workspaces/add_user", json=body)
            assert joined.status_code == 200, joined.text
        async with platform.client() as guest:
            token = (await guest.post("/auth/login", json={"email": email, "password": PASSWORD})).text
        client = platform.client(token)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


def with_settings(platform: Platform, **changes: Any) -> Platform:
    """The same application with other settings."""
    context = replace(platform.context, settings=replace(platform.context.settings, **changes))
    return Platform(context, create_app(context))
