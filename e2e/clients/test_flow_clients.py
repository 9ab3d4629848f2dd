"""The public clients with flows, unmodified: Python, TypeScript, and the command line with its folders."""

import shutil

import pytest
from platform_process import Platform, eventually

from clients.conftest import Client, CommandLine
from clients.flows import deploy_flows


@pytest.fixture(scope="module", autouse=True)
def flows(platform: Platform) -> None:
    deploy_flows(platform)


def test_wmill_runs_and_resumes_flows(python_client: Client) -> None:
    assert python_client("wmill_flows.py", "u/admin/ask") == {
        "waited": "HELLO ADA",
        "kind": "flow",
        "steps": ["Success", "Success"],
        "root": True,
        "urls": ["approvalPage", "cancel", "resume"],
        "asked": "a",
        "resumed": 201,
        "result": [{"ok": True}, ["ann"]],
    }


def test_windmill_client_runs_and_resumes_flows(node_client: Client) -> None:
    told = node_client("windmill_client_flows.mjs")
    assert len(told.pop("id")) == 36
    assert {"u/admin/ask", "u/admin/greet"} <= set(
        told.pop("paths")
    )  # others leave flows on the platform too
    assert told == {
        "run": "HELLO BOB",
        "urls": ["approvalPage", "cancel", "resume"],
        "status": 201,
        "again": 400,
        "result": [{}, ["bob"]],
        "summary": "Greet",
        "versions": 1,
    }


def test_windmill_api_parses_flows(platform: Platform, python_client: Client) -> None:
    ended = platform.post("jobs/run/f/u/admin/greet", {"name": "x"}).text
    platform.wait_for(ended)
    waiting = platform.post("jobs/run/f/u/admin/ask", {}).text
    eventually(lambda: any(item["root_job"] == waiting for item in platform.get("jobs/approvals")["items"]))
    [asked] = [item for item in platform.get("jobs/approvals")["items"] if item["root_job"] == waiting]
    version = str(platform.get("flows/get/u/admin/greet")["version_id"])
    told = python_client("windmill_api_flows.py", ended, waiting, asked["step_job"], version)
    platform.post(f"jobs_u/queue/cancel/{waiting}", {})
    assert {name: said for name, said in told.items() if said[0] != 200} == {}
    assert {name for name, said in told.items() if said[1] == "NoneType"} == set()


def test_the_command_line_carries_flows_both_ways(platform: Platform, wmill: CommandLine) -> None:
    platform.post("folders/create", {"name": "cli"})
    includes = ("--includes", "f/cli/**")
    wmill("sync", "pull", "--yes")
    # A copy of a flow, with other code, is deployed from the folder.
    flow = wmill.folder / "f" / "cli" / "copy.flow"
    shutil.copytree(wmill.folder / "u" / "admin" / "greet.flow", flow)
    code = flow / "a.inline_script.py"
    code.write_text(code.read_text().replace("hello", "bye"))
    for name in ("upper.py", "upper.script.yaml"):
        copy = wmill.folder / "f" / "cli" / name.replace("upper", "lower")
        copy.write_text((wmill.folder / "u" / "admin" / name).read_text().replace("upper", "lower"))
    # Not of what other tests left in the workspace.
    wmill("generate-metadata", "--yes", *includes)
    assert "Creating new flow" in wmill("sync", "push", "--yes", *includes)
    deployed = platform.get("flows/get/f/cli/copy")
    assert "bye" in deployed["value"]["modules"][0]["value"]["content"]
    assert "text.lower()" in platform.get("scripts/get/p/f/cli/lower")["content"]
    assert "0 changes" in wmill("sync", "push", "--yes", *includes)
    assert "0 changes" in wmill("sync", "pull", "--yes", *includes)
    assert len(platform.get("flows/history/p/f/cli/copy")) == 1
    # It runs, deployed and as it lies in the folder.
    assert '"BYE ADA"' in wmill("flow", "run", "f/cli/copy", "-d", '{"name": "ada"}')
    assert '"BYE EVE"' in wmill("flow", "preview", "f/cli/copy.flow", "-d", '{"name": "eve"}')
    assert "f/cli/copy" in wmill("flow", "list")
    # What is taken out of the folder is taken out of the workspace.
    shutil.rmtree(flow)
    wmill("sync", "push", "--yes", *includes)
    assert platform.get("flows/exists/f/cli/copy") is False
