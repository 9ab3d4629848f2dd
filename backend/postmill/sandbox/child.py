"""The worker's side of one child: its channel, its output, its end.

A child is cheap on the event loop: two descriptors, plain callbacks, no task and no stream object of its own.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from postmill.model.limits import Limits
from postmill.sandbox.inside.frames import HEAD
from postmill.sandbox.memory import Exceeded, UsageSink, Watched
from postmill.sandbox.tickets import Tickets

if TYPE_CHECKING:
    from postmill.sandbox.slot import Slot

Cause = Literal["timeout", "memory", "processes", "disk", "cancelled", "oversized"]
"""Why the worker ended a child before it ended by itself."""

_READ_SIZE = 65536
_HEAD_BYTES = HEAD.size
_MOST_DRAINED = 32
"""More reads than a pipe holds: a job that writes on and on keeps nobody busy for longer."""


@dataclass(frozen=True)
class ChildEnd:
    """How a child ended: ``code`` as in ``subprocess`` (negative: by that signal), None when nobody saw it.

    ``files`` holds the content of the result files that it left, cut behind the limit.
    """

    code: int | None
    peak_kb: int
    cause: Cause | None
    trouble: str | None = None  # what befell its slot
    files: dict[str, bytes] = field(default_factory=dict)


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
        self, slot: "Slot", channel: socket.socket | None, output: int, loop: asyncio.AbstractEventLoop,
        output_of_program: int = -1,
    ) -> None:  # fmt: skip
        self.slot = slot
        self.ready: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[ChildEnd] = loop.create_future()
        self.on_frame: Callable[[bytes, bytes], None] = _ignore_frame
        self.on_output: Callable[[bytes], None] = _ignore_output
        self.frame_limit = 1 << 31
        self.cause: Cause | None = None
        self.trouble: str | None = None
        self.tickets: Tickets | None = None
        """For a process that takes runs ahead; ended with it."""
        self._loop = loop
        self._channel = channel
        self._output = output
        self._output_of_program = output_of_program
        self._buffer = bytearray()
        self._unsent = bytearray()
        self._unsent_behind = b""
        self._descriptors_to_send: list[int] = []
        self._kill_timer: asyncio.TimerHandle | None = None
        self._watched: Watched | None = None
        if channel is not None:
            channel.setblocking(False)
            loop.add_reader(channel, self._readable)
        loop.add_reader(output, self._output_readable)

    @property
    def usable(self) -> bool:
        return (
            self.ready.done() and not self.ready.cancelled() and not self.ended.done() and self.cause is None
        )

    def begin(self, record: bytes, program: int | None = None) -> None:
        """Becomes a program: JSON orders (see ``inside.programs``), and the program where that is an open file.

        One that has ended meanwhile, with its slot or without it, begins nothing.
        """
        if self.ended.done():
            return
        given = [] if program is None else [program]
        if not self.slot.starts_programs:
            start = encode_frame(b"H", record)
            self.send(start if given else start + encode_frame(b"G", b""))
            if given:
                self.send_descriptors(encode_frame(b"G", b""), given)
            return
        output, self._output_of_program = self._output_of_program, -1
        try:
            self.slot.begin(record, [output, *given])
        finally:
            os.close(output)

    def send(self, data: bytes) -> None:
        """Sends now what the socket takes, the rest when it takes more. A gone child shows as its end."""
        assert self._channel is not None
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

    def send_descriptors(self, frame: bytes, descriptors: Sequence[int]) -> None:
        """Sends a frame together with open files, behind all that was sent before."""
        if self._unsent:
            self._unsent_behind = frame
            self._descriptors_to_send = [os.dup(descriptor) for descriptor in descriptors]
            return
        assert self._channel is not None
        with contextlib.suppress(OSError):
            socket.send_fds(self._channel, [frame], descriptors)

    def _send_descriptors_behind(self) -> None:
        descriptors, self._descriptors_to_send = self._descriptors_to_send, []
        if descriptors:
            self.send_descriptors(self._unsent_behind, descriptors)
            for descriptor in descriptors:
                os.close(descriptor)

    def _writable(self) -> None:
        assert self._channel is not None
        try:
            sent = self._channel.send(memoryview(self._unsent)[: 1 << 20])
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._unsent)
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._channel)
            self._send_descriptors_behind()

    def hand_tickets_over(self) -> None:
        """Sends the process its end of the tickets, behind all that was sent before."""
        if self.tickets is not None:
            self.send_descriptors(encode_frame(b"T", b""), [self.tickets.descriptor])

    def watch(self, limits: Limits, on_sample: UsageSink | None = None) -> None:
        """From now on the child is ended when its processes together use more than this."""
        self.stop_watching()
        if self.ended.done():
            return  # nobody would stop a watch that begins behind its end
        slot = self.slot
        self._watched = slot.zygote.watcher.add(
            slot.init_pid, limits, slot.folders, self._over_limit, on_sample
        )

    @property
    def peak_kb(self) -> int:
        """The peak that the watch has seen so far."""
        return self._watched.peak_kb if self._watched is not None else 0

    def rest(self) -> None:
        """Its run is over and the next one has not come: its bounds stay, and it may not go on working."""
        if self._watched is not None:
            self._watched.at_rest, self._watched.on_sample = True, None

    def stop_watching(self) -> int:
        """Ends the watch; returns the peak that it saw, in kB."""
        if self._watched is None:
            return 0
        self.slot.zygote.watcher.remove(self._watched)
        peak, self._watched = self._watched.peak_kb, None
        return peak

    def _over_limit(self, cause: Exceeded) -> None:
        self.terminate(cause, grace_seconds=0.0)

    def terminate(self, cause: Cause, grace_seconds: float) -> None:
        """SIGTERM to all of its processes, SIGKILL to those that are left after the grace."""
        if self.ended.done():
            return
        if self.cause is None:
            self.cause = cause
        if self._output_of_program >= 0:
            self.slot.withdraw()
        elif grace_seconds <= 0:
            self._kill_now()
        elif self._kill_timer is None:
            self.slot.tell(b"terminate")
            self._kill_timer = self._loop.call_later(grace_seconds, self._kill_now)

    def _kill_now(self) -> None:
        if self.slot.child is self:
            self.slot.tell(b"kill")

    def _readable(self) -> None:
        if not self._receive() and self._channel is not None:
            self._loop.remove_reader(self._channel)

    def _receive(self) -> bool:
        """Takes what has arrived; False at the end, None of it waits when the socket is empty."""
        assert self._channel is not None
        try:
            data = self._channel.recv(_READ_SIZE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if data:
            self._take(data)
        return bool(data)

    def _take(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        frames, is_oversized = self._take_frames(buffer)
        for kind, content in frames:  # they are out of the buffer: who hears of one may have more read
            if kind == b"B" and not self.ready.done():
                self.ready.set_result(None)
            else:
                self.on_frame(kind, content)
        if is_oversized:
            self.terminate("oversized", grace_seconds=0.0)

    def _take_frames(self, buffer: bytearray) -> tuple[list[tuple[bytes, bytes]], bool]:
        """Takes the complete frames out of the buffer, and all of it where the next one is too large."""
        frames, place, end = [], 0, len(buffer)
        is_oversized = False
        with memoryview(buffer) as view:
            while end - place >= _HEAD_BYTES:
                kind, size = HEAD.unpack_from(view, place)
                following = place + _HEAD_BYTES + size
                if size > self.frame_limit:
                    is_oversized, place = True, end
                    break
                if following > end:
                    break
                frames.append((kind, bytes(view[place + _HEAD_BYTES : following])))
                place = following
        del buffer[:place]
        return frames, is_oversized

    def keep(self, frames: dict[bytes, bytes], kind: bytes, content: bytes) -> None:
        """Keeps a message, the last of its letter. A child that says more than two results may hold is ended."""
        if self.cause == "oversized":
            return
        frames[kind] = content
        if len(frames) > 1 and sum(map(len, frames.values())) > 2 * self.frame_limit:
            frames.clear()
            self.terminate("oversized", grace_seconds=0.0)

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

    def hold_output(self) -> None:
        """From now on output is read by ``drain_output`` alone."""
        if self._output >= 0:
            self._loop.remove_reader(self._output)

    def follow_output(self) -> None:
        """From now on output is read as it comes."""
        if self._output >= 0:
            self._loop.add_reader(self._output, self._output_readable)

    def drain_output(self) -> None:
        """Hands on everything that has been written so far."""
        for _ in range(_MOST_DRAINED):
            if self._output < 0:
                return
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
            if len(data) < _READ_SIZE:
                return

    def _close_output(self) -> None:
        if self._output >= 0:
            self._loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1

    def _drain_channel(self) -> None:
        """Takes the last messages: every writer is gone, so that the end of the stream is there to be read."""
        while self._channel is not None and self._channel.fileno() >= 0:
            try:
                data = self._channel.recv(_READ_SIZE)
            except OSError:
                return
            if not data:
                return
            self._take(data)

    def finish(self, code: int | None, peak_kb: int, files: dict[str, int]) -> None:
        """No process of the child is left. Takes the descriptors of its result files over."""
        self.drain_output()
        self._drain_channel()
        peak_kb = max(peak_kb, self.stop_watching())
        contents = {name: self._read_file(descriptor) for name, descriptor in files.items()}
        self._close()
        if not self.ended.done():
            self.ended.set_result(ChildEnd(code, peak_kb, self.cause, self.trouble, contents))
        if not self.ready.done():
            self.ready.cancel()
        # Who listened may hold the whole result: it goes with the run, not when the collector comes round.
        self.on_frame, self.on_output = _ignore_frame, _ignore_output

    def _read_file(self, descriptor: int) -> bytes:
        with os.fdopen(descriptor, "rb") as file:
            return file.read(self.frame_limit)

    def _close(self) -> None:
        for descriptor in self._descriptors_to_send:
            os.close(descriptor)
        self._descriptors_to_send = []
        if self._kill_timer is not None:
            self._kill_timer.cancel()
        self._close_output()
        if self._output_of_program >= 0:
            os.close(self._output_of_program)
            self._output_of_program = -1
        if self.tickets is not None:
            self.tickets.close()
        if self._channel is not None and self._channel.fileno() >= 0:
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)
            self._channel.close()
