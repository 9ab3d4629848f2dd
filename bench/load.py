"""A lean HTTP/1.1 client for measuring: one blocking connection for latency, many polled ones for rates.

Ordinary clients cost more per request than the server under test, which shares the machine with them.
"""

import json
import select
import socket
import time
from dataclasses import dataclass
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
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


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


class _Client:
    """One connection that sends the next request when the answer to the last is complete."""

    def __init__(self, target: Target, request: bytes) -> None:
        self.socket = socket.create_connection((target.host, target.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._buffer = b""

    def send(self) -> None:
        self.socket.sendall(self._request)

    def has_answer(self) -> bool:
        """Takes in what has come. Raises RuntimeError for a refusal, ConnectionError for a connection that ended."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._buffer = data = self._buffer + data if self._buffer else data
        if data[9:10] != b"2" and len(data) > 9:
            raise RuntimeError(f"answered {data[:400]!r}")
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + _content_length(data[:end]):
            return False
        self._buffer = b""
        return True


def rate(target: Target, method: str, path: str, body: Any, *, connections: int, seconds: float) -> float:
    """Answered requests per second with so many connections in closed loops.

    Plain sockets: whatever the client spends, the server beside it on the same processors lacks.
    """
    request = target.request(method, path, body)
    poll = select.epoll()
    clients: dict[int, _Client] = {}
    for _ in range(connections):
        client = _Client(target, request)
        clients[client.socket.fileno()] = client
        poll.register(client.socket.fileno(), select.EPOLLIN)
    started = time.perf_counter()
    deadline = started + seconds
    for client in clients.values():
        client.send()
    answered, under_way = 0, connections
    while under_way:
        for number, _ in poll.poll():
            client = clients[number]
            if not client.has_answer():
                continue
            answered += 1
            if time.perf_counter() < deadline:
                client.send()
            else:
                under_way -= 1
    taken = time.perf_counter() - started
    poll.close()
    for client in clients.values():
        client.socket.close()
    return answered / taken
