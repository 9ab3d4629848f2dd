"""uvicorn's HTTP protocol with bounds: on the head of a request, its size and the time until it is complete, and on
the number of connections from one address.

The server below speaks to the network without them, so that a client could hold connections, or fill memory, with
heads that never end.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
HEAD_BYTES = 160 * 1024


_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 5\r\n"
    b"connection: close\r\n\r\nUnavailable: this address has too many connections open"
)


class Doorkeeper:
    """Counts the connections of each address; those for which ``is_exempt`` may have any number."""

    def __init__(self, most: int, is_exempt: Callable[[str], bool]) -> None:
        self._most = most
        self._is_exempt = is_exempt
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether one more may come in; who came in has to ``leave``."""
        if self._open[address] >= self._most and not self._is_exempt(address):
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


def guarded_by(doorkeeper: Doorkeeper) -> type["GuardedProtocol"]:
    """The protocol of a server whose connections this one counts."""
    return type("CountedProtocol", (GuardedProtocol,), {"doorkeeper": doorkeeper})


class GuardedProtocol(HttpToolsProtocol):
    """Ends a connection whose request head is too slow or too large, or whose address has too many."""

    head_seconds = HEAD_SECONDS
    head_bytes = HEAD_BYTES
    doorkeeper: Doorkeeper | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = True
        self._head_size = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._counted: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else None
        if self.doorkeeper is not None and address:
            if not self.doorkeeper.enter(address):
                transport.write(_TOO_MANY)
                transport.close()
                return
            self._counted = address
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._leave()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._leave()  # from here on the connection is another protocol's, which bounds their number by itself
        super().handle_websocket_upgrade()

    def _leave(self) -> None:
        if self._counted is not None and self.doorkeeper is not None:
            self.doorkeeper.leave(self._counted)
            self._counted = None

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        self._head_size += len(data)
        if self._head_size > self.head_bytes:
            self.send_400_response("The head of the request is too large.")
        elif self._head_timer is None:
            self._start_timer()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._head_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _start_timer(self) -> None:
        self._head_timer = asyncio.get_running_loop().call_later(self.head_seconds, self._give_up)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()
