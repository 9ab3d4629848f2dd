"""Scripts that import each other: allowed while it works, named where a run fails of it."""

import asyncio
import json

import pytest

from postmill.languages.circles import first_circle
from postmill.languages.imports import imported_paths
from postmill.languages.protocol import RunOutcome

from .conftest import Bench


@pytest.mark.parametrize(
    ("imports", "circle"),
    [
        ({"a": ["b"], "b": ["a"]}, ["a", "b", "a"]),
        ({"a": ["a"]}, ["a", "a"]),
        ({"a": ["b"], "b": ["c", "d"], "c": [], "d": ["e"], "e": ["b"]}, ["b", "d", "e", "b"]),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, []),
        ({"a": ["gone"]}, []),
        ({"a": ["b"], "b": []}, []),
    ],
)
def test_the_first_circle_is_found(imports: dict[str, list[str]], circle: list[str]) -> None:
    scripts = dict.fromkeys(imports, "")
    assert first_circle("a", scripts, lambda _code, path: imports[path]) == circle


def test_a_long_chain_of_imports_is_no_recursion() -> None:
    scripts = {f"f/x/s{n}": f"from f.x.s{n + 1} import y" for n in range(3000)}
    assert first_circle("f/x/s0", scripts, imported_paths) == []


PYTHON = {
    "f/tests/a": "from f.tests.b import b\na = 1\n",
    "f/tests/b": "from f.tests.a import a\nb = 2\n",
}
TYPESCRIPT = {
    "f/tests/a": "import { b } from './b.ts'\nexport const a = b + 1\n",
    "f/tests/b": "import { a } from './a.ts'\nexport const b = a + 1\n",
}
# In one file, what is not complete yet is undefined.
UNDEFINED = {**TYPESCRIPT, "f/tests/b": "import { a } from './a.ts'\nexport const b = a.length\n"}


@pytest.mark.parametrize(
    ("language", "code", "scripts"),
    [
        ("python3", "from f.tests.a import a\ndef main(): return a", PYTHON),
        ("bun", "import { a } from './a.ts'\nexport function main() { return a }", TYPESCRIPT),
        ("deno", "import { a } from './a.ts'\nexport function main() { return a }", TYPESCRIPT),
        ("nativets", "import { a } from './a.ts'\nexport function main() { return a }", TYPESCRIPT),
    ],
)
async def test_a_run_that_fails_of_a_circle_names_it(
    bench: Bench, language: str, code: str, scripts: dict[str, str]
) -> None:
    ran = await bench.run(language, code, scripts=scripts)
    assert ran.end == "error"
    assert ran.result["message"].endswith(
        "These scripts import each other in a circle: f/tests/a → f/tests/b → f/tests/a"
    )
    assert "wrapper_imports" not in json.dumps(ran.result)


@pytest.mark.parametrize(
    ("language", "code", "scripts"),
    [
        ("python3", "def main():\n    from f.tests.a import a\n    return a", PYTHON),
        ("bun", "import { a } from './a.ts'\nexport function main() { return a }", TYPESCRIPT),
        ("deno", "import { a } from './a.ts'\nexport function main() { return a }", TYPESCRIPT),
        ("nativets", "import { a } from './a.ts'\nexport function main() { return a }", UNDEFINED),
    ],
)
async def test_a_kept_process_names_the_circle_each_time(
    bench: Bench, language: str, code: str, scripts: dict[str, str]
) -> None:
    for _ in range(2):
        request, _ran = bench.request(code, scripts=scripts, warm_key=f"circle {language}")
        ended: asyncio.Future[RunOutcome | Exception] = asyncio.get_running_loop().create_future()
        if bench.runtime.begin(language, request, ended.set_result) is None:
            ended.set_result(await bench.runtime.run(language, request))
        outcome = await ended
        assert isinstance(outcome, RunOutcome)
        assert json.loads(outcome.result)["message"].endswith(
            "These scripts import each other in a circle: f/tests/a → f/tests/b → f/tests/a"
        ), outcome.result


async def test_a_circle_that_works_is_none_of_our_business(bench: Bench) -> None:
    scripts = {
        "f/tests/a": "import f.tests.b\ndef a(): return f.tests.b.b()\n",
        "f/tests/b": "import f.tests.a\ndef b(): return 2\n",
    }
    ran = await bench.python("from f.tests.a import a\ndef main(): return a()", scripts=scripts)
    assert (ran.end, ran.result) == ("success", 2)


TYPED = {
    "f/tests/a": "import { T, b } from './b.ts'\nexport type S = string\nexport const a = (): T => b()\n",
    "f/tests/b": "import { S } from './a.ts'\nexport type T = S\nexport const b = (): S => 'both'\n",
}
# A type that is passed on like a value, which only a bundler can tell.
PASSED_ON = {**TYPED, "f/tests/a": "export { T } from './b.ts'\n" + TYPED["f/tests/a"]}


@pytest.mark.parametrize("scripts", [TYPED, PASSED_ON])
async def test_native_scripts_that_share_their_types_run(bench: Bench, scripts: dict[str, str]) -> None:
    code = "import { a } from './a.ts'\nexport function main() { return a() }"
    ran = await bench.run("nativets", code, scripts=scripts)
    assert (ran.end, ran.result) == ("success", "both")


async def test_an_error_in_main_is_none_of_a_circle(bench: Bench) -> None:
    code = "import { a } from './a.ts'\nexport function main() { const none = undefined as any; return none.a + a }"
    scripts = {**TYPESCRIPT, "f/tests/b": "import { a } from './a.ts'\nexport const b = () => a\n"}
    for language in ("nativets", "bun"):
        ran = await bench.run(language, code, scripts=scripts)
        assert ran.result["name"] == "TypeError", ran.result
        assert "circle" not in ran.result["message"]


async def test_a_name_that_is_not_there_is_no_circle(bench: Bench) -> None:
    ran = await bench.python(
        "from f.tests.a import nope\ndef main(): return 1", scripts={"f/tests/a": "a = 1"}
    )
    assert "cannot import name 'nope'" in ran.result["message"]
    assert "circle" not in ran.result["message"]
