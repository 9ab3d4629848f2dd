"""The worker's side of one child: its channel, its output, its end.

A child is cheap on the event loop: two descriptors, plain callbacks, no task and no stream object of its own.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from postmill.sandbox.inside.frames import HEAD
from postmill.sandbox.memory import Watched, descendants

if TYPE_CHECKING:
    from postmill.sandbox.zygote import Zygote

Cause = Literal["timeout", "memory", "processes", "cancelled", "oversized"]
"""Why the worker ended a child before it ended by itself."""

_CREDENTIALS = struct.Struct("3i")
_READ_SIZE = 65536


@dataclass(frozen=True)
class ChildEnd:
    """How a child ended: ``code`` as in ``subprocess`` (negative: by that signal), None when nobody saw it."""

    code: int | None
    peak_kb: int
    cause: Cause | None
    trouble: str | None = None  # what kept the sandbox from being set up


def encode_frame(kind: bytes, content: bytes) -> bytes:
    return HEAD.pack(kind, len(content)) + content


def _ignore_frame(_kind: bytes, _content: bytes) -> None:
    return None


def _ignore_output(_data: bytes) -> None:
    return None


class Child:
    """A process of the sandbox, at first a waiting spare.

    ``ready`` is done when it takes orders; ``ended`` when none of its processes is left and its output has been
    read to the end. ``on_frame`` and ``on_output`` are called from the event loop.
    """

    def __init__(
        self, zygote: "Zygote", number: int, channel: socket.socket, output: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.zygote = zygote
        self.number = number
        self.init_pid = 0
        self.ready: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[ChildEnd] = loop.create_future()
        self.on_frame: Callable[[bytes, bytes], None] = _ignore_frame
        self.on_output: Callable[[bytes], None] = _ignore_output
        self.frame_limit = 1 << 31
        self.cause: Cause | None = None
        self.trouble: str | None = None
        self._loop = loop
        self._channel = channel
        self._output = output
        self._buffer = bytearray()
        self._unsent = bytearray()
        self._kill_timer: asyncio.TimerHandle | None = None
        self._watched: Watched | None = None
        self._peak_kb = 0
        self._code: int | None = None
        self._told_end = self._eof = self._dead = False
        channel.setblocking(False)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        loop.add_reader(channel, self._readable)
        loop.add_reader(output, self._output_readable)

    @property
    def home(self) -> Path:
        """The folder that holds the child's working folder and its /tmp."""
        return self.zygote.folder / str(self.number)

    @property
    def usable(self) -> bool:
        return self.ready.done() and not self.ready.cancelled() and not self._eof and not self.ended.done()

    def move_home(self, target: Path) -> bool:
        """Makes ``target``, an empty folder, the child's home, so that whoever owns it removes it in the end."""
        try:
            self.home.rename(target)
        except OSError:
            return False
        return True

    def send(self, data: bytes) -> None:
        """Sends now what the socket takes, the rest when it takes more. A gone child shows as its end."""
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._channel.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(data):
            self._unsent += memoryview(data)[sent:]
            self._loop.add_writer(self._channel, self._writable)

    def _writable(self) -> None:
        try:
            sent = self._channel.send(memoryview(self._unsent)[: 1 << 20])
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
            self._loop.remove_writer(self._channel)
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._channel)

    def watch(self, memory_bytes: int, processes: int) -> None:
        """From now on the child is ended when its processes together use more than this."""
        self._watched = self.zygote.watcher.add(self.init_pid, memory_bytes, processes, self._over_limit)

    def stop_watching(self) -> int:
        """Ends the watch; returns the peak that it saw, in kB."""
        if self._watched is None:
            return 0
        self.zygote.watcher.remove(self._watched)
        peak, self._watched = self._watched.peak_kb, None
        return peak

    def _over_limit(self, cause: Literal["memory", "processes"]) -> None:
        self.terminate(cause, grace_seconds=0.0)

    def terminate(self, cause: Cause, grace_seconds: float) -> None:
        """SIGTERM to all of its processes, SIGKILL to those that are left after the grace."""
        if self.ended.done():
            return
        if self.cause is None:
            self.cause = cause
        if not self.init_pid:
            self._channel.shutdown(socket.SHUT_RDWR)
            return
        if grace_seconds <= 0:
            self._kill_now()
        elif self._kill_timer is None:
            self._signal_init(signal.SIGTERM)
            self._kill_timer = self._loop.call_later(grace_seconds, self._kill_now)

    def _kill_now(self) -> None:
        if self.ended.done() or self._dead:
            return
        if self.zygote.spec.isolated:
            self._signal_init(signal.SIGKILL)
            return
        for pid in descendants(self.init_pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        self._signal_init(signal.SIGUSR1)

    def _signal_init(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.init_pid, number)

    def _readable(self) -> None:
        try:
            data = self._channel.recv(_READ_SIZE) if self.init_pid else self._receive_with_sender()
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._eof = True
            self._loop.remove_reader(self._channel)
            self._consider_end()
            return
        buffer = self._buffer
        buffer += data
        while len(buffer) >= HEAD.size:
            kind, size = HEAD.unpack_from(buffer)
            if size > self.frame_limit and kind != b"X":
                self.terminate("oversized", grace_seconds=0.0)
                buffer.clear()
                return
            if len(buffer) < HEAD.size + size:
                return
            content = bytes(memoryview(buffer)[HEAD.size : HEAD.size + size])
            del buffer[: HEAD.size + size]
            self._frame(kind, content)

    def _receive_with_sender(self) -> bytes:
        """The first message comes from the init: the kernel names its number in our own process list."""
        data, ancillary, _, _ = self._channel.recvmsg(_READ_SIZE, socket.CMSG_SPACE(_CREDENTIALS.size))
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS and data[:1] == b"I":
                self.init_pid = _CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0]
        return data

    def _frame(self, kind: bytes, content: bytes) -> None:
        if kind == b"B":
            if not self.ready.done():
                self.ready.set_result(None)
        elif kind == b"X":
            self._take_end(content)
        elif kind == b"Q":
            self.trouble = content.decode("utf-8", "replace")
        elif kind != b"I":
            self.on_frame(kind, content)

    def _take_end(self, content: bytes) -> None:
        with contextlib.suppress(ValueError):
            record = json.loads(content)
            self._code = int(record["code"])
            self._peak_kb = max(self._peak_kb, int(record["peak_kb"]))
        self._told_end = True
        self._consider_end()

    def _output_readable(self) -> None:
        try:
            data = os.read(self._output, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.on_output(data)
        else:
            self._close_output()

    def drain_output(self) -> None:
        """Hands on everything that has been written so far."""
        while self._output >= 0:
            try:
                data = os.read(self._output, _READ_SIZE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._close_output()
                return
            self.on_output(data)

    def _close_output(self) -> None:
        if self._output >= 0:
            self._loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1

    def found_dead(self) -> None:
        """The zygote has buried the init, so that no process of the child is left."""
        self._dead = True
        self._consider_end()

    def _consider_end(self) -> None:
        if self.ended.done() or not (self._told_end or (self._eof and (self._dead or not self.zygote.alive))):
            return
        self.drain_output()
        peak = max(self._peak_kb, self.stop_watching())
        self.ended.set_result(ChildEnd(self._code, peak, self.cause, self.trouble))
        if not self.ready.done():
            self.ready.cancel()
        self.discard()

    def discard(self) -> None:
        """Closes what the worker holds of the child; a waiting child ends by that."""
        if self._kill_timer is not None:
            self._kill_timer.cancel()
        self.stop_watching()
        self._close_output()
        if self._channel.fileno() >= 0:
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)
            self._channel.close()
        self.zygote.children.pop(self.number, None)
        if not self.ready.done():
            self.ready.cancel()
