"""Groups of the instance, what comes with them, and copies of accounts, groups and settings."""

from typing import Any

import httpx
import pytest

from postmill.db.pool import Pool

from .conftest import ADMIN, PASSWORD, TOKEN, Join, Platform


async def ok(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> httpx.Response:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


async def make_group(admin: httpx.AsyncClient, name: str, *emails: str) -> None:
    await ok(admin, "POST", "/groups/create", {"name": name, "summary": f"The {name}"})
    for email in emails:
        await ok(admin, "POST", f"/groups/adduser/{name}", {"email": email})


async def give(admin: httpx.AsyncClient, **roles: str) -> None:
    body = {"groups": list(roles), "roles": roles}
    await ok(admin, "POST", "/w/main/workspaces/edit_instance_groups", body)


async def roles_in_main(admin: httpx.AsyncClient) -> dict[str, str]:
    users = (await admin.get("/w/main/users/list")).json()
    return {
        user["email"].partition("@")[0]: "admin"
        if user["is_admin"]
        else "operator"
        if user["operator"]
        else "developer"
        for user in users
        if user["email"] != ADMIN
    }


async def admin_settings(admin: httpx.AsyncClient) -> Any:
    return (await admin.get("/settings/instance_config")).json()["global_settings"]


class TestMemberships:
    async def test_members_of_a_group_belong_to_the_workspaces_that_take_it_in(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", member=False)
        assert (await bob.get("/w/main/users/whoami")).status_code == 404
        await make_group(admin, "sales", "Bob@example.com", "later@example.com")
        await give(admin, sales="operator")
        assert await roles_in_main(admin) == {"bob": "operator", "later": "operator"}
        me = (await bob.get("/w/main/users/whoami")).json()
        assert (me["operator"], me["added_via"]) == (True, {"source": "instance_group"})
        await make_group(admin, "leads", "bob@example.com")
        await give(admin, sales="operator", leads="admin")
        assert await roles_in_main(admin) == {"bob": "admin", "later": "operator"}
        settings = (await admin.get("/w/main/workspaces/get_settings")).json()
        assert settings["auto_invite"]["instance_groups_roles"] == {"leads": "admin", "sales": "operator"}
        await ok(admin, "POST", "/groups/removeuser/leads", {"email": "bob@example.com"})
        assert await roles_in_main(admin) == {"bob": "operator", "later": "operator"}
        await ok(admin, "DELETE", "/groups/delete/sales")
        assert await roles_in_main(admin) == {}
        assert (await bob.get("/w/main/users/whoami")).status_code == 404

    async def test_members_that_were_added_by_hand_stay_as_they_are(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        await join("carol")
        await make_group(admin, "sales", "carol@example.com")
        await give(admin, sales="admin")
        assert await roles_in_main(admin) == {"carol": "developer"}
        await give(admin)
        assert await roles_in_main(admin) == {"carol": "developer"}

    async def test_a_role_that_a_group_gives_is_not_changed_by_hand(self, admin: httpx.AsyncClient) -> None:
        await make_group(admin, "sales", "dora@example.com")
        await give(admin, sales="developer")
        for method, path, body in (
            ("POST", "/w/main/users/update/dora", {"is_admin": True}),
            ("DELETE", "/w/main/users/delete/dora", None),
        ):
            answer = await admin.request(method, path, json=body)
            assert (answer.status_code, "instance group" in answer.text) == (400, True)
        await ok(admin, "POST", "/w/main/users/update/dora", {"disabled": True})

    async def test_a_member_by_hand_becomes_one_by_group(self, admin: httpx.AsyncClient, join: Join) -> None:
        convert = "/w/main/users/convert_to_group"
        carol = await join("carol")
        answer = await admin.post(f"{convert}/carol")
        assert (answer.status_code, "no instance group" in answer.text) == (400, True)
        assert (await admin.post(f"{convert}/nobody")).status_code == 404
        await make_group(admin, "sales", "carol@example.com", ADMIN)
        await give(admin, sales="operator")
        assert (await carol.post(f"{convert}/carol")).status_code == 403
        await ok(admin, "POST", f"{convert}/carol")
        assert await roles_in_main(admin) == {"carol": "operator"}
        answer = await admin.post(f"{convert}/admin")
        assert (answer.status_code, "last admin" in answer.text) == (400, True)
        await ok(admin, "DELETE", "/groups/delete/sales")
        assert await roles_in_main(admin) == {}
        assert (await admin.get("/w/main/users/whoami")).json()["is_admin"] is True

    async def test_names_that_are_taken_get_a_number(self, admin: httpx.AsyncClient, join: Join) -> None:
        await join("erin")
        await make_group(admin, "sales", "erin@elsewhere.org")
        await give(admin, sales="developer")
        users = (await admin.get("/w/main/users/list")).json()
        assert {user["username"] for user in users} == {"admin", "erin", "erin_2"}

    async def test_a_group_or_role_that_does_not_exist_is_refused(self, admin: httpx.AsyncClient) -> None:
        path = "/w/main/workspaces/edit_instance_groups"
        assert (await admin.post(path, json={"groups": ["nobody"]})).status_code == 404
        await make_group(admin, "sales")
        body = {"groups": ["sales"], "roles": {"sales": "king"}}
        assert (await admin.post(path, json=body)).status_code == 400

    async def test_others_than_superadmins_see_the_names_alone(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", is_admin=True)
        await make_group(admin, "sales", "bob@example.com")
        assert (await bob.get("/groups/list")).json() == [{"name": "sales", "summary": "The sales"}]
        assert (await admin.get("/groups/list")).json()[0]["emails"] == ["bob@example.com"]
        assert (await bob.get("/groups/get/sales")).status_code == 403
        given = (await admin.get("/groups/list_with_workspaces")).json()
        assert [(group["name"], group["workspaces"]) for group in given] == [("sales", [])]


class TestRolesOfTheInstance:
    async def test_a_role_comes_and_goes_with_the_group(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob", member=False)
        await make_group(admin, "ops", "bob@example.com")
        body = {"new_summary": "Operations", "instance_role": "superadmin"}
        await ok(admin, "POST", "/groups/update/ops", body)
        me = (await bob.get("/users/whoami")).json()
        assert (me["super_admin"], me["role_source"]) == (True, "instance_group")
        assert (await bob.get("/users/list_as_super_admin")).status_code == 200
        by_hand = await admin.post("/users/update/bob@example.com", json={"is_super_admin": False})
        assert (by_hand.status_code, "instance group" in by_hand.text) == (400, True)
        await ok(
            admin, "POST", "/groups/update/ops", {"new_summary": "Operations", "instance_role": "devops"}
        )
        me = (await bob.get("/users/whoami")).json()
        assert (me["super_admin"], me["devops"]) == (False, True)
        await ok(admin, "DELETE", "/groups/delete/ops")
        me = (await bob.get("/users/whoami")).json()
        assert (me["super_admin"], me["devops"], me["role_source"]) == (False, False, "manual")

    async def test_an_account_that_is_made_later_has_the_role_at_once(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        await make_group(admin, "ops", "late@example.com")
        await ok(admin, "POST", "/groups/update/ops", {"new_summary": "", "instance_role": "devops"})
        late = await join("late", member=False)
        assert (await late.get("/users/whoami")).json()["devops"] is True

    async def test_a_limited_token_gives_no_role(self, admin: httpx.AsyncClient, platform: Platform) -> None:
        await make_group(admin, "ops")
        token = (await admin.post("/users/tokens/create", json={"scopes": ["groups:write"]})).text
        async with platform.client(token) as limited:
            body = {"new_summary": "", "instance_role": "superadmin"}
            assert (await limited.post("/groups/update/ops", json=body)).status_code == 403


class TestCopies:
    async def test_accounts_go_out_and_come_in_with_their_passwords(
        self, admin: httpx.AsyncClient, join: Join, platform: Platform
    ) -> None:
        bob = await join("bob")
        await join("gone")
        exported = (await admin.get("/users/export")).json()
        assert [user["email"] for user in exported] == [ADMIN, "bob@example.com", "gone@example.com"]
        kept = [user for user in exported if user["email"] != "gone@example.com"]
        new = {**kept[1], "email": "new@example.com", "name": "New"}
        await ok(admin, "POST", "/users/overwrite", [*kept, new])
        assert [user["email"] for user in (await admin.get("/users/export")).json()] == [
            ADMIN, "bob@example.com", "new@example.com",
        ]  # fmt: skip
        assert set(await roles_in_main(admin)) == {"bob"}
        assert (await bob.get("/users/whoami")).status_code == 200
        async with platform.client() as guest:
            login = {"email": "new@example.com", "password": PASSWORD}
            assert (await guest.post("/auth/login", json=login)).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"email": "nobody"},
            {"password_hash": "secret"},
            {"password_hash": "$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"},
            {"username": "no good"},
            {"super_admin": "yes"},
            {"email": ADMIN},
        ],
    )
    async def test_accounts_that_cannot_be_are_refused_and_nothing_changes(
        self, admin: httpx.AsyncClient, change: dict[str, object]
    ) -> None:
        exported = (await admin.get("/users/export")).json()
        other = {"email": "x@example.com", "super_admin": False, "verified": True} | change
        assert (await admin.post("/users/overwrite", json=[*exported, other])).status_code == 400
        assert (await admin.post("/users/overwrite", json=[])).status_code == 400
        assert (await admin.get("/users/export")).json() == exported

    async def test_a_limited_token_takes_no_hashes(
        self, admin: httpx.AsyncClient, platform: Platform
    ) -> None:
        token = (await admin.post("/users/tokens/create", json={"scopes": ["users:write"]})).text
        async with platform.client(token) as limited:
            assert (await limited.get("/users/export")).status_code == 403
            assert (await limited.post("/users/overwrite", json=[])).status_code == 403

    async def test_groups_go_out_and_come_in(self, admin: httpx.AsyncClient) -> None:
        await make_group(admin, "sales", "bob@example.com")
        await make_group(admin, "gone")
        await give(admin, sales="developer")
        exported = (await admin.get("/groups/export")).json()
        assert exported == [
            {"name": "gone", "summary": "The gone", "emails": []},
            {"name": "sales", "summary": "The sales", "emails": ["bob@example.com"]},
        ]
        new = [{"name": "sales", "emails": ["new@example.com"], "external_id": "7"}, {"name": "more"}]
        await ok(admin, "POST", "/groups/overwrite", new)
        assert await roles_in_main(admin) == {"new": "developer"}
        again = (await admin.get("/groups/export")).json()
        assert [(group["name"], group.get("external_id")) for group in again] == [
            ("more", None), ("sales", "7"),
        ]  # fmt: skip
        twice = await admin.post("/groups/overwrite", json=[{"name": "a"}, {"name": "a"}])
        assert twice.status_code == 400

    async def test_settings_and_worker_groups_go_out_and_come_in(self, admin: httpx.AsyncClient) -> None:
        body = {
            "global_settings": {"retention_period_secs": 86400},
            "worker_configs": {"gpu": {"worker_tags": ["gpu"]}},
        }
        await ok(admin, "PUT", "/settings/instance_config", body)
        got = (await admin.get("/settings/instance_config")).json()
        assert got["global_settings"] == {"retention_period_secs": 86400}
        assert got["worker_configs"]["gpu"] == {"worker_tags": ["gpu"]}
        bad = {
            "global_settings": {"create_workspace_require_superadmin": False},
            "worker_configs": {"gpu": {"worker_tags": ["no good"]}},
        }
        assert (await admin.put("/settings/instance_config", json=bad)).status_code == 400
        useless = await admin.put(
            "/settings/instance_config", json={"global_settings": {"hub_base_url": "x"}}
        )
        assert (useless.status_code, "hub_base_url has no effect here" in useless.text) == (400, True)
        nothing = {"global_settings": {"hub_base_url": "", "smtp_settings": {}, "oauths": None}}
        await ok(admin, "PUT", "/settings/instance_config", nothing)
        assert await admin_settings(admin) == {"retention_period_secs": 86400}
        await ok(admin, "PUT", "/settings/instance_config", {"global_settings": await admin_settings(admin)})
        await ok(
            admin, "PUT", "/settings/instance_config", {"global_settings": {"retention_period_secs": None}}
        )
        assert await admin_settings(admin) == {}

    async def test_what_is_copied_is_in_the_trail_without_values(
        self, admin: httpx.AsyncClient, database: Pool
    ) -> None:
        await admin.get("/users/export")
        await admin.get("/groups/export")
        rows = await database.fetch("SELECT action, parameters::text FROM audit WHERE action LIKE '%export'")
        assert [row["action"] for row in rows] == ["users.export", "igroup.export"]
        assert "argon2" not in str(rows) and TOKEN not in str(rows)
