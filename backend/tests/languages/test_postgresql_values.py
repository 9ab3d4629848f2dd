"""What PostgreSQL scripts take and give, against a real server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import TestCluster

from .conftest import Bench
from .postgresql_bench import PostgresqlBench as Sql
from .postgresql_bench import postgresql_bench


@pytest.fixture(scope="module")
async def sql(bench: Bench, postgres: TestCluster) -> AsyncIterator[Sql]:
    async with postgresql_bench(bench, postgres) as made:
        yield made


@pytest.mark.parametrize(
    ("declared", "expression", "value", "expected"),
    [
        ("", "$1::int8", -42, -42),
        ("", "$1::int4", "7", 7),
        ("", "$1::int8", 9223372036854775807, 9223372036854775807),
        ("", "$1::real", "1.1", 1.1),
        ("", "$1::float8", 0.1, 0.1),
        ("", "$1::numeric", "123456789012345678901234567890.10", "123456789012345678901234567890.10"),
        ("", "$1::numeric::text", 1.10, "1.1"),
        ("", "CAST($1 AS jsonb)", [1, "two", {"three": 3}], [1, "two", {"three": 3}]),
        ("", "$1::jsonb", '{"a": [1]}', {"a": [1]}),
        ("", "$1::jsonb", "text", "text"),
        ("", "$1::json", None, None),
        ("", "CAST($1 AS bool)", None, None),
        ("", "$1::bool", "true", True),
        ("", "$1::text", 12, "12"),
        ("", "$1::text", {"a": 1}, '{"a":1}'),
        ("", "$1::varchar", "ü 'q' \\", "ü 'q' \\"),
        ("(int)", "$1", 5, 5),
        ("(int)", "$1 + 1", 5, 6),
        ("(text[])", "$1", ["a", None, "b"], ["a", None, "b"]),
        ("(int[])", "$1[2]", [1, 2, 3], 2),
        ("(jsonb)", "$1->'a'", {"a": 1}, 1),
        ("(bytea)", "$1", "AQI=", "\\x0102"),
        ("(date)", "$1", "2024-02-29", "2024-02-29"),
        ("(date)", "$1", "2024-02-29T12:00:00Z", "2024-02-29"),
        ("(timestamptz)", "$1", "2024-02-29T12:00:00+02:00", "2024-02-29T10:00:00+00:00"),
        ("(timestamp)", "$1", "2024-02-29T12:00:00.123456", "2024-02-29T12:00:00.123456"),
        ("(uuid)", "$1", "6f1c1f0e-7d8c-4a9e-8d52-7a5e0e7a8c1b", "6f1c1f0e-7d8c-4a9e-8d52-7a5e0e7a8c1b"),
        ("(time)", "$1", "12:34:56", "12:34:56"),
        ("(interval)", "$1", "1 day 2 hours", "1 day 02:00:00"),
        ("(double)", "$1", 2, 2.0),
    ],
)
async def test_arguments_are_bound_with_their_type(
    sql: Sql, declared: str, expression: str, value: Any, expected: Any
) -> None:
    ran = await sql.run(f"-- $1 arg {declared}".rstrip() + f"\nSELECT {expression} AS v", {"arg": value})
    assert ran.end == "success", ran.result
    if isinstance(expected, str) and expected[:3] == "123":
        assert ran.outcome.result == f'[{{"v":{expected}}}]'  # all digits, as a number
    else:
        assert ran.result == [{"v": expected}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1::int2", 1),
        ("9007199254740993", 9007199254740993),
        ("1.50::numeric", 1.5),
        ("'NaN'::float8", "NaN"),
        ("'-Infinity'::float4", "-Infinity"),
        ("'NaN'::numeric", "NaN"),
        ("true", True),
        ("null::int", None),
        ("date '2024-02-29'", "2024-02-29"),
        ("date 'infinity'", "infinity"),
        ("date '0044-03-15 BC'", "-0043-03-15"),
        ("timestamp '2024-02-29 10:11:12.5'", "2024-02-29T10:11:12.500000"),
        ("timestamp '-infinity'", "-infinity"),
        ("timestamptz '2024-02-29 10:11:12+02'", "2024-02-29T08:11:12+00:00"),
        ("timestamptz '12024-02-29 10:11:12+00'", "+12024-02-29T10:11:12+00:00"),
        ("time '10:11:12'", "10:11:12"),
        ("timetz '10:11:12+02'", "10:11:12+02"),
        ("interval '1 month 2 days'", "1 mon 2 days"),
        ("'6f1c1f0e-7d8c-4a9e-8d52-7a5e0e7a8c1b'::uuid", "6f1c1f0e-7d8c-4a9e-8d52-7a5e0e7a8c1b"),
        ("'192.168.0.1/24'::inet", "192.168.0.1/24"),
        ("'\\x00ff'::bytea", "\\x00ff"),
        ("b'1'", True),
        ("b'0'::bit(1)", False),
        ("b'101'", "101"),
        ("array[1, null, 3]", [1, None, 3]),
        ("array[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("array['NaN'::float8, 1.5]", ["NaN", 1.5]),
        ("array['{\"a\": 1}'::jsonb]", [{"a": 1}]),
        ("array[timestamp '2024-02-29']", ["2024-02-29T00:00:00"]),
        ("""'{"b": 1, "a": 1.0}'::json""", {"b": 1, "a": 1.0}),
        ("row(1, 'x'::text)", [1, "x"]),
        ("int4range(1, 5)", "[1,5)"),
        ("'a'::\"char\"", "a"),
        ("point(1, 2)", "(1,2)"),
        ("'1 USD'::text::name", "1 USD"),
        ("pg_advisory_unlock_all()", None),
    ],
)
async def test_values_come_without_loss(sql: Sql, expression: str, expected: Any) -> None:
    result = await sql.rows(f"SELECT {expression} AS v")
    if isinstance(expected, list) and "row" in expression:
        assert (
            list(result[0]["v"].values() if isinstance(result[0]["v"], dict) else result[0]["v"]) == expected
        )
    else:
        assert result == [{"v": expected}]


async def test_types_of_the_database_come_too(sql: Sql) -> None:
    await sql.own.execute("""
        CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (n int, at timestamp);
        CREATE DOMAIN small AS int CHECK (VALUE < 10)
    """)
    code = "-- $1 m (mood)\nSELECT $1 AS m, (1, '2024-01-01')::pair AS p, array['sad']::mood[] AS l, 5::small AS s"
    assert await sql.rows(code, {"m": "glad"}) == [
        {"m": "glad", "p": {"n": 1, "at": "2024-01-01T00:00:00"}, "l": ["sad"], "s": 5}
    ]


async def test_the_order_of_columns_and_the_last_of_equal_names_stay(sql: Sql) -> None:
    ran = await sql.run("SELECT 1 AS z, 2 AS a, 3 AS z")
    assert ran.outcome.result == '[{"z":3,"a":2}]'


async def test_missing_arguments_take_their_default_or_null(sql: Sql) -> None:
    code = "-- $1 a (int) = 5\n-- $2 b (text)\n-- $3 c = null\nSELECT $1 AS a, $2 AS b, $3::text AS c"
    ran = await sql.run(code)
    assert ran.result == [{"a": 5, "b": None, "c": None}]
    assert b"the argument b is missing" in ran.log.data
    assert b"argument a" not in ran.log.data
    assert (await sql.rows(code, {"a": None, "b": "x"})) == [{"a": None, "b": "x", "c": None}]


async def test_numbers_of_placeholders_may_have_gaps(sql: Sql) -> None:
    code = "-- $50 b (int)\n-- $5 a\nSELECT $50 + 1 AS b, $5::text AS a, $50 AS c"
    assert await sql.rows(code, {"a": "x", "b": 1}) == [{"b": 2, "a": "x", "c": 1}]


STATEMENTS = """
CREATE TEMP TABLE t (n int); INSERT INTO t VALUES (1), (2);
SELECT n, n * 10 AS m FROM t ORDER BY n;
-- nothing but a comment;
SELECT n FROM t WHERE n > 5;
SELECT n + 1 AS x FROM t ORDER BY n;
"""


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, [{"x": 2}, {"x": 3}]),
        ("last_statement_all_rows", [{"x": 2}, {"x": 3}]),
        ("last_statement_first_row", {"x": 2}),
        ("last_statement_all_rows_scalar", [2, 3]),
        ("last_statement_first_row_scalar", 2),
        (
            "all_statements_all_rows",
            [[], [], [{"n": 1, "m": 10}, {"n": 2, "m": 20}], [], [{"x": 2}, {"x": 3}]],
        ),
        ("all_statements_first_row", [None, None, {"n": 1, "m": 10}, None, {"x": 2}]),
        ("all_statements_all_rows_scalar", [[], [], [1, 2], [], [2, 3]]),
        ("all_statements_first_row_scalar", [None, None, 1, None, 2]),
        ("legacy", [[], [], [{"n": 1, "m": 10}, {"n": 2, "m": 20}], [], [{"x": 2}, {"x": 3}]]),
        ("nonsense", [{"x": 2}, {"x": 3}]),
    ],
)
async def test_results_are_collected_as_asked(sql: Sql, mode: str | None, expected: Any) -> None:
    directive = "" if mode is None else f"-- result_collection={mode}\n"
    assert await sql.rows(directive + STATEMENTS) == expected


async def test_one_statement_is_not_nested_in_legacy_mode(sql: Sql) -> None:
    assert await sql.rows("-- result_collection=legacy\nSELECT 1 AS a;") == [{"a": 1}]


@pytest.mark.parametrize(
    ("code", "expected"), [("", []), ("-- only words", []), ("CREATE TEMP TABLE e ()", [])]
)
async def test_no_rows_are_an_empty_list(sql: Sql, code: str, expected: Any) -> None:
    assert await sql.rows(code) == expected


async def test_a_row_without_columns_has_no_scalar(sql: Sql) -> None:
    code = "CREATE TEMP TABLE e (); INSERT INTO e DEFAULT VALUES; SELECT * FROM e"
    assert await sql.rows(code) == []
    assert await sql.rows(f"-- result_collection=last_statement_first_row_scalar\n{code}") is None


async def test_many_rows_come_whole_and_in_order(sql: Sql) -> None:
    for _ in range(2):  # the second time, the session knows the statement
        rows = await sql.rows("SELECT n FROM generate_series(1, 12345) n")
        assert rows == [{"n": n} for n in range(1, 12346)]
    assert len(await sql.rows("SELECT generate_series(1, 5000) AS n")) == 5000


async def test_a_statement_that_was_small_may_become_large(sql: Sql) -> None:
    await sql.own.execute("CREATE TABLE growing (n int); INSERT INTO growing VALUES (1)")
    for expected in (1, 1, 4000, 4000, 4000):
        if expected == 4000:
            await sql.own.execute(
                "INSERT INTO growing SELECT generate_series(2, 4000) WHERE (SELECT count(*) = 1 FROM growing)"
            )
        assert len(await sql.rows("SELECT n FROM growing")) == expected
