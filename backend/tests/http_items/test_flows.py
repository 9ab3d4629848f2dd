"""Flows over HTTP: deploying, versions, moving, archiving, rights, what they use, locks."""

import asyncio
import json
from typing import Any

import pytest

from postmill.deploy.flow_locking import record_flow_locks
from postmill.deploy.locking import record_lock
from postmill.kernel.ids import parse_hash

PATH = "u/admin/flow"


def step(step_id: str = "a", content: str = "def main():\n    return 1\n", **more: Any) -> dict[str, Any]:
    value = {"type": "rawscript", "language": "python3", "content": content, "input_transforms": {}, **more}
    return {"id": step_id, "value": value}


def flow(*modules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"path": PATH, "summary": "s", "description": "d", "value": {"modules": list(modules)}, **more}


NEEDS_PACKAGE = "import requests\n\ndef main():\n    return 1\n"


async def found_locks(world: Any, locks: dict[str, str], errors: str = "") -> None:
    """What a worker does at the end of the newest lock job."""
    job = [job for job in await world.jobs() if job["kind"] == "flowdependencies"][-1]
    async with world.context.pool.acquire() as connection, connection.transaction():
        await record_flow_locks(connection, "main", job["script_hash"], job["id"], locks, errors)


async def test_a_flow_is_deployed_read_and_listed(world: Any) -> None:
    body = flow(
        step(), schema={"type": "object", "z": 1}, tag="t", priority=5, labels=["l"], timeout=-1,
        deployment_message="first",
    )  # fmt: skip
    body["value"] |= {"notes": [{"id": "n"}], "same_worker": False}
    assert await world.admin.post("flows/create", body, 201) == PATH
    shown = await world.admin.get(f"flows/get/{PATH}")
    assert (shown["path"], shown["summary"], shown["edited_by"]) == (PATH, "s", "admin")
    assert (shown["tag"], shown["priority"], shown["labels"]) == ("t", 5, ["l"])
    assert "timeout" not in shown
    assert shown["schema"] == {"type": "object", "z": 1}
    assert shown["value"]["notes"] == [{"id": "n"}]
    assert shown["value"]["modules"][0]["value"]["lock"].startswith("# py: 3.")
    assert (shown["starred"], shown["is_draft"], shown["archived"]) == (False, False, False)
    assert await world.jobs() == []
    listed = await world.admin.get("flows/list", with_deployment_msg="true")
    assert [(one["path"], one["deployment_msg"]) for one in listed] == [(PATH, "first")]
    assert "value" not in (await world.admin.get("flows/list", without_value="true"))[0]
    assert await world.admin.get("flows/list_paths") == [PATH]
    assert (await world.admin.get("flows/list_search"))[0]["value"]["modules"][0]["id"] == "a"
    assert await world.admin.get(f"flows/exists/{PATH}") is True
    assert await world.audited("flows.create") == [("admin", PATH)]


async def test_what_was_deployed_meanwhile_is_not_gone_over(world: Any) -> None:
    await world.admin.post("flows/create", flow(step()), 201)
    first = (await world.admin.get(f"flows/get/{PATH}"))["version_id"]
    both = [flow(step(content=f"def main():\n    return {n}\n"), parent_version=first) for n in (2, 3)]
    sent = [world.admin("POST", f"flows/update/{PATH}", json=body) for body in both]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    second = (await world.admin.get(f"flows/get/{PATH}"))["version_id"]
    said = next(answer.text for answer in answers if answer.status_code == 400)
    assert (
        said == f"Bad request: lineage must be linear: {second} is the newest version of {PATH}, not {first}"
    )
    assert len(await world.admin.get(f"flows/history/p/{PATH}")) == 2
    # Who says nothing of it goes over whatever there is; a move counts like any other version.
    await world.admin.post(f"flows/update/{PATH}", flow(step(), path="u/admin/moved"), 200)
    moved = flow(step(), path="u/admin/moved", parent_version=second)
    await world.admin.post("flows/update/u/admin/moved", moved, 400)
    for wrong in ("1", 1.5, True):
        await world.admin.post("flows/update/u/admin/moved", moved | {"parent_version": wrong}, 400)
    await world.admin.post("flows/update/u/admin/moved", moved | {"parent_version": None}, 200)


async def test_a_new_flow_follows_no_version(world: Any) -> None:
    said = await world.admin.post("flows/create", flow(step(), parent_version=7), 400)
    assert "there is no version yet of u/admin/flow, not 7" in said
    await world.admin.post("flows/create", flow(step()), 201)
    first = (await world.admin.get(f"flows/get/{PATH}"))["version_id"]
    await world.admin.post(f"flows/archive/{PATH}", {"archived": True}, 200)
    await world.admin.post("flows/create", flow(step(), parent_version=first + 1), 400)
    await world.admin.post("flows/create", flow(step(), parent_version=first), 201)


async def test_lists_are_narrowed(world: Any) -> None:
    await world.admin.post("flows/create", flow(labels=["x"]), 201)
    await world.admin.post("flows/create", flow() | {"path": "u/admin/other"}, 201)
    await world.admin.post("favorites/star", {"path": PATH, "favorite_kind": "flow"})
    for query, paths in (
        ({}, ["u/admin/other", PATH]),
        ({"order_desc": "false"}, [PATH, "u/admin/other"]),
        ({"path_start": "u/admin/o"}, ["u/admin/other"]),
        ({"path_exact": PATH}, [PATH]),
        ({"label": "x"}, [PATH]),
        ({"starred_only": "true"}, [PATH]),
        ({"created_by": "nobody"}, []),
        ({"dedicated_worker": "true"}, []),
        ({"show_archived": "true"}, []),
        ({"per_page": 1, "page": 2}, [PATH]),
    ):
        found = await world.admin.get("flows/list", **query)
        assert [one["path"] for one in found] == paths, query


async def test_versions_are_kept_and_read(world: Any) -> None:
    await world.admin.post("flows/create", flow(step()), 201)
    first = (await world.admin.get(f"flows/get/{PATH}"))["version_id"]
    await world.admin.post(f"flows/update/{PATH}", flow(deployment_message="second"))
    shown = await world.admin.get(f"flows/get/{PATH}")
    assert shown["value"]["modules"] == []
    assert shown["version_id"] > first
    old = await world.admin.get(f"flows/get/v/{first}")
    assert old["value"]["modules"][0]["id"] == "a"
    history = await world.admin.get(f"flows/history/p/{PATH}")
    assert [line["id"] for line in history] == [shown["version_id"], first]
    assert [line.get("deployment_msg") for line in history] == ["second", None]
    assert await world.admin.get(f"flows/get_latest_version/{PATH}") == history[0]
    await world.admin.post(f"flows/history_update/v/{first}", {"deployment_msg": "the first"})
    assert (await world.admin.get(f"flows/history/p/{PATH}"))[1]["deployment_msg"] == "the first"
    for wrong in ("0", "999999", "x", "9" * 40, "-1"):
        await world.admin.refused("GET", f"flows/get/v/{wrong}", 404)


async def test_whoever_deploys_runs_the_new_version_at_once(world: Any) -> None:
    run = f"jobs/run/f/{PATH}"
    await world.admin.refused("POST", run, 404, json={})
    await world.admin.post("flows/create", flow(step()), 201)
    versions = []
    for _ in range(3):
        await world.admin.post(run, {}, 201)
        await world.admin.post(f"flows/update/{PATH}", flow())
        versions.append((await world.admin.get(f"flows/get/{PATH}"))["version_id"])
    await world.admin.post(run, {}, 201)
    ran = [job["script_hash"] for job in await world.jobs() if job["kind"] == "flow"]
    assert ran[1:] == versions
    await world.admin.post(f"flows/archive/{PATH}", {})
    await world.admin.refused("POST", run, 404, json={})


async def test_a_flow_moves_with_its_versions_and_stars(world: Any) -> None:
    await world.admin.post("flows/create", flow(), 201)
    await world.admin.post("flows/create", flow() | {"path": "u/admin/taken"}, 201)
    await world.admin.post("favorites/star", {"path": PATH, "favorite_kind": "flow"})
    taken = await world.admin.refused(
        "POST", f"flows/update/{PATH}", 400, json=flow() | {"path": "u/admin/taken"}
    )
    assert "Path conflict for u/admin/taken" in taken
    assert await world.admin.post(f"flows/update/{PATH}", flow() | {"path": "u/admin/new"}) == "u/admin/new"
    assert await world.admin.get(f"flows/exists/{PATH}") is False
    assert len(await world.admin.get("flows/history/p/u/admin/new")) == 2
    assert (await world.admin.get("flows/get/u/admin/new"))["starred"] is True


async def test_archiving_is_undone_and_deleting_is_not(world: Any) -> None:
    admin = world.admin
    await admin.post("flows/create", flow(), 201)
    assert "Path conflict" in await admin.refused("POST", "flows/create", 400, json=flow())
    await admin.post(f"flows/archive/{PATH}", {"archived": True})
    assert await admin.get(f"flows/exists/{PATH}") is False
    assert (await admin.get(f"flows/get/{PATH}"))["archived"] is True
    await admin.post(f"flows/archive/{PATH}", {"archived": False})
    assert await admin.get(f"flows/exists/{PATH}") is True
    await admin.post(f"flows/archive/{PATH}", {})
    await admin.post("flows/create", flow(step()), 201)
    assert (await admin.get(f"flows/get/{PATH}"))["archived"] is False
    assert (await admin("DELETE", f"flows/delete/{PATH}")).status_code == 200
    await admin.refused("GET", f"flows/get/{PATH}", 404)
    # The public command line deletes once for each file of a flow.
    assert "there is no flow" in (await admin("DELETE", f"flows/delete/{PATH}")).text


async def test_the_error_handler_is_muted(world: Any) -> None:
    await world.admin.post("flows/create", flow(), 201)
    await world.admin.post(f"flows/toggle_workspace_error_handler/{PATH}", {"muted": True})
    assert (await world.admin.get(f"flows/get/{PATH}"))["ws_error_handler_muted"] is True


async def test_documents_are_said_in_full(world: Any) -> None:
    loop = {
        "value": {
            "type": "forloopflow",
            "iterator": {"type": "static", "value": [1]},
            "modules": [{"value": {"type": "identity"}}],
        },
        "delete_after_use": True,
    }
    body = flow(loop)
    body["value"]["failure_module"] = {"id": "other", "value": {"type": "identity"}}
    await world.admin.post("flows/create", body, 201)
    value = (await world.admin.get(f"flows/get/{PATH}"))["value"]
    (module,) = value["modules"]
    assert len(module["id"]) == 6
    assert len(module["value"]["modules"][0]["id"]) == 6
    assert module["id"] != module["value"]["modules"][0]["id"]
    assert module["value"]["skip_failures"] is False
    assert (module["delete_after_secs"], "delete_after_use" in module) == (0, False)
    assert value["failure_module"]["id"] == "failure"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "no modules"),
        ([], "must be a JSON object"),
        ({"modules": [{"id": "x", "value": {"type": "nope"}}]}, "step 'x' has the type 'nope'"),
        ({"modules": [step("x"), step("x")]}, "two steps have the id 'x'"),
        ({"modules": [step("x", language="cobol")]}, "step 'x' is in 'cobol'"),
        ({"modules": [step("x", "def main(:\n")]}, "step 'x': the code cannot be read: line 1"),
        ({"modules": [step("x", "a\0b")]}, "NUL"),
        ({"modules": [{"id": "x", "value": {"type": "script", "path": "nowhere"}}]}, "step 'x' has the path"),
        ({"modules": [{"id": "x", "value": {"type": "branchone", "branches": []}}]}, "step 'x' has no default"),
        (
            {"modules": [step("x") | {"retry": {"exponential": {"attempts": 2, "seconds": 0}}}]},
            "retry of step 'x'",
        ),
    ],
)  # fmt: skip
async def test_a_flow_that_makes_no_sense_is_refused(world: Any, value: Any, sentence: str) -> None:
    body = flow() | {"value": value}
    assert sentence in await world.admin.refused("POST", "flows/create", 400, json=body)
    await world.admin.refused("GET", f"flows/get/{PATH}", 404)


@pytest.mark.parametrize(
    "change",
    [
        {"path": "nowhere"}, {"path": "u/admin/../x"}, {"path": None}, {"summary": "x" * 2000}, {"summary": "a\0"},
        {"schema": []}, {"tag": "a,b"}, {"priority": 101}, {"timeout": 1e12}, {"labels": ["a\0"]}, {"value": None},
    ],
)  # fmt: skip
async def test_bad_members_are_refused(world: Any, change: dict[str, Any]) -> None:
    await world.admin.refused("POST", "flows/create", 400, json=flow() | change)


async def test_rights(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    operator = await world.member("olga", operator=True)
    await world.folder("shared", alice=True, bob=False, olga=False)
    here = flow() | {"path": "f/shared/flow"}
    await alice.post("flows/create", here, 201)
    assert (await bob.get("flows/get/f/shared/flow"))["edited_by"] == "alice"
    assert [one["path"] for one in await bob.get("flows/list")] == ["f/shared/flow"]
    assert "may not write" in await bob.refused("POST", "flows/update/f/shared/flow", 401, json=here)
    assert "may not write" in await bob.refused("POST", "flows/archive/f/shared/flow", 401, json={})
    await bob.refused("DELETE", "flows/delete/f/shared/flow", 401)
    await bob.refused("POST", "flows/create", 401, json=here | {"path": "f/shared/other"})
    await operator.refused("POST", "flows/update/f/shared/flow", 401, json=here)
    # A hidden flow is a missing one, also by version and in lists.
    await alice.post("flows/create", flow() | {"path": "u/alice/own"}, 201)
    version = (await alice.get("flows/get/u/alice/own"))["version_id"]
    for method, path in (
        ("GET", "flows/get/u/alice/own"),
        ("GET", f"flows/get/v/{version}"),
        ("GET", "flows/history/p/u/alice/own"),
        ("GET", "flows/deployment_status/p/u/alice/own"),
    ):
        await bob.refused(method, path, 404)
    assert "u/alice/own" not in await bob.get("flows/list_paths")
    hidden, missing = [await bob("DELETE", f"flows/delete/u/alice/{name}") for name in ("own", "none")]
    assert hidden.text.replace("own", "none") == missing.text
    assert await alice.get("flows/exists/u/alice/own") is True
    # Grants on the flow itself.
    await alice.post("acls/add/flow/u/alice/own", {"owner": "u/bob", "write": True})
    assert (await bob.get("flows/get/u/alice/own"))["extra_perms"] == {"u/bob": True}
    await bob.post("flows/update/u/alice/own", flow() | {"path": "u/alice/own"})
    await bob.refused("DELETE", "flows/delete/u/alice/own", 401)
    limited = await world.limited_admin("flows:read")
    await limited.get("flows/list")
    await limited.refused("POST", "flows/create", 403, json=flow())


async def test_only_admins_make_a_flow_run_as_somebody_else(world: Any) -> None:
    alice = await world.member("alice")
    other = {
        "on_behalf_of": "u/bob",
        "on_behalf_of_email": "bob@example.com",
        "preserve_on_behalf_of": True,
    }
    await alice.post("flows/create", flow(**other) | {"path": "u/alice/f"}, 201)
    shown = await alice.get("flows/get/u/alice/f")
    assert (shown["on_behalf_of"], shown["on_behalf_of_email"]) == ("u/alice", "alice@example.com")
    await world.admin.post("flows/create", flow(**other), 201)
    assert (await world.admin.get(f"flows/get/{PATH}"))["on_behalf_of"] == "u/bob"


async def test_a_flow_stops_running_as_somebody_else_when_its_maker_is_no_superadmin(world: Any) -> None:
    other = {
        "on_behalf_of": "u/bob",
        "on_behalf_of_email": "bob@example.com",
        "preserve_on_behalf_of": True,
    }
    alice = await world.member("alice")
    await world.admin("POST", "/users/update/alice@example.com", json={"is_super_admin": True})
    await alice.post("flows/create", flow(**other) | {"path": "u/alice/f"}, 201)
    assert (await world.admin.get("flows/get/u/alice/f"))["on_behalf_of"] == "u/bob"
    await world.admin("POST", "/users/update/alice@example.com", json={"is_super_admin": False})
    assert (await world.admin.get("flows/get/u/alice/f")).get("on_behalf_of") is None


async def test_drafts_belong_to_flows_too(world: Any) -> None:
    await world.admin.post("flows/create", flow(), 201)
    await world.admin.post(f"drafts/update/flow/{PATH}", {"value": {"summary": "mine"}})
    shown = await world.admin.get(f"flows/get/{PATH}", get_draft="true")
    assert (shown["is_draft"], shown["draft"]) == (True, {"summary": "mine"})
    await world.admin.post(f"flows/update/{PATH}", flow())
    assert (await world.admin.get(f"flows/get/{PATH}"))["is_draft"] is False


async def test_code_with_packages_gets_its_locks_from_a_job(world: Any) -> None:
    await world.admin.post("flows/create", flow(step("a"), step("b", NEEDS_PACKAGE)), 201)
    (job,) = await world.jobs()
    assert (job["kind"], job["tag"], job["path"]) == ("flowdependencies", "dependency", PATH)
    status = await world.admin.get(f"flows/deployment_status/p/{PATH}")
    assert status == {"job_id": str(job["id"])}
    await found_locks(world, {"b": "requests==2\n"})
    shown = await world.admin.get(f"flows/get/{PATH}")
    assert shown["value"]["modules"][1]["value"]["lock"] == "requests==2\n"
    assert len(await world.admin.get(f"flows/history/p/{PATH}")) == 1
    await world.admin.post(f"flows/update/{PATH}", flow(step("a"), step("b", NEEDS_PACKAGE)))
    assert len(await world.jobs()) == 1
    await world.admin.post(f"flows/update/{PATH}", flow(step("a"), step("b", NEEDS_PACKAGE + "#")))
    await found_locks(world, {}, "step 'b': no such package\0")
    status = await world.admin.get(f"flows/deployment_status/p/{PATH}")
    assert status["lock_error_logs"] == "step 'b': no such package\ufffd"


async def test_a_lock_is_kept_while_its_code_is(world: Any) -> None:
    locked = step("a", NEEDS_PACKAGE, lock="requests==1\n")
    await world.admin.post("flows/create", flow(locked), 201)
    await world.admin.post(f"flows/update/{PATH}", flow(locked))
    assert await world.jobs() == []
    # An editor sends the lock that it got along with other code: it is an old one.
    await world.admin.post(
        f"flows/update/{PATH}", flow(step("a", NEEDS_PACKAGE + "# new\n", lock="requests==1\n"))
    )
    assert len(await world.jobs()) == 1
    assert "lock" not in (await world.admin.get(f"flows/get/{PATH}"))["value"]["modules"][0]["value"]


async def test_a_version_that_changes_nothing_can_be_left_out(world: Any) -> None:
    await world.admin.post("flows/create", flow(step("a", NEEDS_PACKAGE)), 201)
    await found_locks(world, {"a": "requests==1\n"})
    update = f"flows/update/{PATH}"
    await world.admin.post(update, flow(step("a", NEEDS_PACKAGE)), skip_if_noop="true")
    assert len(await world.admin.get(f"flows/history/p/{PATH}")) == 1
    await world.admin.post(update, flow(step("a", NEEDS_PACKAGE), tag="t"), skip_if_noop="true")
    await world.admin.post(update, flow(step("a", NEEDS_PACKAGE), tag="t"))
    assert len(await world.admin.get(f"flows/history/p/{PATH}")) == 3


async def test_a_changed_import_locks_the_flow_again(world: Any) -> None:
    library = await world.admin.deploy("u/admin/lib", NEEDS_PACKAGE, "python3", lock="requests==1\n")
    imports = "from u.admin.lib import main as other\n\ndef main():\n    return other()\n"
    inner = {"id": "i", "value": {"type": "flow", "path": "f/x/inner", "input_transforms": {}}}
    called = {"id": "c", "value": {"type": "script", "path": "u/admin/called", "input_transforms": {}}}
    await world.admin.post("flows/create", flow(step("a", imports), inner, called), 201)
    assert await world.admin.get("flows/list_paths_from_workspace_runnable/script/u/admin/lib") == [PATH]
    assert await world.admin.get("flows/list_paths_from_workspace_runnable/script/u/admin/called") == [PATH]
    assert await world.admin.get("flows/list_paths_from_workspace_runnable/flow/f/x/inner") == [PATH]
    assert await world.admin.get("flows/list_paths_from_workspace_runnable/flow/f/y/inner") == []
    assert await world.admin.get(
        "flows/list_paths_from_workspace_runnable/script/u/admin/", match_path_start="true"
    ) == [PATH]
    await found_locks(world, {"a": "requests==1\n"})
    second = await world.admin.deploy("u/admin/lib", NEEDS_PACKAGE + "#", "python3", parent_hash=library)
    async with world.context.pool.acquire() as connection, connection.transaction():
        await record_lock(connection, "main", parse_hash(second), "requests==2\n")
    jobs = [job for job in await world.jobs() if job["kind"] == "flowdependencies"]
    assert len(jobs) == 2
    await found_locks(world, {"a": "requests==2\n"})
    history = await world.admin.get(f"flows/history/p/{PATH}")
    assert [line.get("deployment_msg", "") for line in history] == [
        "Locked again: what a step imports or requires changed",
        "",
    ]
    shown = await world.admin.get(f"flows/get/{PATH}")
    assert shown["value"]["modules"][0]["value"]["lock"] == "requests==2\n"


async def test_a_changed_requirements_file_locks_the_flow_again(world: Any) -> None:
    await world.admin.post("flows/create", flow(step("a")), 201)
    body = {"workspace_id": "main", "language": "python3", "content": "requests\n"}
    await world.admin.post("workspace_dependencies/create", body, 201)
    (job,) = [job for job in await world.jobs() if job["kind"] == "flowdependencies"]
    assert json.loads(job["args"]) == {"everything": True}


async def test_the_command_line_asks_for_locks_of_a_flow(world: Any) -> None:
    value = {"modules": [step("a", NEEDS_PACKAGE)]}
    body = {"flow_value": value, "path": PATH, "raw_workspace_dependencies": None}
    job_id = await world.admin.post("jobs/run/flow_dependencies_async", body, 201)
    (job,) = await world.jobs()
    assert (str(job["id"]), job["kind"], job["script_hash"]) == (job_id, "flowdependencies", None)
    await world.admin.refused(
        "POST", "jobs/run/flow_dependencies_async", 400, json={"flow_value": {}, "path": PATH}
    )
    operator = await world.member("olga", operator=True)
    await operator.refused("POST", "jobs/run/flow_dependencies_async", 401, json=body)


async def test_tokens_made_for_a_flow_are_its_webhooks(world: Any) -> None:
    await world.admin.post("flows/create", flow(step()), 201)
    assert await world.admin.get(f"flows/list_tokens/{PATH}") == []
    olga = await world.member("olga")
    for maker, label, scopes in (
        (world.admin, "hook", [f"jobs:run:flows:{PATH}"]),
        (world.admin, "other", ["jobs:run:flows:u/admin/other"]),
        (olga, "hers", [f"jobs:run:flows:{PATH}", "jobs:read"]),
    ):
        body = {"label": label, "scopes": scopes, "workspace_id": "main"}
        answer = await maker("POST", "/users/tokens/create", json=body)
        assert answer.status_code == 201, answer.text
    shown = await world.admin.get(f"flows/list_tokens/{PATH}")
    assert [one["label"] for one in shown] == ["hers", "hook"]
    assert all(len(one["token_prefix"]) < 12 for one in shown)
    assert (await world.admin.get(f"flows/get_triggers_count/{PATH}"))["webhook_count"] == 2
    await olga.refused("GET", f"flows/list_tokens/{PATH}", 404)
    await world.admin.refused("GET", "scripts/get_triggers_count/u/admin/nothing", 404)


async def test_a_flow_with_chat_input_needs_a_message_and_remembers_its_conversation(world: Any) -> None:
    body = flow(step())
    body["value"]["chat_input_enabled"] = True
    await world.admin.post("flows/create", body, 201)
    sentence = await world.admin.refused("POST", f"jobs/run/f/{PATH}", 400, json={"x": 1})
    assert "user_message" in sentence
    memory = "01a215ae-f708-46d1-35e9-f60c95c7a370"
    run = f"jobs/run/f/{PATH}"
    job_id = await world.admin.post(run, {"user_message": "hello"}, 201, memory_id=memory)
    status = (await world.admin.get(f"jobs_u/get/{job_id}"))["flow_status"]
    assert (status["chat_input_enabled"], status["memory_id"]) == (True, memory)
    other = await world.admin.post(run, {"user_message": "hello"}, 201)
    assert (await world.admin.get(f"jobs_u/get/{other}"))["flow_status"]["memory_id"] != memory
    await world.admin.refused("POST", f"{run}?memory_id=x", 400, json={"user_message": "hello"})
