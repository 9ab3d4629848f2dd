"""Oracle scripts: the vendor's thin client as far as a stand-in for the listener goes, and its answers by hand.

There is no server to test against that could be installed here: what a listener says comes through the real client,
rows and errors of statements come from objects in the client's form.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import oracledb
import pytest

from postmill.languages.sql.oracledb import OracledbDriver, OracledbSession
from postmill.languages.sql.runtime import SqlRuntime

from .conftest import Bench
from .sql_bench import SqlBench


class Cursor:
    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.description: Any = None
        self.rowcount = 0
        self.rows: list[Any] = []

    async def execute(self, text: str, values: Sequence[Any]) -> None:
        self.connection.executed.append((text, list(values)))
        if "sleep" in text:
            self.connection.sleeping.set()
            await asyncio.Event().wait()
        if "nope" in text:
            facts = SimpleNamespace(
                message='ORA-00904: "NOPE": invalid identifier', offset=text.index("nope")
            )
            raise oracledb.DatabaseError(facts)
        if text.lstrip().startswith("select"):
            self.description = [("N", None), ("D", None), ("S", None), ("AT", None), ("X", None)]
            self.rows = [
                (1, Decimal("1.10"), "ü", datetime(2024, 2, 29, 10, 11, 12), b"\x00\xff"),
                (None,) * 5,
            ] * 600
        else:
            self.rowcount = 3

    async def fetchmany(self, count: int) -> list[Any]:
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken

    def close(self) -> None:
        pass


class Connection:
    def __init__(self) -> None:
        self.executed: list[Any] = []
        self.sleeping = asyncio.Event()
        self.cancelled = self.closed = False

    def is_healthy(self) -> bool:
        return not self.closed

    def cursor(self) -> Cursor:
        return Cursor(self)

    def cancel(self) -> None:
        self.cancelled = True

    async def close(self) -> None:
        self.closed = True


class ByHand(OracledbDriver):
    """Opens connections that answer by hand."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.opened = asyncio.Event()

    async def open(self, database: Any, *, raw: bool) -> OracledbSession:
        self.connections.append(Connection())
        self.opened.set()
        return OracledbSession(self.connections[-1], oracledb.Error)


DATABASE = {"database": "127.0.0.1:1/nowhere", "user": "writer", "password": "a-password-of-oracle"}


@pytest.fixture
async def by_hand(bench: Bench) -> AsyncIterator[tuple[SqlBench, ByHand]]:
    driver = ByHand()
    sql = SqlBench(bench, SqlRuntime(driver, most_connections=2), DATABASE)
    yield sql, driver
    await sql.runtime.close()


async def test_rows_come_without_loss(by_hand: tuple[SqlBench, ByHand]) -> None:
    sql, driver = by_hand
    code = "-- :n (int)\n-- :at (date)\n-- :b (bool)\nselect :n, :b from dual where d > :at and :n > 0;"
    ran = await sql.run(code, {"n": "5", "at": "2024-02-29T12:00:00Z", "b": True})
    assert len(ran.result) == 1200
    assert ran.outcome.result.startswith(
        '[{"N":1,"D":1.10,"S":"ü","AT":"2024-02-29 10:11:12","X":"AP8="},{"N":null,"D":null,'
    )
    assert driver.connections[0].executed == [
        (
            "select :1, :2 from dual where d > TO_TIMESTAMP(:3, 'YYYY-MM-DD HH24:MI:SS.FF') and :4 > 0",
            [5, 1, "2024-02-29", 5],
        )
    ]
    assert await sql.rows("-- result_collection=last_statement_first_row_scalar\nselect 1 from dual") == 1
    assert len(driver.connections) == 1


async def test_blocks_and_changes_are_run(by_hand: tuple[SqlBench, ByHand]) -> None:
    sql, driver = by_hand
    ran = await sql.run("update t set n = 1;\nbegin\n  p(1); q;\nend;\n/\n")
    assert (ran.end, ran.result) == ("success", [])
    assert b"UPDATE: 3 rows affected" in ran.log.data
    assert [text for text, _ in driver.connections[0].executed] == [
        "update t set n = 1",
        "begin\n  p(1); q;\nend;",
    ]
    await sql.rows("select 1 from dual")
    assert len(driver.connections) == 2  # a block may have left anything on the first


async def test_errors_say_where(by_hand: tuple[SqlBench, ByHand]) -> None:
    failure = await by_hand[0].failure("select 1 from dual;\nselect\n  nope from dual")
    assert failure == 'ORA-00904: "NOPE": invalid identifier (line 3, column 3)\n  nope from dual\n  ^'


async def test_cancelling_reaches_the_server(by_hand: tuple[SqlBench, ByHand]) -> None:
    sql, driver = by_hand
    request, _ = sql.request("select sleep from dual")
    task = asyncio.create_task(sql.runtime.run(request))
    async with asyncio.timeout(60):
        await driver.opened.wait()
        await driver.connections[0].sleeping.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert driver.connections[0].cancelled and driver.connections[0].closed


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A listener that does not know the service, in the words of its protocol."""
    await reader.read(4096)
    words = b"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"
    body = struct.pack(">BBH", 0x22, 0, len(words)) + words
    writer.write(struct.pack(">HHBBH", len(body) + 8, 0, 4, 0, 0) + body)
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "127.0.0.1"),
        ({"database": "{listener}/nowhere"}, "nowhere"),
        ({"host": "/socket", "service_name": "x"}, "must be a name or an address"),
        ({"database": "(DESCRIPTION=(ADDRESS=(PROTOCOL=ipc)))"}, "must be written as host:port/service"),
        ({"password": ""}, "has no password"),
    ],
)
async def test_what_is_wrong_with_a_connection_is_said(bench: Bench, change: Any, message: str) -> None:
    server = await asyncio.start_server(_refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    filled = {name: value.replace("{listener}", f"127.0.0.1:{port}") for name, value in change.items()}
    sql = SqlBench(bench, SqlRuntime(OracledbDriver(), most_connections=2), {**DATABASE, **filled})
    failure = await sql.failure("select 1 from dual")
    assert message in failure
    server.close()
