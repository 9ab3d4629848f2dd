"""Steps are made ready ahead of the word to begin, and what they come to is told before their processes are gone."""

import asyncio
from functools import partial
from typing import Any

import pytest

from postmill.languages.protocol import RunOutcome
from postmill.languages.python.run import PythonRuntime
from postmill.sandbox.child import Child
from postmill.sandbox.slot import Slot
from tests.languages.conftest import Asked, Bench, Ran


async def ahead(bench: Bench, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
    """A run that is made ready while its job is stored."""
    stored = Asked()
    request, ran = bench.request(code, args, stored=stored, **more)
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await stored.asked.wait()
    assert not running.done() and not ran.log.data
    stored.succeeded()
    ran.outcome = await running
    return ran


async def test_a_run_that_was_made_ready_is_as_any_other(bench: Bench) -> None:
    ran = await ahead(
        bench, "import sys\ndef main(n):\n    print('hi', sys.argv)\n    return n + 1\n", {"n": 2}
    )
    assert (ran.end, ran.result) == ("success", 3)
    assert ran.log.printed == b"hi ['f/tests/script.py']\n"
    code = "from f.tests.other import twice\ndef main():\n    return twice(4)\n"
    ran = await ahead(bench, code, scripts={"f/tests/other": "def twice(n):\n    return n * 2\n"})
    assert (ran.end, ran.result) == ("success", 8)


@pytest.mark.parametrize(
    ("code", "name", "word"),
    [
        ("def main(:\n", "SyntaxError", "invalid syntax"),
        ("def main():\n    raise KeyError('k')\n", "KeyError", "k"),
        ("def other():\n    pass\n", "", "main"),
    ],
)
async def test_what_is_wrong_with_it_is_told_when_it_runs(
    bench: Bench, code: str, name: str, word: str
) -> None:
    made_ready, at_once = await ahead(bench, code), await bench.python(code)
    assert made_ready.end == at_once.end == "error"
    assert (
        made_ready.result == at_once.result and name in at_once.result["name"] and word in str(at_once.result)
    )


async def test_warnings_of_the_compiler_come_into_the_log(bench: Bench) -> None:
    code = "def main():\n    return 1 is 1\n"
    made_ready, at_once = await ahead(bench, code), await bench.python(code)
    assert b"SyntaxWarning" in at_once.log.printed and made_ready.log.printed == at_once.log.printed


async def test_a_run_that_is_not_stored_never_begins(bench: Bench) -> None:
    stored = Asked()
    request, ran = bench.request("print('no')\ndef main():\n    pass\n", stored=stored)
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await stored.asked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled() and not ran.log.data
    assert (await bench.python("def main():\n    return 1\n")).result == 1


COUNTING = """
import os
count = 0

def main(n=0):
    global count
    count += 1
    print("run", n)
    return [os.getpid(), count, n, os.environ.get("WM_JOB_ID"), os.environ.get("WM_ODD")]
"""


async def test_the_orders_of_a_kept_process_are_made_before_it_may_begin(bench: Bench) -> None:
    async def run(n: int, **more: Any) -> Ran:
        env = {"WM_JOB_ID": str(n), **({"WM_ODD": "1"} if n % 2 else {})}
        make = bench.python if n == 1 else partial(ahead, bench)
        return await make(COUNTING, {"n": n}, warm_key="held", env=env, **more)

    first = await run(1)
    process = first.result[0]
    for n in (2, 3, 4):
        ran = await run(n)
        assert ran.result == [process, n, n, str(n), "1" if n % 2 else None]
        assert ran.log.printed == b"run %d\n" % n


async def test_a_held_run_that_is_not_stored_leaves_nothing_behind(bench: Bench) -> None:
    process = (await bench.python(COUNTING, {"n": 1}, warm_key="held let go", env={"WM_JOB_ID": "1"})).result[
        0
    ]
    env = {"WM_JOB_ID": "2", "WM_ODD": "1"}
    stored = Asked()
    request, ran = bench.request(COUNTING, {"n": 2}, warm_key="held let go", env=env, stored=stored)
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await stored.asked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled() and not ran.log.data
    after = await bench.python(COUNTING, {"n": 1}, warm_key="held let go", env={"WM_JOB_ID": "1"})
    assert after.result == [process, 2, 1, "1", None]


async def test_others_do_not_wait_for_a_run_that_is_held(bench: Bench) -> None:
    process = (await bench.python(COUNTING, {"n": 1}, warm_key="held beside")).result[0]
    stored = Asked()
    request, ran = bench.request(COUNTING, {"n": 2}, warm_key="held beside", stored=stored)
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await stored.asked.wait()
    other = await bench.python(COUNTING, {"n": 3}, warm_key="held beside")
    assert other.result[1] == 1 and not ran.log.data  # in another process, whose number may be the same
    stored.succeeded()
    ran.outcome = await running
    assert ran.result[:3] == [process, 2, 2] and ran.log.printed == b"run 2\n"


async def test_a_held_run_whose_process_is_gone_begins_in_another(bench: Bench) -> None:
    await bench.python(COUNTING, {"n": 1}, warm_key="held leaves")
    stored = Asked()
    request, ran = bench.request(COUNTING, {"n": 2}, warm_key="held leaves", stored=stored)
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await stored.asked.wait()
    child = kept_child(bench, "held leaves")
    child.slot.tell(b"kill")
    await asyncio.wait([child.ended])
    assert not running.done() and not ran.log.data
    stored.succeeded()
    ran.outcome = await running
    assert ran.end == "success" and ran.result[1:3] == [1, 2]
    assert kept_child(bench, "held leaves") is not child


def kept_child(bench: Bench, warm_key: str) -> Child:
    """The process of a script that has one."""
    python = bench.runtime._languages[PythonRuntime]
    assert isinstance(python, PythonRuntime)
    script = python._warm.find(warm_key)
    assert script is not None
    (process,) = script._processes
    return process._child


@pytest.fixture
def last_words_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child's last words are heard before its end, of which a busy worker may hear first."""
    hear_of_the_end = Slot._child_ended

    def read_and_hear(slot: Slot, record: dict[str, object], files: dict[str, int]) -> None:
        if slot.child is not None:
            slot.child._drain_channel()
        hear_of_the_end(slot, record, files)

    monkeypatch.setattr(Slot, "_child_ended", read_and_hear)


async def foreseen_by(bench: Bench, code: str) -> tuple[list[RunOutcome], Ran]:
    foreseen: list[RunOutcome] = []
    request, ran = bench.request(code, foreseen=foreseen.append)
    ran.outcome = await bench.runtime.run("python3", request)
    return foreseen, ran


@pytest.mark.usefixtures("last_words_first")
async def test_what_a_run_comes_to_is_foreseen(bench: Bench) -> None:
    (foreseen,), ran = await foreseen_by(bench, "def main():\n    print('hi')\n    return {'a': 1}\n")
    assert (foreseen.end, foreseen.result) == (ran.outcome.end, ran.outcome.result) == ("success", '{"a":1}')
    (foreseen,), ran = await foreseen_by(bench, "def main():\n    print('WM_STREAM: piece')\n")
    assert foreseen.streamed == ran.outcome.streamed == "piece"


@pytest.mark.usefixtures("last_words_first")
@pytest.mark.parametrize(
    "code",
    [
        "def main():\n    raise ValueError('no')\n",
        "import os\ndef main():\n    os._exit(0)\n",
        # A thread that goes on, and ends the process otherwise.
        "import os, threading, time\ndef end():\n    time.sleep(0.1)\n    os._exit(3)\n"
        "def main():\n    threading.Thread(target=end).start()\n    return 1\n",
    ],
)
async def test_failures_are_not_foreseen(bench: Bench, code: str) -> None:
    foreseen, ran = await foreseen_by(bench, code)
    assert foreseen == [] and ran.end != "success"


@pytest.mark.usefixtures("last_words_first")
async def test_an_end_that_was_foreseen_may_still_be_another(bench: Bench) -> None:
    forged = "import os, struct, time\n" + (
        "def main():\n"
        "    for kind, text in ((b'R', b'7'), (b'X', b'0')):\n"
        "        os.write(3, struct.pack('>cI', kind, len(text)) + text)\n"
        "    time.sleep(0.1)\n"
        "    raise ValueError('after all')\n"
    )
    (foreseen, *_), ran = await foreseen_by(bench, forged)
    assert foreseen.result == "7" and (ran.end, ran.result["message"]) == ("error", "after all")
