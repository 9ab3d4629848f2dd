"""Messages between the worker and a child: one letter, four bytes of length, then the content. Orders to a slot."""

import os
import struct

HEAD = struct.Struct(">cI")

BEGIN = b"begin "
"""What an order to a slot begins with that starts a program; its record follows, see ``inside.programs``."""
BEGIN_IN_FILE = b"begin in file"
"""The same with the record in a file, the last of the descriptors that come with it."""
MOST_IN_ORDER = 65536


class Channel:
    """The child's end; blocking, because a child does one thing at a time.

    Works on the bare descriptor: a socket object would touch some thirty pages more in every fork.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()

    def send(self, kind: bytes, content: bytes = b"") -> None:
        if len(content) < 65536:
            self._write(HEAD.pack(kind, len(content)) + content)
        else:
            self._write(HEAD.pack(kind, len(content)))
            self._write(content)

    def _write(self, data: bytes) -> None:
        sent = os.write(self._descriptor, data)
        if sent < len(data):
            rest = memoryview(data)[sent:]
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def receive(self) -> tuple[bytes, bytes]:
        """The next message; raises EOFError when the worker is gone."""
        buffer = self._buffer
        while len(buffer) < HEAD.size:
            self._fill(65536)
        kind, size = HEAD.unpack_from(buffer)
        end = HEAD.size + size
        while len(buffer) < end:
            self._fill(max(65536, min(end - len(buffer), 1 << 20)))
        content = bytes(memoryview(buffer)[HEAD.size : end])
        del buffer[:end]
        return kind, content

    def receive_alone(self) -> tuple[bytes, bytes]:
        """The next message, read to its end and not a byte further: a descriptor may come with the one behind it."""
        head = self._read_exactly(HEAD.size)
        kind, size = HEAD.unpack(head)
        return kind, self._read_exactly(size)

    def _read_exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = os.read(self._descriptor, min(size - len(data), 1 << 20))
            if not piece:
                raise EOFError("the worker is gone")
            data += piece
        return bytes(data)

    def receive_descriptors(self, most: int = 1) -> list[int]:
        """The open files that come with the next message, whose content does not matter."""
        import socket  # loaded long before, with the slot

        end = socket.socket(fileno=os.dup(self._descriptor))
        try:
            data, descriptors, _, _ = socket.recv_fds(end, 65536, most)
        finally:
            end.close()
        if not data or not descriptors:
            raise EOFError("the worker is gone")
        return descriptors

    def receive_until(self, last: bytes) -> dict[bytes, bytes]:
        """Messages by their letter, up to the one that says that all is said."""
        received: dict[bytes, bytes] = {}
        while True:
            kind, content = self.receive()
            received[kind] = content
            if kind == last:
                return received

    def _fill(self, size: int) -> None:
        data = os.read(self._descriptor, size)
        if not data:
            raise EOFError("the worker is gone")
        self._buffer += data
