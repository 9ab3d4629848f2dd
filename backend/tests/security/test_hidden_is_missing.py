"""What a caller may not see answers exactly like what does not exist: on every route, in status and in words."""

import dataclasses
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from postmill.http.api import OPERATIONS
from postmill.http.operation import Operation
from tests.http_jobs.conftest import Api, World, made_world
from tests.security.requests import sound_body, sound_members

KINDS = ("script", "flow", "variable", "resource")
# Both as long as the other, so that nothing about a length tells them apart.
HIDDEN, ABSENT = "f/vault/hidden", "f/vault/absent"
LIMITED_TO = [
    ("scripts", "write"),
    ("variables", "write"),
    ("resources", "write"),
    ("flows", "write"),
    ("jobs", "run"),
    ("jobs", "read"),
]
FLOW = {"modules": [{"id": "a", "value": {"type": "script", "path": HIDDEN, "input_transforms": {}}}]}
NO_HASH, NO_ID = "0123456789abcdef", "00000000-0000-0000-0000-000000000005"


@pytest.fixture(scope="module")
async def world(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The admin's folder with one object of each kind, and a job."""
    async with made_world(module_database_url, tmp_path_factory.mktemp("data")) as world:
        # Nothing runs here: what waits for a result is answered soon.
        world.context.settings = dataclasses.replace(world.context.settings, wait_result_seconds=0.1)
        await post(world.admin, "folders/create", {"name": "vault"})
        await world.admin.deploy(HIDDEN)
        await post(world.admin, "variables/create", variable(HIDDEN))
        await post(world.admin, "resources/create", {"path": HIDDEN, "value": {}, "resource_type": "any"})
        await post(world.admin, "flows/create", {"path": HIDDEN, "summary": "", "value": FLOW, "schema": {}})
        yield world


def variable(path: str) -> dict[str, Any]:
    return {"path": path, "value": "1", "is_secret": False, "description": ""}


async def post(api: Api, path: str, body: dict[str, Any]) -> str:
    answer = await api("POST", path, json=body)
    assert answer.status_code < 300, answer.text
    return answer.text


@pytest.fixture(scope="module", params=["member", "operator", "limited token"])
async def bob(world: World, request: pytest.FixtureRequest) -> Api:
    """Somebody without any right in the folder."""
    name = str(request.param).replace(" ", "_")
    member = await world.member(name, operator=name == "operator")
    if name != "limited_token":
        return member
    scopes = [f"{domain}:{action}:u/{name}/*" for domain, action in LIMITED_TO]
    return Api(world.client, await post(member, "/users/tokens/create", {"scopes": scopes}))


def address(operation: Operation, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(?::path)?\}", lambda match: values.get(match[1], "none"), operation.path)


async def answered(api: Api, operation: Operation, values: dict[str, str]) -> tuple[int, str]:
    body = sound_body(operation)
    answer = await api(operation.method, address(operation, values), json=body)
    shown = answer.text
    for value in values.values():
        shown = shown.replace(value, "?")
    return answer.status_code, re.sub(r"[0-9a-f-]{36}", "?", shown)


def operations_with(*names: str) -> list[Operation]:
    """Operations of a workspace whose only parameters, besides the workspace, are these."""
    return [
        operation
        for operation in OPERATIONS
        if operation.path.startswith("/w/")
        and set(re.findall(r"\{(\w+)(?::path)?\}", operation.path)) == {"workspace", *names}
    ]


def operations_of_folders() -> list[Operation]:
    """The names of groups are known to every member, those of folders are not."""
    return [operation for operation in operations_with("name") if "/folders/" in operation.path]


def by_id(operation: Operation) -> str:
    return operation.id


@pytest.mark.parametrize("operation", operations_with("path"), ids=by_id)
async def test_paths(bob: Api, operation: Operation) -> None:
    hidden = await answered(bob, operation, {"workspace": "main", "path": HIDDEN})
    assert hidden == await answered(bob, operation, {"workspace": "main", "path": ABSENT})
    assert hidden[0] != 500


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", operations_with("kind", "path"), ids=by_id)
async def test_objects_of_a_kind(bob: Api, operation: Operation, kind: str) -> None:
    values = {"workspace": "main", "kind": kind}
    hidden = await answered(bob, operation, {**values, "path": HIDDEN})
    assert hidden == await answered(bob, operation, {**values, "path": ABSENT})


@pytest.mark.parametrize("operation", operations_with("hash"), ids=by_id)
async def test_versions(world: World, bob: Api, operation: Operation) -> None:
    version = (await world.admin.get(f"scripts/get/p/{HIDDEN}"))["hash"]
    hidden = await answered(bob, operation, {"workspace": "main", "hash": version})
    assert hidden == await answered(bob, operation, {"workspace": "main", "hash": NO_HASH})


@pytest.mark.parametrize("operation", operations_with("id"), ids=by_id)
async def test_jobs_and_other_numbered_things(world: World, bob: Api, operation: Operation) -> None:
    job = str(await world.admin.start(HIDDEN))
    hidden = await answered(bob, operation, {"workspace": "main", "id": job})
    assert hidden == await answered(bob, operation, {"workspace": "main", "id": NO_ID})


OF_A_JOB = [
    operation
    for names in (
        ("flow_job", "step"), ("id", "key"), ("id", "entrypoint"), ("id", "resume_id"), ("id", "step_key"),
        ("id", "resume_id", "signature"), ("jobOrInputId",),
    )
    for operation in operations_with(*names)
]  # fmt: skip


@pytest.mark.parametrize("flow", [False, True], ids=["script", "flow"])
@pytest.mark.parametrize("operation", OF_A_JOB, ids=by_id)
async def test_what_belongs_to_a_job(world: World, bob: Api, operation: Operation, flow: bool) -> None:
    start = f"jobs/run/{'f' if flow else 'p'}/{HIDDEN}"
    job = await post(world.admin, start, {})
    answers = []
    for id in (job, NO_ID):
        place = re.sub(r"\{(id|flow_job|jobOrInputId)\}", id, operation.path)
        place = place.replace("{workspace}", "main").replace("{resume_id}", "1")
        place = re.sub(r"\{\w+\}", "main", place)
        answer = await bob(operation.method, place, json=sound_body(operation))
        answers.append((answer.status_code, answer.text.replace(id, "?")))
    assert answers[0] == answers[1]
    assert answers[0][0] in (400, 403, 404)  # 400: of what is asked for, whatever the id


@pytest.mark.parametrize("operation", operations_with("version"), ids=by_id)
async def test_numbered_versions(world: World, bob: Api, operation: Operation) -> None:
    if "/resources/" in operation.path:
        number = (await world.admin.get(f"resources/history/p/{HIDDEN}"))["versions"][0]["id"]
    else:
        number = (await world.admin.get(f"flows/history/p/{HIDDEN}"))[0]["id"]
    hidden, missing = [
        await answered(bob, operation, {"workspace": "main", "version": str(version)})
        for version in (number, 987654321)
    ]
    assert hidden == missing
    assert hidden[0] in (400, 401, 403, 404) or operation.method == "HEAD"


@pytest.mark.parametrize("operation", operations_with("hash", "path"), ids=by_id)
async def test_versions_at_a_path(world: World, bob: Api, operation: Operation) -> None:
    version = (await world.admin.get(f"scripts/get/p/{HIDDEN}"))["hash"]
    hidden = await answered(bob, operation, {"workspace": "main", "hash": version, "path": HIDDEN})
    assert hidden == await answered(bob, operation, {"workspace": "main", "hash": NO_HASH, "path": ABSENT})


@pytest.mark.parametrize("operation", operations_with("path", "runnable_kind"), ids=by_id)
async def test_what_uses_a_path(bob: Api, operation: Operation) -> None:
    for kind in ("script", "flow"):
        values = {"workspace": "main", "runnable_kind": kind}
        hidden = await answered(bob, operation, values | {"path": HIDDEN})
        assert hidden == await answered(bob, operation, values | {"path": ABSENT})


@pytest.mark.parametrize("operation", operations_of_folders(), ids=by_id)
async def test_folders(bob: Api, operation: Operation) -> None:
    hidden = await answered(bob, operation, {"workspace": "main", "name": "vault"})
    assert hidden == await answered(bob, operation, {"workspace": "main", "name": "nowhere"})


async def test_a_workspace_of_others(world: World, bob: Api) -> None:
    await world.admin("POST", "/workspaces/create", json={"id": "closed", "name": "Closed"})
    for operation in operations_with():
        needs = operation.parsed_needs()
        if needs.role == "public":
            continue
        hidden = await answered(bob, operation, {"workspace": "closed"})
        if hidden[0] == 403 and "lacks the scope" in hidden[1]:
            continue
        assert hidden == await answered(bob, operation, {"workspace": "nowhere"}), operation.id
        assert hidden[0] == 404


async def test_lists_counts_and_searches_leave_it_out(world: World, bob: Api) -> None:
    await world.admin.start(HIDDEN)
    for operation in operations_with():
        if (
            operation.method != "GET" or operation.id == "listAuditLogs"
        ):  # which tells what they tried themselves
            continue
        answer = await bob("GET", address(operation, {"workspace": "main"}))
        assert HIDDEN not in answer.text and "vault" not in answer.text, operation.id


NAMES_SOMETHING = re.compile(
    r"path|parent|hash|(?<!de)script|runnable|key|item|(?<!workspace_)id$|ids$|search|filter|start"
)


def text_members(kind: Any) -> list[str]:
    """The members of a declared type that may name an object, or several."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    return [
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if "str" in str(field.type) and NAMES_SOMETHING.search(field.encode_name)
    ]


# Without it the lists of inputs only say that it is missing.
RUNNABLE = {"runnable_type": "ScriptPath"}
OF_A_WORKSPACE = [operation for operation in operations_with() if operation.id != "listAuditLogs"]


@pytest.mark.parametrize("operation", OF_A_WORKSPACE, ids=by_id)
async def test_names_in_queries(bob: Api, operation: Operation) -> None:
    for name in text_members(operation.query):
        answers = set()
        for path in (HIDDEN, ABSENT):
            query = RUNNABLE | {name: path}
            answer = await bob(
                operation.method,
                address(operation, {"workspace": "main"}),
                params=query,
                json=sound_body(operation),
            )
            answers.add((answer.status_code, answer.text.replace(path, "?")))
        assert len(answers) == 1, name


@pytest.mark.parametrize("operation", OF_A_WORKSPACE, ids=by_id)
async def test_names_in_bodies(bob: Api, operation: Operation) -> None:
    for name in text_members(operation.body):
        answers = set()
        for path in (HIDDEN, ABSENT):
            for value in (path, [path]):
                body = sound_members(operation.body) | {name: value}
                answer = await bob(operation.method, address(operation, {"workspace": "main"}), json=body)
                shown = re.sub(
                    r"[0-9a-f-]{36}|[0-9a-f]{16}|\d{4}-\d\d-\d\dT[\d:.]+Z",
                    "?",
                    answer.text.replace(path, "?"),
                )
                answers.add((isinstance(value, list), answer.status_code, shown))
        assert len(answers) == 2, (name, answers)


async def test_what_is_deployed_at_a_hidden_path(bob: Api) -> None:
    """Whoever may not write there is told so, whatever is there."""
    script = {"content": "echo 1", "language": "bash", "summary": ""}
    for route, body in (
        ("scripts/create", script),
        ("scripts/create", script | {"auto_parent": True}),
        ("flows/create", {"summary": "", "value": FLOW, "schema": {}}),
        ("variables/create", variable(HIDDEN)),
        ("resources/create", {"value": {}, "resource_type": "any"}),
        ("resources/create?update_if_exists=true", {"value": {}, "resource_type": "any"}),
    ):
        answers = set()
        for path in (HIDDEN, ABSENT):
            answer = await bob("POST", route, json=body | {"path": path})
            answers.add((answer.status_code, answer.text.replace(path, "?")))
        assert len(answers) == 1, (route, answers)
        assert answers.pop()[0] in (401, 403)


async def test_a_flow_that_is_moved_to_a_hidden_path(world: World) -> None:
    mover = await world.member("mover")
    flow = {"summary": "", "value": {"modules": []}, "schema": {}}
    await post(mover, "flows/create", flow | {"path": "u/mover/flow"})
    answers = set()
    for path in (HIDDEN, ABSENT):
        answer = await mover("POST", "flows/update/u/mover/flow", json=flow | {"path": path})
        answers.add((answer.status_code, answer.text.replace(path, "?")))
    assert len(answers) == 1, answers
