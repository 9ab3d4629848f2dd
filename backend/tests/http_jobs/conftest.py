"""A whole server in this process, spoken to over HTTP, and a hand-driven worker in place of a real one."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from postmill.http.app import create_app
from postmill.http.context import ServerContext
from postmill.identity.first_start import ensure_first_admin
from postmill.kernel.settings import Settings
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.main.wiring import open_backbone
from postmill.model.job import ClaimedJob, Ended
from postmill.queue.exchange import QueueLine
from postmill.queue.push import PushWriter

ADMIN_TOKEN = "pm_tok_test-administrator-0123456789abcdef"
TAGS = ("bash", "python3", "dependency", "special")


class HandWorker:
    """Claims jobs and ends them as a test says."""

    def __init__(self, database_url: str) -> None:
        self._line = QueueLine(database_url, "hand")

    async def claim(self) -> ClaimedJob:
        """The next job; waits until there is one."""
        async with asyncio.timeout(60):
            while True:
                exchange = await self._line.exchange([], tags=TAGS, limit=1, served={})
                if exchange.claimed:
                    return exchange.claimed[0]
                await asyncio.sleep(0.01)

    async def end(self, job: ClaimedJob, result: Any, status: str = "success", **more: Any) -> None:
        ended = Ended(
            id=job.id, attempt=job.attempt, status=status, result=json.dumps(result), duration_ms=7, **more
        )
        await self._line.exchange([ended], tags=TAGS, limit=0, served={})

    async def run_next(self, result: Any, status: str = "success", **more: Any) -> ClaimedJob:
        job = await self.claim()
        await self.end(job, result, status, **more)
        return job

    async def close(self) -> None:
        await self._line.close()


class Api:
    """The API as one caller sees it; paths are relative to the workspace ``main`` unless they start with a slash."""

    def __init__(self, client: httpx.AsyncClient, token: str | None) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        address = f"/api{path}" if path.startswith("/") else f"/api/w/main/{path}"
        headers = {**self._headers, **request.pop("headers", {})}
        return await self._client.request(method, address, headers=headers, **request)

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a 200."""
        # An empty mapping would take the place of a query that stands in the path.
        response = await self("GET", path, params=query or None)
        assert response.status_code == 200, response.text
        return response.json()

    async def start(self, path: str, args: Any = None, **query: Any) -> UUID:
        response = await self("POST", f"jobs/run/p/{path}", json=args or {}, params=query)
        assert response.status_code == 201, response.text
        return UUID(response.text)

    async def deploy(self, path: str, content: str = 'echo "$1"', **settings: Any) -> str:
        """Deploys a Bash script, which needs no lock job; answers with its hash."""
        body = {
            "path": path,
            "content": content,
            "language": "bash",
            "summary": "",
            "description": "",
            **settings,
        }
        response = await self("POST", "scripts/create", json=body)
        assert response.status_code == 201, response.text
        return response.text


class World:
    """A server, its callers and the worker of one test."""

    def __init__(
        self, context: ServerContext, client: httpx.AsyncClient, worker: HandWorker, app: Any
    ) -> None:
        self.context = context
        self.app = app
        self.client = client
        self.worker = worker
        self.admin = Api(client, ADMIN_TOKEN)
        self.anonymous = Api(client, None)

    async def member(self, name: str, *, operator: bool = False) -> Api:
        """A new member of the workspace ``main``."""
        email = f"{name}@example.com"
        created = await self.admin(
            "POST",
            "/users/create",
            json={"email": email, "password": "correct horse battery", "super_admin": False},
        )
        assert created.status_code in (200, 201), created.text
        joined = await self.admin(
            "POST",
            "workspaces/add_user",
            json={"email": email, "username": name, "is_admin": False, "operator": operator},
        )
        assert joined.status_code in (200, 201), joined.text
        login = await self.client.post(
            "/api/auth/login", json={"email": email, "password": "correct horse battery"}
        )
        assert login.status_code == 200, login.text
        return Api(self.client, login.text)


@contextlib.asynccontextmanager
async def running_server(settings: Settings) -> AsyncIterator[ServerContext]:
    """The long-lived parts of a server, without its maintenance: a test decides what happens when."""
    backbone = await open_backbone(settings, "server")
    await ensure_first_admin(backbone.pool, backbone.keyring, settings)
    writer = PushWriter(backbone.pool)
    waiters = Waiters(backbone.pool, backbone.notifications)
    launcher = Launcher(backbone.pool, writer, backbone.notifications)
    await backbone.notifications.settled()
    context = ServerContext(
        settings,
        backbone.pool,
        backbone.notifications,
        backbone.keyring,
        launcher,
        waiters,
    )
    try:
        yield context
    finally:
        await context.close()
        waiters.close()
        await writer.close()
        await backbone.close()


@contextlib.asynccontextmanager
async def made_world(database_url: str, data_dir: Path) -> AsyncIterator[World]:
    settings = Settings(data_dir=data_dir, database_url=database_url, admin_token=ADMIN_TOKEN)
    worker = HandWorker(database_url)
    async with contextlib.AsyncExitStack() as stack:
        context = await stack.enter_async_context(running_server(settings))
        app = create_app(context)
        transport = httpx.ASGITransport(app=app)
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://postmill.test")
        )
        stack.push_async_callback(worker.close)
        yield World(context, client, worker, app)


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with made_world(database_url, tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
async def shared_world(
    module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One world for the tests of a module that leave nothing behind."""
    async with made_world(module_database_url, tmp_path_factory.mktemp("data")) as world:
        await world.admin.deploy("u/admin/greet")
        yield world
