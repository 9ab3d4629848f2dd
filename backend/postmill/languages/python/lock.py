"""Locks: the requirements of a script as exact versions with hashes, for one version of Python."""

import asyncio
import hashlib
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from postmill.languages.credentials import hidden, secrets_of
from postmill.languages.protocol import LockFailed, LockRequest, Registries
from postmill.languages.python.interpreters import Interpreter, Interpreters
from postmill.languages.python.lock_text import refusal
from postmill.languages.python.requirements import find_requirements
from postmill.languages.python.uv_tool import network_environment, uv_executable
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall, certificate_paths
from postmill.signatures.python_requirements import DEFAULT_FILE, Requirements

RESOLVE_SECONDS = 300.0
NEEDS_BUILD = "building from source is disabled"
_REMEMBERED = 500


@dataclass(frozen=True)
class _Remembered:
    text: str
    at: float


class Locker:
    """Resolves requirements with ``uv``, each time against the index as it is then."""

    def __init__(self, work_dir: Path, interpreters: Interpreters, run_tool: RunTool) -> None:
        """``work_dir`` exists and holds ``uv``'s cache, shared with the environments."""
        self._work_dir = work_dir
        self._interpreters = interpreters
        self._run_tool = run_tool
        self._remembered: OrderedDict[tuple[object, ...], _Remembered] = OrderedDict()

    async def lock(self, request: LockRequest, max_age_seconds: float = 0.0) -> str:
        """The text of the lock.

        ``max_age_seconds`` allows the answer to an earlier request for the same packages, for previews.
        Raises LockFailed with the resolver's own words.
        """
        needed = await find_requirements(request)
        interpreter = await self._interpreters.choose(needed.python, needed.newest_python)
        header = _header(needed, interpreter, request)
        if not needed.packages:
            return header
        for package in needed.packages:
            if reason := refusal(package):
                raise LockFailed(f"{reason}.")
        key = (interpreter.tag, needed.packages, request.registries)
        if (known := self._recall(key, max_age_seconds)) is not None:
            return header + known
        request.log.write(hidden(f"resolving {', '.join(needed.packages)}\n").encode())
        resolved = await self._resolve(needed.packages, interpreter, request.registries)
        self._remember(key, resolved)
        return header + resolved

    async def _resolve(
        self, packages: tuple[str, ...], interpreter: Interpreter, registries: Registries
    ) -> str:
        """Prefers what needs no building; foreign build code runs only when there is no other way."""
        with tempfile.TemporaryDirectory(prefix="lock-", dir=self._work_dir) as folder:
            scratch = Path(folder)
            await asyncio.to_thread(_write_requirements, scratch, packages)
            secrets = secrets_of(registries)
            output = CapturedOutput(secrets=secrets)
            shared = self._work_dir / "uv"
            found = await self._compile(scratch, shared, interpreter, registries, output, ("--no-build",))
            if found is None and NEEDS_BUILD in output.text():
                # Build code could plant files in the cache that other scripts install from: it gets its own.
                output = CapturedOutput(secrets=secrets)
                own = scratch / "uv"
                own.mkdir()
                found = await self._compile(scratch, own, interpreter, registries, output, ())
            if found is None:
                raise LockFailed(f"The dependencies cannot be resolved:\n{output.text()}")
            return found

    async def _compile(
        self,
        scratch: Path,
        cache: Path,
        interpreter: Interpreter,
        registries: Registries,
        output: CapturedOutput,
        options: tuple[str, ...],
    ) -> str | None:
        """The resolved entries; None when there is no solution and ``output`` says why."""
        target = scratch / "requirements.txt"
        target.unlink(missing_ok=True)
        uv = uv_executable()
        end = await self._run_tool(
            ToolCall(
                argv=(
                    str(uv), "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate",
                    "--no-python-downloads", "--python", str(interpreter.path), *options,
                    "--cache-dir", str(cache), "--output-file", str(target), str(scratch / "requirements.in"),
                ),
                env=uv_environment(scratch, registries),
                cwd=scratch,
                readable=(uv, interpreter.path, interpreter.prefix, *certificate_paths()),
                writable=(scratch,) if cache.is_relative_to(scratch) else (scratch, cache),
                log=output,
                timeout_seconds=RESOLVE_SECONDS,
            )
        )  # fmt: skip
        if end.timed_out:
            raise LockFailed(f"Resolving the dependencies took longer than {RESOLVE_SECONDS:.0f} seconds.")
        return target.read_text() if end.exit_code == 0 and target.exists() else None

    def _recall(self, key: tuple[object, ...], max_age_seconds: float) -> str | None:
        known = self._remembered.get(key)
        return known.text if known and time.monotonic() - known.at < max_age_seconds else None

    def _remember(self, key: tuple[object, ...], text: str) -> None:
        self._remembered[key] = _Remembered(text, time.monotonic())
        self._remembered.move_to_end(key)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


def uv_environment(home: Path, registries: Registries) -> dict[str, str]:
    """All that ``uv`` and the builds it starts see of this machine's environment."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "NO_COLOR": "1",
        **network_environment(registries),
    }


def _write_requirements(scratch: Path, packages: tuple[str, ...]) -> None:
    (scratch / "requirements.in").write_text("".join(f"{package}\n" for package in packages))


def _header(needed: Requirements, interpreter: Interpreter, request: LockRequest) -> str:
    """The first lines of a lock: its Python, and the workspace files that it was made from."""
    lines = [f"# py: {interpreter.minor}"]
    if needed.workspace_files:
        lines.append(f"# workspace-dependencies-mode: {'extra' if needed.extra else 'manual'}")
    for name in needed.workspace_files:
        content = request.workspace_requirements["" if name == DEFAULT_FILE else name]
        lines.append(f"# workspace-dependencies: {name}:{hashlib.sha256(content.encode()).hexdigest()}")
    return "".join(f"{line}\n" for line in lines)
