"""gopls: which version is built, that it is built once, and what is said where it cannot be."""

import asyncio
from pathlib import Path

import pytest

from postmill.kernel.errors import Unavailable
from postmill.language_help import go_place
from postmill.language_help.go_place import BEING_BUILT, BeingBuilt, GoPlace
from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.gopls import Gopls, NotBuilt, is_recent, version_for
from postmill.languages.go.program_text import lock_text, required_modules
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.protocol import Registries
from postmill.languages.tool import RunTool, ToolCall, ToolEnd
from postmill.signatures.go_modules import go_modules, imports_only, is_locked_only


def toolchain(language: str) -> Toolchain:
    return Toolchain(Path("/nonexistent"), f"go{language}.1", language)


@pytest.mark.parametrize(
    ("language", "version"),
    [("1.27", "v0.24.0"), ("1.40", "v0.24.0"), ("1.26", "v0.23.0"), ("1.24", "v0.20.0"), ("1.21", None)],
)
def test_the_version_is_one_that_the_toolchain_compiles(language: str, version: str | None) -> None:
    assert version_for(toolchain(language)) == version


def test_an_old_one_on_the_search_path_is_passed_over() -> None:
    assert is_recent("golang.org/x/tools/gopls v0.22.0\n    golang.org/x/tools/gopls@v0.22.0 h1:x")
    assert not is_recent("golang.org/x/tools/gopls v0.5.0\n")
    assert not is_recent("golang.org/x/tools/gopls (devel)\n")


class Builder:
    """Stands in for the toolchain; ``builds`` counts."""

    def __init__(self, words: str = "") -> None:
        self.builds = 0
        self.may_end = asyncio.Event()
        self._words = words

    async def __call__(self, call: ToolCall) -> ToolEnd:
        assert call.argv[:2] == ("/usr/bin/env", "nice"), "it gives way to whatever else runs"
        assert call.argv[-1] == "golang.org/x/tools/gopls@v0.23.0"
        self.builds += 1
        await self.may_end.wait()
        call.log.write(self._words.encode())
        if not self._words:
            program = call.cwd / "gopath" / "bin" / "gopls"
            program.parent.mkdir(parents=True)
            program.write_text("made")
        return ToolEnd(1 if self._words else 0)


def gopls_in(folder: Path, run_tool: RunTool) -> Gopls:
    return Gopls(folder, GoTool(folder, run_tool), run_tool, search_path="")


def found_toolchain(folder: Path) -> Path:
    """The root of something that looks like a toolchain."""
    root = folder / "go"
    (root / "bin").mkdir(parents=True)
    (root / "VERSION").write_text("go1.26.1\n")
    (root / "bin" / "go").touch(0o755)
    return root


async def test_it_is_built_once_for_all_who_ask(tmp_path: Path) -> None:
    builder = Builder()
    asking = [
        asyncio.create_task(gopls_in(tmp_path, builder).build(toolchain("1.26"), Registries()))
        for _ in range(3)
    ]
    builder.may_end.set()
    first, *others = await asyncio.gather(*asking)
    assert set(others) == {first} and first.read_text() == "made"
    assert builder.builds == 1
    assert await gopls_in(tmp_path, builder).find(toolchain("1.26")) == first
    assert await gopls_in(tmp_path, builder).find(toolchain("1.27")) is None


async def test_what_the_build_fails_with_is_said(tmp_path: Path) -> None:
    builder = Builder("no route to the proxy")
    builder.may_end.set()
    with pytest.raises(NotBuilt, match="no route to the proxy"):
        await gopls_in(tmp_path, builder).build(toolchain("1.26"), Registries())
    with pytest.raises(NotBuilt, match=r"too old to build"):
        await gopls_in(tmp_path, builder).build(toolchain("1.21"), Registries())
    assert [path.name for path in (tmp_path / "gopls").iterdir()] == ["lock"]


async def test_who_asks_meanwhile_hears_that_it_is_being_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(found_toolchain(tmp_path) / "bin"))
    builder = Builder()
    place = GoPlace(tmp_path / "cache", tmp_path, builder, Registries())
    monkeypatch.setattr(go_place, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(BeingBuilt, match="once per machine"):
        await place.programs()
    assert "minutes" in BEING_BUILT
    monkeypatch.setattr(go_place, "_PATIENCE_SECONDS", 60.0)
    builder.may_end.set()
    found, program = await place.programs()
    assert found.version == "go1.26.1" and program.read_text() == "made"
    assert builder.builds == 1 and await place.programs() == (found, program)
    program.unlink()
    assert (await place.programs())[1].exists(), "who emptied the cache waits for a new one"
    assert builder.builds == 2
    await place.close()


async def test_a_failure_is_told_and_not_repeated_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(found_toolchain(tmp_path) / "bin"))
    monkeypatch.setattr(go_place, "_PATIENCE_SECONDS", 60.0)
    builder = Builder("no route to the proxy")
    builder.may_end.set()
    place = GoPlace(tmp_path / "cache", tmp_path, builder, Registries())
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"(?s)cannot be built on this server.*no route to the proxy"):
            await place.programs()
    assert builder.builds == 1
    monkeypatch.setattr(go_place, "AGAIN_SECONDS", 0.0)
    with pytest.raises(Unavailable, match="no route"):
        await place.programs()
    assert builder.builds == 2
    await place.close()


def test_what_is_locked_while_it_is_written_needs_the_same_and_is_not_compiled() -> None:
    code = """// words
package inner

import (
\tnames "github.com/google/uuid"
\t"fmt"
)

//require github.com/google/uuid v1.5.0

func main( {"""
    needed = go_modules(code)
    assert go_modules(imports_only(needed)) == needed
    assert is_locked_only(imports_only(needed)) and not is_locked_only(code)
    # What no import can name is left out, instead of becoming code.
    assert "boom" not in imports_only(go_modules('package inner\nimport `a.b/c"; func boom() {}; "`\n'))


def test_the_modules_of_a_lock_are_counted() -> None:
    assert required_modules(lock_text("module mymod\n\ngo 1.26.0\n", "")) == 0
    one = "module mymod\n\ngo 1.26\n\nrequire github.com/google/uuid v1.6.0\n"
    assert required_modules(lock_text(one, "x")) == 1
    two = "module mymod\n\nrequire (\n\ta.example/b v1.2.3\n\tc.example/d/v2 v2.0.0 // indirect\n)\n"
    assert required_modules(lock_text(two, "x")) == 2
