"""Resources and their types over HTTP: values, references, history, rights."""

import json
from typing import Any

import pytest

BODY = {
    "path": "u/admin/db",
    "value": {"host": "h", "port": 1},
    "resource_type": "postgresql",
    "description": "d",
}


def secret(path: str, value: str) -> dict[str, Any]:
    return {"path": path, "value": value, "is_secret": True, "description": ""}


async def test_a_resource_is_created_read_changed_and_deleted(world: Any) -> None:
    admin = world.admin
    await admin.post("resources/create", BODY, 201)
    shown = await admin.get("resources/get/u/admin/db")
    assert {name: shown[name] for name in BODY} == BODY
    assert await admin.get("resources/get_value/u/admin/db") == BODY["value"]
    answer = await admin.post("resources/update_value/u/admin/db", {"value": [1, None]})
    assert answer == "value of resource u/admin/db updated"
    assert await admin.get("resources/get_value/u/admin/db") == [1, None]
    await admin.post("resources/update/u/admin/db", {"path": "u/admin/moved", "description": "x"})
    assert await admin.get("resources/exists/u/admin/db") is False
    moved = await admin.get("resources/get/u/admin/moved")
    assert (moved["value"], moved["description"]) == ([1, None], "x")
    await admin("DELETE", "resources/delete/u/admin/moved")
    await admin.refused("GET", "resources/get/u/admin/moved", 404)
    await admin.refused("POST", "resources/update_value/u/admin/moved", 404, json={"value": 1})


async def test_values_keep_the_order_of_members_and_every_json_type(world: Any) -> None:
    text = '{"z":1,"a":{"y":null,"b":[true,1.5,"\u00fc"]},"big":12345678901234567890}'
    body = '{"path":"u/admin/o","resource_type":"any","value":' + text + "}"
    headers = {"content-type": "application/json"}
    assert (await world.admin("POST", "resources/create", content=body, headers=headers)).status_code == 201
    answer = await world.admin("GET", "resources/get_value/u/admin/o")
    assert answer.text == text
    await world.admin.post("resources/create", {**BODY, "value": None}, 201)
    assert await world.admin.get("resources/get_value/u/admin/db") is None


async def test_a_taken_path_is_a_conflict_unless_it_may_be_replaced(world: Any) -> None:
    admin = world.admin
    await admin.post("resources/create", BODY, 201)
    assert "already exists" in await admin.refused("POST", "resources/create", 400, json=BODY)
    await admin.post("resources/create", {**BODY, "value": 2}, 201, update_if_exists="true")
    assert await admin.get("resources/get_value/u/admin/db") == 2


async def test_references_are_resolved_with_the_callers_rights(world: Any) -> None:
    admin, alice = world.admin, await world.member("alice")
    await world.folder("team", alice=False)
    await admin.post("variables/create", secret("f/team/password", "pw"), 201)
    await admin.post("variables/create", secret("u/admin/own", "hidden"), 201)
    await admin.post("variables/create", {**secret("f/team/json", '{"a": [1]}'), "is_secret": False}, 201)
    await admin.post(
        "resources/create", {**BODY, "path": "f/team/inner", "value": {"p": "$var:f/team/password"}}, 201
    )
    value = {
        "inner": "$res:f/team/inner",
        "list": [["$var:f/team/password", ["$var:f/team/password"]]],
        "parsed": "$jsonvar:f/team/json",
        "plain": "costs $var: nothing",
    }
    await admin.post("resources/create", {**BODY, "path": "f/team/outer", "value": value}, 201)
    assert await alice.get("resources/get_value/f/team/outer") == value
    assert await alice.get("resources/get_value_interpolated/f/team/outer") == {
        "inner": {"p": "pw"},
        "list": [["pw", ["$var:f/team/password"]]],
        "parsed": {"a": [1]},
        "plain": "costs $var: nothing",
    }
    assert set(await world.audited("variables.decrypt_secret")) == {("alice", "f/team/password")}
    await admin.post("resources/update_value/f/team/outer", {"value": {"x": "$var:u/admin/own"}})
    sentence = await alice.refused("GET", "resources/get_value_interpolated/f/team/outer", 404)
    assert "u/admin/own" in sentence
    assert await admin.get("resources/get_value_interpolated/f/team/outer") == {"x": "hidden"}


async def test_references_that_go_in_a_circle_or_nowhere_name_the_place(world: Any) -> None:
    admin = world.admin
    for one, other in (("a", "b"), ("b", "a")):
        await admin.post(
            "resources/create", {**BODY, "path": f"u/admin/{one}", "value": f"$res:u/admin/{other}"}, 201
        )
    assert "circle" in await admin.refused("GET", "resources/get_value_interpolated/u/admin/a", 400)
    await admin.post("resources/create", {**BODY, "value": "$var:u/admin/gone"}, 201)
    assert "u/admin/gone" in await admin.refused("GET", "resources/get_value_interpolated/u/admin/db", 404)


async def test_state_is_written_by_the_minute_without_history(world: Any) -> None:
    alice = await world.member("alice")
    body = {"path": "u/alice/s/user", "value": 0, "resource_type": "state"}
    await alice.refused("GET", "resources/get/u/alice/s/user", 404)
    await alice.post("resources/create", body, 201)
    for number in range(3):
        await alice.post("resources/update_value/u/alice/s/user", {"value": number})
    assert await alice.get("resources/get_value_interpolated/u/alice/s/user") == 2
    assert await alice.get("resources/history/p/u/alice/s/user") == {"versions": [], "versioned": False}


async def test_earlier_values_can_be_seen_and_restored(world: Any) -> None:
    admin, alice = world.admin, await world.member("alice")
    await admin.post("resources/create", BODY, 201)
    await admin.post("resources/update_value/u/admin/db", {"value": "$var:u/admin/gone"})
    history = await admin.get("resources/history/p/u/admin/db")
    newest, first = history["versions"]
    assert history["versioned"] is True
    version = await admin.get(f"resources/history/v/{newest['id']}")
    assert (version["value"], version["missing_references"]) == ("$var:u/admin/gone", ["$var:u/admin/gone"])
    await alice.refused("GET", f"resources/history/v/{first['id']}", 404)
    await admin.post(f"resources/history/restore/v/{first['id']}")
    assert await admin.get("resources/get_value/u/admin/db") == BODY["value"]
    await admin("DELETE", "resources/history/p/u/admin/db")
    assert (await admin.get("resources/history/p/u/admin/db"))["versions"] == []
    await admin.refused("GET", "resources/history/v/abc", 400)


async def test_lists_filter_by_type_and_show_what_the_caller_sees(world: Any) -> None:
    admin, alice = world.admin, await world.member("alice")
    await admin.post("resources/create", BODY, 201)
    await admin.post("resources/create", {**BODY, "path": "u/alice/s", "resource_type": "slack"}, 201)
    assert [one["path"] for one in await admin.get("resources/list", resource_type="slack,mysql")] == [
        "u/alice/s"
    ]
    assert [one["path"] for one in await admin.get("resources/list", resource_type_exclude="slack")] == [
        "u/admin/db"
    ]
    assert [one["path"] for one in await alice.get("resources/list")] == ["u/alice/s"]
    assert await alice.get("resources/list_names/slack") == [{"name": "s", "path": "u/alice/s"}]
    assert await alice.get("resources/list_names/postgresql") == []
    assert await admin.get("resources/type/resource_counts") == [
        {"resource_type": "postgresql", "count": 1},
        {"resource_type": "slack", "count": 1},
    ]
    assert [one["path"] for one in await alice.get("resources/list_search")] == ["u/alice/s"]


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "path": "f/only"},
        {**BODY, "resource_type": "a b"},
        {**BODY, "resource_type": "x" * 51},
        {**BODY, "value": {"a": "nul\u0000"}},
        {"path": "u/admin/x"},
        "text",
    ],
)
async def test_bad_input_is_refused(world: Any, body: Any) -> None:
    await world.admin.refused("POST", "resources/create", 400, json=body)


async def test_malformed_and_too_deep_json_are_refused(world: Any) -> None:
    headers = {"content-type": "application/json"}
    deep = json.dumps(BODY).replace("1}", "[" * 200 + "]" * 200 + "}")
    for body in ("{", "", deep, b"\xff"):
        await world.admin.refused("POST", "resources/create", 400, content=body, headers=headers)


async def test_starter_types_are_seen_everywhere_and_changed_in_their_workspace(world: Any) -> None:
    admin, alice = world.admin, await world.member("alice")
    names = await alice.get("resources/type/listnames")
    assert {"postgresql", "mysql", "s3", "slack", "github", "smtp", "openai", "http", "state"} <= set(names)
    postgresql = await alice.get("resources/type/get/postgresql")
    assert postgresql["schema"]["properties"]["password"]["password"] is True
    await admin.refused("POST", "resources/type/update/postgresql", 400, json={"description": "x"})
    await admin.elsewhere("admins").post("resources/type/update/postgresql", {"description": "x"})
    assert (await alice.get("resources/type/get/postgresql"))["description"] == "x"
    assert (await alice.get("resources/file_resource_type_to_file_ext_map"))["json_file"][
        "format_extension"
    ] == "json"


async def test_own_types_are_made_by_developers_and_deleted_by_admins(world: Any) -> None:
    alice, oscar = await world.member("alice"), await world.member("oscar", operator=True)
    body = {"name": "crm", "schema": {"type": "object", "properties": {"z": {}, "a": {}}}, "description": "c"}
    await oscar.refused("POST", "resources/type/create", 401, json=body)
    await alice.post("resources/type/create", body, 201)
    await alice.refused("POST", "resources/type/create", 400, json=body)
    assert list((await alice.get("resources/type/get/crm"))["schema"]["properties"]) == ["z", "a"]
    assert await alice.get("resources/type/exists/crm") is True
    await alice.post("resources/type/update/crm", {"description": "d"})
    await alice.refused("DELETE", "resources/type/delete/crm", 403)
    await world.admin("DELETE", "resources/type/delete/crm")
    assert await alice.get("resources/type/exists/crm") is False
    await alice.refused("GET", "resources/type/get/crm", 404)
    await alice.refused("POST", "resources/type/create", 400, json={"name": "a/b"})


async def test_searching_sees_a_readable_preview_of_long_values(world: Any) -> None:
    await world.admin.post("resources/create", {**BODY, "value": {"long": "x" * 5000}}, 201)
    (found,) = await world.admin.get("resources/list_search")
    assert (len(found["value"]), found["truncated"], found["value"][:4]) == (4000, True, "{\n  ")


async def test_types_are_found_by_words(world: Any) -> None:
    found = await world.admin.get("embeddings/query_resource_types", text="postgres database", limit=3)
    assert found[0]["name"] == "postgresql"
    assert found[0]["schema"]["properties"]
    await world.admin.refused(
        "GET", "embeddings/query_resource_types", 400, params={"text": "x", "limit": "0"}
    )
    await world.admin.refused("GET", "embeddings/query_resource_types", 400)
