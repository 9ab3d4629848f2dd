"""Variables over HTTP: values, secrets, rights, moves."""

from typing import Any

import pytest

from postmill.crypto.workspace_keys import key_id_of

BODY = {"path": "u/admin/greeting", "value": "hello", "is_secret": False, "description": "words"}
SECRET = {"path": "u/admin/key", "value": "s3cr\u00e9t", "is_secret": True, "description": ""}


async def test_a_variable_is_created_read_changed_and_deleted(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", BODY, 201)
    shown = await admin.get("variables/get/u/admin/greeting")
    assert {name: shown[name] for name in BODY} == BODY
    assert shown["is_draft"] is False
    assert await admin.get("variables/get_value//u/admin/greeting") == "hello"
    await admin.post("variables/update/u/admin/greeting", {"value": "bye", "labels": ["a", "a", "b"]})
    shown = await admin.get("variables/get/u/admin/greeting")
    assert (shown["value"], shown["description"], shown["labels"]) == ("bye", "words", ["a", "b"])
    assert await admin.get("variables/exists/u/admin/greeting") is True
    assert (await admin("DELETE", "variables/delete/u/admin/greeting")).status_code == 200
    assert await admin.get("variables/exists/u/admin/greeting") is False
    await admin.refused("GET", "variables/get/u/admin/greeting", 404)


async def test_a_secret_is_sealed_in_the_database_and_its_reading_is_audited(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", SECRET, 201)
    stored = await world.context.pool.fetchval("select value from variable")
    assert "s3cr" not in stored
    assert await admin.get("variables/get_value/u/admin/key") == "s3cr\u00e9t"
    assert (await admin.get("variables/get/u/admin/key", decrypt_secret="false"))["value"] is None
    assert [one["value"] for one in await admin.get("variables/list")] == [None]
    assert await admin.get("variables/list", value="s3cr") == []
    assert await world.audited("variables.decrypt_secret") == [("admin", "u/admin/key")]


async def test_a_moved_secret_opens_at_its_new_place_and_a_copied_record_nowhere(world: Any) -> None:
    admin, pool = world.admin, world.context.pool
    await admin.post("variables/create", SECRET, 201)
    await admin.post("variables/update/u/admin/key", {"path": "u/admin/moved"})
    assert await admin.get("variables/get_value/u/admin/moved") == "s3cr\u00e9t"
    await admin.refused("GET", "variables/get/u/admin/key", 404)
    await admin.post("variables/create", {**SECRET, "value": "other"}, 201)
    await pool.execute(
        "update variable set value = (select value from variable where path = 'u/admin/moved') "
        "where path = 'u/admin/key'"
    )
    await admin.refused("GET", "variables/get_value/u/admin/key", 400)


async def test_an_exported_secret_is_taken_back_and_a_foreign_one_refused(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", SECRET, 201)
    exported = (await admin.get("variables/get/u/admin/key", include_encrypted="true"))["value"]
    assert "s3cr" not in exported
    copy = {**SECRET, "path": "u/admin/copy", "value": exported}
    await admin.post("variables/create", copy, 201, already_encrypted="true")
    assert await admin.get("variables/get_value/u/admin/copy") == "s3cr\u00e9t"
    for wrong in ("not base64!", "AAAA", "A" * 43 + "="):
        bad = {**SECRET, "path": "u/admin/bad", "value": wrong}
        await admin.refused("POST", "variables/create", 400, json=bad, params={"already_encrypted": "true"})


async def test_what_may_not_be_seen_is_answered_like_what_does_not_exist(world: Any) -> None:
    alice = await world.member("alice")
    await world.admin.post("variables/create", BODY, 201)
    hidden = await alice.refused("GET", "variables/get/u/admin/greeting", 404)
    missing = await alice.refused("GET", "variables/get/u/admin/nothing", 404)
    assert hidden == missing.replace("nothing", "greeting")
    for method, path in (
        ("GET", "variables/get_value/u/admin/greeting"),
        ("DELETE", "variables/delete/u/admin/greeting"),
        ("POST", "variables/update/u/admin/greeting"),
    ):
        await alice.refused(method, path, 404, **({"json": {}} if method == "POST" else {}))
    assert await alice.get("variables/exists/u/admin/greeting") is False
    assert await alice.get("variables/list") == []


async def test_folder_rights_decide_who_reads_and_who_writes(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    await world.folder("team", alice=True, bob=False)
    await alice.post("variables/create", {**BODY, "path": "f/team/v"}, 201)
    assert await bob.get("variables/get_value/f/team/v") == "hello"
    await bob.refused("POST", "variables/update/f/team/v", 401, json={"value": "x"})
    await bob.refused("POST", "variables/create", 401, json={**BODY, "path": "f/team/w"})
    await alice.refused("POST", "variables/update/f/team/v", 401, json={"path": "u/bob/taken"})


async def test_deleting_several_is_all_or_none(world: Any) -> None:
    alice = await world.member("alice")
    for name in ("a", "b"):
        await alice.post("variables/create", {**BODY, "path": f"u/alice/{name}"}, 201)
    await world.admin.post("variables/create", BODY, 201)
    paths = ["u/alice/a", "u/admin/greeting"]
    await alice.refused("DELETE", "variables/delete_bulk", 404, json={"paths": paths})
    assert len(await alice.get("variables/list")) == 2
    answer = await alice("DELETE", "variables/delete_bulk", json={"paths": ["u/alice/a", "u/alice/b"]})
    assert answer.json() == ["u/alice/a", "u/alice/b"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({**BODY, "path": "greeting"}, "path"),
        ({**BODY, "path": "u/admin/../x"}, "path"),
        ({**BODY, "path": "u/admin/a.b"}, "path"),
        ({**BODY, "path": "u//x"}, "path"),
        ({**BODY, "path": "u/admin/" + "x" * 300}, "255"),
        ({**BODY, "value": "nul\u0000"}, "NUL"),
        ({**BODY, "value": 7}, "value"),
        ({"path": "u/admin/x"}, "value"),
        ({**BODY, "labels": [""]}, "label"),
        ({**BODY, "account": 2**40}, "account"),
        ({**BODY, "expires_at": "2026-01-01T00:00:00"}, "timezone"),
        ([], "object"),
    ],
)
async def test_bad_input_is_a_sentence(world: Any, body: Any, word: str) -> None:
    assert word in await world.admin.refused("POST", "variables/create", 400, json=body)


async def test_a_taken_path_is_a_conflict(world: Any) -> None:
    await world.admin.post("variables/create", BODY, 201)
    assert "already exists" in await world.admin.refused("POST", "variables/create", 400, json=BODY)
    await world.admin.post("variables/create", {**BODY, "path": "u/admin/other"}, 201)
    await world.admin.refused(
        "POST", "variables/update/u/admin/other", 400, json={"path": "u/admin/greeting"}
    )


async def test_lists_page_and_filter(world: Any) -> None:
    admin = world.admin
    for number in range(5):
        await admin.post(
            "variables/create", {**BODY, "path": f"u/admin/v{number}", "labels": [f"l{number % 2}"]}, 201
        )
    pages = [await admin.get("variables/list", page=page, per_page=2) for page in (1, 2, 3)]
    assert [[one["path"][-2:] for one in page] for page in pages] == [["v0", "v1"], ["v2", "v3"], ["v4"]]
    assert len(await admin.get("variables/list", label="l1")) == 2
    assert len(await admin.get("variables/list", path_start="u/admin/v3")) == 1
    assert len(await admin.get("variables/list", broad_filter="WORDS")) == 5
    await admin.refused("GET", "variables/list", 400, params={"page": "-1"})
    await admin.refused("GET", "variables/list", 400, params={"per_page": "many"})


async def test_a_path_limited_token_sees_and_changes_only_its_paths(world: Any) -> None:
    await world.folder("a")
    for path in ("f/a/one", "u/admin/greeting"):
        await world.admin.post("variables/create", {**BODY, "path": path}, 201)
    limited = await world.limited_admin("variables:read:f/a/*")
    assert [one["path"] for one in await limited.get("variables/list")] == ["f/a/one"]
    await limited.refused("GET", "variables/get/u/admin/greeting", 404)
    await limited.refused("POST", "variables/update/f/a/one", 403, json={"value": "x"})
    await limited.refused("GET", "resources/list", 403)


async def test_custom_environment_variables_are_for_admins_and_never_reserved_names(world: Any) -> None:
    alice = await world.member("alice")
    path = "workspaces/set_environment_variable"
    await alice.refused("POST", path, 403, json={"name": "REGION", "value": "eu"})
    await world.admin.refused("POST", path, 400, json={"name": "WM_TOKEN", "value": "x"})
    await world.admin.refused("POST", path, 400, json={"name": "A B", "value": "x"})
    await world.admin.post(path, {"name": "REGION", "value": "eu"})
    listed = {one["name"]: one for one in await alice.get("variables/list_contextual")}
    assert (listed["REGION"]["value"], listed["REGION"]["is_custom"]) == ("eu", True)
    assert listed["WM_USERNAME"]["value"] == "alice"
    await world.admin.post(path, {"name": "REGION"})
    assert "REGION" not in {one["name"] for one in await alice.get("variables/list_contextual")}


async def test_a_new_key_seals_every_secret_again_and_old_arguments_still_open(world: Any) -> None:
    admin, pool = world.admin, world.context.pool
    alice = await world.member("alice")
    await admin.post("variables/create", SECRET, 201)
    argument = await admin.post("variables/encrypt", "token")
    before = await pool.fetchval("select value from variable")
    await alice.refused("POST", "variables/rotate_key", 403)
    assert await admin.post("variables/rotate_key") == "1 secret sealed with a new key"
    after = await pool.fetchval("select value from variable")
    assert key_id_of(after) == key_id_of(before) + 1
    assert await admin.get("variables/get_value/u/admin/key") == "s3cr\u00e9t"
    await admin.post(
        "resources/create",
        {"path": "u/admin/r", "value": f"$encrypted:{argument}", "resource_type": "any"},
        201,
    )
    assert await admin.get("resources/get_value_interpolated/u/admin/r") == "token"


KEY = "workspaces/encryption_key"


async def test_the_key_of_exported_secrets_is_chosen_and_what_is_stored_is_sealed_anew(world: Any) -> None:
    admin, pool = world.admin, world.context.pool
    await admin.post("variables/create", SECRET, 201)
    derived = (await admin.get(KEY))["key"]
    before = await admin.get("variables/get/u/admin/key", decrypt_secret="false", include_encrypted="true")
    sealed = await pool.fetchval("select value from variable")
    chosen = "A1" * 32
    assert chosen != derived
    told = await admin.post(KEY, {"new_key": chosen})
    assert "1 secret sealed anew" in told
    assert (await admin.get(KEY))["key"] == chosen
    assert key_id_of(await pool.fetchval("select value from variable")) == key_id_of(sealed) + 1
    assert await admin.get("variables/get_value/u/admin/key") == "s3cr\u00e9t"
    after = await admin.get("variables/get/u/admin/key", decrypt_secret="false", include_encrypted="true")
    assert before["value"] != after["value"]
    copy = {**SECRET, "path": "u/admin/copy", "value": after["value"]}
    await admin.post("variables/create", copy, 201, already_encrypted="true")
    assert await admin.get("variables/get_value/u/admin/copy") == "s3cr\u00e9t"
    await admin.post(KEY, {"new_key": derived, "skip_reencrypt": True})
    assert key_id_of(await pool.fetchval("select value from variable limit 1")) == key_id_of(sealed) + 1
    told = str(await pool.fetch("select * from audit")) + str(
        await pool.fetch("select * from workspace_export_key")
    )
    assert chosen not in told and derived not in told


@pytest.mark.parametrize("key", ["", "short", "x" * 63 + "!", "x" * 65, "é" * 64])
async def test_a_key_that_public_clients_would_not_take_is_refused(world: Any, key: str) -> None:
    await world.admin.refused("POST", KEY, 400, json={"new_key": key})


async def test_the_key_is_for_superadmins_with_all_their_rights(world: Any) -> None:
    alice = await world.member("alice")
    await alice.refused("GET", KEY, 403)
    await alice.refused("POST", KEY, 403, json={"new_key": "A1" * 32})


async def test_a_variable_is_gone_when_its_time_is_over(world: Any) -> None:
    admin = world.admin
    await admin.post("variables/create", {**SECRET, "expires_at": "2020-01-01T00:00:00+02:00"}, 201)
    assert "expired" in await admin.refused("GET", "variables/get_value/u/admin/key", 404)
    (listed,) = await admin.get("variables/list")
    assert (listed["is_expired"], listed["expires_at"]) == (True, "2019-12-31T22:00:00Z")
