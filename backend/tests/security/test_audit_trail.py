"""The trail tells who did what, by which token and from where; never what the values were."""

from typing import Any

import pytest

from tests.http_jobs.conftest import World

MARK = "value-8c1d-never-told"
# method, path, body, and what the entry says: action, kind, resource.
CHANGES: tuple[tuple[str, str, Any, tuple[str, str, str]], ...] = (
    ("POST", "folders/create", {"name": "docs"}, ("folder.create", "Created", "docs")),
    ("POST", "groups/create", {"name": "crew"}, ("group.create", "Created", "crew")),
    ("POST", "groups/adduser/crew", {"username": "ada"}, ("group.adduser", "Updated", "crew")),
    (
        "POST",
        "variables/create",
        {"path": "f/docs/key", "value": MARK, "is_secret": True, "description": ""},
        ("variables.create", "Created", "f/docs/key"),
    ),
    (
        "POST",
        "variables/update/f/docs/key",
        {"value": f"{MARK}-2"},
        ("variables.update", "Updated", "f/docs/key"),
    ),
    ("GET", "variables/get_value/f/docs/key", None, ("variables.decrypt_secret", "Execute", "f/docs/key")),
    (
        "GET",
        "variables/get/f/docs/key?include_encrypted=true",
        None,
        ("variables.decrypt_secret", "Execute", "f/docs/key"),
    ),
    (
        "POST",
        "acls/add/variable/f/docs/key",
        {"owner": "u/ada"},
        ("variables.update", "Updated", "f/docs/key"),
    ),
    ("POST", "variables/rotate_key", {}, ("variables.rotate_key", "Updated", "main")),
    (
        "POST",
        "resources/create",
        {"path": "f/docs/db", "value": {"password": MARK}, "resource_type": "any"},
        ("resources.create", "Created", "f/docs/db"),
    ),
    ("DELETE", "resources/delete/f/docs/db", None, ("resources.delete", "Delete", "f/docs/db")),
    (
        "POST",
        "/settings/global/retention_period_secs",
        {"value": 7},
        ("settings.set", "Updated", "retention_period_secs"),
    ),
    (
        "POST",
        "/users/create",
        {"email": "new@example.com", "password": MARK},
        ("users.add_global", "Created", "new@example.com"),
    ),
    (
        "POST",
        "/users/set_password_of/new@example.com",
        {"password": f"{MARK}-2"},
        ("users.setpassword", "Updated", "new@example.com"),
    ),
    ("POST", "users/update/ada", {"operator": True}, ("users.update", "Updated", "ada")),
    ("DELETE", "variables/delete/f/docs/key", None, ("variables.delete", "Delete", "f/docs/key")),
)


async def trail(world: World) -> list[dict[str, Any]]:
    """All entries, the newest first."""
    return await world.admin.get("audit/list", all_workspaces=True)


async def last_action(world: World) -> str:
    """What was done last, in our own word: the API has to use those that public clients know."""
    return str(await world.context.pool.fetchval("select action from audit order by id desc limit 1"))


async def test_every_change_leaves_an_entry_with_who_how_and_from_where(world: World) -> None:
    await world.member("ada")
    for method, path, body, (action, kind, resource) in CHANGES:
        answer = await world.admin(method, path, json=body)
        assert answer.status_code < 300, (path, answer.text)
        entry = (await trail(world))[0]
        assert (await last_action(world), entry["action_kind"], entry["resource"]) == (
            action,
            kind,
            resource,
        ), path
        assert (entry["email"], entry["outcome"]) == ("admin@example.com", "ok")
        assert len(entry["token_prefix"]) == 10
        assert entry["address"] == "127.0.0.1"
    told = str(await world.context.pool.fetch("select * from audit"))
    assert MARK not in told


async def test_deploying_moving_and_deleting_code(world: World) -> None:
    await world.admin.deploy("u/admin/tool", f"echo {MARK}")
    entry = (await trail(world))[0]
    assert (entry["operation"], entry["resource"]) == ("scripts.create", "u/admin/tool")
    assert (await world.admin("POST", "scripts/delete/p/u/admin/tool")).status_code == 200
    assert (await trail(world))[0]["operation"] == "scripts.delete"
    assert MARK not in str(await world.context.pool.fetch("select * from audit"))


async def test_a_failed_sign_in_and_a_good_one(world: World) -> None:
    await world.member("ada")
    for password in (MARK, "correct horse battery"):
        await world.client.post("/api/auth/login", json={"email": "ada@example.com", "password": password})
    good, bad = (await trail(world))[:2]
    assert (good["operation"], good["outcome"]) == ("users.login", "ok")
    assert (bad["operation"], bad["outcome"]) == ("users.login_failure", "refused")
    assert good["address"] == bad["address"] == "127.0.0.1"
    assert MARK not in str((good, bad))


async def test_a_refusal_is_told(world: World) -> None:
    ada = await world.member("ada")
    refused = await ada("POST", "users/update/ada", json={"is_admin": True})
    assert refused.status_code == 403
    entry = (await trail(world))[0]
    assert (entry["email"], entry["outcome"]) == ("ada@example.com", "refused")


async def test_what_a_job_left_behind_is_not_removed_in_silence(world: World) -> None:
    await world.admin.deploy("u/admin/tool")
    job_id = await world.admin.start("u/admin/tool")
    await world.worker.run_next({"value": MARK})
    assert (await world.admin("POST", f"jobs/completed/delete/{job_id}")).status_code == 200
    entry = (await trail(world))[0]
    assert (entry["operation"], entry["action_kind"], entry["resource"]) == (
        "jobs.delete",
        "Delete",
        str(job_id),
    )


async def test_who_cancelled_is_told(world: World) -> None:
    await world.admin.deploy("u/admin/tool")
    for way, action in (("cancel", "jobs.cancel"), ("force_cancel", "jobs.force_cancel")):
        job_id = await world.admin.start("u/admin/tool")
        await world.admin("POST", f"jobs_u/queue/{way}/{job_id}", json={"reason": MARK})
        entry = (await trail(world))[0]
        assert (entry["operation"], entry["resource"], entry["address"]) == (action, str(job_id), "127.0.0.1")
        again = await world.admin("POST", f"jobs_u/queue/{way}/{job_id}")
        assert again.status_code == 200
        assert (await trail(world))[0] == entry


@pytest.mark.parametrize(
    "statement", ["update audit set outcome = 'ok'", "delete from audit", "truncate audit"]
)
async def test_no_statement_changes_it(world: World, statement: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        await world.context.pool.execute(statement)
