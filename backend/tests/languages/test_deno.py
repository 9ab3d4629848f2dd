# ruff: noqa: E501
# Scripts stand in one line each.
"""How TypeScript scripts are called in deno, and where their packages come from."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, Registries
from postmill.languages.tool import CapturedOutput, ToolCall, ToolEnd
from postmill.languages.typescript import programs
from postmill.languages.typescript.deno_lock import DenoPackages
from postmill.languages.typescript.deno_program import PACKAGE, DenoProgram
from postmill.model.limits import Limits
from tests.languages_typescript.conftest import Registry, lock_request
from tests.plain_tool import plain_tool

from .conftest import LIMITS, Bench, Log, Ran


async def run(bench: Bench, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
    return await bench.run("deno", code, args, **more)


async def test_arguments_and_results(bench: Bench) -> None:
    code = "export async function main(b: string, at: Date, c?: string, d = 7) { return [b, at.getUTCFullYear(), c ?? null, d, 5n, undefined] }"
    ran = await run(bench, code, {"at": "2026-01-02T03:04:05Z", "b": "x"})
    assert ran.result == ["x", 2026, None, 7, "5", None]


async def test_streams_imports_and_preprocessors(bench: Bench) -> None:
    streamed = await run(bench, "export async function* main() { yield 'one\\n'; yield 'two' }")
    assert (streamed.outcome.streamed, streamed.pieces) == ("one\ntwo", ["one\n", "two"])
    code = "import { a } from '/f/lib/a'; import { m } from './m.ts'; import { join } from 'path'; export function main() { return [a, m, join('x', 'y')] }"
    imported = await run(
        bench, code, scripts={"f/lib/a": "import { m } from '../tests/m'; export const a = m + 'a'", "f/tests/m": "export const m: string = 'm'"},
    )  # fmt: skip
    assert imported.result == ["ma", "m", "x/y"]
    code = "export function preprocessor(event: { n: number }) { return { x: event.n } }\nexport function main(x: number) { return x + 1 }"
    prepared = await run(bench, code, {"event": {"n": 1}}, preprocess=True)
    assert (prepared.result, prepared.outcome.new_args) == (2, '{"x":1}')


@pytest.mark.parametrize(
    ("code", "message", "stack"),
    [
        ("interface A {}\n\nexport function main() {\n  throw new TypeError('no') }", "no", "f/tests/script.ts:4:"),
        ("export async function main() {\n  setTimeout(() => { throw new Error('late') });\n  await new Promise(() => {}) }", "late", "f/tests/script.ts:2:"),
        ("export function main() {\n  return 'unclosed }", "Unterminated string", ""),
        ("export const other = 1", "the script has no function main", ""),
        ("import { a } from './missing'; export function main() { return a }", "missing.ts", ""),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_told(bench: Bench, code: str, message: str, stack: str) -> None:
    ran = await run(bench, code)
    assert ran.end == "error"
    assert message in ran.result["message"]
    assert stack in ran.result.get("stack", "")
    assert "/tmp/script" not in ran.result.get("stack", "")


async def test_what_nothing_will_settle_is_told(bench: Bench) -> None:
    for key in (None, "deno unsettled"):
        ran = await run(bench, "export async function main() { await new Promise(() => {}) }", warm_key=key)
        assert (ran.end, ran.result["message"]) == (
            "error", "the script waits for a promise that nothing will ever settle",
        )  # fmt: skip


async def test_all_that_was_printed_is_there(bench: Bench) -> None:
    code = "export async function main() { console.log('a'); Deno.stdout.writeSync(new TextEncoder().encode('b')); process.stdout.write('c'); console.error('d'); return 1 }"
    for key in (None, "deno printing", "deno printing"):
        ran = await run(bench, code, warm_key=key)
        assert (ran.log.printed, ran.result) == (b"a\nbcd\n", 1)


async def test_a_large_result_ends_only_its_run(bench: Bench) -> None:
    code = "export function main(n: number) { return 'x'.repeat(n) }"
    big = await run(bench, code, {"n": LIMITS.result_bytes + 10}, warm_key="deno large")
    assert big.end == "result_too_large"
    assert (await run(bench, code, {"n": 3}, warm_key="deno large")).result == "xxx"


COUNT = "let count = 0\nexport function main(x: number) { console.log('run', ++count); if (x < 0) throw new Error('negative'); return [Deno.pid, count, Deno.env.toObject()] }"


async def test_a_warm_script_keeps_its_process(bench: Bench) -> None:
    first, failed, second = [
        await run(bench, COUNT, {"x": x}, warm_key="deno state", env=env)
        for x, env in ((1, {"WM_JOB_ID": "1", "WM_ONLY": "x"}), (-1, {}), (2, {"WM_JOB_ID": "2"}))
    ]
    assert (failed.end, failed.result["message"]) == ("error", "negative")
    assert first.result[1] == 1 and first.result[2]["WM_ONLY"] == "x"
    assert second.result[:2] == [first.result[0], 3]
    assert second.result[2]["WM_JOB_ID"] == "2" and "WM_ONLY" not in second.result[2]
    assert second.log.printed == b"run 3\n"


@pytest.mark.parametrize("way", ["Deno.exit(4)", "process.exit(4)", "Deno.kill(Deno.pid, 'SIGKILL')"])
async def test_a_warm_process_that_leaves_is_replaced(bench: Bench, way: str) -> None:
    code = f"export async function main(x: number) {{ if (x) {{ {way}; await new Promise((go) => setTimeout(go, 60_000)) }} return 'here' }}"
    key = f"deno {way}"
    left = await run(bench, code, {"x": 1}, warm_key=key)
    assert left.end == ("killed" if "kill" in way else "error")
    assert left.result["exit_code"] == (137 if "kill" in way else 4)
    assert (await run(bench, code, {"x": 0}, warm_key=key)).result == "here"


async def test_a_run_out_of_time_ends_its_process_alone(bench: Bench) -> None:
    code = "let count = 0\nexport async function main(s: number) { if (s) for (;;) {} return ++count }"
    assert (await run(bench, code, {"s": 0}, warm_key="deno time")).result == 1
    slow = await run(
        bench, code, {"s": 1}, warm_key="deno time", limits=Limits(wall_seconds=0.3, grace_seconds=0.2)
    )
    assert slow.end == "timeout"
    after = await run(bench, code, {"s": 0}, warm_key="deno time")
    assert (after.end, after.result) == ("success", 1)


async def test_leaving_early_is_a_success_without_a_result(bench: Bench) -> None:
    for way in ("Deno.exit(0)", "process.exit()"):
        for key in (None, "deno leaves early"):
            ran = await run(bench, f"export function main() {{ {way} }}", warm_key=key)
            assert (ran.end, ran.result) == ("success", None)


async def test_variables_of_the_job_and_no_others(bench: Bench) -> None:
    ran = await run(bench, "export function main() { return Deno.env.toObject() }", env={"WM_TOKEN": "t"})
    assert sorted(ran.result) == ["HOME", "LANG", "PATH", "TMPDIR", "WM_TOKEN"]


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    registry.add("adder", "1.0.0", {"index.js": "exports.add = (a, b) => a + b\n"})
    yield registry
    registry.close()


@pytest.mark.parametrize("module", ["npm:adder@1", "adder@1"])
async def test_packages_come_from_the_lock(bench: Bench, registry: Registry, module: str) -> None:
    code = f"import {{ add }} from '{module}';\nexport function main(a: number) {{ return add(a, 1) }}\n"
    registries = Registries(
        npm_registry_url=registry.address.replace("http://", "http://me:canary-password@")
    )

    async def nothing(_path: str) -> str | None:
        return None

    request = LockRequest(code=code, path="f/tests/script", sources=nothing, log=Log(), registries=registries)
    lock = await bench.runtime.lock("deno", request)
    assert '"npm:adder@1": "1.0.0"' in lock and '"integrity": "sha512-' in lock
    assert "127.0.0.1" not in lock and "canary" not in lock
    ran = await run(bench, code, {"a": 1}, lock=lock, registries=registries)
    assert (ran.end, ran.result) == ("success", 2), ran.result
    for _ in range(2):
        kept = await run(bench, code, {"a": 2}, lock=lock, registries=registries, warm_key=f"deno {module}")
        assert (kept.end, kept.result) == ("success", 3), kept.result
    look = "import 'npm:adder@1'; export function main() { return [Deno.readTextFileSync('/tmp/.npmrc'), Deno.env.toObject()] }"
    seen = await run(bench, look, lock=lock, registries=registries)
    assert "canary" not in seen.outcome.result and seen.end == "success"


async def test_an_old_lock_installs_the_same_files_when_the_registry_moves_on(
    registry: Registry, tmp_path: Path
) -> None:
    registries = Registries(npm_registry_url=registry.address)
    packages = DenoPackages(tmp_path / "cache", plain_tool)
    lock = await packages.lock(lock_request("import { add } from 'npm:adder'; add(1, 2);", registries))
    registry.add("adder", "1.1.0", {"index.js": "exports.add = () => 'new'\n"})
    folder = await packages.installed(lock, registries, CapturedOutput())
    assert folder is not None
    assert [file.parent.name for file in folder.path.rglob("index.js")] == ["1.0.0"]
    assert list((tmp_path / "cache").rglob(".npmrc")) == []
    registry.add("adder", "1.0.0", {"index.js": "exports.add = () => 'evil'\n"})
    elsewhere = DenoPackages(tmp_path / "another machine", plain_tool)
    with pytest.raises(InstallFailed, match=r"(?i)integrity|checksum|tarball"):
        await elsewhere.installed(lock, registries, CapturedOutput())
    await packages.close()


async def test_what_cannot_be_resolved_is_named(registry: Registry, tmp_path: Path) -> None:
    packages = DenoPackages(tmp_path / "cache", plain_tool)
    with pytest.raises(LockFailed, match="no-such-package"):
        await packages.lock(
            lock_request("import 'npm:no-such-package';", Registries(npm_registry_url=registry.address))
        )
    with pytest.raises(InstallFailed, match="is not a package of a registry"):
        await packages.installed(
            '{"specifiers": {"file:///etc/passwd": "1"}}', Registries(), CapturedOutput()
        )
    with pytest.raises(InstallFailed, match="is not JSON"):
        await packages.installed("lodash==1", Registries(), CapturedOutput())


@pytest.fixture
def no_deno(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise programs.ProgramMissing("deno is not installed on this worker")

    monkeypatch.setattr(programs, "deno", missing)


async def test_without_deno_and_an_index_a_sentence_says_what_is_missing(
    tmp_path: Path, no_deno: None
) -> None:
    async def refuse(call: ToolCall) -> ToolEnd:
        call.log.write(b"error: cannot reach https://me:hush@index.example/simple")
        return ToolEnd(2)

    packages = DenoPackages(tmp_path / "cache", refuse)
    with pytest.raises(LockFailed, match=r"pip install 'postmill\[deno\]'") as failed:
        await packages.lock(lock_request("export function main() {}", Registries()))
    assert "cannot reach" in str(failed.value)
    assert "hush" not in str(failed.value)


async def test_a_missing_deno_is_fetched_once_with_progress(tmp_path: Path, no_deno: None) -> None:
    async def install(call: ToolCall) -> ToolEnd:
        (call.cwd / "bin").mkdir()
        (call.cwd / "bin" / "deno").touch(0o700)
        assert PACKAGE in call.argv
        assert call.env["UV_DEFAULT_INDEX"] == "https://index.example/simple"
        return ToolEnd(0)

    log = CapturedOutput()
    registries = Registries(python_index_url="https://index.example/simple")
    program = DenoProgram(tmp_path, install)
    with pytest.raises(programs.ProgramMissing):
        program.on_this_machine()
    first, second = await asyncio.gather(program.find(registries, log), program.find(registries, log))
    assert first == second == tmp_path / "runtimes/deno/bin/deno"
    assert log.text().count("fetching the package deno") == 1
    assert "deno is in place" in log.text()

    async def never(call: ToolCall) -> ToolEnd:
        raise AssertionError(call)

    again = DenoProgram(tmp_path, never)
    assert again.on_this_machine() == await again.find(registries, CapturedOutput()) == first
