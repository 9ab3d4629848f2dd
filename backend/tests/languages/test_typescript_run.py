# ruff: noqa: E501
# Scripts stand in one line each.
"""How TypeScript scripts are called in bun and node, and what they hand back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from postmill.languages.protocol import LockRequest, Registries
from tests.languages_typescript.conftest import Registry

from .conftest import Bench, Log

TYPES = "interface Thing { at: Date; n: number }\n"


async def test_arguments_come_in_the_order_of_the_signature(bench: Bench) -> None:
    code = "export function main(b: string, a: number, c?: string, d = 7, { e }: { e: string } = { e: 'x' }) { return [b, a, c ?? null, d, e, arguments.length] }"
    ran = await bench.run("bun", code, {"a": 1, "b": "x", "anon1": {"e": "y"}, "undeclared": 1})
    assert ran.result == ["x", 1, None, 7, "y", 5]


async def test_dates_are_dates(bench: Bench) -> None:
    code = "export function main(at: Date, maybe?: Date, text: string = '') { return [at instanceof Date, at.getUTCFullYear(), maybe === undefined, typeof text] }"
    ran = await bench.run("bun", code, {"at": "2026-01-02T03:04:05Z", "text": "2026-01-02"})
    assert ran.result == [True, 2026, True, "string"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("9007199254740993n", "9007199254740993"), ("undefined", None), ("[undefined, NaN, () => 1]", [None, None, None]),
        ("{ a: 1n, b: undefined }", {"a": "1"}), ("new Date(0)", "1970-01-01T00:00:00.000Z"), ("'\\u0000x'", "\0x"),
        ("Promise.resolve([1])", [1]),
    ],
)  # fmt: skip
async def test_results_are_json(bench: Bench, expression: str, expected: Any) -> None:
    ran = await bench.run("bun", f"export function main() {{ return ({expression}) }}")
    assert (ran.end, ran.result) == ("success", expected)


@pytest.mark.parametrize(
    "code",
    [
        "export async function* main() { yield 'one\\n'; yield 'two' }",
        "export function* main() { yield 'one\\n'; yield 'two' }",
        "export async function main() { return new ReadableStream({ start(c) { c.enqueue('one\\n'); c.enqueue(new TextEncoder().encode('two')); c.close() } }) }",
    ],
)
async def test_iterables_are_streamed(bench: Bench, code: str) -> None:
    ran = await bench.run("bun", code)
    assert (ran.end, ran.result, ran.outcome.streamed) == ("success", None, "one\ntwo")


async def test_an_error_names_the_line_and_keeps_what_it_carries(bench: Bench) -> None:
    code = f"{TYPES}\nclass Refused extends Error {{ code = 7; name = 'Refused' }}\nexport function main() {{\n  throw new Refused('no')\n}}"
    ran = await bench.run("bun", code)
    assert ran.end == "error"
    assert (ran.result["message"], ran.result["name"]) == ("no", "Refused")
    assert ran.result["extra"] == {"code": 7}
    assert "at main (f/tests/script.ts:5:" in ran.result["stack"]
    assert "runner" not in ran.result["stack"] and "/tmp" not in ran.result["stack"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("export function main() { return 'unclosed\n}", "(f/tests/script.ts, line 1, column 33)"),
        ("import { gone } from './missing'; export function main() { return gone }", "./missing.ts"),
        ("import x from 'not-locked'; export function main() { return x }", "not-locked"),
        ("export const main = 5", "the script has no function main"),
        ("throw 'at the top'; export function main() {}", "at the top"),
        ("export function main() { setTimeout(() => { throw new Error('late') }); return new Promise(() => {}) }", "late"),
        ("export function main() { const a: any = {}; a.a = a; return a }", "cyclic"),
        ("export function preprocessor() { return [1] }\nexport function main() {}", "an array"),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_told(bench: Bench, code: str, words: str) -> None:
    ran = await bench.run("bun", code, preprocess="preprocessor" in code)
    assert ran.end == "error"
    assert words in ran.result["message"]


@pytest.mark.parametrize(("language", "annotation"), [("bun", ""), ("bun", "//nodejs\n"), ("deno", "")])
async def test_a_script_that_is_not_there_is_named_without_places_of_the_sandbox(
    bench: Bench, language: str, annotation: str
) -> None:
    code = "import { x } from './nowhere.ts';\nexport function main() { return x }"
    ran = await bench.run(language, annotation + code)
    assert "nowhere.ts" in ran.result["message"]
    assert "/tmp/" not in str(ran.result)


async def test_leaving_early_is_a_success_without_a_result(bench: Bench) -> None:
    ran = await bench.run("bun", "export function main() { process.exit(0) }")
    assert (ran.end, ran.result) == ("success", None)


async def test_a_preprocessor_makes_the_arguments(bench: Bench) -> None:
    code = "export async function preprocessor(event: { n: number }) { return { x: event.n + 1 } }\nexport function main(x: number) { return x * 2 }"
    ran = await bench.run("bun", code, {"event": {"n": 20}}, preprocess=True)
    assert (ran.result, ran.outcome.new_args) == (42, '{"x":21}')


async def test_another_function_can_be_the_entry(bench: Bench) -> None:
    code = "export function main() { return 'main' }\nexport async function fruits(filterText: string, kind: string) { return [{ label: kind, value: filterText }] }"
    ran = await bench.run("bun", code, {"kind": "k", "filterText": "f"}, entrypoint="fruits")
    assert ran.result == [{"label": "k", "value": "f"}]


async def test_scripts_import_each_other(bench: Bench) -> None:
    code = "import { a } from '/f/lib/a'; import { b } from './b.ts'; import { helper } from './helper'; import type { T } from '../lib/a';\nexport function main() { return [a, b(), helper] }"
    scripts = {
        "f/lib/a": "import { b } from '../tests/b';\nexport type T = string;\nexport const a = b() + 'a';",
        "f/tests/b": "export function b() { return 'b' }",
        "f/tests/helper": "export const helper = 'of another script'",
    }
    ran = await bench.run(
        "bun", code, scripts=scripts, modules={"helper.ts": "export const helper = 'module'"}
    )
    assert ran.result == ["ba", "b", "module"]


async def test_variables_of_the_job_and_no_others(bench: Bench) -> None:
    code = "export function main() { return process.env }"
    ran = await bench.run("bun", code, env={"WM_TOKEN": "t"})
    assert sorted(ran.result) == ["HOME", "LANG", "PATH", "TMPDIR", "WM_TOKEN"]


COUNT = "let count = 0\nexport function main(x: number) { console.log('run', ++count); if (x < 0) throw new Error('negative'); return [process.pid, count, process.env.WM_JOB_ID] }"


async def test_a_warm_script_keeps_its_process(bench: Bench) -> None:
    first, failed, second = [
        await bench.run("bun", COUNT, {"x": x}, warm_key="bun state", env={"WM_JOB_ID": str(x)})
        for x in (1, -1, 2)
    ]
    assert (failed.end, failed.result["message"]) == ("error", "negative")
    assert first.result[1:] == [1, "1"]
    assert second.result[1:] == [3, "2"]
    assert second.log.printed == b"run 3\n"


async def test_warm_runs_at_once_have_processes_of_their_own(bench: Bench) -> None:
    code = "export async function main(x: number) { await Bun.sleep(100); return x }"
    runs = await asyncio.gather(*(bench.run("bun", code, {"x": n}, warm_key="many") for n in range(6)))
    assert [ran.result for ran in runs] == list(range(6))


async def test_a_warm_process_that_leaves_is_replaced(bench: Bench) -> None:
    code = "export function main(x: number) { if (x) process.exit(4); return 'here' }"
    left = await bench.run("bun", code, {"x": 1}, warm_key="leaves")
    assert (left.end, left.result["exit_code"]) == ("error", 4)
    assert (await bench.run("bun", code, {"x": 0}, warm_key="leaves")).result == "here"


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    registry = Registry()
    registry.add(
        "adder",
        "1.0.0",
        {"index.js": "exports.add = (a, b) => { if (b < 0) throw new Error('negative'); return a + b }\n"},
    )
    registry.add(
        "reader",
        "1.0.0",
        {
            "index.js": "exports.text = require('fs').readFileSync(__dirname + '/data.txt', 'utf8')\n",
            "data.txt": "data",
        },
    )
    yield registry
    registry.close()


async def locked(bench: Bench, code: str, registries: Registries) -> str:
    async def nothing(_path: str) -> str | None:
        return None

    request = LockRequest(code=code, path="f/tests/script", sources=nothing, log=Log(), registries=registries)
    return await bench.runtime.lock("bun", request)


@pytest.mark.parametrize("annotation", ["", "//nobundling\n", "//nodejs\n", "//npm\n"])
async def test_packages_are_found_and_errors_in_them_lead_back(
    bench: Bench, registry: Registry, annotation: str
) -> None:
    code = f"{annotation}import {{ add }} from 'adder@1';\ninterface Unused {{ x: string }}\nexport function main(a: number, b: number): number {{\n  return add(a, b) + 0;\n}}\n"
    registries = Registries(npm_registry_url=registry.address)
    lock = await locked(bench, code, registries)
    ran = await bench.run("bun", code, {"a": 1, "b": 2}, lock=lock, registries=registries)
    assert (ran.end, ran.result) == ("success", 3), ran.log.data
    failed = await bench.run("bun", code, {"a": 1, "b": -2}, lock=lock, registries=registries)
    line = 4 + annotation.count("\n")
    assert f"at main (f/tests/script.ts:{line}:" in failed.result["stack"]
    assert "node_modules/adder/index.js:1:" in failed.result["stack"]
    assert str(bench.folder.parent) not in failed.result["stack"]
    engine = b"NODE" if "nodejs" in annotation else b"BUN"
    assert b"--- " + engine + b" CODE EXECUTION ---" in failed.log.data


@pytest.mark.parametrize(("language", "annotation"), [("bun", ""), ("bun", "//nodejs\n"), ("bunnative", "")])
async def test_a_bundle_tells_what_a_circle_uses_too_early(
    bench: Bench, registry: Registry, language: str, annotation: str
) -> None:
    needs = f"{annotation}import {{ add }} from 'adder@1';\n"
    registries = Registries(npm_registry_url=registry.address)
    lock = await locked(bench, needs + "export function main() { return add(1, 1) }", registries)
    code = f"{needs}import {{ a }} from './a.ts';\nexport function main() {{ return add(a, `\nvar x`.length) }}\n"
    scripts = {
        "f/tests/a": "import { b } from './b.ts'\nexport const a = b + 1\n",
        "f/tests/b": "import { a } from './a.ts'\n\nexport const b = a + 1\n",
    }
    ran = await bench.run(language, code, scripts=scripts, lock=lock, registries=registries)
    assert ran.result["name"] == "ReferenceError", ran.result
    assert "f/tests/a → f/tests/b → f/tests/a" in ran.result["message"]
    assert "f/tests/b.ts:3:" in ran.result["stack"]
    scripts["f/tests/b"] = "import { a } from './a.ts'\nexport const b = 1\nexport const later = () => a\n"
    ran = await bench.run(language, code, scripts=scripts, lock=lock, registries=registries)
    assert (ran.end, ran.result) == ("success", 8)


@pytest.mark.parametrize(
    "line",
    ["const one = await Promise.resolve(1);", "const one = import.meta.dir.includes('bundle') ? 0 : 1;"],
)
async def test_what_bytecode_does_not_know_is_bundled_without(
    bench: Bench, registry: Registry, line: str
) -> None:
    code = f"import {{ add }} from 'adder';\n{line}\nexport function main() {{ return add(one, 1) }}\n"
    registries = Registries(npm_registry_url=registry.address)
    ran = await bench.run("bun", code, lock=await locked(bench, code, registries), registries=registries)
    assert (ran.end, ran.result) == ("success", 2)


async def test_packages_that_read_their_own_files_run_without_a_bundle(
    bench: Bench, registry: Registry
) -> None:
    code = "//nobundling\nimport { text } from 'reader';\nexport function main() { return text }\n"
    registries = Registries(npm_registry_url=registry.address)
    lock = await locked(bench, code, registries)
    ran = await bench.run("bun", code, lock=lock, registries=registries)
    assert ran.result == "data"


async def test_node_has_no_bun(bench: Bench) -> None:
    code = "//nodejs\nexport function main(x: string) { return [typeof Bun, process.release.name, x] }"
    ran = await bench.run("bun", code, {"x": "y"})
    assert ran.result == ["undefined", "node", "y"]
