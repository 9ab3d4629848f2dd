"""What one machine installed or compiled, another one takes from the bucket that both reach."""

import asyncio
import os
import tarfile
from pathlib import Path
from typing import Any

from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.programs import Programs, digest_of
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.protocol import Registries
from postmill.languages.python.environment import Environments
from postmill.languages.python.interpreters import Interpreters
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import CapturedOutput, ToolCall, ToolEnd
from postmill.objects.contract import StoreFailed
from postmill.objects.store import StoreObjects, open_folder
from tests.plain_tool import plain_tool

from .conftest import Index

TOOLCHAIN = Toolchain(Path("/nowhere"), "go1.99", "1.99")


class Compiler:
    """Pretends to compile, and counts."""

    calls = 0

    async def __call__(self, call: ToolCall) -> ToolEnd:
        self.calls += 1
        (call.cwd / "program").write_bytes(b"a program")
        return ToolEnd(0)


async def program_of(folder: Path, compiler: Compiler, shared: SharedCache) -> bytes:
    programs = Programs(folder, GoTool(folder, compiler), shared=shared)
    code = "func main() {}"
    digest = digest_of(code, "", "main", TOOLCHAIN)
    descriptor = await programs.ensure(digest, code, "", "main", TOOLCHAIN, Registries(), CapturedOutput())
    try:
        return os.pread(descriptor, 100, 0)
    finally:
        os.close(descriptor)


async def test_a_program_is_compiled_by_one_machine_only(tmp_path: Path) -> None:
    compiler, shared = Compiler(), SharedCache(open_folder(tmp_path / "bucket"))
    assert await program_of(tmp_path / "one", compiler, shared) == b"a program"
    await shared.offered()
    assert await program_of(tmp_path / "two", compiler, shared) == b"a program"
    assert compiler.calls == 1
    assert os.access(next((tmp_path / "two" / "programs").iterdir()), os.X_OK)


async def test_folders_travel_with_their_modes_and_links(tmp_path: Path) -> None:
    shared = SharedCache(open_folder(tmp_path / "bucket"))
    folder = tmp_path / "site"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "tool").write_text("x")
    (folder / "package" / "tool").chmod(0o755)
    (folder / "link").symlink_to("package/tool")
    shared.offer_folder("python", "abc", folder)
    await shared.offered()
    target = tmp_path / "elsewhere"
    assert await shared.fetch_folder("python", "abc", target)
    assert os.access(target / "package" / "tool", os.X_OK)
    assert (target / "link").read_text() == "x"
    assert not await shared.fetch_folder("python", "other", tmp_path / "nothing")


async def test_damaged_and_hostile_archives_are_not_taken(tmp_path: Path) -> None:
    objects = open_folder(tmp_path / "bucket")
    shared = SharedCache(objects)
    (tmp_path / "x").write_text("x")
    with tarfile.open(tmp_path / "evil", "w:gz") as tar:
        tar.add(tmp_path / "x", arcname="../../outside")
    for number, content in enumerate((b"no archive", (tmp_path / "evil").read_bytes())):
        shared.offer("python", f"d{number}", _file(tmp_path / f"f{number}", content))
        await shared.offered()
        assert not await shared.fetch_folder("python", f"d{number}", tmp_path / "deep" / f"t{number}")
    assert not (tmp_path / "outside").exists()


async def test_half_of_an_object_is_not_taken(tmp_path: Path) -> None:
    shared = SharedCache(open_folder(tmp_path / "bucket"))
    shared.offer("go", "abc", _file(tmp_path / "program", b"a program"))
    await shared.offered()
    (stored,) = [file for file in (tmp_path / "bucket").rglob("abc") if file.is_file()]
    whole = stored.read_bytes()
    for damaged in (whole[:-1], whole[1:], b"x" + whole[1:], b""):
        stored.write_bytes(damaged)
        assert not await shared.fetch("go", "abc", tmp_path / "taken")
        assert not (tmp_path / "taken").exists()
    stored.write_bytes(whole)
    assert await shared.fetch("go", "abc", tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"a program"


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.parent.joinpath("deep").mkdir(exist_ok=True)
    return path


async def test_a_bucket_that_fails_costs_nothing_but_time(tmp_path: Path) -> None:
    class Broken(StoreObjects):
        def pieces(self, key: str, start: int = 0, end: int | None = None) -> Any:
            raise StoreFailed("gone")

        async def head(self, key: str) -> Any:
            raise StoreFailed("gone")

    compiler, shared = Compiler(), SharedCache(Broken(None, local=False))
    assert await program_of(tmp_path / "one", compiler, shared) == b"a program"
    await asyncio.wait_for(shared.offered(), 60)


async def test_packages_are_installed_by_one_machine_only(
    index: Index, tmp_path: Path, interpreters: Interpreters
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "value = 1\n"})
    shared = SharedCache(open_folder(tmp_path / "bucket"))
    one = Environments(tmp_path / "one", interpreters, plain_tool, compile_bytecode=False, shared=shared)
    await one.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    await shared.offered()

    async def no_tool(call: ToolCall) -> ToolEnd:
        raise AssertionError(call.argv)

    two = Environments(tmp_path / "two", interpreters, no_tool, compile_bytecode=False, shared=shared)
    environment = await two.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    assert environment.site is not None and environment.modules == {"alpha"}
    assert (environment.site / "alpha.py").read_text() == "value = 1\n"
    for environments in (one, two):
        await environments.close()
