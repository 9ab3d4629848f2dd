# ruff: noqa: E501
# Scripts stand in one line each.
"""Native TypeScript: web APIs alone, a fresh realm for each job, processes that identities do not share."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from postmill.languages.protocol import LockRequest, Registries
from postmill.model.limits import Limits
from tests.languages_typescript.conftest import Registry

from .conftest import LIMITS, SHORTEST_SECONDS, Asked, Bench, Log, Ran, until_said


async def run(bench: Bench, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
    return await bench.run("nativets", code, args, **more)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_it_fetches(bench: Bench, site: str) -> None:
    code = "export async function main(url: string) { const r = await fetch(url, { method: 'POST', body: 'abc' }); console.log(r.status); return [r.status, await r.text(), r instanceof Response] }"
    ran = await run(bench, code, {"url": site})
    assert (ran.end, ran.result) == ("success", [201, "cba", True])
    assert ran.log.printed == b"201\n"


async def test_there_is_nothing_of_bun_and_node(bench: Bench) -> None:
    code = "export function main() { return [typeof Bun, typeof Buffer, typeof globalThis.require, Object.keys(process).join()] }"
    assert (await run(bench, code)).result == ["undefined", "undefined", "undefined", "env"]
    for module in ("node:fs", "fs/promises", "bun:sqlite", "child_process"):
        ran = await run(bench, f"import * as x from '{module}'; export function main() {{ return x }}")
        assert f"web APIs only, but '{module}' is imported" in ran.result["message"]
    ran = await run(
        bench, "export async function main(name: string) { return await import(name) }", {"name": "node:fs"}
    )
    assert ran.end == "error"


async def test_a_job_sees_its_variables_and_no_file(bench: Bench) -> None:
    code = "export function main() { return process.env }"
    assert (await run(bench, code, env={"WM_TOKEN": "one"})).result == {"WM_TOKEN": "one"}


async def test_a_process_is_told_a_script_anew_whose_first_run_was_never_stored(bench: Bench) -> None:
    me = {"env": {"WM_PERMISSIONED_AS": "u/held"}}
    assert (await run(bench, "export function main() { return 'first' }", **me)).result == "first"
    code, stored = "export function main() { return 'second' }", Asked()
    request, ran = bench.request(code, stored=stored, **me)
    running = asyncio.create_task(bench.runtime.run("nativets", request))
    await stored.asked.wait()
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled() and not ran.log.data
    assert (await run(bench, code, **me)).result == "second"


async def test_jobs_of_one_identity_share_a_process_and_nothing_in_it(bench: Bench) -> None:
    leave = """export async function main() {
      globalThis.left = 1; Array.prototype.left = 1; process.env.LEFT = 'x';
      setInterval(() => console.log('still here'), 1); fetch('http://127.0.0.1:9/').catch(() => {});
      fetch('http://127.0.0.1:9/'); Promise.reject(new Error('nobody waits for it'));
      for (const api of [URL, Response, Headers, crypto]) { try { api.left = 1 } catch {} try { api.prototype.left = 1 } catch {} }
      return 'left' }"""
    look = """export async function main() {
      await new Promise(done => setTimeout(done, 30));
      return [globalThis.left, [].left, process.env.LEFT, URL.left, new URL('http://x').left, Response.left, crypto.left].filter(x => x !== undefined) }"""
    env = {"WM_PERMISSIONED_AS": "u/ann"}
    for _ in range(3):
        assert (await run(bench, leave, env=env)).result == "left"
        seen = await run(bench, look, env=env)
        assert (seen.result, seen.log.printed) == ([], b"")


async def test_identities_and_workspaces_do_not_share_a_process(bench: Bench) -> None:
    # The engine's own realm outlives a job: only those that may do the same anyway meet there.
    code = "export function main(mark: boolean) { const outer = fetch.constructor('return globalThis')(); if (mark) outer.left = 1; return outer.left ?? null }"

    async def seen(mark: bool, identity: str, workspace: str = "main") -> Any:
        ran = await run(
            bench, code, {"mark": mark}, env={"WM_PERMISSIONED_AS": identity}, workspace_id=workspace
        )
        return ran.result

    assert await seen(True, "u/bob") == 1
    assert await seen(False, "u/eve") is None
    assert await seen(False, "u/bob", "other") is None


async def test_values_are_those_of_the_realm(bench: Bench) -> None:
    code = "export function main(at: Date, list: string[], missing?: string, none: any = 'default') { return [at instanceof Date, at.getUTCDate(), list instanceof Array, missing === undefined, none, 5n, undefined] }"
    ran = await run(bench, code, {"at": "2026-01-02", "list": ["a"], "none": None})
    assert ran.result == [True, 2, True, True, None, "5", None]


@pytest.mark.parametrize(
    ("code", "message", "stack"),
    [
        ("interface A {}\n\nexport function main() {\n  throw new TypeError('no') }", "no", "f/tests/script.ts:4:"),
        ("export async function main() {\n  await null;\n  setTimeout(() => { throw new Error('late') });\n  await new Promise(() => {}) }", "late", "f/tests/script.ts:3:"),
        ("export function main() {\n  return 'unclosed }", "Unterminated string literal (f/tests/script.ts, line 2,", ""),
        ("export const other = 1", "the script has no function main", ""),
        ("import { a } from './missing'; export function main() { return a }", "./missing", ""),
        ("import a from 'not-locked'; export function main() { return a }", "with //native in its first line", ""),
        ("export function main() { throw 'text' }", "text", ""),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_told(bench: Bench, code: str, message: str, stack: str) -> None:
    ran = await run(bench, code)
    assert ran.end == "error"
    assert message in ran.result["message"]
    assert stack in ran.result.get("stack", "")


async def test_streams_imports_and_preprocessors(bench: Bench) -> None:
    streamed = await run(bench, "export async function* main() { yield 'one\\n'; yield 'two' }")
    assert (streamed.outcome.streamed, streamed.pieces) == ("one\ntwo", ["one\n", "two"])
    imported = await run(
        bench, "import { a } from '/f/lib/a'; export function main() { return a }",
        scripts={"f/lib/a": "import { b } from './b'; export const a = b + 'a'", "f/lib/b": "export const b: string = 'b'"},
    )  # fmt: skip
    assert imported.result == "ba"
    code = "export function preprocessor(event: { n: number }) { return { x: event.n } }\nexport function main(x: number) { return x + 1 }"
    prepared = await run(bench, code, {"event": {"n": 1}}, preprocess=True)
    assert (prepared.result, prepared.outcome.new_args) == (2, '{"x":1}')


@pytest.mark.parametrize("code", ["for (;;) {}", "await new Promise(() => {})"])
async def test_time_is_bounded_and_the_next_run_gets_a_new_process(bench: Bench, code: str) -> None:
    slow = f"export async function main() {{ console.log('asleep'); {code} }}"
    for seconds in SHORTEST_SECONDS:
        ran = await run(bench, slow, limits=Limits(wall_seconds=seconds, grace_seconds=0.2))
        assert ran.end == "timeout"
        if ran.log.printed:
            break
    assert ran.log.printed == b"asleep\n"
    assert (await run(bench, "export function main() { return 1 }")).result == 1


async def test_memory_and_results_are_bounded(bench: Bench) -> None:
    hog = "export function main() { const x = []; for (;;) x.push(new Uint8Array(1_000_000).fill(1)) }"
    ran = await run(bench, hog, limits=Limits(wall_seconds=300, memory_bytes=250 * 1024**2))
    assert ran.end == "memory"
    large = await run(bench, "export function main() { return 'x'.repeat(5_000_000) }")
    assert large.end == "result_too_large"
    assert str(LIMITS.result_bytes) in large.result["message"]


async def test_cancelling_ends_the_process_first(bench: Bench) -> None:
    request, ran = bench.request("export async function main() { console.log('asleep'); for (;;) {} }")
    task = asyncio.create_task(bench.runtime.run("nativets", request))
    await until_said(b"asleep", ran, task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_console_shows_objects_as_they_are(bench: Bench) -> None:
    ran = await run(
        bench,
        "class Point { x = 1 }\nexport function main() { console.log('a', { b: [1, { c: null }] }, new Map([[1, 2]]), new Point());"
        " console.group('g'); console.groupEnd(); console.assert(false, 'no'); console.log('plain') }",
    )
    lines = ran.log.printed.decode().splitlines()
    assert sorted(lines) == sorted(
        ["a { b: [ 1, { c: null } ] } Map(1) { 1 => 2 } Point { x: 1 }", "g", "Assertion failed no", "plain"]
    )


async def test_many_at_once(bench: Bench) -> None:
    code = (
        "export async function main(x: string) { await new Promise(done => setTimeout(done, 5)); return x }"
    )
    runs = await asyncio.gather(*(run(bench, code, {"x": f"text {n}"}) for n in range(40)))
    assert [json.loads(ran.outcome.result) for ran in runs] == [f"text {n}" for n in range(40)]


async def test_packages_become_part_of_the_script(bench: Bench) -> None:
    registry = Registry()
    try:
        registry.add("adder", "1.0.0", {"index.js": "exports.add = (a, b) => a + b\n"})
        code = "//native\nimport { add } from 'adder@1';\nexport function main(a: number) { if (a < 0) { throw new Error('negative') }\n  return add(a, 1) }\n"
        registries = Registries(npm_registry_url=registry.address)

        async def nothing(_path: str) -> str | None:
            return None

        request = LockRequest(
            code=code, path="f/tests/script", sources=nothing, log=Log(), registries=registries
        )
        lock = await bench.runtime.lock("bunnative", request)
        ran = await bench.run("bunnative", code, {"a": 1}, lock=lock, registries=registries)
        assert (ran.end, ran.result) == ("success", 2)
        failed = await bench.run("bunnative", code, {"a": -1}, lock=lock, registries=registries)
        assert "f/tests/script.ts:3:" in failed.result["stack"]
    finally:
        registry.close()


STATEFUL = "let runs = 0;\nexport async function main(act?: string) { runs++; if (act === 'timer') setInterval(() => {}, 1); if (act === 'token') process.env.WM_TOKEN; if (act === 'rejected') Promise.reject(new Error('late')); if (act === 'throw') throw new Error('no'); if (act === 'broken') { setTimeout(() => { throw new Error('late') }); await new Promise(() => {}) } return runs }"


async def runs_seen(bench: Bench, code: str, act: str = "", **env: str) -> Any:
    return (await run(bench, code, {"act": act}, env={"WM_PERMISSIONED_AS": "u/state", **env})).result


async def test_a_script_keeps_its_realm_for_its_next_runs(bench: Bench) -> None:
    code = f"{STATEFUL} // kept"
    assert [await runs_seen(bench, code) for _ in range(3)] == [1, 2, 3]
    assert (await runs_seen(bench, code, "throw"))["message"] == "no"
    assert await runs_seen(bench, code) == 5
    assert await runs_seen(bench, f"{code} 2") == 1  # another version
    assert await runs_seen(bench, code, WM_PERMISSIONED_AS="u/other") == 1
    assert await runs_seen(bench, code) == 6


@pytest.mark.parametrize("act", ["timer", "broken", "rejected"])
async def test_a_run_that_leaves_something_takes_its_realm_along(bench: Bench, act: str) -> None:
    code = f"{STATEFUL} // {act}"
    assert await runs_seen(bench, code) == 1
    await runs_seen(bench, code, act)
    assert await runs_seen(bench, code) == 1


async def test_what_a_realm_read_of_one_run_is_not_there_in_the_next(bench: Bench) -> None:
    code = f"{STATEFUL} // variables"
    assert await runs_seen(bench, code, "token", WM_TOKEN="1") == 1
    assert await runs_seen(bench, code, WM_TOKEN="1") == 2  # the same as what it has read
    assert await runs_seen(bench, code, WM_TOKEN="2") == 1
    assert await runs_seen(bench, code, WM_TOKEN="3") == 2  # this realm has not looked
    captured = (
        "const { env } = process;\nexport function main() { return [env.WM_TOKEN, Object.keys(env).length] }"
    )
    assert (await run(bench, captured, env={"WM_TOKEN": "1"})).result == ["1", 1]
    assert (await run(bench, captured, env={"WM_TOKEN": "2", "WM_MORE": ""})).result == ["2", 2]


async def test_a_script_can_ask_for_a_fresh_realm_each_time(bench: Bench) -> None:
    code = f"//fresh_realm\n{STATEFUL}"
    assert [await runs_seen(bench, code) for _ in range(3)] == [1, 1, 1]


async def test_more_scripts_than_a_process_remembers(bench: Bench) -> None:
    codes = [f"export function main() {{ return {n} }}" for n in range(70)]
    for _ in range(2):
        runs = await asyncio.gather(*(run(bench, code) for code in codes))
        assert [ran.result for ran in runs] == list(range(70))
