"""A real server: heads of requests that never end, and ordinary ones."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from postmill.http.guarded_protocol import Doorkeeper, GuardedProtocol


class ImpatientProtocol(GuardedProtocol):
    head_seconds = 0.3
    doorkeeper = Doorkeeper(4, lambda _address: False)


async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        hello, http=ImpatientProtocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    yield listener.getsockname()[1]
    await server.shutdown(sockets=[listener])


async def test_one_address_has_a_bounded_number_of_connections(port: int) -> None:
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
    for reader, writer in held:
        writer.write(request)
        assert (await reader.readuntil(b"hi")).startswith(b"HTTP/1.1 200")
    refused = await talk(port, request)
    assert refused.startswith(b"HTTP/1.1 503") and b"too many connections" in refused
    _, leaving = held.pop()
    leaving.close()
    await leaving.wait_closed()
    last = request[:-2] + b"connection: close\r\n\r\n"
    async with asyncio.timeout(10):  # the server hears of the end a moment later
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
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_an_ordinary_request_is_answered(port: int) -> None:
    answer = await talk(port, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"hi")


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
async def test_a_head_that_does_not_end_is_given_up(port: int, begun: bytes) -> None:
    assert await talk(port, begun) == b""


async def test_a_second_request_is_bounded_too(port: int) -> None:
    answer = await talk(port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nx")
    assert answer.count(b"HTTP/1.1 200") == 1


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
