"""The public clients of scripts and programs, unmodified, against a running platform."""

import pytest
from platform_process import EMAIL, Platform

from clients.conftest import Client

ADD = "def main(a: int, b: int):\n    return {'sum': a + b}\n"
BROKEN = "def main():\n    raise ValueError('no such luck')\n"


@pytest.fixture(scope="session", autouse=True)
def scripts(platform: Platform) -> str:
    """What the programs run; answers with the hash of ``u/admin/add``."""
    platform.deploy("u/admin/broken", BROKEN)
    return platform.deploy("u/admin/add", ADD)


def test_wmill(python_client: Client) -> None:
    told = python_client("wmill_helpers.py")
    failure = told.pop("failure")
    assert "no such luck" in failure
    assert told.pop("version").startswith("CE v")
    assert "u/admin/service" in told.pop("resources")
    assert told == {
        "whoami": EMAIL,
        "sync": {"sum": 5},
        "waited": {"sum": 23},
        "status": "COMPLETED",
        "result": {"sum": 23},
        "root": True,
        "job": "CompletedJob",
        "by_hash": {"sum": 2},
        "by_path": {"sum": 3},
        "inline": 42,
        "waiting": "WAITING",
        "canceled": True,
        "variables": ["two", "s3cret"],
        "resource": {"url": "http://x", "key": "s3cret"},
        "resource_again": {"url": "http://y"},
        "bucket": [True, "https://x.org", "s3cret"],
        "state": {"n": 1},
        "progress": 40,
        "email": EMAIL,
        "token": True,
    }


def test_windmill_api_parses_what_it_is_given(
    platform: Platform, python_client: Client, scripts: str
) -> None:
    platform.post(
        "variables/create", {"path": "u/admin/known", "value": "1", "is_secret": False, "description": ""}
    )
    platform.post("resources/create", {"path": "u/admin/thing", "value": {"a": 1}, "resource_type": "any"})
    platform.post("workspaces/invite_user", {"email": "ann@example.com", "is_admin": False, "operator": True})
    platform.post("job_helpers/upload_s3_file", "a,b", file_key="rows.csv")
    ended = platform.wait_for(platform.start("u/admin/add", {"a": 1, "b": 2}))["id"]
    failed = platform.wait_for(platform.start("u/admin/broken"))["id"]
    waiting = platform.start("u/admin/add", {"a": 1, "b": 2}, scheduled_in_secs=600)
    told = python_client("windmill_api_models.py", ended, failed, waiting, scripts)
    platform.post(f"jobs_u/queue/cancel/{waiting}", {})
    assert {name: said for name, said in told.items() if said[0] != 200} == {}
    unparsed = {name for name, said in told.items() if said[1] == "NoneType"}
    # Those have no declared model or answer with null.
    assert unparsed <= {
        "job.get_completed_job_result " + ended,
        "job.get_job_args " + ended,
        "metrics.get_job_progress " + ended,
    }


def test_windmill_client(node_client: Client) -> None:
    told = node_client("windmill_client.mjs")
    assert "no such luck" in told.pop("failure")
    assert len(told.pop("id")) == 36
    assert told.pop("list") == 5
    assert told == {
        "sync": {"sum": 5},
        "waited": {"sum": 23},
        "result": {"sum": 23},
        "maybe": {"completed": True, "result": {"sum": 23}, "success": True, "started": True},
        "root": True,
        "variable": "two",
        "resource": {"n": 2},
        "noState": None,
        "state": {"seen": 3},
        "job": "CompletedJob",
        "whoami": EMAIL,
        "email": EMAIL,
    }
