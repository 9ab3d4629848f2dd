"""Approvals over HTTP: links, answers, conditions, the inbox. The flow that waits is written by hand."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
import pytest

from postmill.flow_logic.state import State
from postmill.flow_logic.values import OfChild
from postmill.items.approvals import number_of
from postmill.kernel.ids import new_job_id

FORM = {"schema": {"type": "object", "properties": {"note": {"type": "string"}}}}


def token_in(urls: dict[str, str]) -> str:
    """The link as one word, which the address of its page brings along."""
    (token,) = parse_qs(urlsplit(urls["approvalPage"]).query)["token"]
    return token


@dataclass
class Run:
    """A flow that waits behind its first step."""

    world: Any
    flow: UUID
    step: UUID

    async def events(self) -> list[tuple[str, Any, str | None]]:
        rows = await self.world.context.pool.fetch(
            "SELECT kind, payload, approver FROM flow_event ORDER BY id"
        )
        return [(row["kind"], json.loads(row["payload"]), row["approver"]) for row in rows]

    async def link(self, verb: str = "resume", resume_id: int = 0, **query: Any) -> str:
        signature = await self.signature(resume_id, **query)
        return f"jobs_u/{verb}/{self.step}/{resume_id}/{signature}"

    async def signature(self, resume_id: int = 0, **query: Any) -> str:
        answer = await self.world.admin("GET", f"jobs/job_signature/{self.step}/{resume_id}", params=query)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    async def anonymous(self, method: str, path: str, **request: Any) -> Any:
        return await self.world.client.request(method, f"/api/w/main/{path}", **request)


async def waiting_run(
    world: Any,
    *,
    started_by: str = "admin",
    path: str = "u/admin/flow",
    groups: tuple[str, ...] = (),
    **suspend: Any,
) -> Run:
    """Writes what the engine leaves behind when a flow has come to a step that asks."""
    pool = world.context.pool
    flow, step = new_job_id(), new_job_id()
    suspend = {"required_events": 1, "resume_form": FORM, **suspend}
    value = {
        "modules": [
            {"id": "a", "summary": "Ask", "value": {"type": "identity"}, "suspend": suspend},
            {"id": "b", "value": {"type": "identity"}},
        ]
    }
    email = f"{started_by}@example.com"
    for job_id, kind, parent, step_id, code in (
        (flow, "flowpreview", None, None, json.dumps(value)),
        (step, "script", flow, "a", None),
    ):
        await pool.execute(
            "INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag, path, raw_code,"
            " parent_job, root_job, flow_step_id) VALUES ($1, 'main', $2, $3, $4, $5, 'flow', $6, $7, $8, $8, $9)",
            job_id, kind, started_by, f"u/{started_by}", email, path, code, parent, step_id,
        )  # fmt: skip
    state = State(
        phase="steps", step=1, armed=True, stage="answers", groups=groups, previous=OfChild("a", 0, 0)
    )
    origin = {"document": {"job": str(flow)}, "root": str(flow), "scope": str(flow)}
    await pool.execute(
        "INSERT INTO flow_state (job_id, workspace_id, state, origin) VALUES ($1, 'main', $2, $3)",
        flow, msgspec.json.encode(state).decode(), json.dumps(origin),
    )  # fmt: skip
    await pool.execute("INSERT INTO flow_child VALUES ($1, 'a', 0, 0, $2)", flow, step)
    await pool.execute(
        "INSERT INTO queue (job_id, workspace_id, tag, state, awaited, suspend_until)"
        " VALUES ($1, 'main', 'flow', 'suspended', 1, now() + interval '1 hour')",
        flow,
    )
    result = {"description": "Ship it?", "default_args": {"note": "x"}, "enums": {"note": ["x"]}, "other": 1}
    await pool.execute(
        "INSERT INTO completed_job"
        " (job_id, workspace_id, attempt, status, result, started_at, completed_at, duration_ms)"
        " VALUES ($1, 'main', 1, 'success', $2::json, now(), now(), 1)",
        step, json.dumps(result),
    )  # fmt: skip
    return Run(world, flow, step)


async def test_a_link_opens_the_results_of_the_run_that_waits(world: Any) -> None:
    run = await waiting_run(world, started_by="admin", path="u/admin/hidden")
    signature = await run.signature(7)
    result = f"jobs_u/completed/get_result/{run.step}"
    link = {"suspended_job": str(run.step), "resume_id": "7", "secret": signature}
    assert (await run.anonymous("GET", result)).status_code == 404
    read = await run.anonymous("GET", result, params=link)
    assert (read.status_code, read.json()["description"]) == (200, "Ship it?")
    bob = await world.member("bob")
    assert (await bob("GET", result, params=link)).status_code == 200
    # Not by a changed link, and of no other run.
    for change, status in (
        ({"resume_id": "8"}, 403), ({"secret": "f" * 64}, 403), ({"approver": "bob"}, 403), ({"resume_id": ""}, 400),
        ({"suspended_job": str(run.flow)}, 403), ({"secret": ""}, 403), ({"resume_id": "-1"}, 400),
    ):  # fmt: skip
        answer = await run.anonymous("GET", result, params={**link, **change})
        assert answer.status_code == status, (change, answer.text)
    other = await waiting_run(world, started_by="admin", path="u/admin/other")
    elsewhere = await run.anonymous("GET", f"jobs_u/completed/get_result/{other.step}", params=link)
    assert elsewhere.status_code == 404


async def test_a_link_answers_once(world: Any) -> None:
    run = await waiting_run(world)
    link = await run.link(approver="ada")
    answer = await run.anonymous("POST", link, params={"approver": "ada"}, json={"note": "fine"})
    assert (answer.status_code, answer.text) == (201, "")
    assert await run.events() == [("approve", {"note": "fine"}, "ada")]
    again = await run.anonymous("POST", link, params={"approver": "ada"}, json={})
    assert (again.status_code, "already sent" in again.text) == (400, True)
    other = await run.anonymous("POST", (await run.link("cancel")), json=None)
    assert (other.status_code, "already sent" in other.text) == (400, True)
    assert len(await run.events()) == 1


@pytest.mark.parametrize("deep", [False, True])
async def test_an_answer_refers_to_nothing_that_its_giver_may_not_read(world: Any, deep: bool) -> None:
    """Steps read it with the rights of the flow."""
    run = await waiting_run(world)
    variable = {"path": "u/admin/secret", "value": "1", "is_secret": True}
    assert (await world.admin("POST", "variables/create", json=variable)).status_code == 201
    reference = [[[{"a": "$var:u/admin/secret"}]]] if deep else "$var:u/admin/secret"
    for link in (await run.link(), await run.link("cancel")):
        refused = await run.anonymous("POST", link, json={"x": reference})
        assert (refused.status_code, "u/admin/secret" in refused.text) == (404, True)
        assert (await run.anonymous("POST", link, json={"x": "$WM_TOKEN"})).status_code == 403
    bare = await run.anonymous("POST", await run.link(), json="$var:u/admin/secret")
    assert bare.status_code == 404
    assert await run.events() == []
    own = await world.admin("POST", f"jobs/flow/resume/{run.flow}", json={"x": reference})
    assert own.status_code == 201, own.text


@pytest.mark.parametrize("approver", [None, "Ada L."])
async def test_a_token_of_a_link_answers_without_sign_in(world: Any, approver: str | None) -> None:
    run, other = await waiting_run(world), await waiting_run(world)
    query = {} if approver is None else {"approver": approver}
    made = await world.admin("GET", f"jobs/resume_urls/{run.step}/3", params=query)
    assert made.status_code == 200, made.text
    urls = made.json()
    token = token_in(urls)
    info = await run.anonymous("GET", f"jobs_u/flow/approval_info/{run.flow}", params={"token": token})
    assert (info.status_code, info.json()["can_approve"], info.json()["step_id"]) == (200, True, "a")
    answer = {"payload": {"n": 1}, "approval_token": token}
    elsewhere = await run.anonymous("POST", f"jobs_u/flow/resume_suspended/{other.flow}", json=answer)
    assert (elsewhere.status_code, "another run" in elsewhere.text) == (400, True)
    for wrong in (token[:-1] + "!", token.replace(".3.", ".4."), f"{other.step}{token[36:]}"):
        forged = await run.anonymous("GET", f"jobs_u/flow/approval_info/{run.flow}", params={"token": wrong})
        assert forged.status_code in (400, 403), wrong
    for bad in ("a.b.c", f"{run.step}.9999999999999.x", f"{run.step}.\u0663.x", "..."):
        refused = await run.anonymous("GET", f"jobs_u/flow/approval_info/{run.flow}", params={"token": bad})
        assert (refused.status_code, "no approval token" in refused.text) == (400, True), bad
    done = await run.anonymous("POST", f"jobs_u/flow/resume_suspended/{run.flow}", json=answer)
    assert done.status_code == 201, done.text
    assert await run.events() == [("approve", {"n": 1}, approver)]
    again = await run.anonymous("POST", f"jobs_u/flow/resume_suspended/{run.flow}", json=answer)
    assert again.status_code == 400


async def test_a_token_is_held_to_what_the_step_demands(world: Any) -> None:
    run = await waiting_run(world, user_auth_required=True)
    token = token_in((await world.admin("GET", f"jobs/resume_urls/{run.step}/3")).json())
    info = await run.anonymous("GET", f"jobs_u/flow/approval_info/{run.flow}", params={"token": token})
    assert (info.status_code, info.json()["can_approve"]) == (200, False)
    answer = {"approval_token": token, "approved": False}
    refused = await run.anonymous("POST", f"jobs_u/flow/resume_suspended/{run.flow}", json=answer)
    assert refused.status_code == 401
    assert await run.events() == []


async def test_a_link_to_a_turn_that_has_ended_answers_the_step_around_it(world: Any) -> None:
    run = await waiting_run(world)
    pool = world.context.pool
    await pool.execute("UPDATE job SET kind = 'flowpreview', raw_code = '{}' WHERE id = $1", run.step)
    answer = await run.anonymous("POST", await run.link(), json={})
    assert answer.status_code == 201, answer.text
    rows = await pool.fetch("SELECT flow_job, step_job FROM flow_event")
    assert [tuple(row) for row in rows] == [(run.flow, run.step)]


async def test_a_loop_over_nothing_is_answered_by_members(world: Any) -> None:
    run = await waiting_run(world)
    pool = world.context.pool
    await pool.execute("DELETE FROM flow_child")
    info = await world.admin("GET", f"jobs_u/flow/approval_info/{run.flow}")
    assert (info.status_code, info.json()["step_job"]) == (200, str(run.flow))
    answer = await world.admin("POST", f"jobs/flow/resume/{run.flow}", json={})
    assert answer.status_code == 201, answer.text
    rows = await pool.fetch("SELECT flow_job, step_job FROM flow_event")
    assert [tuple(row) for row in rows] == [(run.flow, None)]


async def test_a_link_is_opened_with_get(world: Any) -> None:
    run = await waiting_run(world)
    payload = base64.b64encode(json.dumps({"a": ["ÿ?>"]}).encode()).decode()
    answer = await run.anonymous("GET", await run.link("cancel", 7), params={"payload": payload})
    assert answer.status_code == 201
    assert await run.events() == [("disapprove", {"a": ["ÿ?>"]}, None)]
    for wrong in ("%%%", base64.b64encode(b"{").decode(), base64.b64encode(b'"\\u0000"').decode()):
        refused = await run.anonymous("GET", await run.link("resume", 8), params={"payload": wrong})
        assert refused.status_code == 400, wrong


async def test_forged_foreign_and_expired_links_are_refused(world: Any) -> None:
    run, other = await waiting_run(world), await waiting_run(world)
    signature = await run.signature(0, approver="ada")
    for path, query in (
        (f"jobs_u/resume/{run.step}/0/{'0' * 64}", {}),
        (f"jobs_u/resume/{run.step}/0/ÿ", {}),
        (f"jobs_u/resume/{run.step}/0/{signature}", {}),
        (f"jobs_u/resume/{run.step}/0/{signature}", {"approver": "eve"}),
        (f"jobs_u/resume/{run.step}/1/{signature}", {"approver": "ada"}),
        (f"jobs_u/resume/{other.step}/0/{signature}", {"approver": "ada"}),
        (f"jobs_u/resume/{run.flow}/0/{signature}", {"approver": "ada"}),
        (f"jobs_u/get_flow/{run.step}/0/{'f' * 64}", {}),
    ):
        answer = await run.anonymous("GET", path, params=query)
        assert (answer.status_code, "Invalid signature" in answer.text) == (403, True), path
    for bad in ("x", "-1", "4294967296", "1e3", "٣"):
        assert (await run.anonymous("GET", f"jobs_u/resume/{run.step}/{bad}/0")).status_code == 400
    link = await run.link()
    await world.context.pool.execute("UPDATE approval_link SET expires_at = now()")
    answer = await run.anonymous("POST", link, json={})
    assert (answer.status_code, answer.text) == (400, "Bad request: this link has expired")
    assert await run.events() == []


async def test_what_does_not_wait_takes_no_answer(world: Any) -> None:
    run = await waiting_run(world)
    early, late, ended = [await run.link("resume", number) for number in (1, 2, 3)]
    pool = world.context.pool
    await pool.execute('UPDATE flow_state SET state = \'{"phase": "steps", "step": 0, "stage": "children"}\'')
    assert (await run.anonymous("POST", early, json={})).status_code == 201
    await pool.execute('UPDATE flow_state SET state = \'{"phase": "steps", "step": 1, "stage": "children"}\'')
    answer = await run.anonymous("POST", late, json={})
    assert (answer.status_code, "'a' waits for no answer any more" in answer.text) == (400, True)
    await pool.execute("DELETE FROM queue")
    answer = await run.anonymous("POST", ended, json={})
    assert (answer.status_code, "the flow has ended" in answer.text) == (400, True)


async def test_urls_lead_to_a_page_and_to_answers(world: Any) -> None:
    run = await waiting_run(world)
    by_name = await world.admin.get(f"jobs/wac_approval_urls/{run.flow}/a")
    await world.admin.refused("GET", f"jobs/wac_approval_urls/{run.flow}/b", 400)
    urls = await world.admin.get(f"jobs/resume_urls/{run.step}/5", approver="a b/c")
    assert f"/approve/main/{run.step}/5/" in urls["approvalPage"]
    assert "?approver=a%20b%2Fc&token=" in urls["approvalPage"]
    path = urls["resume"].partition("/api/w/main/")[2]
    shown = await run.anonymous("GET", path.replace("jobs_u/resume", "jobs_u/get_flow"))
    assert shown.status_code == 200, shown.text
    assert shown.json()["job"]["id"] == str(run.flow)
    approval = shown.json()["approval"]
    assert (approval["description"], approval["default_args"], approval["enums"]) == (
        "Ship it?", {"note": "x"}, {"note": ["x"]},
    )  # fmt: skip
    assert (approval["form_schema"], approval["started_by"]) == (FORM["schema"], "admin")
    assert (approval["summary"], approval["can_approve"], approval["missing_events"]) == ("Ask", True, 1)
    assert "other" not in approval
    assert (await run.anonymous("POST", path, json={})).status_code == 201
    # A link for the whole flow.
    urls = await world.admin.get(f"jobs/resume_urls/{run.step}/6", flow_level="true")
    assert f"/jobs_u/cancel/{run.flow}/6/" in urls["cancel"]
    assert (await run.anonymous("GET", urls["cancel"].partition("/api/w/main/")[2])).status_code == 201
    answer = await run.anonymous("GET", by_name["resume"].partition("/api/w/main/")[2])
    assert answer.status_code == 201
    assert [kind for kind, _, _ in await run.events()] == ["approve", "disapprove", "approve"]


async def test_links_are_made_by_those_who_may_answer(world: Any) -> None:
    run = await waiting_run(world)
    alice = await world.member("alice")
    for path in (f"jobs/job_signature/{run.step}/0", f"jobs/resume_urls/{run.step}/0"):
        await alice.refused("GET", path, 404)
        await alice.refused("GET", path.replace(str(run.step), str(new_job_id())), 404)
        assert (await run.anonymous("GET", path)).status_code == 401
        limited = await (
            world.limited_admin("jobs:read") if "urls" in path else world.member("bob", read_only=True)
        )
        await limited.refused("GET", path, 403)
    await world.admin.refused("GET", "jobs/job_signature/x/0", 400)


async def test_signing_in_can_be_demanded(world: Any) -> None:
    run = await waiting_run(world, user_auth_required=True)
    link = await run.link()
    assert (await run.anonymous("POST", link, json={})).status_code == 401
    shown = await run.anonymous("GET", link.replace("resume", "get_flow"))
    assert shown.json()["approval"]["can_approve"] is False
    alice = await world.member("alice")
    await alice.post(link, {}, 201)
    assert await run.events() == [("approve", {}, "alice")]


@pytest.mark.parametrize("site", ["same-origin", "cross-site"])
async def test_a_link_that_is_followed_is_no_answer_of_who_follows_it(world: Any, site: str) -> None:
    """Its signature counts, the reader's cookie does not: whoever writes a link into a page must not answer as them."""
    alice = await world.member("alice")
    followed = {"cookie": alice.cookie, "sec-fetch-site": site, "sec-fetch-dest": "document"}
    run = await waiting_run(world, user_auth_required=True)
    refused = await run.anonymous("GET", await run.link(), headers=followed)
    assert (refused.status_code, await run.events()) == (401, [])
    by_hand = {**followed, "sec-fetch-site": "none"}
    assert (await run.anonymous("GET", await run.link(), headers=by_hand)).status_code == 201
    assert await run.events() == [("approve", None, "alice")]
    open_to_all = await waiting_run(world)
    link = await open_to_all.link()
    assert (await run.anonymous("GET", link, headers=followed)).status_code == 201
    assert (await run.events())[1:] == [("approve", None, None)]


async def test_groups_and_self_approval(world: Any) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    await world.admin.post("groups/create", {"name": "ops"})
    await world.admin.post("groups/adduser/ops", {"username": "bob"})
    run = await waiting_run(
        world, started_by="alice", path="u/alice/flow", groups=("ops",),
        user_auth_required=True, self_approval_disabled=True,
    )  # fmt: skip
    link = await run.link()
    assert "who started the run" in await alice.refused("POST", link, 403, json={})
    assert "who started the run" in await alice.refused("POST", f"jobs/flow/resume/{run.flow}", 403, json={})
    carol = await world.member("carol")
    assert "members of ops" in await carol.refused("POST", link, 403, json={})
    await carol.refused("POST", f"jobs_u/flow/resume_suspended/{run.flow}", 404, json={})
    info = await bob.get(f"jobs_u/flow/approval_info/{run.flow}")
    assert (info["can_approve"], info["flow_path"]) == (True, "u/alice/flow")
    assert "flow_summary" not in info  # it has none
    change = {"path": "u/alice/flow", "summary": "Approve an order", "value": {"modules": []}}
    await alice.post("flows/create", change, 201)
    assert (await bob.get("jobs/approvals"))["items"][0]["flow_summary"] == "Approve an order"
    assert info["approval_conditions"] == {
        "user_auth_required": True, "user_groups_required": ["ops"], "self_approval_disabled": True,
    }  # fmt: skip
    assert (await bob.get("jobs/approvals"))["count"] == 1
    assert (await alice.get("jobs/approvals"))["count"] == 0
    assert (await carol.get("jobs/approvals"))["count"] == 0
    await bob.post(f"jobs_u/flow/resume_suspended/{run.flow}", {"payload": 5, "approved": False}, 201)
    assert await run.events() == [("disapprove", 5, "bob")]
    # It waits no more, and is no business of the group's any more.
    assert (await bob.get("jobs/approvals"))["count"] == 0
    await bob.refused("POST", f"jobs/flow/resume/{run.flow}", 404, json={})


async def test_the_inbox_holds_what_waits_for_the_caller(world: Any) -> None:
    alice = await world.member("alice")
    runs = [await waiting_run(world, started_by="alice", path=f"u/alice/flow{number}") for number in range(3)]
    await waiting_run(world)
    found = await alice.get("jobs/approvals", per_page=2)
    assert found["count"] == 3
    assert [item["flow_id"] for item in found["items"]] == [str(runs[2].flow), str(runs[1].flow)]
    assert (await alice.get("jobs/approvals", per_page=2, page=2))["items"][0]["flow_id"] == str(runs[0].flow)
    assert (await world.admin.get("jobs/approvals"))["count"] == 4
    await alice.post(f"jobs/flow/resume/{runs[0].flow}", {"a": 1}, 201)
    assert (await alice.get("jobs/approvals"))["count"] == 2
    assert (await alice.get("jobs/approvals"))["items"][0]["can_approve"] is True
    assert (
        await world.admin("GET", "/w/main/jobs/approvals", headers={"authorization": ""})
    ).status_code == 401


@pytest.mark.parametrize("path", ["jobs_u/flow/approval_info/{}", "jobs_u/flow/resume_suspended/{}"])
async def test_a_run_that_asks_nothing(world: Any, path: str) -> None:
    run = await waiting_run(world)
    await world.context.pool.execute("UPDATE queue SET state = 'ready'")
    method = "GET" if "info" in path else "POST"
    body = None if method == "GET" else {}
    assert "waits for an answer" in await world.admin.refused(method, path.format(run.flow), 400, json=body)
    await world.admin.refused(method, path.format(run.step), 404, json=body)
    await world.admin.refused(method, path.format(new_job_id()), 404, json=body)
    answer = await run.anonymous(method, path.format(run.flow), json=body)
    assert answer.status_code == (404 if method == "GET" else 401)


async def test_an_answer_to_an_earlier_step_hides_nothing(world: Any) -> None:
    run = await waiting_run(world)
    await world.context.pool.execute(
        "INSERT INTO flow_event (flow_job, step_job, resume_id, kind) VALUES ($1, $2, $3, 'approve')",
        run.flow, new_job_id(), number_of("admin@example.com"),
    )  # fmt: skip
    assert (await world.admin.get("jobs/approvals"))["count"] == 1
    await world.context.pool.execute("UPDATE flow_event SET step_job = $1", run.step)
    assert (await world.admin.get("jobs/approvals")) == {"count": 0, "items": []}


async def test_every_answer_is_in_the_audit_trail(world: Any) -> None:
    run = await waiting_run(world)
    await world.admin.post(f"jobs/flow/resume/{run.flow}", {"secret": "hunter2"}, 201)
    assert await world.audited("jobs.approve") == [("admin", str(run.flow))]
    trail = await world.context.pool.fetch("SELECT parameters::text FROM audit")
    assert not any("hunter2" in (row["parameters"] or "") for row in trail)


async def test_the_inbox_goes_on_beyond_what_is_looked_at_at_once(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [await waiting_run(world) for _ in range(5)]
    monkeypatch.setattr("postmill.items.approvals.SCANNED_AT_ONCE", 2)
    monkeypatch.setattr("postmill.items.approvals.COUNTED", 2)
    seen = []
    for page in (1, 2, 3):
        shown = await world.admin.get("jobs/approvals", page=page, per_page=2)
        seen += [one["flow_id"] for one in shown["items"]]
    assert sorted(seen) == sorted(str(run.flow) for run in runs)
    assert shown["count"] == 5
