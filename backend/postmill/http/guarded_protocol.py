"""uvicorn's HTTP protocol with bounds: on the head of a request, its size and the time until it is complete, and on
the number of connections from one address.

The server below speaks to the network without them, so that a client could hold connections, or fill memory, with
heads that never end. What it does for each request is done here once for many: reading the address, and the timer of
a connection that idles.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from postmill.http.request_in_hand import EXTENSION, RequestInHand

HEAD_SECONDS = 20.0
HEAD_BYTES = 160 * 1024
KNOWN_URL_BYTES = 256

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
        self._idle_since: float | None = None

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
        request = self.cycle
        if isinstance(request, RequestInHand) and request.disconnected and request.on_gone is not None:
            request.on_gone()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

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
        parser = self.parser
        scope: Any = self.scope
        scope["method"] = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        if parser.should_upgrade() and self._should_upgrade():
            return
        url = self.url
        # The same few addresses are asked for again and again; a token in one must not be kept.
        known = len(url) <= KNOWN_URL_BYTES and b"token" not in url
        scope["path"], scope["raw_path"], scope["query_string"] = _known_url(url) if known else _parsed(url)
        before = self.cycle
        self.cycle = request = RequestInHand(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        scope["extensions"] = {EXTENSION: request}
        if before is None or before.response_complete:
            self._start_asgi_task(request, self.app)
        else:  # sent before the answer to the one before: it waits for its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((request, self.app))

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_in(self.timeout_keep_alive)

    def _unset_keepalive_if_required(self) -> None:
        # The timer goes on: one of a connection costs less than one of each request.
        self._idle_since = None

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # a request is under way; the timer is set again at its end
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.timeout_keep_alive_handler()
        else:
            self._look_again_in(left)

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


def _parsed(url: bytes) -> tuple[str, bytes, bytes]:
    """Path, path as it was sent, and query."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return (unquote(path) if "%" in path else path), parsed.path, parsed.query or b""


_known_url = lru_cache(maxsize=2048)(_parsed)
