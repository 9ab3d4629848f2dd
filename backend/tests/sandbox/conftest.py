"""A process in the sandbox, as a test wants it: code in, exit code and output out."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from postmill.model.limits import Limits
from postmill.sandbox import process
from postmill.sandbox.process import ProcessEnd, ProcessSpec, run_process
from postmill.sandbox.zygote import ZygoteSpec

PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass
class Printed:
    """What a process printed and how it ended."""

    data: bytearray = field(default_factory=bytearray)
    end: ProcessEnd = field(default_factory=lambda: ProcessEnd(0, False, 0))

    def write(self, data: bytes) -> None:
        self.data += data

    @property
    def text(self) -> str:
        return self.data.decode(errors="replace")


RunPython = Callable[..., Awaitable[Printed]]


@pytest.fixture(params=["started by the init", "forked"])
async def run_python(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunPython]:
    """Runs Python code in a sandbox of its own, in both ways; keyword arguments go into the ProcessSpec."""
    if request.param == "forked":

        def spec_of_forks(**fields: Any) -> ZygoteSpec:
            return ZygoteSpec(**{**fields, "program_limits": None})

        monkeypatch.setattr(process, "ZygoteSpec", spec_of_forks)

    async def run(code: str, **more: Any) -> Printed:
        printed = Printed()
        spec: dict[str, Any] = {
            "argv": (str(PYTHON), "-I", "-S", "-c", code), "env": {"PATH": "/usr/bin:/bin"}, "cwd": Path("/job"),
            "log": printed, "folder": tmp_path, "isolated": True, "limits": Limits(wall_seconds=120, grace_seconds=0.2),
        }  # fmt: skip
        printed.end = await run_process(ProcessSpec(**{**spec, **more}))
        return printed

    yield run
