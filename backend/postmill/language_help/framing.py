"""The wire form of the Language Server Protocol: a header with a length, then JSON. Pure."""

from typing import Any

from postmill.kernel import json

MAX_MESSAGE_BYTES = 32 * 1024**2
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class BadFrame(ValueError):
    """The other side does not speak the protocol."""


def encode(message: dict[str, Any]) -> bytes:
    body = json.encode(message)
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Frames:
    """Takes bytes as they come and gives whole messages back."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The messages that are complete now. Raises BadFrame; nothing can be read after that."""
        self._buffer += data
        found: list[dict[str, Any]] = []
        while True:
            end = self._buffer.find(_END_OF_HEAD)
            if end < 0:
                if len(self._buffer) > 4096 and not self._buffer.lower().startswith(b"content-"):
                    raise BadFrame("no header where one is due")
                return found
            size = _length(bytes(self._buffer[:end]))
            start = end + len(_END_OF_HEAD)
            if len(self._buffer) < start + size:
                return found
            message = json.decode(bytes(self._buffer[start : start + size]))
            del self._buffer[: start + size]
            if isinstance(message, dict):
                found.append(message)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(_LENGTH):
            text = line[len(_LENGTH) :].strip()
            if text.isdigit() and int(text) <= MAX_MESSAGE_BYTES:
                return int(text)
    raise BadFrame("a message without a sound length")
