"""MS SQL scripts: pymssql against a server that speaks a little TDS."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from postmill.languages.sql.mssql import MssqlDriver
from postmill.languages.sql.runtime import SqlRuntime
from tests.tds_server import TdsServer, tds_server

from .conftest import Bench
from .sql_bench import SqlBench


class MssqlBench(SqlBench):
    server: TdsServer


@pytest.fixture
async def sql(bench: Bench) -> AsyncIterator[MssqlBench]:
    async with tds_server() as server:
        database = {
            "host": "127.0.0.1", "port": server.port, "user": "sa", "password": "a-password-of-mssql", "dbname": "d",
        }  # fmt: skip
        made = MssqlBench(bench, SqlRuntime(MssqlDriver(), most_connections=2), database)
        made.server = server
        yield made
        await made.runtime.close()


ROWS = (
    '[{"n":7,"s":"ü; it\'s","d":12345678901234567890.10,"b":true,"at":"2024-02-29 10:11:12","x":"AP8="},'
    '{"n":null,"s":null,"d":null,"b":null,"at":null,"x":null}]'
)


async def test_values_come_without_loss(sql: MssqlBench) -> None:
    ran = await sql.run("select typed")
    assert ran.outcome.result == ROWS, ran.result


async def test_all_result_sets_of_the_one_request_are_there(sql: MssqlBench) -> None:
    ran = await sql.run("-- result_collection=all_statements_all_rows\ndeclare @x int; select two sets")
    assert ran.outcome.result == f'[[{{"a":1}}],{ROWS}]'
    assert (await sql.run("select two sets")).outcome.result == ROWS
    first = await sql.rows("-- result_collection=all_statements_first_row_scalar\nselect two sets")
    assert first == [1, 7]
    ran = await sql.run("update t set n = 1")
    assert ran.result == []
    assert b"3 rows affected" in ran.log.data


async def test_arguments_are_parameters_of_the_server(sql: MssqlBench) -> None:
    declared = (
        "-- @P1 n (int)\n-- @P7 s (nvarchar)\n-- @P3 gone (varchar)\n-- @P4 b (bit)\n-- @P5 d (decimal)\n"
    )
    code = f"{declared}-- @P6 at (datetime)\n-- @P8 x (varbinary)\nselect @P1, @P7, '%s', @p3, @P4, @P1, @P5, @P6, @P8"
    given = {"n": "5", "s": "it's", "b": True, "d": 1.25, "at": "2024-02-29T12:00:00+02:00", "x": "AP8="}
    await sql.rows(code, given)
    sent = sql.server.batches[-1]
    assert "select @P1, @P2, ''%s'', @P3, @P4, @P1, @P5, @P6, @P7'" in sent
    assert sent.partition("@P7', ")[2] == (
        "N'@P1 int, @P2 nvarchar(max), @P3 nvarchar(max), @P4 bit, @P5 decimal(38, 2), @P6 datetime, "
        "@P7 varbinary(max)', @P1 = 5, @P2 = N'it''s', @P3 = N'', @P4 = 1, @P5 = 1.25, "
        "@P6 = N'2024-02-29T10:00:00', @P7 = 0x00ff"
    )


async def test_errors_are_those_of_the_server(sql: MssqlBench) -> None:
    failure = await sql.failure("-- @P1 a (int)\nselect 1\nselect * from nope where n = @P1", {"a": 1})
    assert failure == ("Invalid object name 'nope'. (line 3, column 1)\nselect * from nope where n = @P1\n^")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user": "of-nobody"}, "Login failed for user 'of-nobody'."),
        ({"port": 1}, "Unable to connect"),
        ({"host": "/var/opt/mssql.sock"}, "must be a name or an address"),
    ],
)
async def test_what_is_wrong_with_a_connection_is_said(sql: MssqlBench, change: Any, message: str) -> None:
    assert message in await sql.failure("select typed", {"database": {**sql.database, **change}})


async def test_cancelling_ends_the_session_on_the_server(sql: MssqlBench) -> None:
    request, _ = sql.request("WAITFOR DELAY '1:00'")
    task = asyncio.create_task(sql.runtime.run(request))
    async with asyncio.timeout(60):
        await sql.server.waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sql.server.killed.wait()


async def test_a_missing_client_is_named(sql: MssqlBench, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pymssql", None)
    assert await sql.failure("select typed") == (
        "this worker has no client for MS SQL: install it with pip install 'postmill[mssql]'"
    )
