"""Workflows as code with the public clients, unmodified: what they say in each round, and what they are told."""

import re
from typing import Any

import pytest
from platform_process import Platform, eventually

PYTHON = """
import asyncio
from wmill import get_approval_urls, sleep, step, task, task_flow, task_script, wait_for_approval, workflow

@task
async def double(n: int):
    return n * 2

@task()
def bad(n: int):
    raise ValueError(f"no {n}")

add = task_script("./wf_add")
echo = task_flow("u/admin/echo_flow")

@workflow
async def main(n: int = 1):
    first = await double(n)
    both = await asyncio.gather(double(first), add(a=first, b=1))
    stamp = await step("stamp", lambda: 7)
    await sleep(1)
    try:
        await bad(1)
    except Exception as error:
        failed = [type(error).__name__, str(error), error.result["error"]["name"]]
    urls = await step("urls", lambda: get_approval_urls("boss"))
    print("approve at", urls["resume"])
    given = await wait_for_approval(key="boss", form={"type": "object", "properties": {"why": {"type": "string"}}})
    refused = await wait_for_approval()
    return [first, both, stamp, failed, given, refused, await echo(x=3)]
"""

TYPESCRIPT = """
import { sleep, step, task, workflow } from "windmill-client";

const double = task(async function double(n: number) { return n * 2; });
const bad = task(async function bad(n: number) { throw new TypeError("no " + n); });

export const main = workflow(async (n: number = 1) => {
  const first = await double(n);
  const both = await Promise.all([double(first), double(first + 1)]);
  const stamp = await step("stamp", () => 7);
  await sleep(1);
  let failed: string[] = [];
  try { await bad(1); } catch (error: any) { failed = [error.name, error.message, error.result.error.name]; }
  return [first, both, stamp, failed];
});
"""

PYTHON_TASKS = """
from wmill import task

@task()
def heavy(n: int, label: str = "x"):
    return {"n": n * 2, "label": label}

def main(n: int):
    return [heavy(n), heavy(n + 1, label="y")]
"""

TYPESCRIPT_TASKS = """
import { task } from "windmill-client";
export const heavy = task(async function heavy(n: number, label: string) { return { n: n * 2, label }; });
export async function main(n: number) { return [await heavy(n, "x")]; }
"""


def _start(platform: Platform, code: str, language: str, **args: Any) -> str:
    preview = {"content": code, "language": language, "args": args, "path": "u/admin/wf"}
    return platform.post("jobs/run/preview", preview).text


def _steps(job: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["name"], step["kind"]) for step in job["workflow_as_code_status"].values()]


def _inbox(platform: Platform, step: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def asks() -> bool:
        found[:] = [item for item in platform.get("jobs/approvals")["items"] if item["step_id"] == step]
        return bool(found)

    eventually(asks)
    return found[0]


def test_workflows_in_python(platform: Platform) -> None:
    platform.deploy("u/admin/wf_add", "def main(a: int, b: int):\n    return {'sum': a + b}\n")
    flow = {"modules": [{"id": "a", "value": {"type": "identity"}}]}
    platform.post("flows/create", {"path": "u/admin/echo_flow", "summary": "", "value": flow, "schema": {}})
    job = _start(platform, PYTHON, "python3", n=3)
    asked = _inbox(platform, "boss")
    assert asked["form_schema"]["properties"] == {"why": {"type": "string"}}
    assert ("stamp", "step") in _steps(platform.get(f"jobs_u/get/{job}"))
    link = re.search(r"approve at \S+(/w/main/\S+)", platform.text(f"jobs_u/get_logs/{job}"))
    assert link is not None
    platform.post(link[1], {"why": "so"})
    _inbox(platform, "approval")
    assert platform.http.post(link[1], json={}).status_code == 400  # this link has answered
    platform.post(f"jobs_u/flow/resume_suspended/{job}", {"approved": False})
    ended = platform.wait_for(job)
    assert ended["result"][:4] == [6, [12, {"sum": 7}], 7, ["TaskError", "no 1", "ValueError"]]
    given, refused, echoed = ended["result"][4:]
    assert given == {"value": {"why": "so"}, "approver": "admin", "approved": True}
    assert (refused["approved"], refused["approver"], echoed) == (False, "admin", {"x": 3})
    assert ("wf_add", "task") in _steps(ended) and ("sleep", "sleep") in _steps(ended)


@pytest.mark.parametrize("language", ["bun", "deno"])
def test_workflows_in_typescript(platform: Platform, language: str) -> None:
    started = _start(platform, TYPESCRIPT, language, n=3)
    ended = platform.wait_for(started)
    assert ended["result"] == [6, [12, 14], 7, ["TaskError", "no 1", "TypeError"]]
    assert _steps(ended) == [
        ("double", "task"), ("double", "task"), ("double", "task"), ("stamp", "step"), ("sleep", "sleep"),
        ("bad", "task"),
    ]  # fmt: skip
    log = platform.text(f"jobs_u/get_logs/{started}")
    assert "WAC: stamp" in log and "WM_WAC_STEP" not in log


def test_tasks_of_plain_scripts(platform: Platform) -> None:
    python = _start(platform, PYTHON_TASKS, "python3", n=3)
    typescript = _start(platform, TYPESCRIPT_TASKS, "bun", n=3)
    ended = platform.wait_for(python)
    assert ended["result"] == [{"n": 6, "label": "x"}, {"n": 8, "label": "y"}]
    assert _steps(ended) == [("heavy", "task"), ("heavy", "task")]
    assert platform.wait_for(typescript)["result"] == [{"n": 6, "label": "x"}]
