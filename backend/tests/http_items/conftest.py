"""A whole server in this process, and callers with different rights in the workspace ``main``."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from postmill.http.app import create_app
from postmill.http.context import ServerContext
from postmill.identity.first_start import ensure_first_admin
from postmill.identity.tokens import store
from postmill.kernel.settings import Settings
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.main.wiring import open_backbone
from postmill.queue.push import PushWriter
from postmill.tables.people import account, workspace_member

ADMIN_TOKEN = "pm_tok_items-administrator-0123456789abcdef"


class Caller:
    """The API as one caller sees it; paths are relative to the workspace unless they start with a slash."""

    def __init__(self, client: httpx.AsyncClient, token: str, workspace: str = "main") -> None:
        self._client = client
        self._token = token
        self.cookie = f"token={token}"
        self._workspace = workspace

    def elsewhere(self, workspace: str) -> "Caller":
        return Caller(self._client, self._token, workspace)

    async def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        address = f"/api{path}" if path.startswith("/") else f"/api/w/{self._workspace}/{path}"
        headers = {"authorization": f"Bearer {self._token}", **request.pop("headers", {})}
        return await self._client.request(method, address, headers=headers, **request)

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a 200."""
        # An empty mapping would take the place of a query that stands in the path.
        response = await self("GET", path, params=query or None)
        assert response.status_code == 200, f"{response.status_code} {response.text}"
        return response.json()

    async def post(self, path: str, body: Any = None, status: int = 200, **query: Any) -> str:
        """The text of an answer with the expected status."""
        response = await self("POST", path, json=body, params=query)
        assert response.status_code == status, f"{response.status_code} {response.text}"
        return response.text

    async def refused(self, method: str, path: str, status: int, **request: Any) -> str:
        """The sentence of a refusal."""
        response = await self(method, path, **request)
        assert response.status_code == status, f"{response.status_code} {response.text}"
        return response.text

    async def deploy(
        self, path: str, content: str = 'echo "$1"', language: str = "bash", **settings: Any
    ) -> str:
        """Deploys a script and returns its hash."""
        body = {"path": path, "content": content, "language": language, "summary": "", **settings}
        return await self.post("scripts/create", body, 201)


class World:
    """A server and its callers."""

    def __init__(self, context: ServerContext, client: httpx.AsyncClient) -> None:
        self.context = context
        self.client = client
        self.admin = Caller(client, ADMIN_TOKEN)

    async def member(self, name: str, *, operator: bool = False, **token: Any) -> Caller:
        """A new member of the workspace with a token of its own."""
        email, secret = f"{name}@example.com", f"pm_tok_{name}-0123456789abcdef0123456789"
        async with self.context.pool.acquire() as connection:
            await account.insert(connection, email, None)
            await workspace_member.insert(connection, "main", name, email, is_operator=operator)
            await store(connection, secret, email, "user", **token)
        return Caller(self.client, secret)

    async def folder(self, name: str, **grants: bool) -> None:
        """A folder of the admin's with grants such as ``alice=True`` (write) or ``bob=False`` (read)."""
        extra = {f"u/{user}": write for user, write in grants.items()}
        await self.context.pool.execute(
            "insert into folder (workspace_id, name, display_name, owners, extra_perms) "
            "values ('main', $1, $1, '{u/admin}', $2::jsonb)",
            name,
            json.dumps(extra),
        )

    async def limited_admin(self, *scopes: str) -> Caller:
        """The admin with a token that has only these scopes."""
        secret = "pm_tok_limited-0123456789abcdef0123456789"
        async with self.context.pool.acquire() as connection:
            await store(connection, secret, "admin@example.com", "user", scopes=scopes)
        return Caller(self.client, secret)

    async def jobs(self) -> list[dict[str, Any]]:
        """The queued jobs, the oldest first."""
        rows = await self.context.pool.fetch("select * from job order by id")
        return [dict(row) for row in rows]

    async def audited(self, action: str) -> list[tuple[str, str]]:
        """Who did it to what."""
        rows = await self.context.pool.fetch(
            "select username, resource from audit where action = $1 order by id", action
        )
        return [(row["username"], row["resource"]) for row in rows]


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    settings = Settings(data_dir=tmp_path, database_url=database_url, admin_token=ADMIN_TOKEN)
    async with contextlib.AsyncExitStack() as stack:
        backbone = await open_backbone(settings, "server")
        stack.push_async_callback(backbone.close)
        await ensure_first_admin(backbone.pool, backbone.keyring, settings)
        push_writer = PushWriter(backbone.pool, queue_limit=settings.queue_limit)
        stack.push_async_callback(push_writer.close)
        launcher = Launcher(backbone.pool, push_writer, backbone.notifications)
        waiters = Waiters(backbone.pool, backbone.notifications, "test")
        context = ServerContext(
            settings, backbone.pool, backbone.notifications, backbone.keyring, launcher, waiters
        )
        stack.push_async_callback(context.close)
        await backbone.notifications.settled()
        transport = httpx.ASGITransport(app=create_app(context))
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://postmill.test")
        )
        yield World(context, client)
