"""The worker's side of a slot: orders one child after the other, hears how each ended."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from postmill.sandbox.child import Child
from postmill.sandbox.inside.frames import BEGIN, BEGIN_IN_FILE, MOST_IN_ORDER

if TYPE_CHECKING:
    from postmill.sandbox.zygote import Zygote

_CREDENTIALS = struct.Struct("3i")
_records = msgspec.json.Decoder(dict[str, Any])
_ANCILLARY = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4 * 4)


class SlotLost(Exception):
    """The slot has ended, or could not be set up; the message says why."""


class Slot:
    """Namespaces with an init in them. ``usable`` until it ends; ``ready`` is done once it takes orders.

    ``on_free`` is called when a child has ended and the slot can have another, or was lost.
    """

    def __init__(
        self, zygote: "Zygote", number: int, control: socket.socket, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.zygote = zygote
        self.number = number
        home = f"{zygote.folder}/{number}"
        self.folders = (f"{home}/work", f"{home}/tmp")  # noqa: S108  (below the slot's own)
        """The child's folders as the worker sees them."""
        self.init_pid = 0
        self.usable = True
        self.trouble = "the slot ended"
        self.ready: asyncio.Future[None] = loop.create_future()
        self.child: Child | None = None
        self.is_being_cleaned = False
        self.on_free: Callable[[], None] | None = None
        self._loop = loop
        self._control = control
        self._lent: Path | None = None
        control.setblocking(False)
        control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        loop.add_reader(control, self._told)

    @property
    def work(self) -> str:
        """The child's working folder, as it sees it."""
        return "/job" if self.zygote.spec.isolated else self.folders[0]

    @property
    def temporary(self) -> str:
        """The child's folder for temporary files, as it sees it."""
        return "/tmp" if self.zygote.spec.isolated else self.folders[1]  # noqa: S108  (its own /tmp)

    @property
    def is_free(self) -> bool:
        """Whether it can have a child: the one before has ended and nothing of it is left."""
        return self.usable and self.child is None and not self.is_being_cleaned

    def start_child(self, *, rehearse: bool = True) -> Child:
        """Orders the next child; the slot must be free. Raises SlotLost.

        One that a job waits for already does not ``rehearse``: it would only be later. Where the slot starts programs
        itself, no process is there before ``begin``.
        """
        assert self.child is None
        if not self.usable:
            raise SlotLost(self.trouble)
        if self.starts_programs:
            read, write = os.pipe2(os.O_CLOEXEC)
            os.set_blocking(read, False)
            child = self.child = Child(self, None, read, self._loop, write)
            child.ready.set_result(None)
            return child
        ours, theirs = socket.socketpair()
        read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(read, False)
        child = self.child = Child(self, ours, read, self._loop)
        try:
            # Result files are asked for always: what runs is not known yet, and looking costs two failed opens.
            order = b"rehearse+files" if rehearse else b"run+files"
            socket.send_fds(self._control, [order], [theirs.fileno(), write])
        except OSError as error:
            self.lost(f"the slot takes no orders: {error}")
            raise SlotLost(self.trouble) from error
        finally:
            theirs.close()
            os.close(write)
        return child

    @property
    def starts_programs(self) -> bool:
        """Whether its init starts the program of a child, which is no process before."""
        return self.zygote.spec.program_limits is not None

    def begin(self, record: bytes, descriptors: list[int]) -> None:
        """Orders the program of its child: the record, the output, and the program where that is an open file."""
        try:
            if len(BEGIN) + len(record) <= MOST_IN_ORDER:
                socket.send_fds(self._control, [BEGIN, record], descriptors)
                return
            with os.fdopen(os.memfd_create("orders", os.MFD_CLOEXEC), "wb") as file:
                file.write(record)
                file.flush()
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                socket.send_fds(self._control, [BEGIN_IN_FILE], [*descriptors, file.fileno()])
        except OSError as error:
            self.lost(f"the slot takes no orders: {error}")

    def withdraw(self) -> None:
        """Its child ends without having begun: there is no process, and nothing to clean."""
        child, self.child = self.child, None
        if child is not None:
            child.finish(-signal.SIGKILL, 0, {})
        if self.on_free is not None:
            self.on_free()

    def lend(self, folder: Path) -> None:
        """Puts a folder into the child's working folder, as ``shared``, until the child has ended.

        It lies on the file system of the slots; other jobs do not see it meanwhile.
        """
        place = Path(self.folders[0]) / "shared"
        folder.rename(place)
        self._lent = folder
        self.tell(b"lent")

    def _take_back(self) -> None:
        folder, self._lent = self._lent, None
        if folder is None:
            return
        place = Path(self.folders[0]) / "shared"
        try:
            if place.is_symlink() or not place.is_dir():
                place.unlink(missing_ok=True)
                folder.mkdir(mode=0o700)
            else:
                place.rename(folder)
        except OSError:
            # The job did something to it that keeps it here: the slot is of no use any more.
            self.usable = False
            folder.mkdir(mode=0o700, exist_ok=True)

    def tell(self, order: bytes) -> None:
        """``terminate`` or ``kill`` for everything that runs in the slot."""
        with contextlib.suppress(OSError):
            self._control.send(order)

    def _told(self) -> None:
        if self._hear() is None and self._control.fileno() >= 0:
            self._loop.remove_reader(self._control)  # the zygote tells when the last process is gone

    def _hear(self) -> bool | None:
        """Takes one message; False where none has come yet, None where none will come any more."""
        try:
            message, ancillary, _, _ = self._control.recvmsg(65536, _ANCILLARY)
        except BlockingIOError:
            return False
        except OSError:
            message, ancillary = b"", []
        descriptors: list[int] = []
        for level, kind, content in ancillary:
            if level != socket.SOL_SOCKET:
                continue
            if kind == socket.SCM_CREDENTIALS:
                self.init_pid = self.init_pid or _CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0]
            elif kind == socket.SCM_RIGHTS:
                descriptors += memoryview(content[: len(content) // 4 * 4]).cast("i").tolist()
        if not message:
            return None
        record = _records.decode(message)
        if "code" in record:
            self._child_ended(record, dict(zip(record["files"], descriptors, strict=False)))
        elif "clean" in record:
            self._cleaned(bool(record["clean"]))
        elif "ready" in record:
            if not self.ready.done():
                self.ready.set_result(None)
        elif "failed" in record:
            self.trouble = record["failed"]
        return True

    def _child_ended(self, record: dict[str, object], files: dict[str, int]) -> None:
        child, self.child = self.child, None
        self.is_being_cleaned = True
        self._take_back()
        if child is not None:
            child.finish(int(str(record["code"])), int(str(record["peak_kb"])), files)
        else:
            for descriptor in files.values():
                os.close(descriptor)

    def _cleaned(self, clean: bool) -> None:
        """Nothing of the child that has ended is left, or something that resists: then the slot has no other."""
        self.is_being_cleaned = False
        if not clean:
            self.usable = False
        if self.on_free is not None:
            self.on_free()

    def lost(self, reason: str | None = None) -> None:
        """No process of the slot is left. What they told before is heard first, above all how the child ended."""
        self.usable = False
        while self._hear():
            pass
        self.is_being_cleaned = False
        self.trouble = reason or self.trouble
        self._take_back()
        child, self.child = self.child, None
        if child is not None:
            child.trouble = self.trouble
            child.finish(None, 0, {})
        self.close()
        if self.on_free is not None:
            self.on_free()

    def close(self) -> None:
        """Ends the slot with everything in it."""
        self.usable = False
        if self._control.fileno() >= 0:
            self._loop.remove_reader(self._control)
            self._control.close()
        if not self.ready.done():
            self.ready.cancel()
