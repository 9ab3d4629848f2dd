"""Tools (package managers, compilers, an interpreter) as child processes: what is asked of them and what comes back."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from postmill.languages.credentials import hidden
from postmill.languages.protocol import LogSink
from postmill.model.limits import Limits
from postmill.sandbox.process import ProcessSpec, run_process

# Where this machine keeps its certificates and proxies; nothing else of the worker's environment is passed on.
_NETWORK_VARIABLES = (
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip


@dataclass(frozen=True)
class ToolCall:
    """One run of a tool. It sees ``readable`` and may write below ``writable``; the environment is ``env`` alone."""

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: Path
    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    log: LogSink
    timeout_seconds: float
    memory_bytes: int = 4 * 1024**3


@dataclass(frozen=True)
class ToolEnd:
    """``exit_code`` is negative after a signal. The output went to the call's log."""

    exit_code: int
    timed_out: bool = False


RunTool = Callable[[ToolCall], Awaitable[ToolEnd]]


@dataclass
class CapturedOutput:
    """A log sink that keeps the last characters of what a tool prints, without credentials of addresses.

    ``secrets`` are further texts that may not be shown, the longest first.
    """

    limit: int = 64 * 1024
    secrets: tuple[str, ...] = ()
    _data: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        self._data += data
        del self._data[: -self.limit]

    def text(self) -> str:
        text = self._data.decode(errors="replace").replace("\0", "\ufffd").strip()
        return hidden(text, self.secrets)


@dataclass(frozen=True)
class ToolRunner:
    """Runs a tool and what it starts like a job: same walls, own limits."""

    spares: Path
    isolated: bool

    async def __call__(self, call: ToolCall) -> ToolEnd:
        end = await run_process(
            ProcessSpec(
                argv=call.argv, env=call.env, cwd=call.cwd, log=call.log, folder=self.spares,
                isolated=self.isolated, readable=call.readable, writable=call.writable,
                limits=Limits(
                    wall_seconds=call.timeout_seconds, memory_bytes=call.memory_bytes, processes=1024, open_files=65536
                ),
            )
        )  # fmt: skip
        return ToolEnd(end.exit_code, end.timed_out)


def machine_network() -> dict[str, str]:
    """This machine's proxies and certificates, as variables."""
    return {name: os.environ[name] for name in _NETWORK_VARIABLES if name in os.environ}


def certificate_paths() -> tuple[Path, ...]:
    """Files that a contained tool must see to trust the machine's certificates."""
    named = (os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    paths = [Path(value) for value in named if value]
    return tuple(path for path in paths if path.exists())
