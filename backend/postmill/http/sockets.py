"""WebSockets under ``/api``: the operations that have one, behind the same rights as every other route."""

import asyncio
import logging
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send

from postmill.http.call import Call
from postmill.http.client_address import ClientAddresses
from postmill.http.cross_site import require_own_origin
from postmill.http.entry import admit
from postmill.http.errors import answer_to
from postmill.http.router import Route, Router
from postmill.kernel import json
from postmill.kernel.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from postmill.http.context import ServerContext
    from postmill.identity.callers import Callers

NORMAL, GOING_AWAY, REFUSED, FAILED, TRY_AGAIN = 1000, 1001, 1008, 1011, 1013
MOST_OPEN = 500
"""WebSockets that one server keeps open; each costs memory for as long as a page is looked at."""

REFUSAL_SECONDS = 2.0
_PREFIX = len("/api")
_log = logging.getLogger(__name__)


class Gone(Exception):
    """The other side has closed the connection."""


class Socket:
    """An open WebSocket of JSON texts."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.closed = False

    async def receive(self) -> bytes:
        """The next message. Raises Gone."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self.closed = True
                raise Gone
            if message["type"] == "websocket.receive":
                return _content(message)

    async def send(self, value: Any) -> None:
        """Raises Gone."""
        if self.closed:
            raise Gone
        try:
            await self._send({"type": "websocket.send", "text": json.encode_text(value)})
        except (OSError, RuntimeError):
            self.closed = True
            raise Gone from None

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Nothing happens to one that is closed already. The reason is cut to what the protocol carries."""
        if self.closed:
            return
        self.closed = True
        await self._send({"type": "websocket.close", "code": code, "reason": _short(reason)})


class Sockets:
    """The ASGI application for WebSockets."""

    def __init__(self, context: "ServerContext", router: Router, callers: "Callers") -> None:
        self._context = context
        self._router = router
        self._callers = callers
        self._addresses = ClientAddresses(context.settings.trusted_proxies)
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # the connect message
        request_id = f"ws-{secrets.token_hex(6)}"
        try:
            call, route = await self._admitted(scope, receive, request_id)
        except Exception as error:
            await _refuse(error, scope, send, request_id)
            await _until_gone(receive)
            return
        await send({"type": "websocket.accept"})
        socket = Socket(receive, send)
        self._open += 1
        try:
            assert route.operation.socket is not None
            await route.operation.socket(call, socket)
            await socket.close()
        except Gone:
            return
        except Exception:
            _log.exception("socket %s failed", request_id)
            await socket.close(FAILED, f"Internal server error (request {request_id})")
        finally:
            self._open -= 1

    async def _admitted(self, scope: Scope, receive: Receive, request_id: str) -> tuple[Call, Route]:
        if self._context.stopping or self._open >= MOST_OPEN:
            raise Unavailable("Unavailable: this server takes no more connections of this kind at the moment")
        path = scope["path"]
        match = self._router.find(path[_PREFIX:]) if path.startswith("/api/") else None
        route = match.routes.get("GET") if match is not None else None
        if match is None or route is None or route.operation.socket is None:
            raise NotFound("Not found: no WebSocket is offered here")
        address = self._addresses.of(scope)
        parameters = route.parameters(match.values)
        call = Call(self._context, {**scope, "method": "GET"}, receive, parameters, request_id, address)
        require_own_origin(call, self._context.settings)
        await admit(call, route.needs, self._callers)
        return call, route


async def _refuse(error: Exception, scope: Scope, send: Send, request_id: str) -> None:
    """An ordinary HTTP answer where the server can give one, else a closed connection."""
    response = answer_to(error, "", request_id)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": REFUSED, "reason": ""})
        return
    await send(
        {
            "type": "websocket.http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )
    await send({"type": "websocket.http.response.body", "body": response.body})


async def _until_gone(receive: Receive) -> None:
    """uvicorn takes a refusal for unfinished, and notes an error, unless its connection has ended before we return.

    It tells of the end twice: when it has answered, and when the connection is gone.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(REFUSAL_SECONDS):
            await receive()
            await receive()


def _content(message: Any) -> bytes:
    text = message.get("text")
    return text.encode("utf-8", "replace") if text is not None else bytes(message.get("bytes") or b"")


def _short(reason: str) -> str:
    return reason.encode()[:120].decode(errors="ignore")
