"""Every operation with hostile values in every place: the answer is a refusal with a sentence, never a 5xx."""

import asyncio
import dataclasses
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import msgspec
import pytest

from postmill.http.api import OPERATIONS
from postmill.http.operation import Operation
from tests.http_jobs.conftest import ADMIN_TOKEN, World
from tests.security.requests import WITH_BODY, sound_members

# Percent-encoded, as they stand in an address.
PATH_VALUES = (
    "%00",
    "%ff%fe",
    "%ed%a0%80",  # a lone surrogate in UTF-8
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "u/admin/..%2fx",
    "u/admin/a%0ab",
    "-1",
    "--help",
    "99999999999999999999999999",
    "ffffffffffffffff",
    "fffffffffffffffff",
    "00000000-0000-0000-0000-00000000000g",
    "00000000-0000-0000-0000-000000000000",
    "%F0%9D%9F%99",  # a digit beyond ASCII
    "%27%20or%20%271%27=%271",
    "x" * 1500,
)
QUERY_VALUES = (
    "",
    "%00",
    "%ff",
    "%ed%a0%80",
    "-1",
    "0",
    "9223372036854775808",
    "99999999999999999999999999",
    "nan",
    "[",
    "%7B%22a%22:%22%5Cu0000%22%7D",
    "9999-12-31T23:59:59.999999-23:59",
    "u/admin/%0a",
    "x" * 5000,
)
BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"{}",
    b'"\\u0000"',
    b"\xff\xfe",
    b'"\\ud800"',
    b"99999999999999999999999999999999999999",
    b"[" * 5000,
    b"[[]]",
    b"[null]",
    b'["\\u0000"]',
    b'["../../etc/passwd"]',
)
HOSTILE_MEMBERS: tuple[Any, ...] = (
    None,
    "",
    "a\0b",
    "u/admin/..",
    -1,
    2**31,
    2**63,
    2**80,
    {},
    ["\0"],
    {"\0": "\0"},
    [[[]]],
    "9999-12-31T23:59:59.999999-23:59",
    "x" * 3000,
)
# By day each operation meets a third of the values, the next one another third; by night all of them.
SHARE = 1 if os.environ.get("POSTMILL_HOSTILE_REQUESTS") == "all" else 3
SECONDS = 60.0
AT_ONCE = 8
SHOWN = 200
NO_HELP = "No language help on this server"  # language servers need a folder of their own, which this server has not
NO_WORKER = "timeout after 0.1s"  # what a synchronous run that was accepted says here, where nothing runs


@dataclass(frozen=True)
class Attempt:
    """One request: its address below ``/api`` and its body."""

    operation: Operation
    address: str
    body: bytes | None = None


def names_in_path(operation: Operation) -> list[str]:
    return re.findall(r"\{(\w+)(?::path)?\}", operation.path)


def address(operation: Operation, **values: str) -> str:
    """The address of an operation with harmless values where none are given: of what is not there."""
    harmless = {
        "workspace": "main" if operation.path.startswith("/w/") else "nowhere",
        "path": "u/admin/none",
    }

    def value(match: re.Match[str]) -> str:
        return values.get(match[1], harmless.get(match[1], "none"))

    return re.sub(r"\{(\w+)(?::path)?\}", value, operation.path)


def attempts_in_paths(operation: Operation) -> Iterator[Attempt]:
    body = b"{}" if operation.method in WITH_BODY else None
    for name in names_in_path(operation):
        for value in PATH_VALUES:
            yield Attempt(operation, address(operation, **{name: value}), body)


def attempts_in_queries(operation: Operation, **known: str) -> Iterator[Attempt]:
    names = {"token", "payload"}
    if operation.query is not None:
        names |= {field.encode_name for field in msgspec.structs.fields(operation.query)}
    body = b"{}" if operation.method in WITH_BODY else None
    for name in sorted(names - {"token"}):
        for value in QUERY_VALUES:
            yield Attempt(operation, f"{address(operation, **known)}?{name}={value}", body)


def attempts_in_bodies(operation: Operation, **known: str) -> Iterator[Attempt]:
    if operation.method not in WITH_BODY:
        return
    for body in BODIES:
        yield Attempt(operation, address(operation, **known), body)
    for member, sound in members(operation.body).items():
        for value in HOSTILE_MEMBERS:
            content = msgspec.json.encode({**sound, member: value})
            yield Attempt(operation, address(operation, **known), content)


def members(kind: Any) -> dict[str, dict[str, Any]]:
    """The members of a body, each with a document whose required members are sound."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return {}
    return {field.encode_name: sound_members(kind) for field in msgspec.structs.fields(kind)}


async def ask(world: World, attempt: Attempt) -> tuple[int, str]:
    """Status and beginning of the answer. The application is called as the server calls it: no client in between."""
    raw_path, _, query = quote(f"/api{attempt.address}", safe="/%?&=:;,.-_~").partition("?")
    headers = {
        "host": "postmill.test",
        "authorization": f"Bearer {ADMIN_TOKEN}",
        "content-type": "application/json",
    }
    if attempt.body is not None:
        headers["content-length"] = str(len(attempt.body))
    scope = {
        "type": "http", "http_version": "1.1", "method": attempt.operation.method, "scheme": "http",
        "path": unquote(raw_path), "raw_path": raw_path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("postmill.test", 80),
    }  # fmt: skip
    messages = [{"type": "http.request", "body": attempt.body or b"", "more_body": False}]
    gone = asyncio.Event()
    status, text = 0, b""

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, text
        status = message.get("status", status)
        if len(text) < SHOWN:
            text += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            gone.set()

    async with asyncio.timeout(SECONDS):
        await world.app(scope, receive, send)
    return status, text.decode(errors="replace")[:SHOWN]


async def fault(world: World, attempt: Attempt) -> str | None:
    """What is wrong where a request is answered with a 5xx, with the words of a stack trace, or not in time."""
    try:
        status, text = await ask(world, attempt)
    except Exception as error:
        status, text = 599, repr(error)
    if (status == 500 and text == NO_WORKER) or (status == 503 and text.startswith(NO_HELP)):
        return None
    if 200 <= status < 500 and "Traceback" not in text and "asyncpg" not in text:
        return None
    shown = f"{attempt.operation.method} {attempt.address[:120]} {(attempt.body or b'')[:120]!r}"
    return f"{attempt.operation.id}: {shown}: {status} {text}"


async def faults(world: World, attempts: Iterator[Attempt]) -> list[str]:
    """The faults of the attempts, a few of which are under way at once."""
    found: list[str] = []

    async def go_on() -> None:
        for attempt in attempts:
            said = await fault(world, attempt)
            if said is not None:
                found.append(said)

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return found


async def come_back(world: World) -> None:
    """Some requests do what they ask for: the next operation needs the workspace and the account again."""
    await world.admin("POST", "/workspaces/unarchive/main")
    await world.admin.get("users/whoami")


def readings() -> Iterator[Attempt]:
    """Every list, count and document that needs no more than a workspace."""
    for operation in OPERATIONS:
        if operation.method == "GET" and set(names_in_path(operation)) <= {"workspace"}:
            yield Attempt(operation, address(operation))


@pytest.mark.parametrize("attempts", [attempts_in_paths, attempts_in_queries, attempts_in_bodies])
async def test_no_value_anywhere_is_a_server_error(world: World, attempts: Any) -> None:
    world.context.settings = dataclasses.replace(world.context.settings, wait_result_seconds=0.1)
    whoami = next(operation for operation in OPERATIONS if operation.id == "whoami")
    assert (await ask(world, Attempt(whoami, address(whoami))))[0] == 200, "requests arrive and are admitted"
    found = []
    for number, operation in enumerate(OPERATIONS):
        found += await faults(world, itertools.islice(attempts(operation), number % SHARE, None, SHARE))
        if operation.method != "GET":
            await come_back(world)
    found += await faults(world, readings())  # what was taken can be read again
    assert not found, f"{len(found)} requests failed:\n" + "\n".join(found[:60])


KNOWN = "u/admin/known"
KNOWN_SHARE = 1 if SHARE == 1 else 2 * SHARE  # what was made has to be made again after each operation
# Their answers go on until the run ends, which nobody runs here.
STREAMS = ("runAndStream",)
# What these made is canceled or removed before the end.
FILLING_LISTS = ("runScriptByPath", "runFlowByPath", "runScriptByHash", "shareRun")


async def known_values(world: World) -> dict[str, str]:
    """What stands in addresses of things that are there, by the name of the parameter."""
    job_id = await world.admin.start(KNOWN)
    await world.worker.run_next([{"a": 1}])
    [version] = await world.admin.get(f"flows/history/p/{KNOWN}")
    shown = await world.admin.get(f"scripts/get/p/{KNOWN}")
    return {
        "path": KNOWN,
        "key": KNOWN,
        "id": str(job_id),
        "jobOrInputId": str(job_id),
        "flow_job": str(job_id),
        "hash": shown["hash"],
        "version": str(version["id"]),
        "name": "known",
        "username": "bob",
        "email": "bob@example.com",
        "kind": "script",
        "runnable_kind": "script",
        "storage": "_default_",
        "language": "python3",
    }


async def make_known(world: World) -> None:
    """Makes what the operations before may have moved, archived or removed, and ends what they started."""
    admin = world.admin
    await admin("POST", "jobs_u/queue/cancel_persistent/" + KNOWN, json={})
    script = {"path": KNOWN, "content": "echo 1", "language": "bash", "summary": "", "description": ""}
    value = {"modules": [{"id": "a", "value": {"type": "identity"}}]}
    await admin("POST", "scripts/create", json=script)
    await admin("POST", "flows/create", json={"path": KNOWN, "summary": "", "value": value})
    variable = {"path": KNOWN, "value": "1", "is_secret": False, "description": ""}
    await admin("POST", "variables/create", json=variable)
    resource = {"path": KNOWN, "value": {"a": "$var:" + KNOWN}, "resource_type": "known"}
    await admin("POST", "resources/create", json=resource)
    await admin("POST", "resources/type/create", json={"name": "known", "schema": {}, "description": ""})
    await admin("POST", "drafts/update/script/" + KNOWN, json={"value": {"content": "echo 2"}})
    await admin("POST", "job_helpers/upload_s3_file", params={"file_key": KNOWN}, content=b"a,b\n1,2\n")
    for kind in ("folders", "groups"):
        await admin("POST", f"{kind}/create", json={"name": "known"})
    person = {"email": "bob@example.com", "password": "correct horse battery", "super_admin": False}
    await admin("POST", "/users/create", json=person)
    member = {"email": "bob@example.com", "username": "bob", "is_admin": False, "operator": False}
    await admin("POST", "workspaces/add_user", json=member)


@pytest.mark.parametrize("attempts", [attempts_in_queries, attempts_in_bodies])
async def test_no_value_for_what_is_there_is_a_server_error(world: World, attempts: Any) -> None:
    world.context.settings = dataclasses.replace(world.context.settings, wait_result_seconds=0.1)
    await make_known(world)
    known = await known_values(world)
    found = []
    for number, operation in enumerate(OPERATIONS):
        if not names_in_path(operation) or operation.id.startswith(STREAMS):
            continue
        asked = itertools.islice(attempts(operation, **known), number % KNOWN_SHARE, None, KNOWN_SHARE)
        found += await faults(world, asked)
        if operation.method != "GET":
            await come_back(world)
            await make_known(world)
            found += await faults(world, readings()) if operation.id in FILLING_LISTS else []
    found += await faults(world, readings())
    assert not found, f"{len(found)} requests failed:\n" + "\n".join(found[:60])
