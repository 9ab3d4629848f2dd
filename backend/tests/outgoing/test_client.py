"""The one client for outgoing requests, against a server of the test's own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from postmill.kernel.errors import InvalidInput
from postmill.outgoing.addresses import networks
from postmill.outgoing.client import CannotSend, OutgoingClient, parse_url

LOCAL = networks(["127.0.0.0/8"])


class Listener:
    """Answers every request with the same bytes and keeps what came."""

    def __init__(self) -> None:
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        self.heard: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
        self.heard.append(head + (await reader.readexactly(length)).decode())
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listening = Listener()
    server = await asyncio.start_server(listening.serve, "127.0.0.1", 0)
    listening.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listening


@pytest.fixture
async def clients() -> AsyncIterator[Callable[..., OutgoingClient]]:
    made: list[OutgoingClient] = []

    def make(opened: Any = LOCAL) -> OutgoingClient:
        made.append(OutgoingClient(opened))
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def test_a_document_arrives_with_its_host_and_credentials(listener: Listener, clients: Any) -> None:
    await clients().post(f"http://ann:pw@localhost:{listener.port}/hook?a=1", {"type": "CreateScript"})
    (request,) = listener.heard
    assert request.startswith("POST /hook?a=1 HTTP/1.1\r\n")
    assert f"host: localhost:{listener.port}\r\n" in request.lower()
    assert "authorization: basic" in request.lower()
    assert request.endswith('{"type":"CreateScript"}')


async def test_addresses_that_are_not_public_are_refused_before_a_connection(
    listener: Listener, clients: Any
) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1"):
        with pytest.raises(CannotSend):
            await clients(()).post(f"http://{host}:{listener.port}/", {})
    assert listener.heard == []


async def test_a_name_with_one_closed_address_is_refused_and_is_resolved_once(
    listener: Listener, clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    answers = ["8.8.8.8", "127.0.0.1"]
    with pytest.raises(CannotSend, match="not a public address"):
        await clients(()).post("http://two-faced.example/", {})
    answers = ["127.0.0.1"]
    await clients().post(f"http://moved.example:{listener.port}/", {})
    assert asked == ["two-faced.example", "moved.example"]
    assert "host: moved.example" in listener.heard[0].lower()


async def test_redirects_are_not_followed(listener: Listener, clients: Any) -> None:
    listener.answer = (
        f"HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:{listener.port}/else\r\n"
        "content-length: 0\r\nconnection: close\r\n\r\n"
    ).encode()
    with pytest.raises(CannotSend, match="answered 307"):
        await clients().post(f"http://127.0.0.1:{listener.port}/hook", {})
    assert len(listener.heard) == 1


async def test_what_goes_wrong_is_said_without_the_path(clients: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(CannotSend) as raised:
            await clients().post(f"http://127.0.0.1:{unused.getsockname()[1]}/secret-path", {})
    assert "secret-path" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "hook", "ftp://x.org/", "file:///etc/passwd", "http://", "http://x/\0", "//x"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_url(text)
