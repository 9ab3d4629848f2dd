"""Every example is deployed as its README says, and its scripts are run."""

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from platform_process import ROOT, Platform, eventually
from sql_database import sql_database

EXAMPLES = ROOT / "examples"
FOLDERS = sorted(folder for folder in EXAMPLES.iterdir() if folder.is_dir())


def push(platform: Platform, folder: Path) -> list[str]:
    """Deploys with the command of the README; answers with the paths that it names."""
    finished = subprocess.run(
        [
            sys.executable, "-P", "-m", "postmill.main", "push", str(folder),
            "--base-url", platform.address, "--workspace", "main", "--token", platform.token,
        ],
        cwd=ROOT / "backend", capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    return [line.split()[0] for line in finished.stderr.splitlines() if line.startswith(("f/", "u/"))]


@pytest.fixture(scope="module")
def examples(platform: Platform) -> dict[str, list[str]]:
    """The paths of every example, deployed."""
    return {folder.name: push(platform, folder) for folder in FOLDERS}


def test_all_examples_are_deployed(platform: Platform, examples: dict[str, list[str]]) -> None:
    assert set(examples) == {"alerts", "approvals", "backup", "csv", "orders", "reports", "stock", "watch"}
    listed = {script["path"] for script in platform.get("scripts/list", include_without_main=True)}
    listed |= set(platform.get("flows/list_paths"))
    written = {
        str(meta.relative_to(folder)).removesuffix(".script.json")
        for folder in FOLDERS
        for meta in folder.rglob("*.script.json")
    }
    written |= {
        str(meta.parent.relative_to(folder)).removesuffix(".flow")
        for folder in FOLDERS
        for meta in folder.rglob("flow.yaml")
    }
    assert {path for paths in examples.values() for path in paths} == written
    assert written <= listed


def test_deploying_again_changes_nothing(platform: Platform, examples: dict[str, list[str]]) -> None:
    [path] = examples["csv"]
    before = platform.get(f"scripts/get/p/{path}")["hash"]
    push(platform, EXAMPLES / "csv")
    assert platform.get(f"scripts/get/p/{path}")["hash"] == before
    push(platform, EXAMPLES / "approvals")
    assert len(platform.get("flows/history/p/f/purchases/order")) == 1


def test_monthly_report(platform: Platform, examples: dict[str, list[str]]) -> None:
    summary, chart, rows = platform.run("f/reports/monthly_employment", {"year": 2014})["render_all"]
    assert "**" in summary["markdown"]
    assert {len(series["data"]) for series in chart["echarts"]["series"]} == {12}
    assert [row["month"] for row in rows][::11] == ["January", "December"]
    assert len(rows) == 12
    record = platform.wait_for(platform.start("f/reports/monthly_employment", {"year": 1900}))
    assert not record["success"]
    assert "choose a year from" in record["result"]["error"]["message"]


def test_csv_cleaner(platform: Platform, examples: dict[str, list[str]]) -> None:
    given = "﻿ Name ,E-Mail\n Ada , a@x \n\nAda,a@x\n,\nBob,b@x\n".encode()
    result = platform.run("f/data/clean_csv", {"file": base64.b64encode(given).decode()})
    file, rows = result["render_all"]
    assert base64.b64decode(file["file"]["content"]) == b"name,e_mail\nAda,a@x\nBob,b@x\n"
    assert rows == [{"name": "Ada", "e_mail": "a@x"}, {"name": "Bob", "e_mail": "b@x"}]


def test_a_script_that_calls_another(platform: Platform, examples: dict[str, list[str]]) -> None:
    alerts: list[dict[str, Any]] = [
        {"service": "mail", "score": 10},
        {"service": "billing", "score": 80, "text": "full"},
    ]
    assert platform.run("f/alerts/escalate", {"alerts": alerts}) == [
        {"level": "critical", "message": "[critical] billing: full"},
        {"level": "info", "message": "[info] mail: no details"},
    ]


def test_a_watcher_remembers(platform: Platform, examples: dict[str, list[str]]) -> None:
    assert platform.run("f/watch/new_entries", {"entries": ["a", "b"]}) == {"new": ["a", "b"], "known": 0}
    assert platform.run("f/watch/new_entries", {"entries": ["a", "b", "c"]}) == {"new": ["c"], "known": 2}


def test_orders_are_checked_in_typescript(platform: Platform, examples: dict[str, list[str]]) -> None:
    pen, chair = {"name": "Pen", "price": 2.5, "count": 4}, {"name": "Chair", "price": 1300, "count": 1}
    orders = [
        {"customer": "Ada", "email": "ada@example.com", "items": [pen]},
        {"customer": "Bob", "email": "nobody", "items": [{**pen, "count": 0}]},
        {"customer": "Cleo", "email": "cleo@example.com", "items": [pen, chair]},
    ]
    good, problems = platform.run("f/orders/check_orders", {"orders": orders})["render_all"]
    assert [(row["customer"], row["total"]) for row in good] == [("Cleo", "€1,310.00"), ("Ada", "€10.00")]
    assert [(row["order"], row["field"]) for row in problems] == [(2, "email"), (2, "items.0.count")]
    record = platform.wait_for(
        platform.start("f/orders/notify", {"url": "http://127.0.0.1:9/", "text": "x", "attempts": 1})
    )
    assert record["result"]["error"]["message"] == "nobody at 127.0.0.1:9 took the text"


def test_stock_in_postgresql(
    platform: Platform, examples: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with sql_database(tmp_path_factory.mktemp("stock")) as database:
        resource = {"path": "f/stock/db", "resource_type": "postgresql", "value": database, "description": ""}
        platform.post("resources/create", resource)
        items = [{"name": "Pen", "count": 4, "price": 2.5}, {"name": "Chair", "count": 2, "price": 130}]
        assert platform.run("f/stock/take_stock", {"items": items}) == [{"kinds": 2, "worth": 270.0}]
        low = platform.run("f/stock/running_low", {"order_by": "price"})
        assert [(row["name"], row["price"]) for row in low] == [("Pen", 2.5), ("Chair", 130.0)]
        assert [row["name"] for row in platform.run("f/stock/running_low", {"fewer_than": 3})] == ["Chair"]


def test_backup_in_bash(platform: Platform, examples: dict[str, list[str]]) -> None:
    result = platform.run("f/ops/backup_scripts", {"folder": "f/", "keep_days": "7"})
    archive = base64.b64decode(result["file"]["content"])
    assert (len(archive), hashlib.sha256(archive).hexdigest()) == (result["size_bytes"], result["sha256"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        listing = tar.extractfile("backup/scripts.json")
        assert listing is not None
        assert b"f/ops/backup_scripts" in listing.read()
    refused = platform.wait_for(platform.start("f/ops/backup_scripts", {"keep_days": "soon"}))
    assert not refused["success"]
    assert refused["result"]["error"]["exit_code"] == 2


def order(platform: Platform, **args: Any) -> str:
    return platform.post("jobs/run/f/f/purchases/order", args).text


def waiting_for_me(platform: Platform, job: str) -> list[dict[str, Any]]:
    return [item for item in platform.get("jobs/approvals")["items"] if item["root_job"] == job]


def test_an_order_within_the_limit_goes_through(platform: Platform, examples: dict[str, list[str]]) -> None:
    job = platform.wait_for(order(platform, items=[{"name": "Pen", "price": 2.5, "count": 4}]))
    assert job["result"] == [{"total": 10.0, "approved_by": "nobody", "comment": ""}]


def test_an_order_above_the_limit_waits_for_an_answer(
    platform: Platform, examples: dict[str, list[str]]
) -> None:
    large = [{"name": "Chair", "price": 300}]
    approved, refused = order(platform, items=large), order(platform, items=large, limit=200)
    eventually(lambda: waiting_for_me(platform, approved) and waiting_for_me(platform, refused))
    [item] = waiting_for_me(platform, approved)
    assert item["description"] == "An order of 300.00 for Chair. Approve it?"
    assert (item["step_id"], item["flow_path"], item["can_approve"]) == ("ask", "f/purchases/order", True)
    assert list(item["form_schema"]["properties"]) == ["comment"]
    platform.post(f"jobs/flow/resume/{approved}", {"comment": "fine"})
    platform.post(f"jobs_u/flow/resume_suspended/{refused}", {"approved": False})
    job = platform.wait_for(approved)
    assert job["result"] == [{"total": 300.0, "approved_by": "admin", "comment": "fine"}]
    job = platform.wait_for(refused)
    assert job["result"] == {"ordered": False, "because": "Disapproved by admin"}
    assert waiting_for_me(platform, approved) == []
