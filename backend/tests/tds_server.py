"""A server that speaks as much TDS (the protocol of MS SQL) as a login and a few answers need.

Answers follow from words of the batch; what was sent is remembered. Nothing is parsed or stored.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PRELOGIN, LOGIN, BATCH, ATTENTION = 0x12, 0x10, 0x01, 0x06
NUMBER = 51
_DONE, _MORE, _COUNTED = 0xFD, 0x01, 0x10


def _short(text: str) -> bytes:
    return struct.pack("<B", len(text)) + text.encode("utf-16-le")


def _long(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def _done(*, rows: int = 0, more: bool = False) -> bytes:
    return struct.pack("<BHHQ", _DONE, _COUNTED | (_MORE if more else 0), 0xC1, rows)


def _error(message: str, line: int, severity: int = 16) -> bytes:
    body = (
        struct.pack("<iBB", 208, 1, severity)
        + _long(message)
        + _short("fake")
        + _short("")
        + struct.pack("<i", line)
    )
    return struct.pack("<BH", 0xAA, len(body)) + body + struct.pack("<BHHQ", _DONE, 0x02, 0, 0)


_TYPES = {
    "int": b"\x26\x04",
    "bit": b"\x68\x01",
    "text": b"\xe7\x40\x1f\x09\x04\xd0\x00\x34",
    "decimal": b"\x6a\x11\x26\x02",  # 38 digits, 2 behind the point
    "datetime": b"\x6f\x08",
    "binary": b"\xa5\x40\x1f",
}


def _columns(*columns: tuple[str, str]) -> bytes:
    listed = b"".join(struct.pack("<IH", 0, 0x09) + _TYPES[kind] + _short(name) for name, kind in columns)
    return struct.pack("<BH", 0x81, len(columns)) + listed


def _int(value: int) -> bytes:
    return struct.pack("<Bi", 4, value)


def _text(value: str) -> bytes:
    data = value.encode("utf-16-le")
    return struct.pack("<H", len(data)) + data


_ROWS = (
    _columns(("n", "int"), ("s", "text"), ("d", "decimal"), ("b", "bit"), ("at", "datetime"), ("x", "binary"))
    + b"\xd1" + _int(7) + _text("ü; it's") + b"\x11\x01" + (12345678901234567890 * 100 + 10).to_bytes(16, "little")
    + b"\x01\x01" + b"\x08" + struct.pack("<iI", 45349, 36672 * 300) + b"\x02\x00\x00\xff"
    + b"\xd1\x00\xff\xff\x00\x00\x00\xff\xff"
)  # fmt: skip


class TdsServer:
    def __init__(self) -> None:
        self.port = 0
        self.batches: list[str] = []
        self.killed = asyncio.Event()
        self.waiting = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                kind, data = await _message(reader)
                writer.write(_packet(await self._answer(kind, data)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, kind: int, data: bytes) -> bytes:
        if kind == PRELOGIN:  # no encryption here
            return bytes.fromhex("00000b0006" + "0100110001" + "ff") + b"\x10\x00\x00\x00\x00\x00" + b"\x02"
        if kind == LOGIN:
            return self._login(data)
        if kind == ATTENTION:
            return struct.pack("<BHHQ", _DONE, 0x20, 0, 0)
        assert kind == BATCH, f"a message of the kind {kind}"
        text = data[struct.unpack_from("<I", data)[0] :].decode("utf-16-le")
        self.batches.append(text)
        return await self._rows(text)

    def _login(self, data: bytes) -> bytes:
        if "of-nobody".encode("utf-16-le") in data:
            return _error("Login failed for user 'of-nobody'.", 1, 14)
        body = b"\x01\x74\x00\x00\x04" + _short("fake") + b"\x10\x00\x00\x00"
        return struct.pack("<BH", 0xAD, len(body)) + body + _done()

    async def _rows(self, text: str) -> bytes:
        if "@@SPID" in text:
            return _columns(("", "int")) + b"\xd1" + _int(NUMBER) + _done(rows=1)
        if text.startswith("KILL"):
            self.killed.set()
            return _done()
        if "WAITFOR" in text:
            self.waiting.set()
            await self.killed.wait()
            raise ConnectionError
        if "nope" in text:
            return _error("Invalid object name 'nope'.", 3)
        if "two sets" in text:
            first = _columns(("a", "int")) + b"\xd1" + _int(1) + _done(rows=1, more=True)
            return first + _ROWS + _done(rows=2)
        return _ROWS + _done(rows=2) if "typed" in text else _done(rows=3)


async def _message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    data = b""
    while True:
        kind, status, length = struct.unpack(">BBH", (await reader.readexactly(8))[:4])
        data += await reader.readexactly(length - 8)
        if status & 1:
            return kind, data


def _packet(data: bytes) -> bytes:
    return struct.pack(">BBHHBB", 0x04, 0x01, len(data) + 8, NUMBER, 1, 0) + data


@asynccontextmanager
async def tds_server() -> AsyncIterator[TdsServer]:
    made = TdsServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
