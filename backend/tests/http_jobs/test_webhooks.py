"""The webhook of a workspace: set over the API, told of what is changed, once the change is committed."""

from typing import Any

import pytest

from postmill.maintenance.webhooks import MOST_TRIES, Webhooks
from postmill.outgoing.client import CannotSend, parse_url

from .conftest import World

URL = "https://hooks.example.com/postmill?key=s3cret"


class Recorder:
    """In place of the client: keeps what it is given, or refuses."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.refuses: set[str] = set()

    async def post(self, address: str, document: dict[str, Any]) -> None:
        parse_url(address)
        if address in self.refuses:
            raise CannotSend("hooks.example.com answered 500")
        self.sent.append((address, document))


@pytest.fixture
async def hooked(world: World) -> World:
    answer = await world.admin("POST", "workspaces/edit_webhook", json={"webhook": URL})
    assert answer.status_code == 200, answer.text
    return world


def sender(world: World, recorder: Any) -> Webhooks:
    return Webhooks(world.context.pool, world.context.keyring, recorder)


async def told(world: World, recorder: Recorder) -> list[tuple[str, str]]:
    await sender(world, recorder).send_due()
    return [(said["type"], said.get("path") or said["name"]) for _, said in recorder.sent]


async def test_changes_are_told_once_and_nothing_else(hooked: World) -> None:
    world, recorder = hooked, Recorder()
    await world.admin.deploy("u/admin/report")
    variable = {"path": "u/admin/key", "value": "hunter2", "is_secret": True, "description": ""}
    await world.admin("POST", "variables/create", json=variable)
    await world.admin("POST", "variables/update/u/admin/key", json={"path": "u/admin/other"})
    await world.admin("POST", "variables/create", json=variable | {"path": "not a path"})  # refused
    await world.admin("POST", "folders/create", json={"name": "docs"})
    await world.admin("GET", "variables/get_value/u/admin/other")
    await world.admin("DELETE", "variables/delete/u/admin/other")
    assert await told(world, recorder) == [
        ("CreateScript", "u/admin/report"),
        ("CreateVariable", "u/admin/key"),
        ("UpdateVariable", "u/admin/other"),
        ("CreateFolder", "docs"),
        ("DeleteVariable", "u/admin/other"),
    ]
    script, moved = recorder.sent[0][1], recorder.sent[2][1]
    assert script["workspace"] == "main" and len(script["hash"]) == 16
    assert (moved["old_path"], moved["new_path"]) == ("u/admin/key", "u/admin/other")
    assert {address for address, _ in recorder.sent} == {URL}
    assert "hunter2" not in str(recorder.sent)
    recorder.sent.clear()
    assert await told(world, recorder) == []


async def test_what_was_not_taken_is_sent_again_and_given_up_in_the_end(hooked: World) -> None:
    world, recorder = hooked, Recorder()
    pool = world.context.pool
    await world.admin("POST", "folders/create", json={"name": "docs"})
    recorder.refuses = {URL}
    await sender(world, recorder).send_due()
    recorder.refuses = set()
    assert await told(world, recorder) == []  # not yet
    await pool.execute("UPDATE webhook_message SET due_at = now()")
    assert await told(world, recorder) == [("CreateFolder", "docs")]
    await world.admin("POST", "folders/create", json={"name": "more"})
    recorder.refuses = {URL}
    for _ in range(MOST_TRIES):
        await pool.execute("UPDATE webhook_message SET due_at = now()")
        await sender(world, recorder).send_due()
    assert await pool.fetchval("SELECT count(*) FROM webhook_message") == 0


async def test_one_workspace_that_does_not_answer_keeps_no_other_waiting(hooked: World) -> None:
    world, recorder = hooked, Recorder()
    await world.admin("POST", "folders/create", json={"name": "docs"})
    pool = world.context.pool
    await pool.execute("UPDATE workspace_webhook SET sealed_url = 'of another key'")
    await pool.execute(
        "INSERT INTO workspace_webhook (workspace_id, sealed_url) VALUES ('admins', $1)",
        world.context.keyring.seal_setting("webhook:admins", "https://other.example.com/"),
    )
    await pool.execute(
        "INSERT INTO webhook_message (workspace_id, action, resource) VALUES ('admins', 'folder.create', 'x')"
    )
    assert await told(world, recorder) == [("CreateFolder", "x")]


async def test_only_admins_set_and_see_it(hooked: World) -> None:
    world, bob = hooked, await hooked.member("bob")
    assert (await world.admin.get("workspaces/get_settings"))["webhook"] == URL
    assert "webhook" not in await bob.get("workspaces/get_settings")
    assert (await bob("POST", "workspaces/edit_webhook", json={"webhook": URL})).status_code == 403
    for wrong in ("hooks", "ftp://x.org", "http://"):
        assert (
            await world.admin("POST", "workspaces/edit_webhook", json={"webhook": wrong})
        ).status_code == 400
    sealed = await world.context.pool.fetchval("SELECT sealed_url FROM workspace_webhook")
    assert "s3cret" not in sealed
    assert (await world.admin("POST", "workspaces/edit_webhook", json={})).status_code == 200
    assert "webhook" not in await world.admin.get("workspaces/get_settings")
