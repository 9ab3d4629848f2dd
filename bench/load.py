"""A lean HTTP/1.1 client for measuring: one blocking connection for latency, many asyncio connections for rates.

Ordinary clients cost more per request than the server under test, which shares the machine with them.
"""

import asyncio
import json
import socket
import time
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Target:
    """A server, with the token that every request carries."""

    host: str
    port: int
    token: str

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of one request with a JSON body."""
        payload = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\n"
            f"authorization: Bearer {self.token}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload


class Connection:
    """One blocking connection that stays open."""

    def __init__(self, target: Target, timeout: float = 120.0) -> None:
        self._target = target
        self._socket = socket.create_connection((target.host, target.port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        return self.send_raw(self._target.request(method, path, body))

    def send_raw(self, request: bytes) -> tuple[int, bytes]:
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        status, length = int(head[9:12]), _content_length(head)
        self._buffer = rest
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return status, body

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer; raises RuntimeError for an error status."""
        status, answer = self.send(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[:400]!r}")
        return json.loads(answer)

    def text(self, method: str, path: str, body: Any = None) -> str:
        status, answer = self.send(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[:400]!r}")
        return answer.decode().strip('"')

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._buffer += data


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def latencies_ms(
    target: Target, method: str, path: str, body: Any, *, warm_up: int, count: int
) -> list[float]:
    """Closed loop over one connection: the milliseconds of each counted request; all have to succeed."""
    connection = Connection(target)
    request = target.request(method, path, body)
    for _ in range(warm_up):
        _expect_success(connection.send_raw(request))
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        answer = connection.send_raw(request)
        taken.append((time.perf_counter() - started) * 1000)
        _expect_success(answer)
    connection.close()
    return taken


def _expect_success(answer: tuple[int, bytes]) -> None:
    if answer[0] >= 400:
        raise RuntimeError(f"answered {answer[0]}: {answer[1][:400]!r}")


class _Client(asyncio.Protocol):
    """One connection that sends the next request when the answer to the last is complete."""

    def __init__(self, request: bytes, deadline: float, done: asyncio.Future[int]) -> None:
        self._request, self._deadline, self._done = request, deadline, done
        self._buffer, self._answered = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or len(self._buffer) < end + 4 + _content_length(self._buffer[:end]):
            return
        if self._buffer[9:10] != b"2":
            self._end(RuntimeError(f"answered {self._buffer[:400]!r}"))
            return
        self._buffer = b""
        self._answered += 1
        if time.perf_counter() >= self._deadline:
            self._end(None)
        else:
            self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed the connection"))

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            if error:
                self._done.set_exception(error)
            else:
                self._done.set_result(self._answered)
        self._transport.close()


async def rate(
    target: Target, method: str, path: str, body: Any, *, connections: int, seconds: float
) -> float:
    """Answered requests per second with so many connections in closed loops."""
    loop = asyncio.get_running_loop()
    request = target.request(method, path, body)
    started = time.perf_counter()
    answers: list[asyncio.Future[int]] = []
    for _ in range(connections):
        done: asyncio.Future[int] = loop.create_future()
        answers.append(done)
        client = partial(_Client, request, started + seconds, done)
        await loop.create_connection(client, target.host, target.port)
    total = sum(await asyncio.gather(*answers))
    return total / (time.perf_counter() - started)
