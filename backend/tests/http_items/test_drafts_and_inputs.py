"""Drafts, saved inputs and workspace dependencies over HTTP."""

from typing import Any

PATH = "u/alice/s"
DRAFT = {"summary": "mine", "content": "x"}


async def test_a_draft_is_saved_while_writing_and_notices_other_windows(world: Any) -> None:
    alice = await world.member("alice")
    assert await alice.get(f"drafts/get_own/script/{PATH}") is None
    first = (await alice("POST", f"drafts/update/script/{PATH}", json={"value": DRAFT})).json()
    assert first["status"] == "saved"
    at = first["current_timestamp"]
    second = (await alice("POST", f"drafts/update/script/{PATH}", json={"value": 2, "last_sync": at})).json()
    assert second["status"] == "saved"
    late = (await alice("POST", f"drafts/update/script/{PATH}", json={"value": 3, "last_sync": at})).json()
    assert late == {"status": "conflict", "current_timestamp": second["current_timestamp"]}
    assert (await alice.get(f"drafts/get_own/script/{PATH}"))["value"] == 2
    forced = {"value": DRAFT, "last_sync": at, "force": True}
    assert (await alice("POST", f"drafts/update/script/{PATH}", json=forced)).json()["status"] == "saved"
    (listed,) = await alice.get("drafts/list")
    assert (listed["path"], listed["kind"], listed["draft_only"], listed["mine"], listed["summary"]) == (
        PATH,
        "script",
        True,
        True,
        "mine",
    )
    naive = {"value": 1, "last_sync": "2026-01-01T00:00:00"}
    await alice.refused("POST", f"drafts/update/script/{PATH}", 400, json=naive)
    await alice.post(f"drafts/move/script/{PATH}", {"new_path": "u/alice/t"})
    await alice.post("drafts/delete_for_user/script/u/alice/t")
    assert await alice.get("drafts/list") == []


async def test_a_draft_shows_beside_the_item_and_goes_when_it_is_deployed(world: Any) -> None:
    alice = await world.member("alice")
    await alice.deploy(PATH)
    await alice("POST", f"drafts/update/script/{PATH}", json={"value": DRAFT})
    shown = await alice.get(f"scripts/get/p/{PATH}", get_draft="true")
    assert (shown["is_draft"], shown["draft"]) == (True, DRAFT)
    others = await world.admin.get(f"scripts/get/p/{PATH}", get_draft="true")
    assert others["is_draft"] is False
    assert [one["username"] for one in others["other_drafts_users"]] == ["alice"]
    await alice.deploy(PATH, "echo 2", auto_parent=True)
    assert await alice.get(f"drafts/get_own/script/{PATH}") is None


async def test_lists_show_what_is_only_drafted_to_who_may_see_the_draft(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    script = {"summary": "half", "content": "echo 1", "language": "bash", "description": 7}
    await alice("POST", "drafts/update/script/u/alice/half", json={"value": script})
    await alice("POST", "drafts/update/script/u/alice/nothing_yet", json={"value": "?"})
    flow = {"summary": "half a flow", "value": {"modules": []}}
    await alice("POST", "drafts/update/flow/u/alice/half_flow", json={"value": flow})
    await alice.deploy(PATH, deployment_message="first")
    await alice("POST", f"drafts/update/script/{PATH}", json={"value": DRAFT})

    assert [one["path"] for one in await alice.get("scripts/list")] == [PATH]
    listed = await alice.get("scripts/list", include_draft_only="true", with_deployment_msg="true")
    assert [(one["path"], one.get("draft_only"), one.get("deployment_msg")) for one in listed] == [
        ("u/alice/half", True, None),
        (PATH, None, "first"),
    ]
    half = listed[0]
    assert (half["is_draft"], half["draft_users"], half["description"]) == (True, [{"username": "alice"}], "")
    [listed_flow] = await alice.get("flows/list", include_draft_only="true")
    assert (listed_flow["path"], listed_flow["draft_only"]) == ("u/alice/half_flow", True)
    assert listed_flow["value"] == {"modules": []}
    for more in ({"languages": "python3"}, {"starred_only": "true"}, {"path_start": "u/bob/"}, {"page": 2}):
        assert not any(
            one.get("draft_only")
            for one in await alice.get("scripts/list", include_draft_only="true", **more)
        )

    assert await bob.get("flows/list", include_draft_only="true") == []
    [seen] = await world.admin.get("flows/list", include_draft_only="true", created_by="alice")
    assert (seen["path"], seen["is_draft"]) == ("u/alice/half_flow", False)
    assert await world.admin.get("flows/list", include_draft_only="true", created_by="admin") == []


async def test_drafts_of_others_are_seen_by_who_may_write_there(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    await world.folder("team", alice=True, bob=False)
    await alice("POST", "drafts/update/variable/f/team/v", json={"value": {"value": "token"}})
    await bob.refused("GET", "drafts/get/variable/f/team/v", 404, params={"username": "alice"})
    assert await bob.get("drafts/list", all_users="true") == []
    seen = await world.admin.get("drafts/get/variable/f/team/v", username="alice")
    assert seen["value"] == {"value": "token"}
    assert [one["mine"] for one in await world.admin.get("drafts/list", all_users="true")] == [False]


async def test_drafts_lie_only_where_their_author_could_see_the_item(world: Any) -> None:
    alice, oscar = await world.member("alice"), await world.member("oscar", operator=True)
    await alice.refused("POST", "drafts/update/script/u/admin/s", 404, json={"value": 1})
    await alice.refused("POST", f"drafts/update/robot/{PATH}", 400, json={"value": 1})
    await alice.refused("POST", "drafts/update/script/s", 400, json={"value": 1})
    await oscar.refused("POST", "drafts/update/script/u/oscar/s", 401, json={"value": 1})


async def test_saved_inputs_are_private_until_published(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    await world.folder("team", alice=True, bob=False)
    await alice.deploy("f/team/s")
    of_script = {"runnable_id": "f/team/s", "runnable_type": "ScriptPath"}
    body = {"name": "monthly", "args": {"z": 1, "a": [2]}}
    id = (await alice("POST", "inputs/create", json=body, params=of_script)).text
    (mine,) = await alice.get("inputs/list", **of_script)
    assert (mine["id"], mine["name"], list(mine["args"]), mine["is_public"]) == (
        id,
        "monthly",
        ["z", "a"],
        False,
    )
    assert await bob.get("inputs/list", **of_script) == []
    await bob.refused("GET", f"inputs/{id}/args", 404, params={"input": "true"})
    await bob.refused("POST", "inputs/update", 404, json={"id": id, "name": "x", "is_public": True})
    await alice.post("inputs/update", {"id": id, "name": "yearly", "is_public": True}, 201)
    assert [one["name"] for one in await bob.get("inputs/list", **of_script)] == ["yearly"]
    assert await bob.get(f"inputs/{id}/args", input="true") == body["args"]
    await bob.refused("POST", f"inputs/delete/{id}", 404)
    await alice.post(f"inputs/delete/{id}")
    assert await alice.get("inputs/list", **of_script) == []
    eve = await world.member("eve")
    await eve.refused("GET", "inputs/list", 404, params=of_script)
    await alice.refused("GET", "inputs/list", 400)
    await alice.refused("POST", "inputs/create", 400, json={"name": " ", "args": {}}, params=of_script)
    await alice.refused("POST", "inputs/create", 400, json={"name": "x", "args": []}, params=of_script)
    await alice.refused("GET", "inputs/zz/args", 400)


async def test_past_runs_are_sources_of_arguments(world: Any) -> None:
    await world.admin.deploy("u/admin/s")
    job_id = (await world.admin("POST", "jobs/run/p/u/admin/s", json={"a": 1})).text
    of_script = {"runnable_id": "u/admin/s", "runnable_type": "ScriptPath"}
    assert await world.admin.get("inputs/history", **of_script) == []
    await world.admin("POST", f"jobs_u/queue/cancel/{job_id}", json={"reason": "test"})
    (past,) = await world.admin.get("inputs/history", **of_script)
    assert (past["id"], past["success"], past["args"]) == (job_id, False, None)
    (past,) = await world.admin.get("inputs/history", **of_script, max_args_bytes=100)
    assert past["args"] == {"a": 1}
    assert await world.admin.get(f"inputs/{job_id}/args") == {"a": 1}
    alice = await world.member("alice")
    assert await alice.get("inputs/history", **of_script) == []
    await alice.refused("GET", f"inputs/{job_id}/args", 404)


async def test_a_new_content_of_workspace_dependencies_archives_the_one_before(world: Any) -> None:
    admin, alice = world.admin, await world.member("alice")
    area = "workspace_dependencies"
    body = {"workspace_id": "main", "language": "python3", "content": "requests==1"}
    await alice.refused("POST", f"{area}/create", 403, json=body)
    await admin.post(f"{area}/create", body, 201)
    await admin.post(f"{area}/create", {**body, "content": "requests==2"}, 201)
    await alice.post(f"{area}/create", {**body, "name": "team", "description": "d"}, 201)
    listed = await alice.get(f"{area}/list")
    assert [(one.get("name"), one["content"]) for one in listed] == [
        (None, "requests==2"),
        ("team", "requests==1"),
    ]
    assert (await alice.get(f"{area}/get_latest/python3", name="team"))["description"] == "d"
    await admin.post(f"{area}/archive/python3")
    assert (await alice.get(f"{area}/get_latest/python3"))["archived"] is True
    await admin.post(f"{area}/delete/python3", name="team")
    assert await alice.get(f"{area}/list") == []
    await alice.refused("GET", f"{area}/get_latest/cobol", 400)
    await alice.refused("GET", f"{area}/get_latest/php", 404)
    await admin.refused("POST", f"{area}/create", 400, json={**body, "workspace_id": "other"})


async def test_scripts_are_locked_again_when_the_dependencies_they_use_change(world: Any) -> None:
    admin = world.admin
    await admin.deploy("u/admin/plain", "def main():\n    return 1\n", "python3")
    await admin.deploy(
        "u/admin/named", "# requirements: team\ndef main():\n    return 1\n", "python3", lock="six==1"
    )
    await admin.deploy("u/admin/bash")
    body = {"language": "python3", "content": "requests==1"}
    assert await world.jobs() == []
    await admin.post("workspace_dependencies/create", {**body, "name": "team"}, 201)
    assert [job["path"] for job in await world.jobs()] == ["u/admin/named"]
    await admin.post("workspace_dependencies/create", body, 201)
    assert [job["path"] for job in await world.jobs()][1:] == ["u/admin/plain", "u/admin/named"]
