# ruff: noqa: E501
# Scripts stand in one line each, and the event loop has nothing else to do meanwhile.
"""Python scripts: how arguments are converted, results encoded, errors told, scripts imported."""

import gc
import weakref
from typing import Any

import msgspec
import pytest

from .conftest import LIMITS, Bench


@pytest.mark.parametrize(
    ("code", "args", "result"),
    [
        ("def main(a, b=2): return [a, b]", {"a": 1}, [1, 2]),
        ("def main(a, b=2): return [a, b]", {"a": 1, "b": None}, [1, 2]),
        ("def main(a, b=2): return [a, b]", {}, [None, 2]),
        ("def main(a): return a", {"a": 1, "other": 2}, 1),
        ("def main(a, **rest): return [a, rest]", {"a": 1, "other": 2}, [1, {"other": 2}]),
        ("def main(a, /, b=3, *, c): return [a, b, c]", {"a": 1, "c": 2}, [1, 3, 2]),
        ("def main(a=5): return a", {"a": "<function call>"}, 5),
        ("def main(a: bytes): return a.decode()", {"a": "aGVsbG8="}, "hello"),
        ("def main(a: 'bytes | None'): return a.decode()", {"a": "aGVs\nbG8="}, "hello"),
        ("from datetime import datetime\ndef main(a: datetime): return a.year", {"a": "2026-01-02T03:04:05Z"}, 2026),
        ("import datetime\ndef main(a: datetime.date): return a.month", {"a": "2026-02-03"}, 2),
        ("import datetime\ndef main(a: datetime.date): return a.day", {"a": "03-02-2026"}, 3),
        ("from typing import Optional\nfrom datetime import date\ndef main(a: Optional[date]): return a.year",
         {"a": "2026-02-03"}, 2026),
        ("from __future__ import annotations\nimport datetime\ndef main(a: datetime.datetime): return a.hour",
         {"a": "2026-02-03T07:00:00+01:00"}, 7),
        ("import functools\ndef deco(f):\n  @functools.wraps(f)\n  def g(*a, **k): return f(*a, **k)\n  return g\n"
         "@deco\ndef main(a, b=4): return [a, b]", {"a": 1, "x": 2}, [1, 4]),
        ("async def main(a):\n  import asyncio\n  await asyncio.sleep(0)\n  return a", {"a": 3}, 3),
    ],
)  # fmt: skip
async def test_arguments_follow_the_signature(
    bench: Bench, code: str, args: dict[str, Any], result: Any
) -> None:
    ran = await bench.python(code, args)
    assert (ran.end, ran.result) == ("success", result), ran.result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("None", None),
        ("b'hello'", "aGVsbG8="),
        ("{'a': b'hello', 'b': {'c': 1}}", {"a": "aGVsbG8=", "b": {"c": 1}}),
        ("[float('nan'), float('inf'), 1.5, 'NaN']", [None, None, 1.5, "NaN"]),
        ("{'x': -float('inf')}", {"x": None}),
        ("{(1, 2): 3}", {"(1, 2)": 3}),
        ("object", "<class 'object'>"),
        ("(1, 2)", [1, 2]),
        ("'a\\x00b'", "a null b"),
        ("'\\\\u0000'", "\\u0000"),
        ("'\\ud800'", "?"),
        ("10**30", 10**30),
        ("'ü😀'", "ü😀"),
    ],
)
async def test_results_become_json(bench: Bench, expression: str, result: Any) -> None:
    ran = await bench.python(f"def main(): return {expression}")
    assert (ran.end, ran.result) == ("success", result)


async def test_without_postprocessing_a_number_that_json_lacks_is_an_error(bench: Bench) -> None:
    ran = await bench.python("# skip_result_postprocessing\ndef main(): return float('nan')")
    assert ran.end == "error"
    assert ran.result["name"] == "ValueError"


@pytest.mark.parametrize(
    "code",
    [
        "def main():\n  yield 'one '\n  yield 'two\\nlines'",
        "async def main():\n  yield 'one '\n  yield 'two\\nlines'",
        "async def main():\n  async def chunks():\n    yield 'one '\n    yield 'two\\nlines'\n  return chunks()",
    ],
)
async def test_generators_are_streamed(bench: Bench, code: str) -> None:
    ran = await bench.python(code)
    assert (ran.end, ran.result) == ("success", None)
    assert ran.pieces == ["one ", "two\nlines"]


async def test_an_error_shows_the_users_file_and_line(bench: Bench) -> None:
    ran = await bench.python("def helper():\n    return 1 / 0\n\ndef main():\n    return helper()\n")
    assert ran.result == {
        "message": "division by zero",
        "name": "ZeroDivisionError",
        "stack": 'Traceback (most recent call last):\n  File "f/tests/script.py", line 5, in main\n    return helper()\n'
        '           ^^^^^^^^\n  File "f/tests/script.py", line 2, in helper\n    return 1 / 0\n           ~~^~~\n'
        "ZeroDivisionError: division by zero\n",
    }


async def test_attributes_of_an_exception_are_told(bench: Bench) -> None:
    ran = await bench.python(
        "class E(Exception): pass\ndef main():\n  e = E('no')\n  e.status = 418\n  raise e"
    )
    assert ran.result["extra"] == {"status": 418}
    assert ran.result["message"] == "no"


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        ("def main(:\n  pass", "SyntaxError", "line 1"),
        ("x = 1", "MissingFunction", "def main"),
        ("import no_such_module\ndef main(): pass", "ModuleNotFoundError", "no_such_module"),
        ("def main(): return main()", "RecursionError", "recursion"),
        ("from f.nothing.here import x\ndef main(): pass", "ModuleNotFoundError", "f.nothing.here"),
        (
            "class E(Exception):\n  def __str__(self): raise ValueError\ndef main(): raise E",
            "E",
            "no readable message",
        ),
        ("def main(): return bytearray(10**12)", "MemoryError", "512 MB"),
        ("import sys\ndef main(): sys.exit('because')", "SystemExit", "because"),
        ("def main():\n  a = []\n  a.append(a)\n  return a", "ValueError", "the result contains itself"),
        (
            "def main(text: bytes): pass",
            "ValueError",
            "the argument 'text' is wrong: bytes are given as base64",
        ),
        (
            "import datetime\ndef main(text: datetime.datetime): pass",
            "ValueError",
            "the argument 'text' is wrong: 'what-ever' is not a date and time",
        ),
        (
            "import datetime\ndef main(text: datetime.date | None): pass",
            "ValueError",
            "YYYY-MM-DD is expected",
        ),
    ],
)
async def test_what_goes_wrong_is_named(bench: Bench, code: str, name: str, words: str) -> None:
    ran = await bench.python(code, {"text": "what-ever"})
    assert ran.end == "error"
    assert ran.result["name"] == name
    assert words in ran.result["message"]


async def test_leaving_with_success_is_a_success(bench: Bench) -> None:
    ran = await bench.python("import sys\ndef main(): sys.exit(0)")
    assert (ran.end, ran.result) == ("success", None)


async def test_a_stack_without_end_is_an_end(bench: Bench) -> None:
    ran = await bench.python("import sys\nsys.setrecursionlimit(10**9)\nclass A:\n  def __getattr__(self, n): return getattr(self, n + 'x')\n"
                             "def main(): return A().x")  # fmt: skip
    assert ran.end in ("killed", "memory", "error")
    assert ran.result["message"]


async def test_output_keeps_its_order(bench: Bench) -> None:
    code = "import sys, os\ndef main():\n  print('a')\n  print('b', file=sys.stderr)\n  os.system('echo c')\n  print('d', end='')"
    ran = await bench.python(code)
    assert ran.log.printed == b"a\nb\nc\nd"


async def test_scripts_import_each_other(bench: Bench) -> None:
    scripts = {
        "f/tests/other": "from .third import three\ndef two(): return three() - 1\n",
        "f/tests/third": "def three(): return 3\n",
        "u/alice/tool": "import f.tests.third\nvalue = f.tests.third.three()\n",
    }
    code = (
        "from .other import two\nfrom f.tests import third\nfrom u.alice.tool import value\nimport f.tests.other as again\n"
        "def main(): return [two(), third.three(), value, again.two() , __name__]"
    )
    ran = await bench.python(code, scripts=scripts)
    assert (ran.end, ran.result) == ("success", [2, 3, 3, 2, "f.tests.script"]), ran.result


async def test_an_error_in_an_imported_script_shows_its_line(bench: Bench) -> None:
    ran = await bench.python(
        "from .other import broken\ndef main(): broken()",
        scripts={"f/tests/other": "def broken():\n    raise KeyError('k')\n"},
    )
    assert "  File \"f/tests/other.py\", line 2, in broken\n    raise KeyError('k')\n" in ran.result["stack"]


async def test_scripts_may_import_each_other_in_circles(bench: Bench) -> None:
    scripts = {"f/tests/a": "import f.tests.b\nx = 1\n", "f/tests/b": "import f.tests.a\ny = 2\n"}
    ran = await bench.python(
        "from f.tests.a import x\nfrom f.tests.b import y\ndef main(): return x + y", scripts=scripts
    )
    assert ran.result == 3


async def test_another_function_can_be_the_entry(bench: Bench) -> None:
    code = "def main(): return 1\ndef other(x): return x"
    assert (await bench.python(code, {"x": 2}, entrypoint="other")).result == 2
    refused = await bench.python(code, entrypoint="os.system('x')")
    assert refused.end == "error"


@pytest.mark.parametrize("name", ["getoutput", "run", "subprocess", "exec", "again", "elsewhere"])
async def test_what_a_script_imports_is_no_entry(bench: Bench, name: str) -> None:
    """Who runs a script as somebody else would run any program as them."""
    code = (
        "import subprocess\nfrom subprocess import getoutput, run\nfrom f.tests.other import elsewhere\n"
        "again = getoutput\ndef main(cmd): return 1"
    )
    scripts = {"f/tests/other": "def elsewhere(cmd): return 'called'\n"}
    ran = await bench.python(code, {"cmd": "echo called"}, entrypoint=name, scripts=scripts)
    assert ran.end == "error" and f"no function '{name}'" in ran.result["message"]


async def test_functions_of_a_script_are_entries_whatever_wraps_them(bench: Bench) -> None:
    code = (
        "import functools\ndef plain(f): return lambda *a, **k: f(*a, **k)\n"
        "@functools.cache\ndef kept(x): return x\n@plain\ndef wrapped(x): return x\n"
        "if True:\n    async def inside(x): return x\ndef main(x): return 0\n"
        "short = lambda x: x\nagain = inside\nmade = plain(kept)\n"
    )
    for name in ("kept", "wrapped", "inside", "short", "again", "made"):
        assert (await bench.python(code, {"x": 2}, entrypoint=name)).result == 2


async def test_a_preprocessor_makes_the_arguments(bench: Bench) -> None:
    code = "def preprocessor(event): return {'x': event['n'] * 2}\ndef main(x: int): return x + 1"
    ran = await bench.python(code, {"event": {"n": 4}}, preprocess=True)
    assert ran.result == 9
    assert ran.outcome.new_args == '{"x":8}'
    bad = await bench.python(
        "def preprocessor(event): return 5\ndef main(): return 1", {"event": 1}, preprocess=True
    )
    assert bad.result["name"] == "BadPreprocessor"


async def test_random_numbers_differ_between_jobs(bench: Bench) -> None:
    code = "import random, uuid\ndef main(): return [random.random(), str(uuid.uuid4())]"
    first, second = await bench.python(code), await bench.python(code)
    assert first.result != second.result


async def test_threads_are_waited_for(bench: Bench) -> None:
    code = (
        "import threading, time\ndef later():\n  time.sleep(0.1)\n  print('later')\n"
        "def main():\n  threading.Thread(target=later).start()\n  return 1"
    )
    ran = await bench.python(code)
    assert (ran.result, ran.log.printed) == (1, b"later\n")


async def test_a_forged_result_is_checked(bench: Bench) -> None:
    code = "import os\ndef main():\n  os.write(3, b'R\\x00\\x00\\x00\\x03{x}')\n  os._exit(0)"
    ran = await bench.python(code)
    assert ran.end == "error"
    assert "not valid JSON" in ran.result["message"]


@pytest.mark.parametrize("warm_key", [None, "says much"])
async def test_all_that_a_job_says_is_bounded_together(bench: Bench, warm_key: str | None) -> None:
    code = "import os\ndef main():\n  for kind in range(97, 123):\n    os.write(3, bytes([kind]) + (90_000).to_bytes(4, 'big') + bytes(90_000))\n  return 1"
    limits = msgspec.structs.replace(LIMITS, result_bytes=100_000)
    ran = await bench.python(code, warm_key=warm_key, limits=limits)
    assert ran.end == "result_too_large"
    assert "larger than 100000 bytes" in ran.result["message"]


async def test_large_arguments_and_results_pass(bench: Bench) -> None:
    text = "ü" * 1_500_000
    ran = await bench.python("def main(x): return x + '!'", {"x": text})
    assert ran.result == text + "!"


async def test_much_output_passes(bench: Bench) -> None:
    ran = await bench.python("def main():\n  for n in range(20000): print('line', n)")
    assert ran.log.printed.decode().splitlines() == [f"line {n}" for n in range(20000)]


async def test_a_damaged_slot_is_replaced(bench: Bench) -> None:
    code = "import ctypes\ndef main(): return ctypes.CDLL(None).shmget(4711, 4096, 0o1600)"
    for _ in range(5):
        ran = await bench.python(code)
        assert ran.end == "success", ran.result
        seen = await bench.python("def main(): return open('/proc/sysvipc/shm').read().count('4711')")
        assert (seen.end, seen.result) == ("success", 0), seen.result


async def test_packages_are_installed_and_imported(bench: Bench) -> None:
    code = "import six\ndef main(): return six.__version__"
    lock = await bench.lock(code)
    assert lock.startswith("# py: 3.")
    ran = await bench.python(code, lock=lock)
    assert ran.end == "success", ran.result
    assert f"six=={ran.result}" in lock


MODULES = {
    "helper.py": "from .parts.deep import two\nfrom f.tests.other import one\ndef three(): return one + two\n",
    "parts/__init__.py": "from .deep import two as also_two\n",
    "parts/deep.py": "two = 2\n",
    "my-data.py": "four = 4\n",
}


@pytest.mark.parametrize("warm_key", [None, "modules"])
async def test_modules_lie_beside_the_script(bench: Bench, warm_key: str | None) -> None:
    scripts = {
        "f/tests/other": "one = 1\n",
        "f/tests/helper": "raise AssertionError('hidden by the module')\n",
    }
    code = (
        "from .helper import three\nfrom .parts import also_two\nfrom . import my_data\n"
        "import f.tests.parts.deep\n"
        "def main(): return three(), also_two, my_data.four, f.tests.parts.deep.two, f.tests.helper.__file__\n"
    )
    for _ in range(2):
        ran = await bench.python(code, modules=MODULES, scripts=scripts, warm_key=warm_key)
        assert ran.result == [3, 2, 4, 2, "f/tests/helper.py"]


async def test_an_error_in_a_module_shows_its_line(bench: Bench) -> None:
    ran = await bench.python(
        "from .helper import broken\ndef main(): broken()",
        modules={"helper.py": "def broken():\n    raise ValueError('in the module')\n"},
    )
    assert ran.end == "error"
    assert 'File "f/tests/helper.py", line 2' in ran.result["stack"]


async def test_nothing_of_a_run_stays_when_it_has_ended(bench: Bench) -> None:
    """Results may be long: they go at once, not when the collector of cycles comes round."""
    request, ran = bench.request("def main(x): return x", {"x": 1})
    log = weakref.ref(request.log)
    gc.disable()
    try:
        assert (await bench.runtime.run("python3", request)).end == "success"
        del request, ran
        assert log() is None
    finally:
        gc.enable()
