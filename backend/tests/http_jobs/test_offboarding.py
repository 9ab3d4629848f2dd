"""Somebody leaves: what they own goes to another place, what ran as them runs as somebody else or as its callers."""

from typing import Any

import pytest

from .conftest import World

PLACE = {"reassign_to": "f/team", "new_on_behalf_of_user": "ann"}


@pytest.fixture
async def leaving(world: World) -> World:
    """Bob has a variable, a resource, two scripts, one of which imports the other, and a flow; he is about to leave."""
    bob = await world.member("bob")
    await world.member("ann")
    assert (await world.admin("POST", "folders/create", json={"name": "team"})).is_success
    secret = {"path": "u/bob/key", "value": "hunter2", "is_secret": True, "description": ""}
    assert (await bob("POST", "variables/create", json=secret)).is_success
    db = {"path": "u/bob/db", "value": {"key": "$var:u/bob/key"}, "resource_type": "any"}
    assert (await bob("POST", "resources/create", json=db)).is_success
    await bob.deploy("u/bob/base")
    await world.admin.deploy(
        "u/admin/lent", on_behalf_of="u/bob", on_behalf_of_email="bob@example.com", preserve_on_behalf_of=True
    )
    step = {"id": "a", "value": {"type": "script", "path": "u/bob/base", "input_transforms": {}}}
    flow = {"path": "u/bob/steps", "summary": "", "value": {"modules": [step]}}
    assert (await bob("POST", "flows/create", json=flow)).is_success
    shared = {"path": "u/admin/shared", "value": {"key": "$var:u/bob/key"}, "resource_type": "any"}
    assert (await world.admin("POST", "resources/create", json=shared)).is_success
    return world


async def offboard(world: World, body: dict[str, Any]) -> Any:
    answer = await world.admin("POST", "users/offboard/bob", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_is_told_beforehand_what_is_concerned(leaving: World) -> None:
    told = await leaving.admin.get("users/offboard_preview/bob")
    owned = {kind: paths for kind, paths in told["owned"].items() if paths}
    assert owned == {
        "scripts": ["u/bob/base"], "flows": ["u/bob/steps"], "resources": ["u/bob/db"], "variables": ["u/bob/key"],
    }  # fmt: skip
    assert told["executing_on_behalf"]["scripts"] == ["u/admin/lent"]
    assert told["referencing"]["resources"] == ["u/admin/shared"]
    assert (await leaving.admin("GET", "users/offboard_preview/nobody")).status_code == 404


async def test_everything_is_moved_and_they_leave(leaving: World) -> None:
    admin = leaving.admin
    told = await offboard(leaving, {**PLACE, "delete_user": True})
    moved = {name: count for name, count in told["summary"].items() if count}
    assert moved == {
        "scripts_reassigned": 2, "flows_reassigned": 1, "resources_reassigned": 1, "variables_reassigned": 1,
    }  # fmt: skip
    assert await admin.get("variables/get_value/f/team/key") == "hunter2"
    assert (await admin.get("resources/get/f/team/db"))["value"] == {"key": "$var:u/bob/key"}
    flow = await admin.get("flows/get/f/team/steps")
    assert flow["value"]["modules"][0]["value"]["path"] == "f/team/base"
    assert (await admin.get("scripts/get/p/f/team/base"))["archived"] is False
    lent = await admin.get("scripts/get/p/u/admin/lent")
    assert lent["on_behalf_of_email"] == "ann@example.com"
    assert await admin.get("variables/list", path_start="u/bob") == []
    assert "bob" not in await admin.get("users/list_usernames")
    action = await leaving.context.pool.fetchval("SELECT resource FROM audit WHERE action = 'users.offboard'")
    assert action == "bob"


async def test_what_is_in_the_way_keeps_everything_where_it_is(leaving: World) -> None:
    taken = {"path": "f/team/key", "value": "1", "is_secret": False, "description": ""}
    await leaving.admin("POST", "variables/create", json=taken)
    assert await offboard(leaving, {**PLACE, "delete_user": True}) == {"conflicts": ["variable f/team/key"]}
    assert "bob" in await leaving.admin.get("users/list_usernames")
    assert await leaving.admin.get("scripts/exists/p/u/bob/base") is True
    everywhere = {"reassignments": {"main": PLACE}, "delete_user": True}
    answer = await leaving.admin("POST", "/users/offboard/bob@example.com", json=everywhere)
    assert answer.json() == {"conflicts": ["main: variable f/team/key"]}


async def test_all_is_handed_over_or_nothing(leaving: World) -> None:
    refused = await leaving.admin(
        "POST", "users/offboard/admin", json={"reassign_to": "u/ann", "delete_user": True}
    )
    assert refused.status_code == 400 and "last admin" in refused.text
    assert await leaving.admin.get("scripts/exists/p/u/admin/lent") is True
    assert await leaving.admin.get("scripts/exists/p/u/ann/lent") is False
    assert await leaving.admin.get("resources/exists/u/admin/shared") is True


@pytest.mark.parametrize("place", ["u/bob", "u/nobody", "f/nowhere", "g/all", "team", "u/ann/x", ""])
async def test_places_that_are_none(leaving: World, place: str) -> None:
    answer = await leaving.admin("POST", "users/offboard/bob", json={"reassign_to": place})
    assert answer.status_code == 400


async def test_an_account_leaves_all_its_workspaces(leaving: World) -> None:
    told = await leaving.admin.get("/users/offboard_preview/bob@example.com")
    assert [(one["workspace_id"], one["username"]) for one in told["workspaces"]] == [("main", "bob")]
    body = {"reassignments": {"main": {"reassign_to": "u/ann"}}, "delete_user": True}
    answer = await leaving.admin("POST", "/users/offboard/bob@example.com", json=body)
    assert answer.json()["summary"]["flows_reassigned"] == 1
    assert await leaving.admin.get("flows/exists/u/ann/steps") is True
    lent = await leaving.admin.get("scripts/get/p/u/admin/lent")
    assert lent.get("on_behalf_of_email") is None
    assert await leaving.admin.get("/users/exists/bob@example.com") is False
