"""Secrets with a mark in them: the mark shows up nowhere but where somebody who may read it asks for it."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from postmill.http.api import OPERATIONS
from postmill.http.operation import Operation
from tests.http_jobs.conftest import ADMIN_TOKEN, World, made_world
from tests.security.requests import members_of

REFUSED = "canary-19c5-of-the-gate"
MARK = "canary-7f3a-of-the-mine"
SECRET, RESOURCE, SCRIPT = "f/mine/secret", "f/mine/database", "f/mine/report"
# Reading a setting is how a superadmin asks for its value.
ASKED_FOR = {
    "getVariable",
    "getVariableValue",
    "getResourceValueInterpolated",
    "getGlobal",
    "listGlobalSettings",
    "getInstanceConfig",
}


@pytest.fixture(scope="module")
async def world(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A secret, what refers to it, and a job that does."""
    async with made_world(module_database_url, tmp_path_factory.mktemp("data")) as world:
        variable = {"path": SECRET, "value": MARK, "is_secret": True, "description": "of the mine"}
        resource = {"path": RESOURCE, "value": {"password": f"$var:{SECRET}"}, "resource_type": "postgresql"}
        for path, body in (
            ("folders/create", {"name": "mine"}),
            ("variables/create", variable),
            ("resources/create", resource),
            ("/users/create", {"email": "eve@example.com", "password": MARK}),
        ):
            answer = await world.admin("POST", path, json=body)
            assert answer.status_code < 300, answer.text
        await world.admin.deploy(SCRIPT)
        yield world


def address(operation: Operation, job_id: object) -> str:
    values = {
        "workspace": "main",
        "id": str(job_id),
        "kind": "variable",
        "name": "mine",
        "email": "eve@example.com",
        "key": "smtp",
    }
    path = (
        SECRET if "/variables/" in operation.path else RESOURCE if "/resources/" in operation.path else SCRIPT
    )
    return re.sub(r"\{(\w+)(?::path)?\}", lambda match: values.get(match[1], path), operation.path)


async def test_nothing_that_can_be_asked_shows_it_unasked(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="postmill")
    job_id = await world.admin.start(SCRIPT, {"password": f"$var:{SECRET}", "db": f"$res:{RESOURCE}"})
    asked = 0
    for operation in OPERATIONS:
        if operation.method != "GET" or "/jobs/run" in operation.path or operation.id in ASKED_FOR:
            continue
        if "getupdate_sse" in operation.path:  # it ends with its job
            continue
        answer = await world.admin("GET", address(operation, job_id))
        asked += answer.status_code == 200
        assert MARK not in answer.text, operation.id
    assert asked > 60
    assert MARK not in caplog.text and ADMIN_TOKEN not in caplog.text


async def test_a_refused_change_does_not_repeat_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="postmill")
    refused = 0
    for operation in OPERATIONS:
        if not members_of(operation.body):
            continue
        broken = {name: [[REFUSED], {REFUSED: REFUSED}] for name in members_of(operation.body)}
        path = address(operation, "none").replace("f/mine/", "f/mine/not_")
        answer = await world.admin(operation.method, path, json=broken)
        assert REFUSED not in answer.text, operation.id
        refused += answer.status_code >= 400
    assert refused > 30
    assert REFUSED not in caplog.text


async def test_the_database_holds_it_nowhere_in_the_clear(world: World) -> None:
    await world.admin.get(f"variables/get_value/{SECRET}")
    await world.admin.start(SCRIPT, {"password": f"$var:{SECRET}"})
    pool = world.context.pool
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    assert len(tables) > 20
    for (table,) in tables:
        rows = await pool.fetch(f'select t::text from "{table}" t')
        assert MARK not in str(rows), table
        assert ADMIN_TOKEN not in str(rows), table


async def test_a_job_keeps_the_reference_and_not_the_value(world: World) -> None:
    args = {"password": f"$var:{SECRET}", "db": f"$res:{RESOURCE}"}
    job_id = await world.admin.start(SCRIPT, args)
    stored = await world.context.pool.fetchval("select args::text from job where id = $1", job_id)
    assert json.loads(stored) == args
    assert await world.admin.get(f"jobs_u/get_args/{job_id}") == args


async def test_lists_leave_secrets_out_whoever_asks(world: World) -> None:
    listed: list[dict[str, Any]] = await world.admin.get("variables/list")
    assert [(one["path"], one["value"]) for one in listed] == [(SECRET, None)]
    unasked = await world.admin.get(f"variables/get/{SECRET}", decrypt_secret=False)
    assert unasked["value"] is None
    assert await world.admin.get("variables/list", value=MARK) == []
    resources: list[dict[str, Any]] = await world.admin.get("resources/list")
    assert [one["value"] for one in resources if one["path"] == RESOURCE] in (
        [None],
        [{"password": f"$var:{SECRET}"}],
    )


async def test_settings_and_keys_do_not_show_themselves(world: World) -> None:
    key_file = Path(world.context.settings.data_dir) / "instance.key"
    key = await asyncio.to_thread(key_file.read_bytes)
    shown = repr(world.context.settings) + repr(world.context.keyring) + repr(world.context)
    assert ADMIN_TOKEN not in shown
    assert key.hex() not in shown and repr(key) not in shown
