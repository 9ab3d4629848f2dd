"""The worker's side of a zygote: starts it, orders forks, notices its end.

Nothing here waits on the event loop for more than a system call: an order is one message with a descriptor,
and the slot reports by itself over its own socket.
"""

import asyncio
import contextlib
import itertools
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import postmill
from postmill.sandbox.memory import Watcher
from postmill.sandbox.slot import Slot

PACKAGE_ROOT = Path(postmill.__file__).resolve().parent.parent
_BOOTSTRAP = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from postmill.sandbox.inside.zygote import start; start(int(sys.argv[2]))"
)


@dataclass(frozen=True)
class ZygoteSpec:
    """What a zygote is, and what its children may see.

    ``program`` names a module of the inner side with ``prepare(spec)``, ``rehearse()`` and
    ``run(job, orders, channel)``; without one, children can only become other programs. Where ``program_limits`` are
    given (see ``inside.job.limit``), nothing but programs runs in the slots: they bound all of a slot, and its init
    starts a program without a child that would have to become it.
    """

    spares: (
        Path  # an existing folder on the file system of the job folders; the zygote gets one of its own below
    )
    isolated: bool
    python: Path = field(default_factory=lambda: Path(getattr(sys, "_base_executable", sys.executable)))
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    python_path: tuple[Path, ...] = ()
    preimports: tuple[str, ...] = ()
    program: str | None = None
    network: bool = True
    processes: int = 256
    program_limits: Mapping[str, int] | None = None


def interpreter_folders(python: Path) -> list[Path]:
    """What an interpreter needs to run. Not all of its prefix: that may be somebody's home, or the root folder."""
    prefix = python.parent.parent
    if prefix == Path("/usr"):
        return []  # shown to every job
    return [folder for name in ("bin", "lib", "lib64", "include") if (folder := prefix / name).is_dir()]


class ZygoteFailed(Exception):
    """The zygote did not come up; the message says at which step."""


class Zygote:
    """A running zygote. ``alive`` turns False when it ended, whoever ended it."""

    def __init__(self, spec: ZygoteSpec, folder: Path, watcher: Watcher) -> None:
        self.spec = spec
        self.folder = folder
        self.watcher = watcher
        self.alive = False
        self.landlock = 0
        self.missed_imports: tuple[str, ...] = ()
        self.slots: dict[int, Slot] = {}
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._control, self._their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    async def start(cls, spec: ZygoteSpec, watcher: Watcher, timeout: float = 300.0) -> "Zygote":  # noqa: ASYNC109
        """Starts one and waits until its imports are done. Raises ZygoteFailed."""
        folder = Path(tempfile.mkdtemp(prefix="zygote-", dir=spec.spares))
        zygote = cls(spec, folder, watcher)
        try:
            await zygote._spawn()
            async with asyncio.timeout(timeout):
                await zygote._started
        except TimeoutError:
            await zygote.close()
            raise ZygoteFailed(f"the zygote was not ready after {timeout:g} s") from None
        except BaseException:
            await zygote.close()
            raise
        return zygote

    async def _spawn(self) -> None:
        python = self.spec.python.resolve()
        self._process = await asyncio.create_subprocess_exec(
            str(python), "-I", "-S", "-X", "utf8", "-c", _BOOTSTRAP, str(PACKAGE_ROOT),
            str(self._their_control.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            pass_fds=(self._their_control.fileno(),),
            start_new_session=True,
        )  # fmt: skip
        self._their_control.close()
        self.alive = True
        self._control.send(json.dumps(self._record(python)).encode())
        self._loop.add_reader(self._control, self._told)

    def _record(self, python: Path) -> dict[str, object]:
        spec = self.spec
        readable = [PACKAGE_ROOT / "postmill", *interpreter_folders(python), *spec.readable]
        return {
            "isolated": spec.isolated,
            "network": spec.network,
            "processes": spec.processes,
            "program_limits": spec.program_limits,
            "program": spec.program,
            "preimports": list(spec.preimports),
            "python_path": [str(path) for path in spec.python_path],
            "root": str(PACKAGE_ROOT),
            "view": {
                "readable": [str(path) for path in readable],
                "writable": [str(path) for path in spec.writable],
                "spares": str(self.folder),
            },
        }

    def open_slot(self) -> Slot:
        """Orders a slot; it takes orders once its ``ready`` future is done. Raises ZygoteFailed."""
        if not self.alive:
            raise ZygoteFailed("the zygote has ended")
        number = next(self._numbers)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        slot = Slot(self, number, ours, self._loop)
        try:
            socket.send_fds(self._control, [str(number).encode()], [theirs.fileno()])
        except OSError as error:
            slot.close()
            raise ZygoteFailed(f"the zygote takes no orders: {error}") from error
        finally:
            theirs.close()
        self.slots[number] = slot
        return slot

    def hear(self) -> None:
        """Takes in at once what it has said, its end above all, instead of when the event loop comes to it."""
        while self.alive and self._told():
            pass

    def _told(self) -> bool:
        """Takes one message; False where none has come yet."""
        try:
            message = self._control.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            message = b""
        if not message:
            self._ended("the zygote ended unexpectedly")
            return True
        record = json.loads(message)
        if "dead" in record:
            slot = self.slots.pop(record["dead"], None)
            if slot is not None:
                slot.lost()
        elif "ready" in record:
            self.landlock = record["landlock"]
            self.missed_imports = tuple(record["missed"])
            if not self._started.done():
                self._started.set_result(None)
        elif "failed" in record:
            self._ended(record["failed"])
        return True

    def _ended(self, reason: str) -> None:
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control)
        self._control.close()
        if not self._started.done():
            self._started.set_exception(ZygoteFailed(reason))
        self._lose_slots()

    def _lose_slots(self) -> None:
        slots, self.slots = list(self.slots.values()), {}
        for slot in slots:
            slot.lost("the zygote ended")

    async def close(self) -> None:
        """Ends the zygote and with it every child, and removes the folders of the unused ones."""
        self._ended("the zygote was closed")
        if self._started.done() and not self._started.cancelled():
            self._started.exception()  # seen
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                # Without namespaces the slots are told by their sockets; with them they end with process 1.
                if self._process.returncode is None:
                    await self._leave()
        self._their_control.close()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def _leave(self) -> None:
        assert self._process is not None
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
