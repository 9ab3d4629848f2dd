"""An account gets another address, a person another user name: everything that was theirs stays theirs."""

from typing import Any

import pytest

from .conftest import Api, World


@pytest.fixture
async def bob(world: World) -> Any:
    """Bob owns a secret, a resource, a script and a flow that runs it, and a folder, and something runs as him."""
    bob = await world.member("bob")
    secret = {"path": "u/bob/key", "value": "hunter2", "is_secret": True, "description": ""}
    assert (await bob("POST", "variables/create", json=secret)).is_success
    db = {"path": "u/bob/db", "value": {"a": 1}, "resource_type": "any"}
    assert (await bob("POST", "resources/create", json=db)).is_success
    await bob.deploy("u/bob/base")
    step = {"id": "a", "value": {"type": "script", "path": "u/bob/base", "input_transforms": {}}}
    flow = {"path": "u/bob/steps", "summary": "", "value": {"modules": [step]}}
    assert (await bob("POST", "flows/create", json=flow)).is_success
    assert (await bob("POST", "folders/create", json={"name": "team"})).is_success
    await world.admin.deploy(
        "u/admin/lent", on_behalf_of="u/bob", on_behalf_of_email="bob@example.com", preserve_on_behalf_of=True
    )
    share = {"owner": "u/bob", "write": True}
    assert (await world.admin("POST", "acls/add/script/u/admin/lent", json=share)).is_success
    return bob


async def test_a_new_address_is_the_same_person(world: World, bob: Any) -> None:
    job = await bob.start("u/bob/base", scheduled_in_secs=600)
    answer = await world.admin(
        "POST", "/users/change_email/bob@example.com", json={"new_email": "Robert@Example.com "}
    )
    assert answer.status_code == 200, answer.text
    assert await bob.get("users/whoami") == {
        **await bob.get("users/whoami"), "email": "robert@example.com", "username": "bob",
    }  # fmt: skip
    assert await bob.get("variables/get_value/u/bob/key") == "hunter2"
    assert (await bob.get(f"jobs_u/get/{job}"))["email"] == "robert@example.com"
    lent = await world.admin.get("scripts/get/p/u/admin/lent")
    assert lent["on_behalf_of_email"] == "robert@example.com"
    assert await world.admin.get("/users/exists/bob@example.com") is False
    taken = await world.admin(
        "POST", "/users/change_email/robert@example.com", json={"new_email": "admin@example.com"}
    )
    assert taken.status_code == 400 and "exists" in taken.text
    for email, new in (("nobody@example.com", "x@example.com"), ("robert@example.com", "no address")):
        refused = await world.admin("POST", f"/users/change_email/{email}", json={"new_email": new})
        assert refused.status_code in (400, 404)
    assert (await bob("POST", "/users/change_email/x@y.z", json={"new_email": "a@b.c"})).status_code == 403


async def test_a_new_name_takes_everything_along(world: World, bob: Any) -> None:
    ended = await bob.start("u/bob/base")
    await world.worker.run_next(1)
    waiting = await bob.start("u/bob/base", scheduled_in_secs=600)
    answer = await world.admin("POST", "/users/rename/bob@example.com", json={"new_username": "robert"})
    assert answer.status_code == 200, answer.text
    assert (await bob.get("users/whoami"))["username"] == "robert"
    assert await bob.get("variables/get_value/u/robert/key") == "hunter2"
    assert (await bob.get("resources/get/u/robert/db"))["value"] == {"a": 1}
    flow = await bob.get("flows/get/u/robert/steps")
    assert flow["value"]["modules"][0]["value"]["path"] == "u/robert/base"
    assert await bob.get("variables/list", path_start="u/bob") == []
    folder = await bob.get("folders/get/team")
    assert "u/robert" in folder["owners"] and "u/bob" not in [*folder["owners"], *folder["extra_perms"]]
    lent = await bob.get("scripts/get/p/u/admin/lent")
    assert (lent["on_behalf_of"], lent["extra_perms"]) == ("u/robert", {"u/robert": True})
    for job in (ended, waiting):
        seen = await bob.get(f"jobs_u/get/{job}")
        assert (seen["created_by"], seen["permissioned_as"]) == ("robert", "u/robert")
    assert (await world.admin.get("/users/username_info/bob@example.com"))["username"] == "robert"
    actions = await world.context.pool.fetch("SELECT DISTINCT action FROM audit WHERE resource = 'bob'")
    assert "users.rename" in [row["action"] for row in actions]


async def test_what_is_archived_comes_along(world: World, bob: Any) -> None:
    await bob.deploy("u/bob/old", "echo 1")
    await bob.deploy("u/bob/old", "echo 2", auto_parent=True)
    assert (await bob("POST", "scripts/archive/p/u/bob/old")).is_success
    assert (await bob("POST", "flows/archive/u/bob/steps", json={"archived": True})).is_success
    await world.admin.deploy("u/robert/taken", "echo theirs")
    assert (await world.admin("POST", "scripts/archive/p/u/robert/taken")).is_success
    await bob.deploy("u/bob/taken", "echo mine")
    assert (await bob("POST", "scripts/archive/p/u/bob/taken")).is_success
    answer = await world.admin("POST", "/users/rename/bob@example.com", json={"new_username": "robert"})
    assert answer.status_code == 200, answer.text

    def paths(listed: Any) -> list[str]:
        return sorted(one["path"] for one in listed)

    assert paths(await world.admin.get("scripts/list", show_archived="true")) == [
        "u/bob/taken", "u/robert/old", "u/robert/taken",
    ]  # fmt: skip
    assert paths(await bob.get("flows/list", show_archived="true")) == ["u/robert/steps"]
    history = await bob.get("scripts/history/p/u/robert/old")
    assert [one["path"] for one in history] == ["u/robert/old"] * 2
    assert [one["path"] for one in await bob.get("scripts/history/p/u/robert/base")] == ["u/robert/base"] * 2
    assert (await bob.get("scripts/get/p/u/robert/old"))["content"] == "echo 2"


async def test_a_name_that_is_taken_changes_nothing(world: World, bob: Any) -> None:
    await world.member("ann")
    place = {"path": "u/carl/key", "value": "1", "is_secret": False, "description": ""}
    assert (await world.admin("POST", "variables/create", json=place)).is_success
    for name in ("ann", "carl", "group-x", "a/b", ""):
        answer = await world.admin("POST", "/users/rename/bob@example.com", json={"new_username": name})
        assert answer.status_code == 400, (name, answer.text)
    assert (await bob.get("users/whoami"))["username"] == "bob"
    assert await bob.get("variables/get_value/u/bob/key") == "hunter2"
    limited = (await world.admin("POST", "/users/tokens/create", json={"scopes": ["users:write"]})).text
    for path, body in (("rename", {"new_username": "x"}), ("change_email", {"new_email": "x@example.com"})):
        refused = await Api(world.client, limited)("POST", f"/users/{path}/bob@example.com", json=body)
        assert refused.status_code == 403, refused.text
    unknown = await world.admin("POST", "/users/rename/nobody@example.com", json={"new_username": "x"})
    assert unknown.status_code == 404
