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
from platform_process import ROOT, Platform

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
    assert set(examples) == {"alerts", "backup", "csv", "reports", "watch"}
    listed = {script["path"] for script in platform.get("scripts/list", include_without_main=True)}
    written = {
        str(meta.relative_to(folder)).removesuffix(".script.json")
        for folder in FOLDERS
        for meta in folder.rglob("*.script.json")
    }
    assert {path for paths in examples.values() for path in paths} == written
    assert written <= listed


def test_deploying_again_changes_nothing(platform: Platform, examples: dict[str, list[str]]) -> None:
    [path] = examples["csv"]
    before = platform.get(f"scripts/get/p/{path}")["hash"]
    push(platform, EXAMPLES / "csv")
    assert platform.get(f"scripts/get/p/{path}")["hash"] == before


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
