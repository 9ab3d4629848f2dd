# ruff: noqa: E501
# Scripts stand in one line each.
"""Runs that a process was given ahead: whose output is whose, and what becomes of those behind a long or failing one."""

import asyncio
from typing import Any

import pytest

from postmill.languages.warm_process import MOST_AHEAD, WarmProcess
from postmill.model.limits import Limits

from .conftest import Asked, Bench, Ran

QUICK = "import os, time\ndef main(x=0, act=''):\n    if act == 'print': print('line of', x)\n    if act == 'sleep': time.sleep(60)\n    if act == 'leave': os._exit(3)\n    if act == 'raise': raise ValueError(x)\n    if act == 'close': os.close(1)\n    return [os.getpid(), x, os.environ['WM_JOB_ID']]"
NATIVE = "export async function main(x: number, act?: string) { if (act === 'print') console.log('line of', x); if (act === 'raise') throw new Error(`${x}`); if (act === 'sleep') await new Promise(() => {}); return [0, x, process.env.WM_JOB_ID] }"


class Script:
    """A quick script, used to the point where its process takes runs ahead."""

    def __init__(self, bench: Bench, language: str, key: str) -> None:
        self._bench, self._language, self._key = bench, language, key

    async def run(self, x: int, act: str = "", **more: Any) -> Ran:
        env = {
            "WM_JOB_ID": str(x),
            "WM_PERMISSIONED_AS": f"u/{self._key}",
            **({"WM_ODD": "1"} if x % 2 else {}),
        }
        code, warm = (QUICK, {"warm_key": self._key}) if self._language == "python3" else (NATIVE, {})
        return await self._bench.run(self._language, code, {"x": x, "act": act}, env=env, **warm, **more)

    async def many(self, count: int, acts: dict[int, str] | None = None) -> list[Ran]:
        return await asyncio.gather(*(self.run(n, (acts or {}).get(n, "")) for n in range(count)))

    async def warm_up(self) -> "Script":
        for n in range(3):
            ran = await self.run(n)
            assert ran.end == "success", ran.result
        return self


@pytest.fixture(params=["python3", "nativets"])
async def script(bench: Bench, request: pytest.FixtureRequest) -> Script:
    return await Script(bench, request.param, request.node.name).warm_up()


async def test_each_run_has_its_own_arguments_variables_and_output(script: Script) -> None:
    runs = await script.many(3 * MOST_AHEAD, dict.fromkeys(range(0, 3 * MOST_AHEAD, 3), "print"))
    assert [ran.result[1:] for ran in runs] == [[n, str(n)] for n in range(len(runs))]
    printed = [ran.log.printed for ran in runs]
    assert printed == [b"line of %d\n" % n if n % 3 == 0 else b"" for n in range(len(runs))]


async def test_an_error_is_that_of_its_run(script: Script) -> None:
    runs = await script.many(20, {5: "raise", 6: "raise"})
    assert [n for n, ran in enumerate(runs) if ran.end == "error"] == [5, 6]
    assert [runs[n].result["message"] for n in (5, 6)] == ["5", "6"]


async def test_runs_behind_a_long_one_go_to_others(script: Script) -> None:
    short = Limits(wall_seconds=2.0, grace_seconds=0.2)
    runs = await asyncio.gather(
        *(script.run(n, "sleep", limits=short) if n == 4 else script.run(n) for n in range(20))
    )
    assert [n for n, ran in enumerate(runs) if ran.end != "success"] == [4]
    assert runs[4].end == "timeout"


async def test_cancelling_a_run_leaves_the_others_alone(script: Script) -> None:
    long = asyncio.create_task(script.run(0, "sleep"))
    others = [asyncio.create_task(script.run(n)) for n in range(1, 12)]
    dropped = others.pop()
    await asyncio.sleep(0)
    for task in (dropped, long):
        task.cancel()
    assert [(await task).result[1] for task in others] == list(range(1, 11))
    for task in (dropped, long):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_process_that_leaves_fails_one_run_alone(bench: Bench) -> None:
    script = await Script(bench, "python3", "ahead leaves").warm_up()
    runs = await script.many(20, {7: "leave"})
    ended = {n: ran.result for n, ran in enumerate(runs) if ran.end != "success"}
    assert list(ended) == [7], ended
    assert runs[7].result["exit_code"] == 3


async def test_a_script_that_closes_its_output_still_answers(bench: Bench) -> None:
    script = await Script(bench, "python3", "ahead closes").warm_up()
    runs = await script.many(8, {2: "close"})
    assert [ran.result[1] for ran in runs] == list(range(8))


async def test_a_run_that_cannot_begin_when_its_job_is_stored_hears_of_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.python(QUICK, warm_key="faulty", env={"WM_JOB_ID": "1"})
    stored = Asked()
    others: list[int] = []
    request, _ran = bench.request(QUICK, warm_key="faulty", env={"WM_JOB_ID": "2"}, stored=stored)

    def fails(*_: Any) -> bool:
        raise RuntimeError("the inside of a fault")

    running = asyncio.create_task(bench.runtime.run("python3", request))
    await stored.asked.wait()
    stored.then(lambda: others.append(1 // 0))
    stored.then(lambda: others.append(1))
    with monkeypatch.context() as patch:
        patch.setattr(WarmProcess, "let_begin", fails)
        stored.succeeded()
    assert stored.is_over and others == [1]
    with pytest.raises(RuntimeError, match="the inside of a fault"):
        await running
    again = await bench.python(QUICK, warm_key="faulty", env={"WM_JOB_ID": "3"})
    assert again.result[2] == "3"
