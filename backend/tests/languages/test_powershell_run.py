"""PowerShell on machines that have no PowerShell: what is handed to the program, with a stand-in that tells it."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from postmill.languages.powershell.run import PowerShellRuntime, given_arguments
from postmill.languages.runtime import Runtime, RuntimeSettings

from .conftest import LIMITS, Bench

# Answers with what it was started with and with what lies in its folder, then behaves as the script says.
STAND_IN = """#!/bin/bash
echo "started with: $*"
case "$(cat main.ps1)" in
  fail*) echo 'last words' >&2; exit 1 ;;
  json*) cp args.json result.json ;;
esac
echo the last line
"""


@pytest.fixture(scope="module")
async def powershell(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("powershell")
    program = folder / "opt" / "pwsh"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    old_path = os.environ["PATH"]
    os.environ["PATH"] = f"{program.parent}:{old_path}"
    runtime = await Runtime.start(RuntimeSettings(folder / "data", slots=1, limits=LIMITS))
    yield Bench(runtime, folder)
    await runtime.close()
    os.environ["PATH"] = old_path


async def test_the_last_line_is_the_result(powershell: Bench) -> None:
    ran = await powershell.run("powershell", "param($x)", {"x": 1})
    assert (ran.end, ran.result) == ("success", "the last line")
    assert "-NoProfile -NonInteractive -File wrapper.ps1" in ran.log.printed.decode()
    assert b"--- POWERSHELL CODE EXECUTION ---\n" in ran.log.data


async def test_values_travel_as_data(powershell: Bench) -> None:
    args = {"name": "it's $(evil) `now`", "NOTHING": None, "undeclared": 1, "deep": {"a": [1, [2]]}}
    ran = await powershell.run("powershell", "json\nparam", args)
    assert ran.result == {}
    code = "param($Name, [int]$Nothing, $Deep)"
    assert given_arguments(code, args) == {"Name": args["name"], "Deep": args["deep"]}
    mandatory = "param([Parameter(Mandatory)]$Nothing)"
    assert given_arguments(mandatory, args) == {"Nothing": None}
    assert json.dumps(given_arguments(mandatory, {})) == "{}"


async def test_a_failure_has_the_exit_code(powershell: Bench) -> None:
    ran = await powershell.run("powershell", "fail")
    assert ran.end == "error"
    assert ran.result["message"].startswith('exit code for "powershell run": 1, last log lines:\n')
    assert "last words" in ran.result["message"]


async def test_without_powershell_a_run_says_what_is_missing(bench: Bench, tmp_path: Path) -> None:
    runtime = PowerShellRuntime(bench.runtime._workshop, search_path=str(tmp_path))
    request, _ = bench.request("param($x)")
    outcome = await runtime.run(request)
    assert outcome.end == "error"
    assert "PowerShell is not installed on this worker" in outcome.result


async def test_parameters_that_cannot_be_read_are_an_outcome(powershell: Bench) -> None:
    ran = await powershell.run("powershell", "param($x")
    assert "not closed (line 1" in ran.result["message"]
