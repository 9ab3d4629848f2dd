"""A loopback port in front of a Unix socket: scripts reach databases over the network only. Tests can slam it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit


class TcpDoor:
    """``port`` of 127.0.0.1 leads to the socket; ``slam`` cuts all that pass and lets nobody in any more."""

    def __init__(self, socket_path: str) -> None:
        self.port = 0
        self.opened = 0
        self._socket_path = socket_path
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def slam(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        inner_reader, inner_writer = await asyncio.open_unix_connection(self._socket_path)
        self._writers |= {writer, inner_writer}
        both = [
            asyncio.create_task(_pump(reader, inner_writer)),
            asyncio.create_task(_pump(inner_reader, writer)),
        ]
        self._tasks |= set(both)
        await asyncio.gather(*both, return_exceptions=True)
        self._tasks -= set(both)
        self._writers -= {writer, inner_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()


@asynccontextmanager
async def tcp_door(database_url: str) -> AsyncIterator[tuple[TcpDoor, dict[str, Any]]]:
    """A door to the cluster of a URL, and the value of a ``postgresql`` resource that goes through it."""
    parts = urlsplit(database_url)
    place = parse_qs(parts.query)
    door = TcpDoor(f"{place['host'][0]}/.s.PGSQL.{place['port'][0]}")
    await door.open()
    try:
        yield (
            door,
            {
                "host": "127.0.0.1",
                "port": door.port,
                "user": parts.username,
                "password": parts.password,
                "dbname": parts.path.lstrip("/"),
                "sslmode": "disable",
            },
        )
    finally:
        await door.slam()
