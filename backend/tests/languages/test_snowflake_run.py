"""Snowflake scripts: the vendor's connector against fakesnow, which runs them on DuckDB."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from postmill.languages.sql.runtime import SqlRuntime
from postmill.languages.sql.schema_queries import schema_script
from postmill.languages.sql.snowflake import SnowflakeDriver

from .conftest import Bench
from .sql_bench import SqlBench

RUNNING = re.compile(rb"Uvicorn running on http://127\.0\.0\.1:(\d+)")


@pytest.fixture(scope="module")
async def sql(bench: Bench) -> AsyncIterator[SqlBench]:
    # The port is the server's own choice: one that was looked for may be taken meanwhile.
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "uvicorn", "fakesnow.server:app", "--port", "0", "--no-use-colors",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert server.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(120):
            while (running := RUNNING.search(said)) is None:
                line = await server.stdout.readline()
                assert line, said.decode()
                said += line
        port = int(running[1])
        drain = asyncio.create_task(server.stdout.read())
        database = {
            "account_identifier": "fakesnow", "username": "writer", "password": "a-password-of-snowflake",
            "database": "DB1", "schema": "PUBLIC", "host": "127.0.0.1", "port": port, "protocol": "http",
        }  # fmt: skip
        runtime = SqlRuntime(SnowflakeDriver(), most_connections=2)
        yield SqlBench(bench, runtime, database)
        await runtime.close()
        server.kill()
        await drain
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def test_statements_arguments_and_values(sql: SqlBench) -> None:
    code = """
        -- ? n (int) = 7
        -- ? s (varchar)
        CREATE TABLE t (n INT, s VARCHAR, x NUMBER(10, 2), b BOOLEAN, d DATE, m TIMESTAMP_NTZ);
        INSERT INTO t SELECT ?, ?, 1.50, true, '2024-02-29', '2024-02-29 10:11:12';
        SELECT n, s, x, b, d, m, null AS nothing FROM t
    """.replace("        --", "--")
    assert await sql.rows(code, {"s": "it's; ü"}) == [
        {"N": 7, "S": "it's; ü", "X": 1.5, "B": True, "D": "2024-02-29", "M": "2024-02-29 10:11:12",
         "NOTHING": None}
    ]  # fmt: skip
    scalar = "-- result_collection=last_statement_first_row_scalar\nSELECT count(*) FROM t"
    assert await sql.rows(scalar) == 1


async def test_what_fails_is_said(sql: SqlBench) -> None:
    assert "NOPE" in (await sql.failure("SELECT * FROM nope")).upper()
    assert (await sql.failure("SELECT 1;\nSELECT * FROM nope")).endswith(" (in the SELECT of line 2)")
    assert await sql.rows("SELECT 1 AS one") == [{"ONE": 1}]
    assert "more ? than arguments" in await sql.failure("SELECT ?")
    failure = await sql.failure("-- ? n (int)\nSELECT ?", {"n": "x"})
    assert failure == "the argument n cannot be a value of the type int"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"account_identifier": ""}, "the database connection has no account_identifier"),
        ({"password": ""}, "the database connection has no password"),
        ({"private_key": "nonsense"}, "is no private key in PEM"),
        ({"host": "/socket"}, "must be a name or an address"),
    ],
)
async def test_what_is_wrong_with_a_connection_is_said(sql: SqlBench, change: Any, message: str) -> None:
    assert message in await sql.failure("SELECT 1", {"database": {**sql.database, **change}})


async def test_the_tables_of_a_database_are_listed(sql: SqlBench) -> None:
    async def resources(path: str) -> Any:
        return sql.database

    await sql.rows("CREATE TABLE items (id INT)")
    rows = await sql.rows(schema_script("snowflake", "f/shared/db"), resources=resources)
    assert [(row["table_name"], row["column_name"]) for row in rows if row["table_name"] == "ITEMS"] == [
        ("ITEMS", "ID")
    ]
