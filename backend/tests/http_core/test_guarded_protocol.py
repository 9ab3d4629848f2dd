"""A real server: heads of requests that never end, and ordinary ones."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from postmill.http.guarded_protocol import Doorkeeper, GuardedProtocol, guarded_by
from postmill.http.request_in_hand import head_of, in_hand


def protocol(head_seconds: float = 60.0) -> type[GuardedProtocol]:
    """What one server speaks, with a doorkeeper of its own: connections of the test before may still be closing."""
    made = guarded_by(Doorkeeper(4, lambda _address: False))
    made.head_seconds = head_seconds
    return made


async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@asynccontextmanager
async def serving(
    application: ASGIApp, spoken: type[GuardedProtocol] | None = None, idle_seconds: int = 60
) -> AsyncIterator[int]:
    config = uvicorn.Config(
        application,
        http=spoken or protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=idle_seconds,
    )
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    yield listener.getsockname()[1]
    await server.shutdown(sockets=[listener])


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serving(hello) as port:
        yield port


async def test_one_address_has_a_bounded_number_of_connections(port: int) -> None:
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
    for reader, writer in held:
        writer.write(request)
        assert (await reader.readuntil(b"hi")).startswith(b"HTTP/1.1 200")
    refused = await talk(
        port
    )  # without a request, which the server would not read: the kernel may reset then
    assert refused.startswith(b"HTTP/1.1 503") and b"too many connections" in refused
    _, leaving = held.pop()
    leaving.close()
    await leaving.wait_closed()
    last = request[:-2] + b"connection: close\r\n\r\n"
    async with asyncio.timeout(60):  # the server hears of the end a moment later
        while not (await talk(port, last)).startswith(b"HTTP/1.1 200"):
            pass
    for _, writer in held:
        writer.close()


def test_a_proxy_may_have_any_number_of_connections() -> None:
    doorkeeper = Doorkeeper(1, lambda address: address == "10.0.0.1")
    assert doorkeeper.enter("10.0.0.1") and doorkeeper.enter("10.0.0.1")
    assert doorkeeper.enter("10.0.0.2") and not doorkeeper.enter("10.0.0.2")
    doorkeeper.leave("10.0.0.2")
    assert doorkeeper.enter("10.0.0.2")


async def talk(port: int, *pieces: bytes) -> bytes:
    """Sends the pieces and reads until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_an_ordinary_request_is_answered(port: int) -> None:
    answer = await talk(port, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"hi")


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
async def test_a_head_that_does_not_end_is_given_up(begun: bytes) -> None:
    async with serving(hello, protocol(head_seconds=0.3)) as port:
        assert await talk(port, begun) == b""


async def test_a_second_request_is_bounded_too() -> None:
    spoken = protocol()
    async with serving(hello, spoken) as port, asyncio.timeout(50):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await reader.readuntil(b"hi")).startswith(b"HTTP/1.1 200")
        spoken.head_seconds = 0.3
        writer.write(b"GET / HTTP/1.1\r\nx")
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nx-large: " + b"x" * 1_000_000,
        b"GET /" + b"x" * 1_000_000,
        b"GET / HTTP/1.1\r\n" + b"x-many: 1\r\n" * 100_000,
    ],
)
async def test_a_head_that_is_too_large_is_refused(port: int, head: bytes) -> None:
    # The refusal may be lost with the connection, on which the client is still sending.
    answer = await talk(port, head)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path and the body, the short way where there is one."""
    request = in_hand(scope)
    assert request is not None
    body = request.whole_body()
    way = b"at once"
    if body is None:
        body, more, way = b"", True, b"in pieces"
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
    content = b"%b?%b %b: %b" % (scope["path"].encode(), scope["query_string"], way, body)
    head = head_of(200, [(b"content-length", b"%d" % len(content))])
    if not request.answer(head, content):
        headers = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@pytest.fixture
async def reading_port() -> AsyncIterator[int]:
    async with serving(read_all) as port:
        yield port


async def test_small_requests_sent_together_are_answered_in_their_order(reading_port: int) -> None:
    first = b"POST /a%20b?c=d HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\none"
    last = b"POST /e HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\ntwo"
    answers = (await talk(reading_port, first + last)).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers] == [
        b"/a b?c=d at once: one",
        b"/e? at once: two",
    ]
    assert b"connection: close" not in answers[0] and b"connection: close" in answers[1]


async def test_a_body_that_comes_later_is_waited_for(reading_port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", reading_port)
    writer.write(
        b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 6\r\n\r\n"
    )
    async with asyncio.timeout(60):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        await writer.drain()
        writer.write(b"def")
        answer = await reader.read()
    writer.close()
    assert answer.endswith(b"/? in pieces: abcdef")


async def test_the_head_alone_has_no_body(reading_port: int) -> None:
    answer = await talk(reading_port, b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n\r\n")


async def test_a_connection_that_idles_is_closed() -> None:
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    async with serving(read_all, idle_seconds=1) as port:
        answer = await talk(port, request)  # which reads until the server closes
    assert answer.count(b"HTTP/1.1 200") == 1


async def test_whoever_waits_hears_that_the_client_has_left() -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def wait_for_the_end(scope: Scope, _receive: Receive, _send: Send) -> None:
        request = in_hand(scope)
        assert request is not None
        request.on_gone = left.set
        begun.set()
        await left.wait()

    async with serving(wait_for_the_end) as port, asyncio.timeout(60):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        await begun.wait()
        writer.close()
        await left.wait()
