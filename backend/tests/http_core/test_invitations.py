"""Invitations to workspaces, and links for forgotten passwords."""

import httpx
import pytest

from postmill.db.pool import Pool
from postmill.maintenance.expiry import forget_leftovers

from .conftest import ADMIN, PASSWORD, Join, Platform, with_settings

NEW_PASSWORD = "a better password"
INVITE = "/w/main/workspaces/invite_user"
PENDING = "/w/main/workspaces/list_pending_invites"


async def invite(admin: httpx.AsyncClient, name: str, **role: bool) -> None:
    answer = await admin.post(INVITE, json={"email": f"{name}@example.com", **role})
    assert answer.status_code == 200, answer.text


class TestInvitations:
    async def test_who_is_invited_joins_in_the_role_that_was_offered(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", member=False)
        await invite(admin, "bob", is_admin=True)
        await invite(admin, "bob", operator=True)  # the last one counts
        expected = {"workspace_id": "main", "email": "bob@example.com", "is_admin": False, "operator": True}
        expected["role"] = "operator"
        assert (await admin.get(PENDING)).json() == [expected]
        assert (await bob.get("/users/list_invites")).json() == [expected]
        assert (await bob.get("/w/main/users/whoami")).status_code == 404
        body = {"workspace_id": "main", "username": "bobby"}
        assert (await bob.post("/users/accept_invite", json=body)).status_code == 200
        me = (await bob.get("/w/main/users/whoami")).json()
        assert (me["username"], me["operator"], me["is_admin"]) == ("bobby", True, False)
        assert (await admin.get(PENDING)).json() == []
        assert (await bob.post("/users/accept_invite", json=body)).status_code == 404

    async def test_who_declines_or_is_not_invited_any_more_does_not_join(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", member=False)
        body = {"workspace_id": "main"}
        await invite(admin, "bob")
        assert (await bob.post("/users/decline_invite", json=body)).status_code == 200
        assert (await bob.post("/users/accept_invite", json=body)).status_code == 404
        await invite(admin, "bob")
        taken_back = {"email": "Bob@example.com", "is_admin": False, "operator": False}
        assert (await admin.post("/w/main/workspaces/delete_invite", json=taken_back)).status_code == 200
        assert (await admin.post("/w/main/workspaces/delete_invite", json=taken_back)).status_code == 404
        assert (await bob.post("/users/accept_invite", json=body)).status_code == 404
        assert (await bob.get("/users/list_invites")).json() == []

    async def test_a_taken_name_is_refused_and_the_invitation_stays(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", member=False)
        await invite(admin, "bob")
        taken = await bob.post("/users/accept_invite", json={"workspace_id": "main", "username": "admin"})
        assert (taken.status_code, "taken" in taken.text) == (400, True)
        assert len((await bob.get("/users/list_invites")).json()) == 1
        assert (await bob.post("/users/accept_invite", json={"workspace_id": "main"})).status_code == 200

    async def test_members_are_not_invited_and_only_admins_invite(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob")
        assert (await admin.post(INVITE, json={"email": "bob@example.com"})).status_code == 400
        assert (await admin.post(INVITE, json={"email": "nobody"})).status_code == 400
        both = {"email": "x@example.com", "is_admin": True, "operator": True}
        assert (await admin.post(INVITE, json=both)).status_code == 400
        assert (await bob.post(INVITE, json={"email": "x@example.com"})).status_code == 403
        assert (await bob.get(PENDING)).status_code == 403

    async def test_an_archived_workspace_invites_nobody(self, admin: httpx.AsyncClient, join: Join) -> None:
        bob = await join("bob", member=False)
        await invite(admin, "bob")
        await admin.post("/w/main/workspaces/archive")
        assert (await bob.get("/users/list_invites")).json() == []
        assert (await bob.post("/users/accept_invite", json={"workspace_id": "main"})).status_code == 404

    async def test_a_token_of_another_workspace_answers_no_invitation(
        self, admin: httpx.AsyncClient, join: Join, platform: Platform
    ) -> None:
        bob = await join("bob")
        await admin.post("/workspaces/create", json={"id": "lab", "name": "Lab"})
        invited = await admin.post("/w/lab/workspaces/invite_user", json={"email": "bob@example.com"})
        assert invited.status_code == 200
        token = (await bob.post("/users/tokens/create", json={"workspace_id": "main"})).text
        async with platform.client(token) as bound:
            answer = await bound.post("/users/accept_invite", json={"workspace_id": "lab"})
        assert answer.status_code == 403


async def make_link(admin: httpx.AsyncClient, email: str) -> str:
    answer = await admin.post(f"/users/password_reset_link/{email}")
    assert answer.status_code == 200, answer.text
    link = answer.json()
    assert link["url"].endswith(f"/reset-password#{link['token']}")
    return str(link["token"])


async def sign_in(platform: Platform, password: str) -> int:
    async with platform.client() as guest:
        login = {"email": "bob@example.com", "password": password}
        return (await guest.post("/auth/login", json=login)).status_code


async def reset(client: httpx.AsyncClient, token: str, password: str = NEW_PASSWORD) -> httpx.Response:
    return await client.post("/auth/reset_password", json={"token": token, "new_password": password})


class TestPasswordReset:
    async def test_a_link_sets_the_password_once_and_ends_sessions(
        self,
        admin: httpx.AsyncClient,
        anonymous: httpx.AsyncClient,
        join: Join,
        platform: Platform,
        database: Pool,
    ) -> None:
        bob = await join("bob")
        token = await make_link(admin, "bob@example.com")
        assert await sign_in(platform, PASSWORD) == 200  # nothing changes before it is used
        assert (await reset(anonymous, token, "short")).status_code == 400
        assert (await reset(anonymous, token)).status_code == 200
        assert (await bob.get("/users/whoami")).status_code == 401
        assert (await sign_in(platform, PASSWORD), await sign_in(platform, NEW_PASSWORD)) == (400, 200)
        assert (await reset(anonymous, token)).status_code == 400
        rows = await database.fetch(
            "SELECT action, email, parameters::text FROM audit WHERE action LIKE 'users.%reset%'"
        )
        assert [(row["action"], row["email"]) for row in rows] == [
            ("users.make_reset_link", ADMIN), ("users.reset_password", "bob@example.com"),
        ]  # fmt: skip
        assert token not in str(rows)

    async def test_links_that_are_no_good_all_get_the_same_answer(
        self, admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, join: Join, database: Pool
    ) -> None:
        await join("bob")
        await join("eve")
        replaced = await make_link(admin, "bob@example.com")
        expired = await make_link(admin, "bob@example.com")
        disabled = await make_link(admin, "eve@example.com")
        await database.execute("UPDATE password_reset SET expires_at = now() WHERE email LIKE 'bob%'")
        await admin.post("/users/update/eve@example.com", json={"disabled": True})
        answers = {(answer.status_code, answer.text) for answer in [
            await reset(anonymous, token) for token in (replaced, expired, disabled, "pm_rst_made-up", "", "a\0b")
        ]}  # fmt: skip
        assert len(answers) == 1 and "wrong, used or expired" in str(answers)
        await forget_leftovers(database)
        assert await database.fetchval("SELECT count(*) FROM password_reset") == 1

    async def test_guessing_is_stopped(self, anonymous: httpx.AsyncClient) -> None:
        statuses = [(await reset(anonymous, f"pm_rst_{number}")).status_code for number in range(21)]
        assert statuses == [400] * 20 + [429]

    async def test_only_superadmins_with_all_their_rights_make_links(
        self, admin: httpx.AsyncClient, join: Join, platform: Platform
    ) -> None:
        bob = await join("bob", is_admin=True)
        path = f"/users/password_reset_link/{ADMIN}"
        assert (await bob.post(path)).status_code == 403
        token = (await admin.post("/users/tokens/create", json={"scopes": ["users:write"]})).text
        async with platform.client(token) as limited:
            assert (await limited.post(path)).status_code == 403
        assert (await admin.post("/users/password_reset_link/nobody@example.com")).status_code == 404

    @pytest.mark.parametrize("email", [ADMIN, "nobody@example.com"])
    async def test_asking_for_mail_tells_nothing_about_accounts(
        self, anonymous: httpx.AsyncClient, email: str
    ) -> None:
        answer = await anonymous.post("/auth/request_password_reset", json={"email": email})
        assert (answer.status_code, "ask an administrator" in answer.text) == (400, True)

    async def test_links_name_the_public_address(self, platform: Platform) -> None:
        elsewhere = with_settings(platform, base_url="https://tools.example.com/")
        async with elsewhere.client("pm_tok_first-admin-token-0123456789") as admin:
            link = (await admin.post(f"/users/password_reset_link/{ADMIN}")).json()
        assert link["url"] == f"https://tools.example.com/reset-password#{link['token']}"


AUTO = "/w/main/workspaces/edit_auto_invite"


class TestByDomain:
    async def test_accounts_of_the_domain_are_invited_now_and_later(
        self, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", member=False)
        body = {"email": "out@elsewhere.org", "password": "correct horse battery", "super_admin": False}
        assert (await admin.post("/users/create", json=body)).status_code == 201
        answer = await admin.post(AUTO, json={"operator": True})
        assert (answer.status_code, answer.text) == (200, "1 account invited by their domain")
        carl = await join("carl", member=False)
        for client in (bob, carl):
            (asked,) = (await client.get("/users/list_invites")).json()
            assert (asked["workspace_id"], asked["role"]) == ("main", "operator")
        pending = (await admin.get(PENDING)).json()
        assert [one["email"] for one in pending] == ["bob@example.com", "carl@example.com"]
        shown = (await admin.get("/w/main/workspaces/get_settings")).json()["auto_invite"]
        assert shown == {"enabled": True, "domain": "example.com", "operator": True, "mode": "invite"}
        assert (await admin.post(AUTO, json={})).status_code == 200
        await join("dora", member=False)
        assert len((await admin.get(PENDING)).json()) == 2
        assert "auto_invite" not in (await admin.get("/w/main/workspaces/get_settings")).json()

    async def test_everybody_is_taken_in(self, admin: httpx.AsyncClient, join: Join) -> None:
        await join("bob")
        answer = await admin.post(AUTO, json={"operator": False, "invite_all": True, "auto_add": True})
        assert answer.text == "0 accounts taken in by their domain"
        body = {"email": "bob@elsewhere.org", "password": "correct horse battery", "super_admin": False}
        assert (await admin.post("/users/create", json=body)).status_code == 201
        members = {one["email"]: one for one in (await admin.get("/w/main/users/list")).json()}
        taken = members["bob@elsewhere.org"]
        assert (taken["username"], taken["operator"], taken["is_admin"]) == ("bob_2", False, False)
        trail = (await admin.get("/w/main/audit/list", params={"resource": "bob_2"})).json()
        assert [one["operation"] for one in trail] == ["users.add_to_workspace"]

    async def test_a_domain_that_is_everybodys_is_refused(
        self, platform: Platform, admin: httpx.AsyncClient, join: Join
    ) -> None:
        bob = await join("bob", is_admin=True)
        assert (await bob.get("/workspaces/allowed_domain_auto_invite")).json() is True
        moved = await admin.post("/users/change_email/bob@example.com", json={"new_email": "bob@gmail.com"})
        assert moved.status_code == 200
        assert (await bob.get("/workspaces/allowed_domain_auto_invite")).json() is False
        refused = await bob.post(AUTO, json={"operator": False})
        assert refused.status_code == 400 and "gmail.com" in refused.text
        developer = await join("eve")
        assert (await developer.post(AUTO, json={"operator": False})).status_code == 403
