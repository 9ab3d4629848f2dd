"""The few kinds of answers that the API gives."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = [
    "EventStream",
    "JsonText",
    "Plain",
    "Response",
    "Stream",
    "as_json",
    "created_text",
    "custom",
    "empty",
    "raw_json",
    "sse",
    "text",
]

JsonText = Annotated[str, msgspec.Meta(description="A JSON string")]
"""How the description of an operation names an answer that is a text as JSON."""

_encoder = msgspec.json.Encoder()
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_JSON = (b"content-type", b"application/json")


class Plain(Response):
    """A complete answer whose headers are ready: the cheap form for the many small answers."""

    def __init__(self, body: bytes, status: int, content_type: tuple[bytes, bytes]) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [content_type, (b"content-length", b"%d" % len(body))]


def text(value: str, status: int = 200) -> Response:
    """Bare text, without quotes."""
    return Plain(value.encode("utf-8", "replace"), status, _TEXT)


def counted(count: int, noun: str) -> str:
    """``1 job``, ``2 jobs``: how many of something a text tells of."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def created_text(value: str) -> Response:
    return text(value, 201)


def as_json(value: Any, status: int = 200) -> Response:
    """JSON; ``msgspec.Raw`` and ``bytes`` inside ``Raw`` pass unchanged."""
    return Plain(_encoder.encode(value), status, _JSON)


def raw_json(data: bytes | str, status: int = 200) -> Response:
    """JSON that is already encoded."""
    return Plain(data.encode() if isinstance(data, str) else data, status, _JSON)


def empty(status: int = 204) -> Response:
    return Response(status_code=status)


def custom(body: bytes, status: int, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """Any status, type and headers, for results that choose their own."""
    return Response(body, status, dict(headers or {}), media_type)


class Stream(Response):
    """A content in pieces. The first piece is there before the status goes out, so that a failure is still an error."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        media_type: str,
        headers: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = b""
        self._pieces = pieces
        self.raw_headers = [(b"content-type", media_type.encode("latin-1", "replace"))]
        self.raw_headers += [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in (headers or {}).items()
        ]

    @classmethod
    async def begun(
        cls, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str] | None = None
    ) -> "Stream":
        """Raises what getting the first piece raises."""
        first = await anext(pieces, b"")

        async def all_pieces() -> AsyncIterator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        return cls(all_pieces(), media_type, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces) as pieces:  # type: ignore[type-var]
            if scope["method"] != "HEAD":
                async for piece in pieces:
                    if piece:
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class EventStream(Response):
    """Server-sent events: each item is sent as it is; the iterator is closed when the client leaves."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self._events = events
        self.raw_headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-cache"),
            (b"x-accel-buffering", b"no"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def forward() -> None:
            async with aclosing(self._events) as events:  # type: ignore[type-var]
                async for event in events:
                    await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        tasks = [asyncio.create_task(forward()), asyncio.create_task(watch())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]


def sse(events: AsyncIterator[bytes]) -> Response:
    """A stream of server-sent events, each complete with its ``data:`` and blank line."""
    return EventStream(events)
