"""uvicorn's request and response, with a short way for what nearly all of them are.

A small body is there when its request begins, and a small answer is complete when it is given: neither needs the
messages of ASGI. Everything else goes the long way.
"""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

EXTENSION = "postmill.request"
"""Under which an application finds the request in the ``extensions`` of its scope; other servers have none."""


def in_hand(scope: Any) -> "RequestInHand | None":
    """The request behind a scope, where this server took it in."""
    extensions = scope.get("extensions")
    found: RequestInHand | None = extensions.get(EXTENSION) if extensions else None
    return found


def head_of(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The beginning of answers, with headers that hold nothing from outside."""
    return STATUS_LINE[status] + b"".join([b"%b: %b\r\n" % header for header in headers])


class RequestInHand(RequestResponseCycle):
    """One request, from its head to the end of its answer. ``on_gone`` is called when the client leaves before that."""

    on_gone: Callable[[], None] | None = None

    def whole_body(self) -> bytes | None:
        """The body if all of it has arrived; None where it has to be waited for. Takes it away."""
        if self.more_body or self.disconnected or self.waiting_for_100_continue:
            return None
        body = bytes(self.body)
        self.body = bytearray()
        self.message_event.clear()
        if body:
            self.flow.resume_reading()
        return body

    def answer(self, head: bytes, body: bytes) -> bool:
        """Sends a whole answer, whose head lacks only its empty line; False where it has to go the long way."""
        if (
            self.response_started
            or self.disconnected
            or self.flow.write_paused
            or self.scope["method"] == "HEAD"
        ):
            return False
        self.response_started = self.response_complete = True
        dated = [b"%b: %b\r\n" % header for header in self.default_headers]
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((head, *dated, end, body)))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True
