"""One-shot processes in the sandbox, for tools such as a package installer.

Each gets a zygote of its own, because what it may see is its own; that costs some 50 ms, which such tools outweigh.
"""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from postmill.kernel.json import encode
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd
from postmill.sandbox.memory import Watcher
from postmill.sandbox.zygote import Zygote, ZygoteFailed, ZygoteSpec


class Log(Protocol):
    """Takes what the process prints, standard output and error merged."""

    def write(self, data: bytes) -> None: ...


@dataclass(frozen=True)
class ProcessSpec:
    """One process: it sees the system and ``readable``, writes below ``writable``, knows ``env`` and nothing else.

    ``folder`` holds its working files while it runs; without ``isolated`` it is an ordinary child with limits.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Log
    folder: Path
    isolated: bool
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    network: bool = True


@dataclass(frozen=True)
class ProcessEnd:
    """``exit_code`` as in ``subprocess``: negative after a signal."""

    exit_code: int
    timed_out: bool
    peak_kb: int


async def run_process(spec: ProcessSpec) -> ProcessEnd:
    """Runs it to its end. Cancelling ends all of its processes first. Raises ZygoteFailed."""
    folder = Path(tempfile.mkdtemp(prefix="tool-", dir=spec.folder))
    try:
        zygote = await Zygote.start(
            ZygoteSpec(
                spares=folder, isolated=spec.isolated, readable=spec.readable, writable=spec.writable,
                network=spec.network, processes=spec.limits.processes,
                program_limits=_bounds(spec.limits),
            ),
            Watcher(),
        )  # fmt: skip
        try:
            end = await _run_in(await first_child(zygote), spec)
        finally:
            await zygote.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    code = end.code if end.code is not None else -signal.SIGKILL
    return ProcessEnd(code, end.cause == "timeout", end.peak_kb)


async def _run_in(child: Child, spec: ProcessSpec) -> ChildEnd:
    child.on_output = spec.log.write
    limits = spec.limits
    record = {
        "argv": spec.argv,
        "env": dict(spec.env),
        "files": {},
        "cwd": str(spec.cwd),
        "limits": _bounds(limits),
    }
    child.watch(limits)
    timer = asyncio.get_running_loop().call_later(
        limits.wall_seconds, child.terminate, "timeout", limits.grace_seconds
    )
    child.begin(encode(record))
    try:
        return await until_ended(child, limits.grace_seconds)
    finally:
        timer.cancel()


def _bounds(limits: Limits) -> dict[str, int]:
    return {"file_bytes": limits.file_bytes, "open_files": limits.open_files}


async def first_child(zygote: Zygote) -> Child:
    """A child of a fresh zygote that takes orders. Raises ZygoteFailed."""
    slot = zygote.open_slot()
    await asyncio.wait([slot.ready])
    if not slot.usable:
        raise ZygoteFailed(slot.trouble)
    child = slot.start_child()
    await asyncio.wait([child.ready])
    if not child.usable:
        raise ZygoteFailed(child.trouble or "the process ended before it was ready")
    return child


async def until_ended(child: Child, grace_seconds: float) -> ChildEnd:
    """Waits for the end; a cancelled caller waits for it as well, after it was ordered."""
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            end = await asyncio.shield(child.ended)
        except asyncio.CancelledError as error:
            cancelled = error
            child.terminate("cancelled", grace_seconds)
            continue
        if cancelled is not None:
            raise cancelled
        return end
