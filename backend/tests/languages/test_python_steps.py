"""Steps are made ready ahead of the word to begin, and what they come to is told before their processes are gone."""

import asyncio
from typing import Any

import pytest

from postmill.languages.protocol import RunOutcome
from tests.languages.conftest import Bench, Ran


async def ahead(bench: Bench, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
    """A run that is made ready while its job is stored."""
    stored = asyncio.Event()
    request, ran = bench.request(code, args, stored=_waits(stored), **more)
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await asyncio.wait([running], timeout=0.2)
    assert not running.done() and not ran.log.data
    stored.set()
    ran.outcome = await running
    return ran


def _waits(stored: asyncio.Event) -> Any:
    async def wait() -> None:
        await stored.wait()

    return wait


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
    request, ran = bench.request("print('no')\ndef main():\n    pass\n", stored=_waits(asyncio.Event()))
    running = asyncio.create_task(bench.runtime.run("python3", request))
    await asyncio.wait([running], timeout=0.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled() and not ran.log.data
    assert (await bench.python("def main():\n    return 1\n")).result == 1


async def foreseen_by(bench: Bench, code: str) -> tuple[list[RunOutcome], Ran]:
    foreseen: list[RunOutcome] = []
    request, ran = bench.request(code, foreseen=foreseen.append)
    ran.outcome = await bench.runtime.run("python3", request)
    return foreseen, ran


async def test_what_a_run_comes_to_is_foreseen(bench: Bench) -> None:
    (foreseen,), ran = await foreseen_by(bench, "def main():\n    print('hi')\n    return {'a': 1}\n")
    assert (foreseen.end, foreseen.result) == (ran.outcome.end, ran.outcome.result) == ("success", '{"a":1}')
    (foreseen,), ran = await foreseen_by(bench, "def main():\n    print('WM_STREAM: piece')\n")
    assert foreseen.streamed == ran.outcome.streamed == "piece"


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
