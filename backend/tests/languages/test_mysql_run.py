"""MySQL scripts against a real MariaDB."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from postmill.languages.sql.mysql.driver import MysqlDriver
from postmill.languages.sql.runtime import SqlRuntime
from postmill.languages.sql.schema_queries import schema_script
from tests.job_makers import until
from tests.mariadb_server import mariadb_server

from .conftest import LIMITS, Bench
from .sql_bench import SqlBench


@pytest.fixture(scope="module")
async def sql(bench: Bench) -> AsyncIterator[SqlBench]:
    async with mariadb_server() as database:
        runtime = SqlRuntime(MysqlDriver(), most_connections=3)
        yield SqlBench(bench, runtime, database)
        await runtime.close()


@pytest.mark.parametrize(
    ("declared", "expression", "value", "expected"),
    [
        ("int", "CAST(:arg AS SIGNED)", 5, 5),
        ("int", ":arg + 1", 5, 6),
        ("bool", ":arg = 1", True, 1),
        ("varchar(10)", ":arg", 'it\'s \\ "q" % ü', 'it\'s \\ "q" % ü'),
        ("varchar", ":arg", None, None),
        ("json", ":arg", {"a": [1]}, '{"a":[1]}'),
        ("float", "CAST(:arg AS DOUBLE)", 1.5, 1.5),
        ("datetime", "CAST(:arg AS DATETIME)", "2024-02-29T12:00:00+02:00", "2024-02-29 10:00:00"),
        ("date", "CAST(:arg AS DATE)", "2024-02-29T12:00:00Z", "2024-02-29"),
        ("time", "CAST(:arg AS TIME)", "12:30:00", "12:30:00"),
    ],
)
async def test_arguments_are_bound(
    sql: SqlBench, declared: str, expression: str, value: Any, expected: Any
) -> None:
    code = f"-- :arg ({declared})\nSELECT {expression} AS v, '%s :arg' AS text"
    assert await sql.rows(code, {"arg": value}) == [{"v": expected, "text": "%s :arg"}]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("9007199254740993", "9007199254740993"),
        ("18446744073709551615", "18446744073709551615"),
        ("CAST('12345678901234567890.10' AS DECIMAL(30,2))", "12345678901234567890.10"),
        ("CAST(1.5 AS DOUBLE)", "1.5"),
        ("NULL", "null"),
        ("DATE '2024-02-29'", '"2024-02-29"'),
        ("TIMESTAMP '2024-02-29 10:11:12'", '"2024-02-29 10:11:12"'),
        ("TIME '100:11:12'", '"100:11:12"'),
        ("CAST('0000-00-00' AS DATE)", '"0000-00-00"'),
        ("X'00FF'", '"AP8="'),
        ("b'101'", '"BQ=="'),
        ("'ü'", '"ü"'),
        ("'{\"a\": 1}'", '"{\\"a\\": 1}"'),
        ("'%'", '"%"'),
    ],
)
async def test_values_come_without_loss(sql: SqlBench, expression: str, text: str) -> None:
    ran = await sql.run(f"SELECT {expression} AS v")
    assert ran.outcome.result == f'[{{"v":{text}}}]'


async def test_positions_defaults_and_missing_arguments(sql: SqlBench) -> None:
    code = "-- ? a (int) = 4\n-- ? b (varchar)\nSELECT ? AS a, ? AS b; SELECT ? AS a; SELECT ? AS b"
    ran = await sql.run(f"-- result_collection=all_statements_all_rows\n{code}", {"a": 1})
    assert ran.result == [[{"a": 1, "b": None}], [{"a": 1}], [{"b": None}]]
    assert b"the argument b is missing" in ran.log.data
    assert await sql.rows("-- ? a (int) = 4\nSELECT ? AS a") == [{"a": 4}]
    assert "more ? than arguments" in await sql.failure("-- ? a (int)\nSELECT ?, ?")


async def test_statements_and_their_results(sql: SqlBench) -> None:
    code = """
        CREATE TABLE t (n INT, s VARCHAR(5)); INSERT INTO t VALUES (1, 'a;b'), (2, "c;d");
        # a comment; with a semicolon
        SELECT n FROM t ORDER BY n; SELECT s, n FROM t ORDER BY n
    """
    assert await sql.rows(f"-- result_collection=all_statements_first_row\n{code}") == [
        None, None, {"n": 1}, {"s": "a;b", "n": 1},
    ]  # fmt: skip
    assert await sql.rows("SELECT s, n AS s FROM t ORDER BY n") == [{"s": 1}, {"s": 2}]
    ran = await sql.run("UPDATE t SET n = n + 1")
    assert ran.result == []
    assert b"UPDATE: 2 rows affected" in ran.log.data
    assert await sql.rows("-- %%tbl%% t/u\nSELECT count(*) AS n FROM %%tbl%%", {"tbl": "t"}) == [{"n": 2}]


async def test_many_rows_come_whole(sql: SqlBench) -> None:
    rows = await sql.rows("SELECT seq AS n FROM seq_1_to_25000")
    assert rows == [{"n": n} for n in range(1, 25001)]
    first = "-- result_collection=last_statement_first_row_scalar\nSELECT seq FROM seq_1_to_25000"
    assert await sql.rows(first) == 1


async def test_errors_say_where(sql: SqlBench) -> None:
    failure = await sql.failure("-- :a (int)\nSELECT 1;\n\nSELECT :a,\n  1 FRM x", {"a": 1})
    assert "(line 5, column 1)\n  1 FRM x" in failure
    assert "Table 'scripts.nope' doesn't exist" in await sql.failure("SELECT * FROM nope")
    assert "no finite number" not in await sql.failure("SELECT 1 / nope")


async def test_the_statement_that_fails_half_way_is_told(sql: SqlBench) -> None:
    await sql.rows("CREATE TABLE half (n INT PRIMARY KEY)")
    code = "INSERT INTO half VALUES (1);\n\n-- again\nINSERT INTO half VALUES (2), (1);\nDELETE FROM half"
    failure = await sql.failure(code)
    assert failure == "Duplicate entry '1' for key 'PRIMARY' (in the INSERT of line 4)"
    assert await sql.rows("SELECT n FROM half") == [{"n": 1}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "wrong-one"}, "Access denied for user 'writer'"),
        ({"database": "nowhere"}, "Access denied"),
        ({"port": 1}, "127.0.0.1:1"),
        ({"host": "/run/mysqld/mysqld.sock"}, "must be a name or an address"),
        ({"ssl": "yes"}, "must be true or false"),
        ({"ssl": True}, "SSL"),
    ],
)
async def test_what_is_wrong_with_a_connection_is_said(sql: SqlBench, change: Any, message: str) -> None:
    failure = await sql.failure("SELECT 1", {"database": {**sql.database, **change}})
    assert message in failure
    assert "wrong-one" not in failure


async def _sleeps(sql: SqlBench) -> bool:
    count = "-- result_collection=last_statement_first_row_scalar\nSELECT count(*) FROM information_schema.processlist"
    where = "WHERE info LIKE 'SELECT SLEEP%' OR info LIKE '%AS waits'"
    return bool(await sql.rows(f"{count} {where}"))


async def test_cancelling_and_timeouts_stop_the_query_on_the_server(sql: SqlBench) -> None:
    request, _ = sql.request("SELECT SLEEP(600) AS waits")
    task = asyncio.create_task(sql.runtime.run(request))

    async def runs() -> bool:
        assert not task.done(), task.result()
        return await _sleeps(sql)

    async def is_over() -> bool:
        return not await _sleeps(sql)

    await until(runs)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(is_over)
    ran = await sql.run("SELECT SLEEP(600) AS waits", limits=replace(LIMITS, wall_seconds=0.3))
    assert ran.end == "timeout"
    await until(is_over)


async def test_jobs_share_connections_and_leave_nothing_behind(sql: SqlBench) -> None:
    mine = "-- result_collection=last_statement_first_row_scalar\nSELECT CONNECTION_ID()"
    assert await sql.rows(mine) == await sql.rows(mine)
    await sql.rows("SET @left = 5; START TRANSACTION; SELECT @left")
    looks = [sql.rows("-- result_collection=last_statement_first_row_scalar\nSELECT @left") for _ in range(3)]
    assert await asyncio.gather(*looks) == [None] * 3


async def test_the_tables_of_a_database_are_listed(sql: SqlBench) -> None:
    await sql.rows("CREATE TABLE items (id INT NOT NULL, name VARCHAR(5))")

    async def resources(path: str) -> Any:
        return sql.database

    rows = await sql.rows(schema_script("mysql", "f/shared/db"), resources=resources)
    assert [list(row.values()) for row in rows if row["table_name"] == "items"] == [
        ["scripts", "items", "id", "int", "NO"],
        ["scripts", "items", "name", "varchar", "YES"],
    ]
