"""Every operation against every kind of caller: nobody enters who is not meant to.

The handlers are replaced by one that answers 299, so that the answer tells whether the door was passed.
"""

import dataclasses
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response

from postmill.access.scopes import ACTIONS, DOMAINS
from postmill.http.api import OPERATIONS
from postmill.http.app import Application
from postmill.http.call import CALLERS, Call
from postmill.http.dispatch import Dispatcher
from postmill.http.operation import Operation
from postmill.http.router import Router
from postmill.http.static import WebUi

from .conftest import TOKEN, Join, Platform

PASSED = 299
READING_BY_POST = {
    "generateOpenapiSpec",
    "DownloadOpenapiSpec",
    "checkCode",
    "diffRawScriptsWithDeployed",
    "duckdbConnectionSettings",
    "duckdbConnectionSettingsV2",
    "existsUsername",
    "existsWorkspace",
    "formatCode",
    "getDependentsAmounts",
    "getJobMetrics",
    "getStartedAtByIds",
    "inferSchema",
    "listSelectedJobGroups",
    "polarsConnectionSettings",
    "polarsConnectionSettingsV2",
    "s3ResourceInfo",
    "signS3Objects",
    "typescriptTypes",
}


async def _pass(_call: Call) -> Response:
    return Response(status_code=PASSED)


@pytest.fixture
async def doors(platform: Platform) -> Platform:
    """The same routes, rights and callers, without what is behind them."""
    callers = CALLERS.of(platform.context)
    operations = tuple(dataclasses.replace(operation, handler=_pass) for operation in OPERATIONS)
    api = Dispatcher(platform.context, Router(operations), callers)
    return Platform(platform.context, Application(api, WebUi(), api))


def address(operation: Operation) -> str:
    path = operation.path.replace("{workspace}", "main").replace("{path:path}", "u/admin/x")
    return re.sub(r"\{\w+(:path)?\}", "x", path)


async def knock(client: httpx.AsyncClient, operation: Operation) -> int:
    return (await client.request(operation.method, address(operation))).status_code


@pytest.fixture
async def guests(
    doors: Platform, join: Join, admin: httpx.AsyncClient
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """One client for each kind of caller."""
    tokens: dict[str, str | None] = {"nobody": None, "superadmin": TOKEN}
    for name, options in {
        "workspace_admin": {"is_admin": True},
        "developer": {},
        "operator": {"operator": True},
        "stranger": {"member": False},
    }.items():
        client = await join(name, **options)
        tokens[name] = client.headers["authorization"].removeprefix("Bearer ")
    for name, body in {"read_only": {"read_only": True}, "scopeless": {"scopes": []}}.items():
        tokens[name] = (await admin.post("/users/tokens/create", json=body)).text
    clients = {name: doors.client(token) for name, token in tokens.items()}
    clients["bad_token"] = doors.client("pm_tok_nobody-has-this-one")
    yield clients
    for client in clients.values():
        await client.aclose()


def expected(operation: Operation, guest: str) -> set[int]:
    """The statuses that a guest may meet at an operation."""
    needs = operation.parsed_needs()
    if needs.role == "public":
        return {PASSED}
    if guest == "bad_token":
        return {401}
    if guest == "nobody":
        return {PASSED} if needs.role == "optional" else {401}
    in_workspace = operation.path.startswith("/w/")
    if guest == "stranger" and in_workspace:
        return {404}
    if guest == "scopeless":
        return {403}
    if guest == "read_only":
        return {PASSED} if needs.action == "read" else {403}
    if needs.role == "superadmin" and guest != "superadmin":
        return {403}
    if needs.role == "admin" and guest not in ("superadmin", "workspace_admin"):
        return {403}
    if needs.role == "developer" and guest == "operator":
        return {401}
    return {PASSED}


async def test_every_operation_keeps_out_whom_it_must(guests: dict[str, httpx.AsyncClient]) -> None:
    wrong = []
    for operation in OPERATIONS:
        for guest, client in guests.items():
            status = await knock(client, operation)
            if status not in expected(operation, guest):
                wrong.append((operation.id, guest, status))
    assert wrong == []


async def test_only_the_scope_of_an_operation_opens_it(doors: Platform, admin: httpx.AsyncClient) -> None:
    """Every operation against a token that may do everything but what it needs, and one that may do that alone."""
    wrong = []
    needed = {(one.parsed_needs().domain, one.parsed_needs().action) for one in OPERATIONS}
    for domain, action in sorted(needed):
        others = [f"{other}:{what}" for other in DOMAINS - {domain, "mcp"} for what in ACTIONS]
        implied = {"read": ("run",), "run": ("read", "write"), "write": ("read", "run")}[action]
        unrelated = [*others, *(f"{domain}:{what}" for what in implied)]
        for scopes, passes in ((unrelated, False), ([f"{domain}:{action}"], True)):
            made = await admin.post("/users/tokens/create", json={"scopes": scopes})
            async with doors.client(made.text) as client:
                for operation in OPERATIONS:
                    needs = operation.parsed_needs()
                    if (needs.domain, needs.action) != (domain, action) or needs.role == "public":
                        continue
                    status = await knock(client, operation)
                    if status != (PASSED if passes else 403):
                        wrong.append((operation.id, domain, action, passes, status))
    assert wrong == []


def test_what_changes_something_needs_more_than_a_scope_for_reading() -> None:
    """Requests that change nothing may be POSTs; these are known."""
    reading = {
        operation.id
        for operation in OPERATIONS
        if operation.method not in ("GET", "HEAD")
        and operation.parsed_needs().action == "read"
        and operation.parsed_needs().role != "public"
    }
    assert reading == READING_BY_POST


def test_public_operations_are_few_and_known() -> None:
    public = {operation.id for operation in OPERATIONS if operation.parsed_needs().role == "public"}
    assert public == {
        "backendVersion",
        "backendUptodate",
        "getMinKeepAliveVersion",
        "getHealthStatus",
        "getInstanceStatus",
        "getOpenApi",
        "getOpenApiYaml",
        "login",
        "logout",
        "isPasswordLoginDisabled",
        "isSmtpConfigured",
        "requestPasswordReset",
        "resetPassword",
        "isFirstTimeSetup",
        "getDbClock",
        "getOidcDiscovery",
        "getOidcKeys",  # public keys
        "getJwks",  # the same
        "rawScriptByPathTokened",  # its token stands in the path
        "getSharedRun",  # so does the signature of a shared run
        "getSharedRunLogs",  # so does the signature of a shared run
        "getSharedRunResult",  # so does the signature of a shared run
    }


def test_operations_without_login_only_read_or_are_jobs() -> None:
    optional = [operation for operation in OPERATIONS if operation.parsed_needs().role == "optional"]
    outside = {o.id for o in optional if "/jobs_u/" not in o.path and "/scripts_u/" not in o.path}
    assert outside == {"readFileByLink"}  # reads one file, by a signature in the link


@pytest.mark.parametrize("needs", ["", "everybody", "member:nonsense:read", "variables:fly", "a:b:c:d"])
def test_an_operation_without_a_sound_declaration_stops_the_start(needs: str) -> None:
    with pytest.raises(ValueError, match="operation broken"):
        Router((Operation("broken", "GET", "/w/{workspace}/x", _pass, needs, ("variable",)),))


def test_workspace_roles_need_a_workspace_in_the_path() -> None:
    with pytest.raises(ValueError, match="no workspace"):
        Router((Operation("broken", "GET", "/x", _pass, "variables:read", ("variable",)),))
