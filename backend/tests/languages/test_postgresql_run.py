"""How PostgreSQL scripts fail, stop, share connections and leave them, against a real server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from postmill.kernel.errors import NotFound
from postmill.languages.rows import Column, Export, Row, RowSink
from postmill.languages.sql.postgresql.driver import PostgresqlDriver
from postmill.languages.sql.runtime import SqlRuntime
from postmill.languages.sql.schema_queries import schema_script
from tests.conftest import TestCluster
from tests.job_makers import until

from .conftest import LIMITS, Bench
from .postgresql_bench import PostgresqlBench, postgresql_bench

# Those of other databases belong to other tests.
SESSIONS = "FROM pg_stat_activity WHERE datname = current_database()"


@pytest.fixture(scope="module")
async def sql(bench: Bench, postgres: TestCluster) -> AsyncIterator[PostgresqlBench]:
    async with postgresql_bench(bench, postgres) as made:
        yield made


async def _running(sql: PostgresqlBench, words: str) -> int:
    """How many statements with these words the server runs."""
    count: int = await sql.own.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()",
        f"%{words}%",
    )
    return count


async def _sleeping_job(sql: PostgresqlBench, words: str) -> "asyncio.Task[Any]":
    request, _ = sql.request(f'SELECT pg_sleep(600) AS "{words}"')
    task = asyncio.create_task(sql.runtime.run(request))

    async def runs() -> bool:
        assert not task.done(), task.result()
        return await _running(sql, words) == 1

    await until(runs)
    return task


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("SELECT 1 AS b, 2 AS a WHERE false", ("b", "a")),
        ('SELECT 1 AS b, 2 AS "10", 3 AS b', ("b", "10")),
        ("SELECT 1 AS b, 2 AS a", ()),
        ("CREATE TEMP TABLE nothing_told (a int); INSERT INTO nothing_told VALUES (1)", ()),
        ("SELECT 1 AS x WHERE false; SELECT 2 AS y WHERE false", ("y",)),
        ("-- result_collection=all_statements_all_rows\nSELECT 1 AS x WHERE false", ()),
        ("-- result_collection=last_statement_first_row\nSELECT 1 AS x WHERE false", ()),
        ("-- result_collection=last_statement_all_rows_scalar\nSELECT 1 AS x WHERE false", ()),
    ],
)
async def test_columns_are_told_where_the_rows_do_not(
    sql: PostgresqlBench, code: str, columns: tuple[str, ...]
) -> None:
    ran = await sql.run(code)
    assert ran.end == "success" and ran.outcome.columns == columns


@pytest.mark.parametrize(
    ("code", "message", "place"),
    [
        ("SELECT 1;\n\nSELECT nope\nFROM x", 'relation "x" does not exist', "(line 4, column 6)"),
        ("-- $1 a (int)\nSELECT $1,\n  $1 + nope", 'column "nope" does not exist', "(line 3, column 8)"),
        ("SELECT 'ä',\n\tbroken(", "syntax error at end of input", ""),
        ("SELECT 1 / 0", "division by zero", ""),
        ("SELECT 1;\n-- of nothing\nSELECT 1 / 0", "division by zero (in the SELECT of line 3)", ""),
        ("SELECT 'x", "the text or name that ' opens is never closed", "(line 1, column 8)"),
    ],
)
async def test_errors_say_where(sql: PostgresqlBench, code: str, message: str, place: str) -> None:
    failure = await sql.failure(code, {"a": 1})
    assert message in failure
    assert place in failure
    if place:
        *_, line, pointer = failure.splitlines()
        assert line in code
        assert pointer.strip() == "^"


async def test_details_and_hints_of_the_server_come_too(sql: PostgresqlBench) -> None:
    await sql.own.execute("CREATE TABLE once (n int PRIMARY KEY)")
    failure = await sql.failure("INSERT INTO once VALUES (1); INSERT INTO once VALUES (1)")
    assert "duplicate key value" in failure
    assert "Key (n)=(1) already exists" in failure
    # Statements before the one that failed stay, as each is a transaction of its own.
    assert await sql.own.fetchval("SELECT count(*) FROM once") == 1


async def test_a_transaction_of_the_script_is_one(sql: PostgresqlBench) -> None:
    await sql.own.execute("CREATE TABLE pair_of (n int CHECK (n < 10))")
    await sql.failure("BEGIN; INSERT INTO pair_of VALUES (1); INSERT INTO pair_of VALUES (11); COMMIT")
    assert await sql.own.fetchval("SELECT count(*) FROM pair_of") == 0
    await sql.rows("BEGIN; INSERT INTO pair_of VALUES (1); SELECT n FROM pair_of")  # without an end
    assert await sql.rows("SELECT count(*) AS n FROM pair_of") == [{"n": 0}]


@pytest.mark.parametrize(
    ("declared", "value", "type_name"),
    [
        ("(int)", "x", "int4"), ("(int)", 1.5, "int4"), ("(int)", 2**40, "int4"), ("(bool)", "maybe", "bool"),
        ("(numeric)", "many", "numeric"), ("(bytea)", "?", "bytea"), ("(float8)", True, "float8"),
        ("(timestamptz)", 5, "timestamptz"), ("(int[])", [1, "x"], "int4"),
    ],
)  # fmt: skip
async def test_unfit_arguments_are_named_without_their_value(
    sql: PostgresqlBench, declared: str, value: Any, type_name: str
) -> None:
    failure = await sql.failure(f"-- $1 arg {declared}\nSELECT $1 AS v", {"arg": value})
    assert failure == f"the argument arg cannot be a value of the type {type_name}"


@pytest.mark.parametrize("text", ["29.02.2024", "2024-02-30"])
async def test_unreadable_dates_are_refused(sql: PostgresqlBench, text: str) -> None:
    assert "date" in await sql.failure("-- $1 arg (date)\nSELECT $1 AS v", {"arg": text})


async def test_names_in_the_code_are_filled_in(sql: PostgresqlBench) -> None:
    code = "-- %%col%% a/b\nSELECT %%col%%, '%%WM_WORKSPACE%%' AS w FROM (SELECT 1 AS a, 2 AS b) x"
    assert await sql.rows(code, {"col": "b"}) == [{"b": 2, "w": "main"}]
    assert await sql.failure(code, {"col": "c"}) == "the argument col may only be one of: a, b"
    assert "is missing" in await sql.failure(code)


async def test_the_code_may_name_its_database(sql: PostgresqlBench) -> None:
    asked: list[str] = []

    async def resources(path: str) -> Any:
        asked.append(path)
        if path == "f/shared/db":
            return sql.database
        raise NotFound(f"Not found: resource {path}")

    for name in ("f/shared/db", "$res:f/shared/db"):
        code = f"-- database {name}\nSELECT 1 AS one"
        assert await sql.rows(code, {"database": None}, resources=resources) == [{"one": 1}]
    assert asked == ["f/shared/db"] * 2
    failure = await sql.failure("-- database f/hidden/db\nSELECT 1", resources=resources)
    assert failure == "Not found: resource f/hidden/db"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "this script has no database"),
        ("u/alice/db", "the argument database is no connection"),
        ({}, "the database connection has no host"),
        ({"host": "/run/postgresql"}, "must be a name or an address"),
        ({"host": "@abstract"}, "must be a name or an address"),
        ({"port": 99999}, "a number between 1 and 65535"),
        ({"port": "1x"}, "a number between 1 and 65535"),
        ({"port": 1}, "cannot connect to 127.0.0.1:1"),
        ({"sslmode": "sometimes"}, "the sslmode of the database connection must be one of: disable"),
        ({"sslmode": "require"}, "cannot connect to"),
        ({"sslmode": "verify-full", "root_certificate_pem": "nonsense"}, "holds no certificate in PEM"),
        ({"user": "nobody-like-that"}, "password authentication failed"),
        ({"dbname": "nothing-like-that"}, "does not exist"),
        ({"host": ["x"]}, "the member host of the database connection must be a text"),
    ],
)
async def test_what_is_wrong_with_a_connection_is_said(
    sql: PostgresqlBench, change: Any, message: str
) -> None:
    database = {**sql.database, **change} if isinstance(change, dict) and change else change
    assert message in await sql.failure("SELECT 1", {"database": database})


async def test_a_wrong_password_is_refused_beside_an_open_connection(sql: PostgresqlBench) -> None:
    assert await sql.rows("SELECT 1 AS one") == [{"one": 1}]
    wrong = {**sql.database, "password": "not-the-password"}
    failure = await sql.failure("SELECT 1", {"database": wrong})
    assert "password authentication failed" in failure
    assert "not-the-password" not in failure


async def test_other_workspaces_get_connections_of_their_own(sql: PostgresqlBench) -> None:
    code = "SELECT pg_backend_pid() AS pid"
    (here,), (there,) = await sql.rows(code), await sql.rows(code, workspace_id="other")
    assert here["pid"] != there["pid"]


async def test_one_job_after_another_uses_a_connection(sql: PostgresqlBench) -> None:
    opened = sql.door.opened
    for _ in range(20):
        await sql.rows("SELECT 1 AS one")
    assert sql.door.opened <= opened + 1


async def test_more_jobs_than_connections_wait_for_their_turn(sql: PostgresqlBench) -> None:
    runs = [sql.rows("SELECT pg_sleep(0.02), pg_backend_pid() AS pid") for _ in range(12)]
    pids = {row["pid"] for rows in await asyncio.gather(*runs) for row in rows}
    assert 1 <= len(pids) <= 3


@pytest.mark.parametrize(
    ("leave", "look", "expected"),
    [
        ("SET search_path = nowhere", "SHOW search_path", '"$user", public'),
        ("SELECT set_config('app.user', 'alice', false)", "SELECT current_setting('app.user', true)", ""),
        ("CREATE TEMP TABLE left_here (n int)", "SELECT to_regclass('left_here')::text", None),
        (
            "SELECT pg_advisory_lock(7)",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7",
            0,
        ),
        ("SET ROLE pg_read_all_data", "SELECT current_user = session_user", True),
        ("BEGIN; SELECT 1", f"SELECT count(*) {SESSIONS} AND state LIKE 'idle in trans%'", 0),
    ],
)
async def test_a_job_leaves_nothing_behind(
    sql: PostgresqlBench, leave: str, look: str, expected: Any
) -> None:
    scalar = "-- result_collection=last_statement_first_row_scalar\n"
    alone = SqlRuntime(PostgresqlDriver(), most_connections=1)  # so that both jobs have the same connection
    try:
        request, ran = sql.request(leave)
        ran.outcome = await alone.run(request)
        assert ran.end == "success", ran.result
        request, ran = sql.request(scalar + look)
        ran.outcome = await alone.run(request)
        assert ran.result in (expected, None if expected == "" else expected)
    finally:
        await alone.close()


async def test_what_the_server_says_is_logged(sql: PostgresqlBench) -> None:
    ran = await sql.run("DO $$ BEGIN RAISE NOTICE 'half way'; END $$; CREATE TEMP TABLE said ()")
    assert b"NOTICE: half way\n" in ran.log.data
    assert b"CREATE TABLE\n" in ran.log.data


async def test_cancelling_stops_the_query_on_the_server(sql: PostgresqlBench) -> None:
    task = await _sleeping_job(sql, "to be cancelled")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _running(sql, "to be cancelled") == 0
    assert await sql.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_a_job_that_waits_for_a_connection_can_be_cancelled(sql: PostgresqlBench) -> None:
    holders = [await _sleeping_job(sql, f"holder {number}") for number in range(3)]
    request, _ = sql.request("SELECT 1")
    waiting = asyncio.create_task(sql.runtime.run(request))
    await asyncio.sleep(0)
    waiting.cancel()
    for task in (waiting, *holders):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await sql.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_a_timeout_stops_the_query_on_the_server(sql: PostgresqlBench) -> None:
    ran = await sql.run('SELECT pg_sleep(600) AS "too long"', limits=replace(LIMITS, wall_seconds=0.3))
    assert ran.end == "timeout"
    assert ran.result["message"] == "execution error:\ntimed out after 0.3 s and was ended"
    assert await _running(sql, "too long") == 0


async def test_a_dead_database_ends_the_run_with_a_sentence(sql: PostgresqlBench) -> None:
    task = await _sleeping_job(sql, "cut off")
    await sql.door.slam()
    try:
        outcome = await task
        assert outcome.end == "error"
        assert "the connection to the database was lost" in outcome.result
        assert "cannot connect to" in await sql.failure("SELECT 1")
    finally:
        await sql.own.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%AS \"cut off\"'"
        )
        await sql.door.open()
    assert await sql.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_a_connection_that_the_server_closed_is_replaced(sql: PostgresqlBench) -> None:
    await sql.rows("SELECT 1 AS one")
    those = f"{SESSIONS} AND application_name = 'postmill'"
    await sql.own.execute(f"SELECT pg_terminate_backend(pid) {those}")

    async def are_gone() -> bool:
        return await sql.own.fetchval(f"SELECT count(*) = 0 {those}") is True

    await until(are_gone)
    assert await sql.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_a_table_may_change_between_runs(sql: PostgresqlBench) -> None:
    await sql.own.execute("CREATE TABLE shifting (n int); INSERT INTO shifting VALUES (1)")
    code = "SELECT * FROM shifting"
    for _ in range(2):
        assert await sql.rows(code) == [{"n": 1}]
    await sql.own.execute("ALTER TABLE shifting ADD COLUMN t text DEFAULT 'x'")
    assert await sql.rows(code) == [{"n": 1, "t": "x"}]
    await sql.own.execute("ALTER TABLE shifting ALTER COLUMN n TYPE text")
    assert await sql.rows(code) == [{"n": "1", "t": "x"}]


class Stored:
    """Large rows whose batches are counted, not kept."""

    beyond_bytes = 10_000

    def __init__(self) -> None:
        self.columns: Sequence[Column] = ()
        self.count = self.largest = 0
        self.aborted = False

    def stored(self) -> RowSink:
        return self

    def exported(self, export: Export) -> RowSink:
        raise ValueError(f"the storage {export.storage} is not known")

    async def open(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    async def write(self, batch: Sequence[Row]) -> None:
        self.count += len(batch)
        self.largest = max(self.largest, len(batch))

    async def close(self) -> str:
        return f'{{"rows": {self.count}}}'

    async def abort(self) -> None:
        self.aborted = True


async def test_many_rows_stream_into_their_sink(sql: PostgresqlBench) -> None:
    stored = Stored()
    code = "SELECT n, n::numeric / 3 AS x, now() AS at FROM generate_series(1, 50000) n"
    assert await sql.rows(code, large_rows=stored) == {"rows": 50000}
    assert stored.largest <= 1000
    assert [(column.name, column.kind) for column in stored.columns] == [
        ("n", "int"), ("x", "decimal"), ("at", "timestamptz"),
    ]  # fmt: skip


async def test_rows_of_a_failed_query_are_forgotten(sql: PostgresqlBench) -> None:
    stored = Stored()
    failure = await sql.failure(
        "SELECT 1 / (4000 - n) AS x FROM generate_series(1, 5000) n", large_rows=stored
    )
    assert failure.startswith("division by zero")
    assert (stored.count > 0, stored.aborted) == (True, True)


async def test_a_result_beyond_the_limit_is_a_failure(sql: PostgresqlBench) -> None:
    ran = await sql.run("SELECT repeat('x', 1000) AS x FROM generate_series(1, 10000)")
    assert ran.end == "result_too_large"
    assert str(LIMITS.result_bytes) in ran.result["message"]
    assert await sql.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_an_export_needs_an_object_store(sql: PostgresqlBench) -> None:
    assert "this worker has none" in await sql.failure("-- s3\nSELECT 1")
    failure = await sql.failure("-- s3 storage=second\nSELECT 1", large_rows=Stored())
    assert failure == "the storage second is not known"
    assert "format=xml is not known" in await sql.failure("-- s3 format=xml\nSELECT 1", large_rows=Stored())


async def test_prepare_tells_the_columns_without_running(sql: PostgresqlBench) -> None:
    code = (
        "-- prepare\n-- $1 a (int)\nSELECT $1 AS n, 'x'::text AS t; SELECT nope; CREATE TABLE never (n int)"
    )
    found = await sql.rows(code)
    assert found[0] == {
        "columns": [{"name": "n", "type_name": "int4"}, {"name": "t", "type_name": "text"}],
        "error": None,
    }
    assert found[1]["columns"] is None
    assert 'column "nope" does not exist' in found[1]["error"]
    assert found[2] == {"columns": None, "error": None}
    assert await sql.own.fetchval("SELECT to_regclass('never')") is None


async def test_raw_output_is_the_text_of_the_server(sql: PostgresqlBench) -> None:
    code = "-- raw_output\n-- $1 a (int)\nSELECT 0; SELECT $1 AS n, true AS b, array[1, 2] AS l, null AS x, 1.50 AS d"
    found = await sql.rows(code, {"a": 7})
    assert found["rows"] == [["7", "t", "{1,2}", None, "1.50"]]
    assert found["columns"][0] == {"name": "n", "oid": 23, "type_name": "int4"}
    assert [column["type_name"] for column in found["columns"]] == [
        "int4",
        "bool",
        "int4[]",
        "text",
        "numeric",
    ]


async def test_the_tables_of_a_database_are_listed(sql: PostgresqlBench) -> None:
    await sql.own.execute('CREATE SCHEMA shop; CREATE TABLE shop.items (id int NOT NULL, "Name" text)')

    async def resources(path: str) -> Any:
        return sql.database

    rows = await sql.rows(schema_script("postgresql", "f/shared/db"), resources=resources)
    assert [row for row in rows if row["table_schema"] == "shop"] == [
        {
            "table_schema": "shop",
            "table_name": "items",
            "column_name": "id",
            "data_type": "integer",
            "is_nullable": "NO",
        },
        {
            "table_schema": "shop",
            "table_name": "items",
            "column_name": "Name",
            "data_type": "text",
            "is_nullable": "YES",
        },
    ]


@pytest.mark.parametrize("code", ["COPY once FROM STDIN", "COPY (SELECT 1) TO STDOUT"])
async def test_copying_to_nobody_is_refused(sql: PostgresqlBench, code: str) -> None:
    assert "needs a client" in await sql.failure(code)


async def test_code_with_nul_is_refused_with_its_place(sql: PostgresqlBench) -> None:
    assert "the code holds a NUL character (line 2, column 9)" in await sql.failure("SELECT 1;\nSELECT '\0'")
