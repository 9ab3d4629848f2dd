"""Dependency jobs of flows on a real worker and queue; only the resolver is a test's."""

import json
from typing import Any

from postmill.kernel.clock import now
from postmill.model.flow_document import FlowDocument, FlowSettings
from postmill.tables.items import flow as flows
from tests.job_makers import new_job

PACKAGE = "import requests\n\ndef main():\n    return 1\n"


def _step(step_id: str, content: str) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "rawscript", "language": "python3", "content": content}}


async def _deployed(shop: Any, *steps: dict[str, Any]) -> int:
    document = FlowDocument(
        workspace_id="main", path="u/alice/flow", version=0, summary="", description="",
        value=json.dumps({"modules": steps}), schema=None, settings=FlowSettings(), archived=False, extra_perms={},
        lock_job=None, lock_error_logs=None, deployment_message=None, created_by="alice", created_at=now(),
    )  # fmt: skip
    await flows.add(shop.pool, "main", "u/alice/flow", {})
    return await flows.add_version(shop.pool, document)


def _locks(flow: FlowDocument | None) -> list[str | None]:
    assert flow is not None
    return [step["value"].get("lock") for step in json.loads(flow.value)["modules"]]


async def test_each_step_gets_its_lock_and_the_log_says_so(shop: Any) -> None:
    version = await _deployed(shop, _step("a", PACKAGE), _step("b", "def main():\n    return 1\n"))
    async with shop.working():
        ended = await shop.run(
            kind="flowdependencies", script_hash=version, path="u/alice/flow", tag="dependency", raw_code=None,
            language=None,
        )  # fmt: skip
    assert (ended.status, json.loads(ended.result)) == ("success", {"locked": ["a", "b"]})
    first, second = _locks(await flows.by_version(shop.pool, "main", version))
    assert first == "# py: 3.11\n"
    assert second is not None
    assert second.startswith("# py: 3.")
    assert [request.path for request in shop.runner.lock_requests] == ["u/alice/flow"]
    log = await shop.pool.fetchval("SELECT string_agg(content, '') FROM job_log")
    assert "step a: resolving the dependencies of its python3 code" in log


async def test_a_step_that_cannot_be_locked_is_named_and_the_others_keep_theirs(shop: Any) -> None:
    version = await _deployed(shop, _step("bad", PACKAGE + "# unknown\n"), _step("good", PACKAGE))
    job = new_job(
        kind="flowdependencies", script_hash=version, path="u/alice/flow", tag="dependency", raw_code=None,
        language=None, reply_channel=shop.waiters.channel,
    )  # fmt: skip
    await flows.set_lock_job(shop.pool, "main", version, job.id)
    async with shop.working():
        with shop.waiters.expecting(job.id) as waiting:
            await shop.writer.push(job)
            ended = await waiting.wait(60)
    assert ended is not None
    assert ended.status == "failure"
    assert "step 'bad': no such package: unknown" in json.loads(ended.result)["error"]["message"]
    flow = await flows.by_version(shop.pool, "main", version)
    assert flow is not None
    assert flow.lock_error_logs == "step 'bad': no such package: unknown"
    assert _locks(flow) == [None, "# py: 3.11\n"]


async def test_a_given_flow_comes_back_locked(shop: Any) -> None:
    args = json.dumps({"flow_value": {"modules": [_step("a", PACKAGE)], "notes": []}})
    async with shop.working():
        ended = await shop.run(
            kind="flowdependencies", path="u/alice/flow", tag="dependency", args=args, raw_code=None, language=None,
            script_hash=None,
        )  # fmt: skip
    assert ended.status == "success", ended.result
    value = json.loads(ended.result)["updated_flow_value"]
    assert value["modules"][0]["value"]["lock"] == "# py: 3.11\n"
    assert value["notes"] == []
