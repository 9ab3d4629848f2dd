"""Scripts over HTTP: deploying, versions, lineage, moving, archiving, rights, code as text."""

import asyncio
import io
import json
import tarfile
from typing import Any

import pytest

from postmill.deploy.locking import record_lock, record_lock_error
from postmill.kernel.ids import parse_hash
from postmill.tables.items.script import deployed_version

BASH = 'name="$1"\necho "$name"'
PYTHON = "def main(a: int, b: str = 'x'):\n    return a\n"
WITH_PACKAGE = "import requests\n\ndef main():\n    return 1\n"
PATH = "u/admin/s"


async def lock(world: Any, script_hash: str, text: str) -> None:
    """What a worker does when it has found a lock."""
    async with world.context.pool.acquire() as connection, connection.transaction():
        await record_lock(connection, "main", parse_hash(script_hash), text)


async def fail_lock(world: Any, script_hash: str, words: str) -> None:
    async with world.context.pool.acquire() as connection, connection.transaction():
        await record_lock_error(connection, "main", parse_hash(script_hash), words)


async def test_a_script_without_dependencies_is_deployed_at_once(world: Any) -> None:
    first = await world.admin.deploy(
        PATH, PYTHON, "python3", tag="t", timeout=-1, cache_ttl=60.0, labels=["l"]
    )
    assert len(first) == 16
    shown = await world.admin.get(f"scripts/get/p/{PATH}")
    assert (shown["hash"], shown["content"], shown["language"], shown["kind"]) == (
        first,
        PYTHON,
        "python3",
        "script",
    )
    assert (shown["tag"], shown["cache_ttl"], shown["labels"]) == ("t", 60, ["l"])
    assert "timeout" not in shown
    assert shown["lock"].startswith("# py: 3.")
    assert list(shown["schema"]["properties"]) == ["a", "b"]
    assert shown["schema"]["required"] == ["a"]
    assert shown["starred"] is False
    assert await world.jobs() == []
    assert await world.admin.get(f"scripts/get/h/{first}") == {
        k: v for k, v in shown.items() if k != "is_draft"
    }
    assert await world.audited("scripts.create") == [("admin", PATH)]


async def test_a_script_with_packages_is_runnable_once_its_lock_job_succeeded(world: Any) -> None:
    pool = world.context.pool
    first = await world.admin.deploy(PATH, WITH_PACKAGE, "python3")
    (job,) = await world.jobs()
    assert (job["kind"], job["tag"], job["path"], job["permissioned_as"]) == (
        "dependencies",
        "dependency",
        PATH,
        "u/admin",
    )
    status = await world.admin.get(f"scripts/deployment_status/h/{first}")
    assert status == {"job_id": str(job["id"])}
    assert await deployed_version(pool, "main", PATH) is None
    await lock(world, first, "requests==2\n")
    deployed = await deployed_version(pool, "main", PATH)
    assert deployed is not None
    assert deployed.lock == "requests==2\n"
    second = await world.admin.deploy(PATH, WITH_PACKAGE + "# two\n", "python3", parent_hash=first)
    await fail_lock(world, second, "no such version\0 of requests")
    status = await world.admin.get(f"scripts/deployment_status/h/{second}")
    assert status["lock_error_logs"] == "no such version\ufffd of requests"
    still = await deployed_version(pool, "main", PATH)
    assert still is not None
    assert still.hash == parse_hash(first)


async def test_a_given_lock_is_kept_as_text_or_lines(world: Any) -> None:
    first = await world.admin.deploy(PATH, WITH_PACKAGE, "python3", lock=["requests==1", "idna==2"])
    assert (await world.admin.get(f"scripts/get/h/{first}"))["lock"] == "requests==1\nidna==2"
    await world.admin.deploy("u/admin/t", WITH_PACKAGE, "python3", lock="requests==1")
    assert await world.jobs() == []


async def test_the_schema_is_stored_as_sent_and_a_preprocessor_is_seen(world: Any) -> None:
    code = "def preprocessor(event):\n    return {}\n\ndef main(x):\n    return x\n"
    schema = {"z": 1, "type": "object", "properties": {"x": {"type": "string", "description": "mine"}}}
    await world.admin.deploy(PATH, code, "python3", schema=schema)
    shown = await world.admin.get(f"scripts/get/p/{PATH}")
    assert list(shown["schema"].items()) == list(schema.items())
    assert shown["has_preprocessor"] is True
    await world.admin.deploy("u/admin/lib", "def helper():\n    return 1\n", "python3")
    assert (await world.admin.get("scripts/get/p/u/admin/lib"))["auto_kind"] == "lib"
    assert [one["path"] for one in await world.admin.get("scripts/list")] == [PATH]
    assert len(await world.admin.get("scripts/list", include_without_main="true")) == 2


async def test_versions_form_a_line(world: Any) -> None:
    admin = world.admin
    first = await admin.deploy(PATH, BASH)
    body = {"path": PATH, "content": BASH + "#", "language": "bash", "summary": ""}
    conflict = await admin.refused("POST", "scripts/create", 400, json=body)
    assert f"Path conflict for {PATH} with non-archived hash {first}" in conflict
    second = await admin.deploy(PATH, BASH + "#", parent_hash=first)
    assert "lineage" in await admin.refused(
        "POST", "scripts/create", 400, json={**body, "parent_hash": first}
    )
    for wrong in ("0" * 16, "zz", "x" * 16):
        await admin.refused("POST", "scripts/create", 400, json={**body, "parent_hash": wrong})
    third = await admin.deploy(PATH, BASH + "##", auto_parent=True, deployment_message="three")
    assert (await admin.get(f"scripts/get/h/{third}"))["parent_hashes"] == [second, first]
    history = await admin.get(f"scripts/history/p/{PATH}")
    assert [one["script_hash"] for one in history] == [third, second, first]
    assert history[0]["deployment_msg"] == "three"
    await admin.post(f"scripts/history_update/h/{first}/p/{PATH}", {"deployment_msg": "one"})
    assert (await admin.get(f"scripts/history/p/{PATH}"))[2]["deployment_msg"] == "one"
    assert (await admin.get(f"scripts/get_latest_version/{PATH}"))["script_hash"] == third


async def test_deploying_the_same_again_is_skipped_when_asked_for(world: Any) -> None:
    admin = world.admin
    first = await admin.deploy(PATH, BASH, tag="a")
    body = {"path": PATH, "content": BASH, "language": "bash", "summary": "", "auto_parent": True}
    assert await admin.post("scripts/create", {**body, "tag": "a"}, 201, skip_if_noop="true") == first
    second = await admin.post("scripts/create", {**body, "tag": "b"}, 201, skip_if_noop="true")
    assert second != first


async def test_an_archived_script_is_not_run_and_restored_by_a_new_version(world: Any) -> None:
    admin, pool = world.admin, world.context.pool
    first = await admin.deploy(PATH, BASH)
    await admin.post(f"scripts/archive/p/{PATH}")
    assert await deployed_version(pool, "main", PATH) is None
    assert await admin.get(f"scripts/exists/p/{PATH}") is False
    assert await admin.get("scripts/list") == []
    assert [one["hash"] for one in await admin.get("scripts/list", show_archived="true")] == [first]
    assert (await admin.get(f"scripts/get/p/{PATH}"))["archived"] is True
    second = await admin.deploy(PATH, BASH)
    assert second != first
    deployed = await deployed_version(pool, "main", PATH)
    assert deployed is not None
    assert deployed.hash == parse_hash(second)


async def test_archiving_the_newest_version_brings_no_older_one_back(world: Any) -> None:
    first = await world.admin.deploy(PATH, BASH)
    second = await world.admin.deploy(PATH, BASH + "#", parent_hash=first)
    answer = await world.admin("POST", f"scripts/archive/h/{second}")
    assert answer.json()["archived"] is True
    assert await deployed_version(world.context.pool, "main", PATH) is None


async def test_moving_keeps_history_stars_and_code(world: Any) -> None:
    admin = world.admin
    first = await admin.deploy(PATH, BASH)
    await admin.post("favorites/star", {"path": PATH, "favorite_kind": "script"})
    moved = await admin.post(f"scripts/move/{PATH}", {"new_path": "u/admin/moved"})
    shown = await admin.get("scripts/get/p/u/admin/moved")
    assert (shown["hash"], shown["content"], shown["starred"]) == (moved, BASH, True)
    assert await admin.get(f"scripts/exists/p/{PATH}") is False
    history = await admin.get("scripts/history/p/u/admin/moved")
    assert [(one["script_hash"], one["path"]) for one in history] == [(moved, "u/admin/moved"), (first, PATH)]
    await admin.deploy(PATH, BASH)
    await admin.refused("POST", f"scripts/move/{PATH}", 400, json={"new_path": "u/admin/moved"})


async def test_operators_deploy_nothing_and_hidden_scripts_do_not_exist(world: Any) -> None:
    alice, oscar = await world.member("alice"), await world.member("oscar", operator=True)
    body = {"path": "u/oscar/s", "content": BASH, "language": "bash", "summary": ""}
    await oscar.refused("POST", "scripts/create", 401, json=body)
    first = await world.admin.deploy(PATH, BASH)
    for path in (
        f"get/p/{PATH}",
        f"get/h/{first}",
        f"history/p/{PATH}",
        f"raw/p/{PATH}.sh",
        f"raw/h/{first}",
    ):
        await alice.refused("GET", f"scripts/{path}", 404)
    for path in (f"archive/p/{PATH}", f"archive/h/{first}"):
        sentence = await alice.refused("POST", f"scripts/{path}", 404)
        assert "/h/" not in path or PATH not in sentence
    await alice.refused("POST", f"scripts/delete/p/{PATH}", 403)
    assert await alice.get(f"scripts/exists/p/{PATH}") is False
    assert await alice.get("scripts/list") == []
    assert await alice.get("scripts/list_paths") == []
    assert await alice.get("scripts/list_search") == []
    own = {**body, "path": "u/alice/s", "parent_hash": first}
    assert "does not exist" in await alice.refused("POST", "scripts/create", 400, json=own)


async def test_readers_of_a_folder_read_and_do_not_deploy(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    await world.folder("team", alice=True, bob=False)
    first = await alice.deploy("f/team/s", BASH)
    assert (await bob.get("scripts/get/p/f/team/s"))["hash"] == first
    body = {"path": "f/team/s", "content": BASH + "#", "language": "bash", "summary": "", "auto_parent": True}
    await bob.refused("POST", "scripts/create", 401, json=body)
    await bob.refused("POST", "scripts/archive/p/f/team/s", 401)
    await bob.refused(
        "POST", f"scripts/history_update/h/{first}/p/f/team/s", 401, json={"deployment_msg": "x"}
    )


async def test_only_admins_make_a_script_run_as_somebody_else(world: Any) -> None:
    alice = await world.member("alice")
    wish = {
        "on_behalf_of_email": "admin@example.com",
        "on_behalf_of": "u/admin",
        "preserve_on_behalf_of": True,
    }
    await alice.deploy("u/alice/s", BASH, **wish)
    shown = await alice.get("scripts/get/p/u/alice/s")
    assert (shown["on_behalf_of"], shown["on_behalf_of_email"]) == ("u/alice", "alice@example.com")
    kept = {**wish, "on_behalf_of_email": "alice@example.com", "on_behalf_of": "u/alice"}
    await world.admin.deploy(PATH, BASH, **kept)
    assert (await world.admin.get(f"scripts/get/p/{PATH}"))["on_behalf_of"] == "u/alice"


@pytest.mark.parametrize("ending", ["demoted", "disabled", "removed"])
async def test_a_script_stops_running_as_somebody_else_when_its_maker_is_no_admin(
    world: Any, ending: str
) -> None:
    alice = await world.member("alice")
    await world.member("bob")
    await world.admin.post("users/update/alice", {"is_admin": True})
    as_bob = {
        "on_behalf_of": "u/bob",
        "on_behalf_of_email": "bob@example.com",
        "preserve_on_behalf_of": True,
    }
    as_herself = {**as_bob, "on_behalf_of": "u/alice", "on_behalf_of_email": "alice@example.com"}
    await alice.deploy("u/alice/lent", BASH, **as_bob)
    await alice.deploy("u/alice/own", BASH + "#", **as_herself)
    await world.admin.deploy("u/admin/lent", BASH + "##", **as_bob)
    assert (await world.admin.get("scripts/get/p/u/alice/lent"))["on_behalf_of"] == "u/bob"
    if ending == "removed":
        await world.admin("DELETE", "users/delete/alice")
    else:
        change = {"is_admin": False} if ending == "demoted" else {"disabled": True}
        await world.admin.post("users/update/alice", change)
    shown = await world.admin.get("scripts/get/p/u/alice/lent")
    assert (shown.get("on_behalf_of"), shown.get("on_behalf_of_email")) == (None, None)
    assert (await world.admin.get("scripts/get/p/u/alice/own"))["on_behalf_of"] == "u/alice"
    assert (await world.admin.get("scripts/get/p/u/admin/lent"))["on_behalf_of"] == "u/bob"


async def test_deleting_is_for_good(world: Any) -> None:
    admin = world.admin
    first = await admin.deploy(PATH, BASH)
    second = await admin.deploy(PATH, BASH + "#", parent_hash=first)
    left = (await admin("POST", f"scripts/delete/h/{second}")).json()
    assert (left["deleted"], left["content"]) == (True, "")
    assert (await admin.get(f"scripts/get/p/{PATH}"))["hash"] == first
    assert (await admin("POST", f"scripts/delete/p/{PATH}")).json() == f"script {PATH} deleted"
    await admin.refused("GET", f"scripts/get/p/{PATH}", 404)
    await admin.refused("GET", f"scripts/get/h/{first}", 404)
    await admin.refused("POST", f"scripts/delete/p/{PATH}", 404)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": "s"}, "path"),
        ({"path": "u/admin/s.py"}, "path"),
        ({"path": "u/admin/\u0000"}, "path"),
        ({"language": "cobol"}, "language"),
        ({"content": "a\u0000b"}, "NUL"),
        ({"schema": []}, "schema"),
        ({"schema": {"a": ["\u0000"]}}, "NUL"),
        ({"assets": ["\u0000"]}, "NUL"),
        ({"kind": "robot"}, "kind"),
        ({"priority": 1000}, "priority"),
        ({"tag": "a,b"}, "tag"),
        ({"modules": {"../x.py": {"content": "", "language": "python3"}}}, "relative path"),
        ({"retry": {"often": 1}}, "often"),
        ({"timeout": 2**40}, "timeout"),
        ({"summary": None}, "summary"),
        ({"language": "python3", "content": "def main(:\n"}, "line 1"),
        ({"language": "python3", "content": "\ndef main():\n  return (\n"}, "line 3"),
    ],
)
async def test_bad_input_says_what_and_where(world: Any, change: dict[str, Any], words: str) -> None:
    body = {"path": PATH, "content": BASH, "language": "bash", "summary": "", **change}
    assert words in await world.admin.refused("POST", "scripts/create", 400, json=body)


async def test_lists_filter_and_page(world: Any) -> None:
    admin = world.admin
    await admin.deploy("u/admin/a", BASH, labels=["x"], dedicated_worker=True)
    await admin.deploy("u/admin/b", PYTHON, "python3", kind="failure")
    await admin.deploy("u/admin/c", BASH, is_template=True, description="long")
    await admin.post("favorites/star", {"path": "u/admin/b", "favorite_kind": "script"})

    async def paths(**query: Any) -> list[str]:
        return [one["path"][-1] for one in await admin.get("scripts/list", **query)]

    assert await paths() == ["c", "b", "a"]
    assert await paths(order_desc="false") == ["a", "b", "c"]
    assert await paths(languages="python3,go") == ["b"]
    assert await paths(kinds="failure") == ["b"]
    assert await paths(label="x") == ["a"]
    assert await paths(dedicated_worker="true") == ["a"]
    assert await paths(is_template="true") == ["c"]
    assert await paths(starred_only="true") == ["b"]
    assert await paths(path_start="u/admin/c") == ["c"]
    assert await paths(path_exact="u/admin/a") == ["a"]
    assert await paths(created_by="nobody") == []
    assert await paths(page=2, per_page=2) == ["a"]
    assert (await admin.get("scripts/list", path_exact="u/admin/c", without_description="true"))[0][
        "description"
    ] == ""
    await admin.refused("GET", "scripts/list", 400, params={"parent_hash": "x"})
    await admin.post("favorites/unstar", {"path": "u/admin/b", "favorite_kind": "script"})
    assert await paths(starred_only="true") == []
    await admin.refused("POST", "favorites/star", 404, json={"path": "u/admin/zz", "favorite_kind": "script"})


async def test_code_is_served_as_text_with_the_ending_of_its_language(world: Any) -> None:
    admin = world.admin
    first = await admin.deploy("u/admin/lib/deep", PYTHON, "python3")
    assert (await admin("GET", "scripts/raw/p/u/admin/lib/deep.py")).text == PYTHON
    assert (await admin("GET", f"scripts/raw/h/{first}.py")).text == PYTHON
    await admin.refused("GET", "scripts/raw/p/u/admin/lib/deep", 404)
    await admin.refused("GET", "scripts/raw/p/u/admin/lib.py", 404)
    folder = await admin("GET", "scripts/raw/p/u/admin/lib.py", params={"cache_folders": "true"})
    assert folder.text == "WINDMILL_IS_FOLDER"
    await admin.refused("GET", "scripts/raw/p/u/admin/li.py", 404, params={"cache_folders": "true"})
    code = 'import x from "lodash@4.17.21/fp"\nimport y from "@a/b@1"\nimport z from "@c/d"\n'
    await admin.deploy("u/admin/ts", code, "bun", lock="{}")
    assert (await admin("GET", "scripts/raw/p/u/admin/ts.ts")).text == code
    plain = (await admin("GET", "scripts/raw_unpinned/p/u/admin/ts.ts")).text
    assert plain == 'import x from "lodash/fp"\nimport y from "@a/b"\nimport z from "@c/d"\n'


async def test_a_token_in_the_address_has_the_rights_of_its_owner(world: Any) -> None:
    await world.admin.deploy(PATH, PYTHON, "python3")
    alice = await world.member("alice")
    for caller, status in ((world.admin, 200), (alice, 404)):
        answer = await world.client.get(f"/api/scripts_u/tokened_raw/main/{caller._token}/{PATH}.py")
        assert answer.status_code == status
    assert (await world.client.get(f"/api/scripts_u/tokened_raw/main/wrong/{PATH}.py")).status_code == 401
    limited = await world.limited_admin("jobs:read")
    assert (
        await world.client.get(f"/api/scripts_u/tokened_raw/main/{limited._token}/{PATH}.py")
    ).status_code == 403


async def test_temporary_code_is_compared_with_what_is_deployed(world: Any) -> None:
    admin = world.admin
    await admin.deploy(PATH, BASH)
    same = (await admin("POST", "scripts/raw_temp/store", json=BASH)).json()
    other = (await admin("POST", "scripts/raw_temp/store", json="echo 2")).json()
    assert len(same) == 64
    body = {"scripts": {PATH: same, "u/admin/new": other}}
    assert (await admin("POST", "scripts/raw_temp/diff", json=body)).json() == ["u/admin/new"]
    body = {"scripts": {PATH: other}, "workspace_deps": [{"path": "d", "language": "python3", "hash": "0"}]}
    assert (await admin("POST", "scripts/raw_temp/diff", json=body)).json() == [PATH, "d"]
    answer = await admin("GET", "scripts/raw/p/u/admin/any.py", params={"temp_script_hash": other})
    assert answer.text == "echo 2"


async def test_the_editor_asks_for_the_schema(world: Any) -> None:
    body: dict[str, Any] = {"language": "python3", "code": PYTHON}
    found = (await world.admin("POST", "scripts/infer_schema", json=body)).json()
    assert found["schema"]["required"] == ["a"]
    assert found["error"] is None
    body = {**body, "code": "def main(:\n"}
    found = (await world.admin("POST", "scripts/infer_schema", json=body)).json()
    assert found["schema"] is None
    assert (found["error"]["line"], bool(found["error"]["message"])) == (1, True)
    await world.admin.refused("POST", "scripts/infer_schema", 400, json={"code": 1})


async def test_changes_are_announced_to_every_process(world: Any) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    world.context.notifications.subscribe("script_changed", heard.put_nowait)
    await world.context.notifications.settled()
    await world.admin.deploy(PATH, BASH)
    await world.admin.post(f"scripts/archive/p/{PATH}")
    async with asyncio.timeout(60):
        while (said := await heard.get()) == "":
            pass  # the first connection says that something may have been missed
        assert [said, await heard.get()] == [f"main:{PATH}", f"main:{PATH}"]


async def test_a_script_is_updated_and_moved_through_its_path(world: Any) -> None:
    await world.admin.deploy(PATH, BASH)
    body = {"path": PATH, "content": "echo 2", "language": "bash", "summary": "two"}
    second = await world.admin.post(f"scripts/update/{PATH}", body)
    assert (await world.admin.get(f"scripts/get/p/{PATH}"))["hash"] == second
    moved = await world.admin.post(f"scripts/update/{PATH}", {**body, "path": "u/admin/elsewhere"})
    assert (await world.admin.get("scripts/get/p/u/admin/elsewhere"))["parent_hashes"][0] == second
    assert moved != second
    await world.admin.refused("POST", "scripts/update/u/admin/nothing", 404, json=body)


async def test_of_two_deployments_at_once_one_wins_and_the_other_hears_why(world: Any) -> None:
    body = {"path": PATH, "language": "bash", "summary": ""}
    answers = await asyncio.gather(
        *(world.admin("POST", "scripts/create", json={**body, "content": f"echo {n}"}) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    first = next(answer.text for answer in answers if answer.status_code == 201)
    follow = [
        world.admin("POST", "scripts/create", json={**body, "content": f"echo f{n}", "parent_hash": first})
        for n in range(4)
    ]
    answers = await asyncio.gather(*follow)
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert len(await world.admin.get(f"scripts/history/p/{PATH}")) == 2


async def test_bulk_deletions_are_for_admins_bounded_and_all_or_none(world: Any) -> None:
    alice = await world.member("alice")
    await alice.deploy("u/alice/a")
    await alice.refused("DELETE", "scripts/delete_bulk", 403, json={"paths": ["u/alice/a"]})
    missing = {"paths": ["u/alice/a", "u/alice/zz"]}
    await world.admin.refused("DELETE", "scripts/delete_bulk", 404, json=missing)
    assert await alice.get("scripts/exists/p/u/alice/a") is True
    await world.admin.refused("DELETE", "scripts/delete_bulk", 400, json={"paths": ["u/a/b"] * 1001})
    answer = await world.admin("DELETE", "scripts/delete_bulk", json={"paths": ["u/alice/a"]})
    assert answer.json() == ["u/alice/a"]


def _module(content: str, language: str = "python3") -> dict[str, str]:
    return {"content": content, "language": language}


async def test_modules_are_part_of_a_version_and_of_what_its_lock_is_made_from(world: Any) -> None:
    admin = world.admin

    async def imported() -> set[str]:
        rows = await world.context.pool.fetch("select imported_path from script_import")
        return {row["imported_path"] for row in rows}

    modules = {"helper.py": _module("import u.admin.lib\n")}
    code = "from .helper import x\n" + PYTHON
    first = await admin.deploy(PATH, code, "python3", modules=modules)
    (job,) = await world.jobs()
    assert (job["kind"], job["script_hash"]) == ("dependencies", parse_hash(first))
    assert "u/admin/lib" in await imported()
    assert "u/admin/helper" not in await imported()
    await lock(world, first, "# py: 3.11\n")
    changed = {"helper.py": _module("x = 2\n")}
    second = await admin.deploy(PATH, code, "python3", parent_hash=first, modules=changed)
    assert second != first
    assert (await admin.get(f"scripts/get/h/{second}"))["modules"] == changed
    assert "u/admin/lib" not in await imported()


@pytest.mark.parametrize(
    ("language", "name", "words"),
    [
        ("python3", "/etc/x.py", "relative path"),
        ("python3", "a/../../x.py", "relative path"),
        ("python3", "a\\x.py", "relative path"),
        ("python3", "./x.py", "relative path"),
        ("python3", "x.sql", "must be a Python file"),
        ("python3", "s.py", "name of the script itself"),
        ("bash", "x.sh", "cannot have modules"),
    ],
)
async def test_modules_that_cannot_be_used_are_refused(
    world: Any, language: str, name: str, words: str
) -> None:
    content = PYTHON if language == "python3" else BASH
    body = {
        "path": PATH,
        "content": content,
        "language": language,
        "summary": "",
        "modules": {name: _module("")},
    }
    assert words in await world.admin.refused("POST", "scripts/create", 400, json=body)


async def test_debouncing_is_kept_with_a_version_and_exported(world: Any) -> None:
    settings = {
        "debounce_delay_s": 5, "debounce_key": "$args[a]", "debounce_args_to_accumulate": ["a"],
        "max_total_debouncing_time": 60, "max_total_debounces_amount": 3,
    }  # fmt: skip
    await world.admin.deploy(PATH, **settings)
    script = await world.admin.get(f"scripts/get/p/{PATH}")
    assert {name: script[name] for name in settings} == settings
    archive = (await world.admin("GET", "workspaces/tarball")).content
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        member = files.extractfile(f"{PATH}.script.json")
        assert member is not None
        document = json.loads(member.read())
    assert {name: document[name] for name in settings} == settings

    empty = {
        "debounce_delay_s": 0, "debounce_key": "", "debounce_args_to_accumulate": [],
        "max_total_debouncing_time": 0, "max_total_debounces_amount": None,
    }  # fmt: skip
    await world.admin.deploy("u/admin/no_debounce", **empty)
    assert not set(await world.admin.get("scripts/get/p/u/admin/no_debounce")) & set(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("debounce_key", "k" * 501),
        ("debounce_key", 5),
        ("debounce_delay_s", 2**31),
        ("debounce_delay_s", 1.5),
        ("debounce_args_to_accumulate", ["a" * 501]),
        ("debounce_args_to_accumulate", "a"),
        ("max_total_debouncing_time", 2**31),
        ("max_total_debounces_amount", "many"),
    ],
)
async def test_debouncing_that_cannot_be_is_refused(world: Any, name: str, value: object) -> None:
    body = {"path": PATH, "content": BASH, "language": "bash", "summary": "", name: value}
    assert name in await world.admin.refused("POST", "scripts/create", 400, json=body)


@pytest.mark.parametrize(
    ("name", "value", "empty"),
    [
        ("codebase", "bundle", ""),
        ("cache_ignore_s3_path", True, False),
    ],
)
async def test_a_setting_that_would_do_nothing_is_refused_unless_it_is_empty(
    world: Any, name: str, value: object, empty: object
) -> None:
    body = {"path": PATH, "content": BASH, "language": "bash", "summary": "", name: value}
    words = await world.admin.refused("POST", "scripts/create", 400, json=body)
    assert f"does not offer {name} yet" in words
    await world.admin.deploy(PATH, **{name: empty})
    assert name not in await world.admin.get(f"scripts/get/p/{PATH}")
