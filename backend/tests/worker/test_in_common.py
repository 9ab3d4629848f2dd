"""What is kept about runs that are alike says the same as what would be decided for each of them anew."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from postmill.flow_driver.commits import claimed_at_birth
from postmill.model.job import ClaimedJob
from postmill.model.limits import Limits
from postmill.model.subject import Subject
from postmill.worker.code import Code, Codes, Identities, _Identity
from postmill.worker.environment import own_variables
from postmill.worker.in_common import InCommon, RunsAlike
from postmill.worker.request import environment_of, limits_of_job, warm_key
from postmill.worker.tools import Tools
from tests.job_makers import new_job

FIRST = claimed_at_birth(
    new_job(kind="script", script_hash=7, path="u/alice/s", raw_code=None, raw_lock=None, warm=True),
    datetime(2026, 1, 1, tzinfo=UTC),
)
OTHER = UUID(int=5)
CHANGES: dict[str, Any] = {
    "id": OTHER, "attempt": 2, "workspace_id": "other", "created_by": "bob", "permissioned_as": "u/bob",
    "email": "bob@example.com", "tag": "other", "args": '{"a": 1}', "path": "u/alice/t", "script_hash": 8,
    "entrypoint": "other", "scheduled_for": FIRST.scheduled_for + timedelta(seconds=5),
    "started_at": FIRST.started_at + timedelta(seconds=5), "parent_job": OTHER, "root_job": OTHER,
    "trigger_kind": "schedule", "trigger": "u/alice/nightly", "timeout_seconds": 9, "warm": False,
    "preprocess": True, "scopes": ("jobs:run",), "end_user_email": "carol@example.com", "flow_step_id": "a",
    "flow_attempt": 1, "flow_index": 3,
}  # fmt: skip


@pytest.fixture
def tools() -> Tools:
    codes, identities = Codes(None), Identities(None)  # type: ignore[arg-type]
    for workspace in ("main", "other"):
        for version in (7, 8):
            codes._known[workspace, version] = Code(f"code {version}", "python3", "")
        for name in ("alice", "bob"):
            for email in (FIRST.email, "bob@example.com"):
                identities._known[workspace, f"u/{name}", email] = _of(name, workspace)
        identities._variables[workspace] = (time.monotonic() + 3600, {"PLACE": workspace})
    return Tools(
        pool=None, keyring=None, runner=None, codes=codes, identities=identities, driver=None, logs=None,
        shared=None, usage=None, workflows=None, limits=Limits(), base_url="http://here", worker="w",
        worker_group="default",
    )  # type: ignore[arg-type]  # fmt: skip


def _of(name: str, workspace: str) -> _Identity:
    return _Identity(Subject(f"{name}@example.com", name, workspace), time.monotonic() + 3600)


def decided_anew(tools: Tools, job: ClaimedJob) -> tuple[object, ...]:
    code, rights = tools.codes.known(job), tools.identities.known_rights(job)
    variables = tools.identities.known_variables(job.workspace_id)
    assert code is not None
    assert rights is not None
    assert variables is not None
    env = environment_of(tools, job, code, "token", variables)
    return code, rights, env, limits_of_job(tools.limits, job), warm_key(job, code, rights, None)


def as_kept(common: InCommon | None, job: ClaimedJob) -> tuple[object, ...]:
    assert common is not None
    env = {**common.env, **own_variables(job, "token")}
    return common.code, common.rights, env, common.limits, common.warm_key


@pytest.mark.parametrize("name", [name for name in CHANGES if name in ClaimedJob.__struct_fields__])
def test_runs_that_differ_in_a_field_share_only_what_is_the_same(tools: Tools, name: str) -> None:
    alike = RunsAlike()
    other = msgspec.structs.replace(FIRST, **{name: CHANGES[name]})
    for job in (FIRST, other, FIRST, other):
        assert as_kept(alike.of(job, tools), job) == decided_anew(tools, job)


def test_runs_with_other_limits_share_no_process(tools: Tools) -> None:
    code, rights = tools.codes.known(FIRST), tools.identities.known_rights(FIRST)
    assert code is not None
    assert rights is not None
    limits = (
        None, (), ("jobs:run", "scripts:write", "variables:read:u/a"), ("jobs:run", "variables:read:u/a,scripts:write")
    )  # fmt: skip
    keys = {
        warm_key(msgspec.structs.replace(FIRST, scopes=scopes), code, rights, None)
        for scopes in (*limits, ("variables:read:u/a", "scripts:write", "jobs:run"))
    }
    assert len(keys) == len(limits)


def test_all_fields_that_a_run_may_differ_in_are_tried() -> None:
    never_direct = {"kind", "language", "raw_code", "raw_lock", "cache_ttl_seconds", "cache_key", "retry"}
    of_the_queue = {
        "created_at", "max_attempts", "concurrency_key", "concurrency_window_seconds", "concurrency_limit", "retries",
        "delete_after_seconds", "restart_unless_canceled", "reply_channel", "canceled_by", "canceled_reason",
        "lost_attempts", "visible_to_owner",
    }  # fmt: skip
    assert set(ClaimedJob.__struct_fields__) - set(CHANGES) == never_direct | of_the_queue


def test_what_is_loaded_anew_is_decided_anew(tools: Tools) -> None:
    alike = RunsAlike()
    first = alike.of(FIRST, tools)
    assert alike.of(FIRST, tools) is first
    tools.identities._known["main", "u/alice", FIRST.email] = _of("alice", "main")
    second = alike.of(FIRST, tools)
    assert second is not first
    tools.identities._variables["main"] = (time.monotonic() + 3600, {"PLACE": "elsewhere"})
    third = alike.of(FIRST, tools)
    assert third is not None
    assert third.env["PLACE"] == "elsewhere"
    tools.group_variables = {"GROUP": "variable"}
    fourth = alike.of(FIRST, tools)
    assert fourth is not None
    assert fourth.env["GROUP"] == "variable"
    tools.identities.forget("")
    assert alike.of(FIRST, tools) is None
