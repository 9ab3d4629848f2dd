"""Formatters that are programs: shfmt over Bash, gofmt over Go; one short run in the sandbox for each text."""

import asyncio
import shutil
import sysconfig
import tempfile
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from postmill.kernel.errors import InvalidInput, Unavailable
from postmill.language_help.shell_check import ToolPlace
from postmill.languages.go.toolchain import Toolchains
from postmill.languages.tool import CapturedOutput, ToolCall
from postmill.sandbox.zygote import ZygoteFailed

SECONDS = 20.0
MOST_AT_ONCE = 4
MOST_MEMORY = 512 * 1024**2

# Both are Go programs: what their runtime says of a stack or a memory that is full is for nobody to read.
_CRASHED = "goroutine "

Formatted = Literal["bash", "go"]


class FormatCode:
    """``toolchains``: where the gofmt of this machine is; it is not fetched for that alone."""

    def __init__(
        self, place: Callable[[], Awaitable[ToolPlace]], toolchains: Callable[[], Awaitable[Toolchains]]
    ) -> None:
        self._place = place
        self._toolchains = toolchains
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def format(self, language: Formatted, code: str, indent: int) -> str:
        """The same code, formatted; ``indent`` 0 stands for tabs.

        Raises InvalidInput with the formatter's words for what does not parse, Unavailable where there is none.
        """
        if language == "bash":
            program, name = _shfmt(), "script.sh"
            options: tuple[str, ...] = ("-ln=bash", f"-i={indent}", "-ci")
        else:
            program, name, options = await self._gofmt(), "main.go", ()
        place = await self._place()
        async with self._turns:
            return await _formatted(place, (str(program), "-w", *options), name, code)

    async def _gofmt(self) -> Path:
        toolchain = await (await self._toolchains()).on_this_machine()
        gofmt = None if toolchain is None else toolchain.root / "bin" / "gofmt"
        if gofmt is None or not gofmt.exists():
            raise Unavailable(
                "There is no Go toolchain on this server yet: the first run of a Go script fetches it"
            )
        return gofmt


async def _formatted(place: ToolPlace, argv: tuple[str, ...], name: str, code: str) -> str:
    with tempfile.TemporaryDirectory(prefix="format-", dir=place.folder) as home:
        folder, output = Path(home), CapturedOutput()
        file = folder / name
        await asyncio.to_thread(file.write_text, code, "utf-8", "replace", "")
        try:
            # Into the file: what tools print has what looks like a password taken out.
            end = await place.run_tool(
                ToolCall(
                    argv=(*argv, name), env={"LANG": "C.UTF-8", "HOME": home}, cwd=folder,
                    readable=(Path(argv[0]), folder), writable=(folder,), log=output, timeout_seconds=SECONDS,
                    memory_bytes=MOST_MEMORY,
                )
            )  # fmt: skip
        except ZygoteFailed as error:
            raise Unavailable(f"Nothing is formatted on this server: {error}") from None
        if end.timed_out:
            raise Unavailable("Formatting took too long")
        if end.exit_code < 0 or (end.exit_code != 0 and _CRASHED in output.text()):
            raise InvalidInput("Bad request: it nests too deeply, or is too large, to be formatted")
        if end.exit_code != 0:
            raise InvalidInput(f"It does not parse: {output.text()[:1000]}")
        return await asyncio.to_thread(_read, file)


def _read(file: Path) -> str:
    return file.read_bytes().decode(errors="replace")


@lru_cache(maxsize=1)
def _shfmt() -> Path:
    """The one that is installed with Postmill, else one on the search path."""
    beside = Path(sysconfig.get_path("scripts")) / "shfmt"
    found = str(beside) if beside.exists() else shutil.which("shfmt")
    if found is None:
        raise Unavailable("shfmt is not installed on this server: `pip install shfmt-py`")
    return Path(found).resolve()
