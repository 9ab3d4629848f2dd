"""Workspaces, members, groups, folders, grants, the audit trail and settings, as their people meet them."""

from datetime import datetime

import asyncpg
import httpx
import pytest

import postmill
from postmill.db.pool import Pool

from .conftest import ADMIN, PASSWORD, TOKEN, Join


async def ok(client: httpx.AsyncClient, method: str, path: str, **body: object) -> httpx.Response:
    answer = await client.request(method, path, json=body or None)
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


class TestAccounts:
    async def test_the_first_admin(self, admin: httpx.AsyncClient) -> None:
        me = (await admin.get("/users/whoami")).json()
        assert me["email"] == ADMIN and me["super_admin"] is True and me["login_type"] == "password"
        listed = (await admin.get("/workspaces/users")).json()
        assert {row["role"] for row in listed["workspaces"]} == {"admin"}
        assert all(row["capabilities"]["flows"] == "full" for row in listed["workspaces"])
        assert [(row["id"], row["username"]) for row in listed["workspaces"]] == [
            ("admins", "admin"),
            ("main", "admin"),
        ]

    async def test_the_last_superadmin_stays(self, admin: httpx.AsyncClient) -> None:
        for method, path, body in (
            ("POST", f"/users/update/{ADMIN}", {"is_super_admin": False}),
            ("POST", f"/users/update/{ADMIN}", {"disabled": True}),
            ("DELETE", f"/users/delete/{ADMIN}", None),
        ):
            assert (await admin.request(method, path, json=body)).status_code == 400

    async def test_accounts_come_and_go(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob")
        assert (await admin.get("/users/exists/Bob@Example.com")).json() is True
        twice = await admin.post("/users/create", json={"email": "BOB@example.com", "password": PASSWORD})
        assert twice.status_code == 400
        assert (await bob.get("/users/list_as_super_admin")).status_code == 403
        emails = [row["email"] for row in (await admin.get("/users/list_as_super_admin")).json()]
        assert emails == [ADMIN, "bob@example.com"]
        await ok(admin, "DELETE", "/users/delete/bob@example.com")
        assert (await admin.get("/users/exists/bob@example.com")).json() is False
        assert [row["username"] for row in (await admin.get("/w/main/users/list")).json()] == ["admin"]

    @pytest.mark.parametrize("email", ["", "bob", "@x", "bob@", "a b@x.org", "nul\0@x.org", "a/b@x.org"])
    async def test_bad_addresses(self, admin: httpx.AsyncClient, email: str) -> None:
        answer = await admin.post("/users/create", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 400


class TestWorkspaces:
    async def test_life_of_a_workspace(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob")
        new = {"id": "team", "name": "Team", "username": "chief", "color": "#3b82f6"}
        assert (await bob.post("/workspaces/create", json=new)).status_code == 403
        assert (await admin.post("/workspaces/create", json=new)).status_code == 201
        assert (await admin.post("/workspaces/create", json=new)).status_code == 400
        assert (await admin.post("/workspaces/exists", json={"id": "team"})).json() is True
        taken = await admin.post("/workspaces/exists_username", json={"id": "team", "username": "chief"})
        assert taken.status_code == 400 and taken.text.endswith("username already taken")
        free = await admin.post("/workspaces/exists_username", json={"id": "team", "username": "other"})
        assert (free.status_code, free.text) == (200, "valid username")
        assert (await bob.get("/w/team/users/list")).status_code == 404
        await ok(admin, "POST", "/w/team/workspaces/change_workspace_name", new_name="The team")
        assert (await admin.get("/w/team/workspaces/get_settings")).json()["name"] == "The team"
        shown = (await ok(admin, "GET", "/w/team/workspaces/get_as_superadmin")).json()
        assert (shown["id"], shown["name"], shown["deleted"]) == ("team", "The team", False)
        assert (await bob.get("/w/team/workspaces/get_as_superadmin")).status_code == 404
        await ok(admin, "POST", "/w/team/workspaces/archive")
        assert "team" not in [row["id"] for row in (await admin.get("/workspaces/list")).json()]
        assert (await admin.get("/w/team/users/whoami")).status_code == 404
        await ok(admin, "POST", "/workspaces/unarchive/team")
        assert (await admin.get("/w/team/users/whoami")).json()["username"] == "chief"
        await ok(admin, "DELETE", "/workspaces/delete/team")
        assert (await admin.post("/workspaces/exists", json={"id": "team"})).json() is False

    async def test_the_instance_may_open_workspaces_to_all(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob")
        await ok(admin, "POST", "/settings/global/create_workspace_require_superadmin", value=False)
        assert (await bob.post("/workspaces/create", json={"id": "bobs", "name": "Bob's"})).status_code == 201
        assert (await bob.get("/w/bobs/users/whoami")).json()["is_admin"] is True

    async def test_a_superadmin_enters_without_being_a_member(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob")
        await ok(admin, "POST", "/settings/global/create_workspace_require_superadmin", value=False)
        await ok(bob, "POST", "/workspaces/create", id="bobs", name="Bob's")
        me = (await admin.get("/w/bobs/users/whoami")).json()
        assert me["non_member"] is True and me["is_admin"] is True and me["username"] == ADMIN


class TestMembers:
    async def test_roles(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob")
        assert (await bob.post("/w/main/users/update/bob", json={"is_admin": True})).status_code == 403
        await ok(admin, "POST", "/w/main/users/update/bob", operator=True)
        row = (await admin.get("/w/main/users/get/bob")).json()
        assert row["operator"] is True and row["groups"] == ["all"]
        datetime.fromisoformat(row["created_at"])
        both = await admin.post("/w/main/users/update/bob", json={"is_admin": True, "operator": True})
        assert both.status_code == 400
        assert (await admin.get("/w/main/users/username_to_email/bob")).text == "bob@example.com"
        assert (await admin.get("/w/main/users/username_to_email/nobody")).status_code == 404
        await ok(admin, "DELETE", "/w/main/users/delete/bob")
        assert (await admin.get("/w/main/users/list_usernames")).json() == ["admin"]

    async def test_the_last_admin_stays(self, admin: httpx.AsyncClient) -> None:
        assert (await admin.post("/w/main/users/update/admin", json={"is_admin": False})).status_code == 400
        assert (await admin.post("/w/main/users/update/admin", json={"disabled": True})).status_code == 400
        assert (await admin.post("/w/main/workspaces/leave")).status_code == 400

    @pytest.mark.parametrize("username", ["group-x", "a/b", "a.b", "1a"])
    async def test_bad_names(self, admin: httpx.AsyncClient, username: str) -> None:
        body = {"email": "x@example.com", "username": username}
        assert (await admin.post("/w/main/workspaces/add_user", json=body)).status_code == 400


class TestGroupsAndFolders:
    async def test_a_manager_chooses_the_members(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob, eve = await join("bob"), await join("eve")
        await ok(bob, "POST", "/w/main/groups/create", name="crew", summary="Ours")
        assert (await eve.post("/w/main/groups/adduser/crew", json={"username": "eve"})).status_code == 403
        await ok(bob, "POST", "/w/main/groups/adduser/crew", username="eve")
        assert (await bob.post("/w/main/groups/adduser/crew", json={"username": "nobody"})).status_code == 404
        assert (await eve.get("/w/main/groups/get/crew")).json()["members"] == ["eve"]
        assert (await eve.get("/w/main/groups/listnames?only_member_of=true")).json() == ["all", "crew"]
        assert (await bob.get("/w/main/groups/get/all")).json()["members"] == ["admin", "bob", "eve"]
        assert (await admin.post("/w/main/groups/adduser/all", json={"username": "eve"})).status_code == 400
        await ok(bob, "POST", "/w/main/groups/removeuser/crew", username="eve")
        await ok(bob, "DELETE", "/w/main/groups/delete/crew")
        assert (await bob.get("/w/main/groups/get/crew")).status_code == 404

    async def test_folder_rights_follow_users_and_groups(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob, eve = await join("bob"), await join("eve")
        await ok(bob, "POST", "/w/main/folders/create", name="docs", summary="Papers")
        assert (await bob.get("/w/main/folders/get/docs")).json()["owners"] == ["u/bob"]
        hidden = await eve.get("/w/main/folders/get/docs")
        missing = await eve.get("/w/main/folders/get/nothing")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.text.replace("docs", "") == missing.text.replace("nothing", "")
        assert (await eve.get("/w/main/folders/exists/docs")).json() is False
        assert (await eve.get("/w/main/folders/listnames")).json() == []
        assert (await eve.post("/w/main/folders/update/docs", json={"summary": "x"})).status_code == 404
        await ok(admin, "POST", "/w/main/groups/create", name="crew")
        await ok(admin, "POST", "/w/main/groups/adduser/crew", username="eve")
        await ok(bob, "POST", "/w/main/folders/update/docs", extra_perms={"g/crew": False, "u/bob": True})
        assert (await eve.get("/w/main/folders/listnames")).json() == ["docs"]
        assert (await eve.get("/w/main/users/whoami")).json()["folders_read"] == ["docs"]
        assert (await eve.post("/w/main/folders/update/docs", json={"summary": "x"})).status_code == 401
        await ok(bob, "POST", "/w/main/folders/addowner/docs", owner="u/eve")
        await ok(eve, "POST", "/w/main/folders/removeowner/docs", owner="u/bob")
        assert (await bob.get("/w/main/folders/get/docs")).status_code == 404

    async def test_unknown_grantees_are_refused(self, admin: httpx.AsyncClient) -> None:
        for body in ({"owners": ["u/nobody"]}, {"extra_perms": {"g/nothing": True}}, {"owners": ["nobody"]}):
            answer = await admin.post("/w/main/folders/create", json={"name": "docs", **body})
            assert answer.status_code == 400, body

    async def test_operators_make_nothing(self, join: Join) -> None:
        operator = await join("op", operator=True)
        assert (await operator.post("/w/main/folders/create", json={"name": "docs"})).status_code == 401
        assert (await operator.post("/w/main/groups/create", json={"name": "crew"})).status_code == 403


class TestGrants:
    @pytest.fixture
    async def variable(self, database: Pool) -> str:
        await database.execute(
            "INSERT INTO variable (workspace_id, path, value, edited_by) VALUES ('main', 'u/bob/v', 'x', 'bob')"
        )
        return "variable/u/bob/v"

    async def test_a_grant_opens_and_closes(self, join: Join, variable: str) -> None:
        bob, eve = await join("bob"), await join("eve")
        acls = "/w/main/acls"
        assert (await eve.get(f"{acls}/get/{variable}")).status_code == 404
        assert (
            await eve.post(f"{acls}/add/{variable}", json={"owner": "u/eve", "write": True})
        ).status_code == 404
        await ok(bob, "POST", f"{acls}/add/{variable}", owner="u/eve")
        assert (await eve.get(f"{acls}/get/{variable}")).json() == {"u/eve": False}
        assert (
            await eve.post(f"{acls}/add/{variable}", json={"owner": "u/eve", "write": True})
        ).status_code == 401
        assert (await eve.get("/w/main/variables/get/u/bob/v")).status_code == 200
        await ok(bob, "POST", f"{acls}/remove/{variable}", owner="u/eve")
        assert (await eve.get("/w/main/variables/get/u/bob/v")).status_code == 404

    async def test_hostile_grants(self, join: Join, variable: str) -> None:
        bob = await join("bob")
        for path, body in (
            (variable, {"owner": "u/nobody"}),
            (variable, {"owner": "everybody"}),
            (variable, {"owner": "g/all", "write": "yes"}),
            ("nonsense/u/bob/v", {"owner": "g/all"}),
            ("variable/u/bob/../v.x", {"owner": "g/all"}),
        ):
            assert (await bob.post(f"/w/main/acls/add/{path}", json=body)).status_code == 400, (path, body)
        assert (
            await bob.post("/w/main/acls/add/script/u/bob/none", json={"owner": "g/all"})
        ).status_code == 404


class TestAudit:
    async def test_it_tells_who_did_what_to_whom(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob")
        await ok(bob, "POST", "/w/main/folders/create", name="docs")
        entry = (await admin.get("/w/main/audit/list?operation=folder.create")).json()[0]
        assert (entry["username"], entry["email"]) == ("bob", "bob@example.com")
        assert (entry["action_kind"], entry["resource"], entry["outcome"]) == ("Created", "docs", "ok")
        assert entry["address"] and len(entry["token_prefix"]) == 10
        assert (await admin.get(f"/w/main/audit/get/{entry['id']}")).json() == entry

    async def test_others_than_admins_see_what_they_did(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob")
        await ok(admin, "POST", "/w/main/folders/create", name="secret_plans")
        await ok(bob, "POST", "/w/main/folders/create", name="docs")
        seen = (await bob.get("/w/main/audit/list")).json()
        assert {entry["email"] for entry in seen} == {"bob@example.com"}
        foreign = (await admin.get("/w/main/audit/list?resource=secret_plans")).json()[0]["id"]
        assert (await bob.get(f"/w/main/audit/get/{foreign}")).status_code == 404
        assert (await bob.get("/w/main/audit/list?all_workspaces=true")).status_code == 403

    async def test_refusals_are_in_it(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob")
        for _ in range(3):
            assert (await bob.post("/w/main/users/update/admin", json={"is_admin": False})).status_code == 403
        refused = [
            entry
            for entry in (await admin.get("/w/main/audit/list?username=bob")).json()
            if entry["outcome"] == "refused"
        ]
        assert [entry["parameters"]["action"] for entry in refused] == ["refused.updateUser"]

    async def test_it_is_append_only(self, admin: httpx.AsyncClient, database: Pool) -> None:
        for statement in ("UPDATE audit SET username = 'x'", "DELETE FROM audit"):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await database.execute(statement)

    async def test_a_refused_change_leaves_no_entry(self, admin: httpx.AsyncClient) -> None:
        await ok(admin, "POST", "/w/main/folders/create", name="docs")
        assert (await admin.post("/w/main/folders/create", json={"name": "docs"})).status_code == 400
        assert len((await admin.get("/w/main/audit/list?operation=folder.create")).json()) == 1


class TestSettings:
    async def test_they_are_encrypted_at_rest(self, admin: httpx.AsyncClient, database: Pool) -> None:
        path = "/settings/global/retention_period_secs"
        await ok(admin, "POST", path, value=86_412_345)
        assert (await admin.get(path)).json() == 86_412_345
        assert "86412345" not in str(await database.fetch("SELECT * FROM global_setting"))
        assert "86412345" not in str(await database.fetch("SELECT * FROM audit"))
        await ok(admin, "POST", path, value=None)
        assert (await admin.get(path)).json() is None
        assert (await admin.get("/settings/list_global")).json() == []

    async def test_bad_settings(self, admin: httpx.AsyncClient) -> None:
        assert (await admin.post("/settings/global/Bad-Name", json={"value": 1})).status_code == 400
        path = "/settings/global/create_workspace_require_superadmin"
        assert (await admin.post(path, json={"value": "no"})).status_code == 400
        for value in ("1", True, -1, 10**12, 1.5):
            answer = await admin.post("/settings/global/retention_period_secs", json={"value": value})
            assert answer.status_code == 400, value
        useless = await admin.post("/settings/global/smtp_settings", json={"value": {"host": "mail"}})
        assert (useless.status_code, "has no effect here" in useless.text) == (400, True)


async def test_public_answers(anonymous: httpx.AsyncClient) -> None:
    version = await anonymous.get("/version")
    assert version.text.startswith("CE v1.788.0") and version.headers["content-type"].startswith("text/plain")
    health = (await anonymous.get("/health/status")).json()
    assert (health["status"], health["database_healthy"], health["workers_alive"]) == ("degraded", True, 0)
    status = (await anonymous.get("/instance/status")).json()
    assert status == {
        "version": postmill.__version__,
        "first_start_done": True,
        "sign_in": ["password"],
        "signed_in": False,
    }
    for token, signed_in in ((TOKEN, True), ("wrong", False)):
        status = (await anonymous.get("/instance/status", headers={"cookie": f"token={token}"})).json()
        assert status["signed_in"] is signed_in
    document = (await anonymous.get("/openapi.json")).json()
    assert document["paths"]["/w/{workspace}/folders/create"]["post"]["operationId"] == "createFolder"
    yaml = await anonymous.get("/openapi.yaml")
    assert yaml.headers["content-type"].startswith("text/plain") and '"openapi": "3.1.0"' in yaml.text
