# ruff: noqa: E501
# Scripts stand in one line each.
"""Warm mode: one process for many runs of a script."""

import asyncio

import pytest

from postmill.model.limits import Limits

from .conftest import LIMITS, Bench, until_said

COUNT = "import os\ncount = 0\ndef main(x=0):\n    global count\n    count += 1\n    print('run', count)\n    return [os.getpid(), count, x]\n"


async def test_state_stays_between_runs(bench: Bench) -> None:
    first = await bench.python(COUNT, {"x": 1}, warm_key="state")
    second = await bench.python(COUNT, {"x": 2}, warm_key="state")
    assert second.result == [first.result[0], first.result[1] + 1, 2]
    assert second.log.printed == b"run 2\n"


async def test_another_version_has_another_process(bench: Bench) -> None:
    await bench.python(COUNT, warm_key="version 1")
    other = await bench.python("def main(): return 'new'", warm_key="version 2")
    assert other.result == "new"


async def test_each_run_has_its_own_environment(bench: Bench) -> None:
    code = "import os\ndef main(): return sorted(name for name in os.environ if name.startswith('WM_')), os.environ.get('WM_TOKEN')"
    first = await bench.python(code, warm_key="env", env={"WM_TOKEN": "one", "WM_ONLY": "x"})
    second = await bench.python(code, warm_key="env", env={"WM_TOKEN": "two"})
    assert first.result == [["WM_ONLY", "WM_TOKEN"], "one"]
    assert second.result == [["WM_TOKEN"], "two"]


async def test_errors_do_not_end_the_process(bench: Bench) -> None:
    code = "import os\ndef main(x):\n    if x: raise ValueError('no')\n    return os.getpid()"
    before = await bench.python(code, {"x": 0}, warm_key="errors")
    failed = await bench.python(code, {"x": 1}, warm_key="errors")
    after = await bench.python(code, {"x": 0}, warm_key="errors")
    assert (failed.end, failed.result["message"]) == ("error", "no")
    assert before.result == after.result


async def test_a_run_out_of_time_ends_the_process_and_the_next_gets_a_new_one(bench: Bench) -> None:
    code = "import time\ncount = 0\ndef main(x):\n    global count\n    count += 1\n    time.sleep(x)\n    return count"
    assert (await bench.python(code, {"x": 0}, warm_key="time")).result == 1
    slow = await bench.python(
        code, {"x": 60}, warm_key="time", limits=Limits(wall_seconds=0.3, grace_seconds=0.2)
    )
    assert slow.end == "timeout"
    assert (await bench.python(code, {"x": 0}, warm_key="time")).result == 1


async def test_a_run_that_leaves_is_told(bench: Bench) -> None:
    code = "import os\ndef main(): os._exit(4)"
    ran = await bench.python(code, warm_key="leaves")
    assert ran.end == "error"
    assert ran.result.get("exit_code") == 4, ran.result


async def test_cancelling_ends_the_process(bench: Bench) -> None:
    code = "import time\ndef main(x):\n    for _ in range(x):\n        print('alive', flush=True)\n        time.sleep(0.001)"
    request, ran = bench.request(code, {"x": 100_000}, warm_key="cancel")
    task = asyncio.create_task(bench.runtime.run("python3", request))
    await until_said(b"alive", ran, task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    last_words = len(ran.log.data)
    assert (await bench.python(code, {"x": 1}, warm_key="cancel")).end == "success"
    assert len(ran.log.data) == last_words  # it prints no more


async def test_concurrent_runs_get_processes_of_their_own(bench: Bench) -> None:
    code = "import os, time\ndef main():\n    time.sleep(0.3)\n    return os.environ['WM_JOB_ID']"
    runs = await asyncio.gather(
        *(bench.python(code, warm_key="many", env={"WM_JOB_ID": str(n)}) for n in range(8))
    )
    assert [ran.result for ran in runs] == [str(n) for n in range(8)]


async def test_more_scripts_than_processes_take_turns(bench: Bench) -> None:
    runs = await asyncio.gather(
        *(bench.python(f"def main(): return {n}", warm_key=f"turn {n}") for n in range(12))
    )
    assert [ran.result for ran in runs] == list(range(12))


async def test_a_script_that_does_not_load_fails_each_time(bench: Bench) -> None:
    for _ in range(2):
        ran = await bench.python("import nope_nope\ndef main(): pass", warm_key="broken")
        assert ran.result["name"] == "ModuleNotFoundError"


async def test_a_large_result_ends_only_its_run(bench: Bench) -> None:
    code = "def main(n): return 'x' * n"
    big = await bench.python(code, {"n": LIMITS.result_bytes + 10}, warm_key="large")
    assert big.end == "result_too_large"
    assert (await bench.python(code, {"n": 3}, warm_key="large")).result == "xxx"
