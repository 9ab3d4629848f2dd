"""SQL scripts made ready for their databases."""

import pytest

from postmill.languages.sql.bigquery import BigqueryDriver
from postmill.languages.sql.leaving import may_leave_something, uses_variables
from postmill.languages.sql.mssql import MssqlDriver
from postmill.languages.sql.mysql.driver import MysqlDriver
from postmill.languages.sql.oracledb import OracledbDriver
from postmill.languages.sql.plan import Plan, filled, plan
from postmill.languages.sql.postgresql.driver import PostgresqlDriver
from postmill.languages.sql.postgresql.reading import has_few_rows, only_reads
from postmill.languages.sql.runtime import Driver
from postmill.languages.sql.snowflake import SnowflakeDriver


def _plan(driver: Driver, code: str) -> Plan:
    return plan(code, driver.dialect, driver.style)


@pytest.mark.parametrize(
    ("driver", "code", "sent", "args"),
    [
        (PostgresqlDriver(), "-- $5 a (int)\nselect $5, $5::text, $50::int",
         "select ($1::int), $1::text, $2::int", ["a", "$50"]),
        (PostgresqlDriver(), "-- $1 a\nselect $1::int, $1", "select $1::int, ($1::int)", ["a"]),
        (MysqlDriver(), "-- :a (int)\nselect :a, :a, ':a %', :b", "select %s, %s, ':a %%', :b", ["a", "a"]),
        (MysqlDriver(), "select '100%'", "select '100%'", []),
        (MssqlDriver(), "-- @P1 a (int)\nselect @p1, @P1", "-- @P1 a (int)\nselect @P1, @P1", ["a"]),
        (SnowflakeDriver(), "-- ? a (int)\n-- ? b (int)\nselect ?, ?", "select ?, ?", ["a", "b"]),
        (BigqueryDriver(), "-- @a (int64)\nselect @a, @b", "select @a, @b", ["a"]),
        (OracledbDriver(), "-- :a (date)\n-- :b (int)\nselect :b, :a from dual",
         "select :1, TO_TIMESTAMP(:2, 'YYYY-MM-DD HH24:MI:SS.FF') from dual", ["b", "a"]),
    ],
)  # fmt: skip
def test_placeholders_become_those_of_the_driver(
    driver: Driver, code: str, sent: str, args: list[str]
) -> None:
    (statement,) = _plan(driver, code).statements
    assert statement.text == sent
    assert [arg.name for arg in statement.args] == args


def test_places_of_the_sent_text_are_found_in_the_code() -> None:
    code = "-- $10 a (int)\nselect 1;\nselect $10,\n  $10 + oops"
    made = _plan(PostgresqlDriver(), code)
    last = made.statements[-1]
    assert made.where(last, last.text.index("oops")) == (4, 9)
    assert made.where(last, 0) == (3, 1)


def test_ms_sql_is_sent_as_one() -> None:
    code = "declare @x int = 1;\nselect @x; select 2"
    assert [statement.text for statement in _plan(MssqlDriver(), code).statements] == [code]
    assert _plan(MssqlDriver(), "-- nothing").statements == ()


def test_plsql_keeps_its_semicolons() -> None:
    code = (
        "select 1 from dual;\nbegin\n  a; b;\nend;\n/\nselect 2 from dual;\n"
        "create or replace procedure p as begin x; end;\n/\n-- done\nselect 3 from dual"
    )
    assert [statement.text for statement in _plan(OracledbDriver(), code).statements] == [
        "select 1 from dual",
        "begin\n  a; b;\nend;",
        "select 2 from dual",
        "create or replace procedure p as begin x; end;",
        "select 3 from dual",
    ]


@pytest.mark.parametrize(
    ("code", "reads", "few"),
    [
        ("select 1", True, True),
        ("select $1::int + 1, lower('x')", True, True),
        ("select count(*) from t", True, False),
        ("with a as (select 1 as x) select x from a where x in (1, 2)", True, False),
        ("values (1), (2)", True, True),
        ("table t", True, False),
        ("select generate_series(1, 10)", False, True),
        ("select my_function()", False, True),
        ('select "my_function"(1)', False, True),
        ("select set_config('a.b', 'c', false)", False, True),
        ("select * from t for update", False, False),
        ("with gone as (delete from t returning *) select * from gone", False, False),
        ("select * into copy from t", False, False),
        ("insert into t values (1)", False, True),
        ("set search_path = x", False, True),
        ("explain analyze delete from t", False, False),
    ],
)
def test_what_only_reads_is_known_for_sure(code: str, reads: bool, few: bool) -> None:
    (statement,) = _plan(PostgresqlDriver(), code).statements
    assert (only_reads(statement), has_few_rows(statement)) == (reads, few)


@pytest.mark.parametrize(
    ("code", "leaves"),
    [
        ("select 1", False),
        ("insert into t values (1)", False),
        ("select 1 into @x", True),
        ("select @x := 1", True),
        ("select get_lock('a', 1)", True),
        ("set x = 1", True),
        ("start transaction", True),
        ("create temporary table t (n int)", True),
        ("use other", True),
    ],
)
def test_what_may_leave_something_is_told(code: str, leaves: bool) -> None:
    (statement,) = _plan(MysqlDriver(), code).statements
    assert uses_variables(statement) == leaves
    if "@" not in code:
        assert may_leave_something(statement) == leaves


def test_contextual_variables_cannot_end_a_text() -> None:
    code = "select '%%WM_EMAIL%%', '%%HOME%%'"
    assert filled(code, {}, {"WM_EMAIL": "o'x@example.com", "HOME": "/root"}) == (
        "select 'o''x@example.com', '%%HOME%%'"
    )
