"""One conversation with a language server: requests and their answers, notifications, its questions."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Protocol

from postmill.kernel.errors import Unavailable
from postmill.language_help.framing import BadFrame, Frames, encode

REQUEST_SECONDS = 60.0  # the first look at a large package takes long on a busy machine
_METHOD_NOT_FOUND = -32601


class Wire(Protocol):
    """What carries the bytes."""

    on_data: Callable[[bytes], None]

    def send(self, data: bytes) -> None: ...


class Refused(Exception):
    """The language server answered a request with an error; the message is its own."""


class Connection:
    """``on_notification`` hears what the server tells; ``answer`` answers what it asks."""

    def __init__(
        self,
        wire: Wire,
        on_notification: Callable[[str, Any], None],
        answer: Callable[[str, Any], Any],
    ) -> None:
        self._wire = wire
        self._frames = Frames()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._on_notification = on_notification
        self._answer = answer
        wire.on_data = self._take

    async def request(self, method: str, params: Any) -> Any:
        """The result. Raises Refused, and Unavailable when no answer comes in time.

        Cancelling tells the server that the answer is not wanted any more.
        """
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await waiting
        except (TimeoutError, asyncio.CancelledError) as error:
            self.notify("$/cancelRequest", {"id": number})
            if isinstance(error, TimeoutError):
                raise Unavailable(f"The language server did not answer {method} in time") from None
            raise
        finally:
            self._waiting.pop(number, None)

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def lost(self) -> None:
        """The server has ended: whoever waits hears it."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Unavailable("The language server ended"))

    def _send(self, message: dict[str, Any]) -> None:
        self._wire.send(encode({"jsonrpc": "2.0", **message}))

    def _take(self, data: bytes) -> None:
        try:
            messages = self._frames.feed(data)
        except BadFrame:
            self.lost()
            return
        for message in messages:
            self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._settle(message)
        elif "id" in message:
            self._reply(message["id"], str(method), message.get("params"))
        else:
            self._on_notification(str(method), message.get("params"))

    def _settle(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.get(message.get("id", 0))
        if waiting is None or waiting.done():
            return
        if "error" in message:
            waiting.set_exception(Refused(str((message["error"] or {}).get("message", "refused"))))
        else:
            waiting.set_result(message.get("result"))

    def _reply(self, number: Any, method: str, params: Any) -> None:
        try:
            self._send({"id": number, "result": self._answer(method, params)})
        except NotImplementedError:
            self._send({"id": number, "error": {"code": _METHOD_NOT_FOUND, "message": method}})
