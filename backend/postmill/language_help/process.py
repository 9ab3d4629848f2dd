"""A program in the sandbox whose standard input and output are ours: what a language server is to us.

The sandbox gives its children no standard input, so that the two ends are named pipes in a folder that only this
process and the child see.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from postmill.kernel.json import encode
from postmill.model.limits import Limits
from postmill.sandbox.child import Child
from postmill.sandbox.memory import Watcher
from postmill.sandbox.process import first_child
from postmill.sandbox.zygote import Zygote, ZygoteSpec

_READ_BYTES = 1 << 16
# The words of the program are arguments of the shell, never part of its text.
_CONNECT = 'exec "$@" <"$POSTMILL_INPUT" >"$POSTMILL_OUTPUT"'


@dataclass(frozen=True)
class ServerSpec:
    """One program: it sees the system and ``readable``, writes nothing of the machine, and has no network."""

    argv: tuple[str, ...]
    folder: Path  # where the pipes and the sandbox's own files live while it runs
    isolated: bool
    readable: tuple[Path, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    memory_bytes: int = 1536 * 1024**2


class ServerProcess:
    """A running program. ``ended`` is done once none of its processes is left."""

    def __init__(self, spec: ServerSpec, zygote: Zygote, child: Child, pipes: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._zygote = zygote
        self._child = child
        self._pipes = pipes
        self._unsent = bytearray()
        self._errors = bytearray()
        self.on_data: Callable[[bytes], None] = lambda _data: None
        # Opened for both directions, so that neither end waits for the other and no end of file is seen.
        self._input = os.open(pipes / "in", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._output = os.open(pipes / "out", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._loop.add_reader(self._output, self._readable)
        child.on_output = self._note_error
        child.watch(Limits(memory_bytes=spec.memory_bytes))

    @classmethod
    async def start(cls, spec: ServerSpec) -> "ServerProcess":
        """Raises ZygoteFailed where the sandbox does not come up."""
        pipes = Path(tempfile.mkdtemp(prefix="pipes-", dir=spec.folder))
        os.mkfifo(pipes / "in", 0o600)
        os.mkfifo(pipes / "out", 0o600)
        zygote = None
        try:
            zygote = await Zygote.start(
                ZygoteSpec(
                    spares=spec.folder, isolated=spec.isolated, readable=spec.readable, writable=(pipes,),
                    network=not spec.isolated,
                    program_limits={"file_bytes": Limits().file_bytes, "open_files": 65536},
                ),
                Watcher(),
            )  # fmt: skip
            process = cls(spec, zygote, await first_child(zygote), pipes)
        except BaseException:
            if zygote is not None:
                await zygote.close()
            await asyncio.to_thread(shutil.rmtree, pipes, ignore_errors=True)
            raise
        process._begin(spec)
        return process

    def _begin(self, spec: ServerSpec) -> None:
        slot = self._child.slot
        record = {
            "argv": ("/bin/sh", "-c", _CONNECT, "sh", *spec.argv),
            "env": {
                "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": slot.temporary, "TMPDIR": slot.temporary,
                **spec.env,
                "POSTMILL_INPUT": str(self._pipes / "in"), "POSTMILL_OUTPUT": str(self._pipes / "out"),
            },
            "files": {}, "cwd": slot.temporary,
        }  # fmt: skip
        self._child.begin(encode(record))

    @property
    def ended(self) -> "asyncio.Future[object]":
        return self._child.ended  # type: ignore[return-value]

    @property
    def alive(self) -> bool:
        return not self._child.ended.done()

    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        return self._errors.decode(errors="replace").strip()

    def send(self, data: bytes) -> None:
        """Hands on what the pipe takes now, the rest when it takes more."""
        self._unsent += data
        self._writable()

    def _writable(self) -> None:
        while self._unsent and self._input >= 0:
            try:
                sent = os.write(self._input, memoryview(self._unsent)[:_READ_BYTES])
            except BlockingIOError:
                self._loop.add_writer(self._input, self._writable)
                return
            except OSError:
                self._unsent.clear()
                return
            del self._unsent[:sent]
        if self._input >= 0:
            self._loop.remove_writer(self._input)

    def _readable(self) -> None:
        try:
            data = os.read(self._output, _READ_BYTES)
        except (BlockingIOError, OSError):
            return
        if data:
            self.on_data(data)

    def _note_error(self, data: bytes) -> None:
        self._errors += data
        del self._errors[:-4096]

    async def close(self) -> None:
        """Ends it at once, whatever it does."""
        if self._output >= 0:
            self._loop.remove_reader(self._output)
            self._loop.remove_writer(self._input)
            os.close(self._output)
            os.close(self._input)
            self._input = self._output = -1
        if self.alive:
            self._child.terminate("cancelled", grace_seconds=0.0)
            await asyncio.wait([self._child.ended], timeout=5)
        await self._zygote.close()
        await asyncio.to_thread(shutil.rmtree, self._pipes, ignore_errors=True)
