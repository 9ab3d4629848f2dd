"""Tickets for runs that a process has been given ahead: it takes one for each run that it begins, in their order.

A run whose ticket is taken back will not begin there. The pipe gives each ticket to the process or to the worker,
so that both know for certain, whenever the worker changes its mind.
"""

import contextlib
import os
import struct
from collections.abc import Iterable

_NUMBER = struct.Struct(">I")
_MOST_AT_ONCE = 4096


class Tickets:
    """The worker's ends of the pipe; the process gets ``descriptor`` to read from, the very same open file."""

    def __init__(self) -> None:
        self.left: set[int] = set()  # the runs that had not begun when all ended
        self.descriptor, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        # What is shared may be made blocking by the process: whoever read from it here would wait for ever, and with
        # it the whole worker. Opened once more it has a mode of its own.
        self._read = os.open(f"/proc/self/fd/{self.descriptor}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    def give(self, numbers: Iterable[int]) -> None:
        """Lets the process begin these runs; said before their orders are sent."""
        with contextlib.suppress(OSError):  # a full pipe: the process does not begin them, and is found idle
            os.write(self._write, b"".join(map(_NUMBER.pack, numbers)))

    def take_back(self) -> set[int]:
        """The numbers of all runs that have not begun; they will not."""
        try:
            data = os.read(self._read, _MOST_AT_ONCE)
        except OSError:
            return set()
        return {number for (number,) in _NUMBER.iter_unpack(data[: len(data) // 4 * 4])}

    def close(self) -> None:
        if self.descriptor >= 0:
            self.left = self.take_back()
            for descriptor in (self.descriptor, self._read, self._write):
                os.close(descriptor)
            self.descriptor = -1
