"""Runs in a process that is kept: orders may come ahead, and are carried out as far as their tickets are there."""

import contextlib
import json
import os
import struct
import time
from collections.abc import Callable
from typing import NoReturn, Protocol

_TICKETS, _OUTPUT = 4, 1
_NUMBER = struct.Struct(">I")


class Reply(Protocol):
    """The way to the worker and back; see ``wrapper.Reply``."""

    def send(self, kind: bytes, content: bytes = b"") -> None: ...

    def receive_until(self, last: bytes) -> dict[bytes, bytes]: ...


class Tickets:
    """Each is the number of a run that may begin; they come in the order of the runs."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._next: bytes | None = None

    def admit(self, number: bytes) -> bool:
        """Whether the run may begin; one that was taken back has no ticket any more."""
        if self._next is None:
            try:
                self._next = os.read(self._descriptor, _NUMBER.size)
            except BlockingIOError:
                return False
        if self._next != number:
            return False  # the ticket is that of a later run
        self._next = None
        return True


class Marked:
    """A reply that puts a mark behind the output of the run first: its number and the microseconds that it took."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._number = b""
        self._began = 0.0

    def begin(self, number: bytes) -> None:
        self._number = number
        self._began = time.perf_counter()

    def send(self, kind: bytes, content: bytes = b"") -> None:
        if kind != b"N":  # everything else is the end of the run
            taken = min(int((time.perf_counter() - self._began) * 1e6), 0xFFFFFFFF)
            with contextlib.suppress(OSError):  # the script has closed its output
                os.write(_OUTPUT, b"\0\1postmill:%s:%08x\n" % (self._number.hex().encode(), taken))
        self._reply.send(kind, content)

    def receive_until(self, last: bytes) -> dict[bytes, bytes]:
        return self._reply.receive_until(last)


def run_many(orders: dict[bytes, bytes], reply: Reply, run: Callable[[bytes, Reply], object]) -> NoReturn:
    """Runs orders until there are no more, which ``reply`` says with EOFError. ``run`` takes the arguments of one."""
    tickets = Tickets(_TICKETS)
    marked = Marked(reply)
    while True:
        number = orders[b"G"]
        if tickets.admit(number):
            marked.begin(number)
            run(orders[b"A"], marked)
        orders = reply.receive_until(b"G")
        if b"V" in orders:
            _change_environment(json.loads(orders[b"V"]))


def _change_environment(changes: dict[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
