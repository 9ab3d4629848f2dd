# ruff: noqa: E501
# Scripts and expectations stand in one line each.
"""DuckDB scripts in their sandbox: values, modes, files, attached servers, and what they cannot reach."""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from postmill.kernel.errors import NotFound
from postmill.languages.job_files import is_pattern, matches
from postmill.languages.rows import Column, Export, Row, RowSink, StoredRows
from postmill.model.limits import Limits
from postmill.objects.row_files import RowFileWriter, StoredColumn, json_pieces
from tests.mariadb_server import mariadb_server
from tests.tcp_door import tcp_door

from .conftest import LIMITS, Bench


@dataclass
class Files:
    """Files of a workspace in memory."""

    contents: dict[str, bytes] = field(default_factory=dict)

    async def matching(self, pattern: str) -> list[str]:
        found = sorted(
            key for key in self.contents if key == pattern or (is_pattern(pattern) and matches(pattern, key))
        )
        if not found:
            raise NotFound(f"Not found: file {pattern} does not exist, or you may not see it")
        return found

    async def opened(self, key: str) -> int:
        await self.matching(key)
        descriptor = await self.created(key)
        os.write(descriptor, self.contents[key])
        return descriptor

    async def created(self, key: str) -> int:
        if key.startswith("locked/"):
            raise NotFound(f"Not found: file {key}")
        with tempfile.TemporaryFile(buffering=0) as file:
            return os.dup(file.fileno())

    async def stored(self, key: str, descriptor: int) -> None:
        self.contents[key] = os.pread(descriptor, 1 << 24, 0)


async def rows(bench: Bench, code: str, args: Any = None, **more: Any) -> Any:
    ran = await bench.run("duckdb", code, args, **more)
    assert ran.end == "success", ran.result
    return ran.result


async def failure(bench: Bench, code: str, args: Any = None, **more: Any) -> str:
    ran = await bench.run("duckdb", code, args, **more)
    assert ran.end == "error", ran.result
    message: str = ran.result["message"]
    return message.removeprefix("execution error:\n")


class InFile:
    """Large rows in a file, as a worker stores them, and how many came in one by one."""

    beyond_bytes = 10_000

    def __init__(self, path: Path) -> None:
        self.path = path
        self.one_by_one = self.in_files = 0
        self.aborted = False

    def stored(self) -> StoredRows:
        return self

    def exported(self, export: Export) -> RowSink:
        raise ValueError(f"the storage {export.storage} is not known")

    async def open(self, columns: Sequence[Column]) -> None:
        self.writer = RowFileWriter(self.path, [StoredColumn(c.name, c.kind, c.type_name) for c in columns])

    async def write(self, batch: Sequence[Row]) -> None:
        self.one_by_one += len(batch)
        self.writer.write(batch)

    async def append(self, path: Path) -> None:
        before = self.writer.rows
        self.writer.append(path)
        self.in_files += self.writer.rows - before

    async def close(self) -> str:
        self.writer.close()
        return "[]"

    async def abort(self) -> None:
        self.aborted = True
        self.writer.abort()

    def rows(self) -> Any:
        return json.loads(b"".join(json_pieces(self.path)))


MANY = """SELECT range AS n, (range * 10::HUGEINT ** 15)::HUGEINT AS h, sum(1) OVER (ORDER BY range) AS s, range / 4 AS f, (range / 8)::DECIMAL(12, 7) AS d,
    range % 2 = 0 AS b, 'ü' || range AS t, DATE '2024-01-01' + (range % 1000)::INT AS day, TIME '10:00:00' + to_milliseconds(range * 500) AS clock,
    TIMESTAMP '2024-01-01' + to_milliseconds(range * 500) AS ts, TIMESTAMPTZ '2024-01-01 00:00:00+02' + to_milliseconds(range * 500) AS tz,
    ('{"x":' || range || '}')::JSON AS j, encode('b' || range) AS bin, uuid '00000000-0000-0000-0000-000000000001' AS u,
    CASE WHEN range % 3 = 0 THEN 'nan'::DOUBLE WHEN range % 3 = 1 THEN NULL ELSE '-inf'::DOUBLE END AS special FROM range($count)"""


async def test_many_rows_leave_as_a_file_with_the_same_values(bench: Bench, tmp_path: Path) -> None:
    stored = InFile(tmp_path / "rows.parquet")
    code = f"-- $count (int)\nCREATE TABLE before (x INT);\n{MANY}"
    limits = Limits(wall_seconds=120, result_bytes=1 << 26)
    await rows(bench, code, {"count": 7000}, large_rows=stored, limits=limits)
    assert stored.one_by_one + stored.in_files == 7000 and stored.in_files > 1000
    assert stored.rows() == await rows(bench, code, {"count": 7000}, limits=limits)


@pytest.mark.parametrize(
    "code",
    [
        "SELECT range AS x, range AS x FROM range(7000)",  # a table has no two columns of one name
        "SELECT range AS x, [range] AS l FROM range(7000)",  # a file does not say lists as rows do
        "BEGIN; SELECT range AS x, repeat('x', 10) AS t FROM range(7000)",
    ],
)
async def test_what_a_file_does_not_hold_comes_row_by_row(bench: Bench, tmp_path: Path, code: str) -> None:
    stored = InFile(tmp_path / "rows.parquet")
    await rows(bench, code, large_rows=stored)
    assert (stored.one_by_one, stored.in_files) == (7000, 0)


async def test_a_query_that_fails_half_way_leaves_no_rows(bench: Bench, tmp_path: Path) -> None:
    stored = InFile(tmp_path / "rows.parquet")
    words = await failure(
        bench,
        "SELECT 1;\nSELECT range, error('no ' || range) FROM range(7000)\nWHERE range > 6000",
        large_rows=stored,
    )
    assert words.startswith("Invalid Input Error: no 6001")
    assert "SELECT * FRM" in await failure(bench, "SELECT 1;\nSELECT * FRM x", large_rows=stored)
    assert await rows(bench, "DESCRIBE SELECT 1 AS x", large_rows=stored)
    assert not stored.path.exists()


@pytest.mark.parametrize(
    "where", ["host=127.0.0.1 port=1 password=s3cr3t user=u", "postgresql://u:s3cr3t@127.0.0.1:1/d"]
)
async def test_a_password_in_the_script_is_not_repeated(bench: Bench, where: str) -> None:
    ran = await bench.run("duckdb", f"ATTACH '{where}' AS x (TYPE postgres);\nSELECT 1")
    assert ran.end == "error" and "127.0.0.1" in ran.result["message"]
    assert "s3cr3t" not in json.dumps(ran.result) + ran.log.data.decode()


async def test_values_of_every_kind(bench: Bench) -> None:
    ran = await bench.run(
        "duckdb",
        """SELECT 1 AS i, 170141183460469231731687303715884105727::HUGEINT AS h, 1.50::DECIMAL(10,2) AS d, 0.1 + 0.2e0 AS f,
        'nan'::DOUBLE AS n, 'ü' AS t, true AS b, DATE '2024-02-29' AS day, TIMESTAMP '2024-01-01 10:00:00.5' AS ts,
        TIMESTAMPTZ '2024-01-01 10:00:00+02' AS tz, TIME '10:00:00' AS clock, NULL AS nothing, 'ab'::BLOB AS bin,
        [1, 2] AS list, {'a': {'b': 1.5}} AS deep, '{"x": [1]}'::JSON AS j, uuid '00000000-0000-0000-0000-000000000001' AS u,
        INTERVAL 1 DAY AS iv, MAP {'k': 1} AS m""",
    )
    assert (
        '"d":1.50' in ran.outcome.result and ":170141183460469231731687303715884105727," in ran.outcome.result
    )
    assert ran.result == [
        {
            "i": 1, "h": 2**127 - 1, "d": 1.5, "f": 0.30000000000000004, "n": "NaN", "t": "ü", "b": True, "day": "2024-02-29",
            "ts": "2024-01-01T10:00:00.500000", "tz": "2024-01-01T08:00:00+00:00", "clock": "10:00:00", "nothing": None,
            "bin": "YWI=", "list": [1, 2], "deep": {"a": {"b": 1.5}}, "j": {"x": [1]},
            "u": "00000000-0000-0000-0000-000000000001", "iv": "1 day, 0:00:00", "m": {"k": 1},
        }
    ]  # fmt: skip
    assert ran.outcome.isolation == "sandbox"


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("int", "secret text"),
        ("int", 10**12),
        ("date", "no day"),
        ("int[]", "secret"),
        ("blob", "%"),
        ("bool", [1]),
    ],
)
async def test_unfit_arguments_are_named_without_their_value(
    bench: Bench, type_name: str, value: Any
) -> None:
    code = f"-- $fits (int) = 1\n-- $arg ({type_name})\nSELECT 1;\nSELECT $fits, $arg;"
    ran = await bench.run("duckdb", code, {"arg": value})
    said = ran.result["message"].removeprefix("execution error:\n")
    assert said == f"the argument arg cannot be a value of the type {type_name}"


async def test_a_failure_that_no_argument_has_caused_names_none(bench: Bench) -> None:
    ran = await bench.run("duckdb", "-- $arg (text)\nSELECT 'x'::int, $arg", {"arg": "y"})
    assert "argument" not in ran.result["message"] and "Could not convert" in ran.result["message"]


async def test_arguments_have_their_types(bench: Bench) -> None:
    code = """-- $a (int) = 5
-- $b (text)
-- $c (int[])
-- $d (json)
-- $e (timestamp)
-- $f (blob)
-- $g (text)
SELECT $a + 1 AS a, upper($b) AS b, list_sum($c) AS c, $d->>'x' AS d, year($e) AS e, octet_length($f) AS f, $g AS g, $a AS again"""
    args = {"b": "it's", "c": [1, 2, 3], "d": {"x": "y"}, "e": "2024-01-01T00:00:00Z", "f": "YWI="}
    ran = await bench.run("duckdb", code, args)
    assert ran.result == [{"a": 6, "b": "IT'S", "c": 6, "d": "y", "e": 2024, "f": 2, "g": None, "again": 5}]
    assert b"the argument g is missing" in ran.log.data


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("", [{"x": 2}, {"x": 3}]),
        ("last_statement_first_row", {"x": 2}),
        ("last_statement_all_rows_scalar", [2, 3]),
        ("last_statement_first_row_scalar", 2),
        ("all_statements_all_rows", [[{"y": 1}], [{"x": 2}, {"x": 3}]]),
        ("all_statements_first_row_scalar", [1, 2]),
        ("legacy", [{"x": 2}, {"x": 3}]),
    ],
)
async def test_result_modes(bench: Bench, mode: str, expected: Any) -> None:
    directive = f"-- result_collection={mode}\n" if mode else ""
    assert await rows(bench, f"{directive}SELECT 1 AS y; SELECT unnest([2, 3]) AS x;") == expected


async def test_statements_share_a_database_and_may_return_nothing(bench: Bench) -> None:
    assert await rows(
        bench, "CREATE TABLE t AS SELECT 1 AS a; INSERT INTO t VALUES (2); SELECT sum(a) AS s FROM t"
    ) == [{"s": 3}]
    assert await rows(bench, "INSTALL json; LOAD json; SELECT 1 AS a;") == [{"a": 1}]
    assert await rows(bench, "-- nothing\n") == []


async def test_files_of_the_workspace_are_read_joined_and_written(bench: Bench) -> None:
    files = Files(
        {
            "a/people.csv": b"id,name\n1,Ann\n2,Bob\n",
            "a/pay.json": b'[{"id": 1, "pay": 5}, {"id": 2, "pay": 7}]',
        }
    )
    code = """COPY (SELECT name, pay FROM 's3:///a/people.csv' JOIN read_json('s3:///a/pay.json') USING (id) ORDER BY id)
        TO 's3:///out/all.parquet' (FORMAT parquet);
    SELECT count(*) AS n FROM 's3:///out/all.parquet'"""
    assert await rows(bench, code, files=files) == [{"n": 2}]
    assert files.contents["out/all.parquet"][:4] == b"PAR1"
    again = "SELECT sum(pay) AS s FROM read_parquet('s3:///out/all.parquet')"
    assert await rows(bench, again, files=files) == [{"s": 12}]
    for number in range(3):
        files.contents[f"many/{number}/x.csv"] = f"v\n{number}\n".encode()
    assert await rows(bench, "SELECT sum(v) AS s FROM read_csv('s3:///many/*/x.csv')", files=files) == [
        {"s": 3}
    ]
    assert await rows(bench, "SELECT sum(v) AS s FROM read_csv('s3:///many/**/*.csv')", files=files) == [
        {"s": 3}
    ]
    given = "-- $f (s3object)\nSELECT name FROM read_csv($f) LIMIT 1"
    assert await rows(bench, given, {"f": {"s3": "a/people.csv"}}, files=files) == [{"name": "Ann"}]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SELECT * FROM 's3:///missing.csv'", "file missing.csv does not exist"),
        ("SELECT * FROM 's3://other/x.csv'", "no storage named 'other'"),
        ("COPY (SELECT 1) TO 's3:///locked/x.csv'", "file locked/x.csv"),
        ("COPY (SELECT 1) TO 's3:///a*.csv'", "the key of one file"),
        ("ATTACH 'ducklake://main' AS x", "ducklake:// is not available"),
        ("ATTACH 'datatable://main' AS x", "datatable://main: workspaces have no data tables"),
        ("ATTACH '$res:u/a/b' AS x", "must say what it is"),
        ("ATTACH 'x' AS x (TYPE bigquery)", "(TYPE bigquery) is not available"),
        ("SELECT 1;\nSELECT nothing\n  FROM (SELECT 1 AS a)", "(line 2, column 8)\nSELECT nothing\n       ^"),
        (
            "SELECT 1; SELECT a,\n b FROM (SELECT 1 AS b)",
            "(line 1, column 18)\nSELECT 1; SELECT a,\n                 ^",
        ),
        ("-- $a (int) = 1\nSELECT $a, nothing", "(line 2, column 1)\nSELECT $a, nothing\n^"),
        ("SELECT 'é', nothing", "(line 1, column 1)\nSELECT 'é', nothing\n^"),
        ("SELECT 'open", "is never closed (line 1, column 8)"),
    ],
)
async def test_what_cannot_be_done_is_a_sentence(bench: Bench, code: str, said: str) -> None:
    assert said in await failure(bench, code, files=Files())


async def test_an_address_with_a_port_is_told_whole(bench: Bench) -> None:
    message = await failure(bench, "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')")
    assert "http://127.0.0.1:9/" in message
    assert "***" not in message


async def test_a_failure_names_its_line(bench: Bench) -> None:
    message = await failure(bench, "SELECT 1;\n\n-- a comment\nSELECT a\nFROM nowhere;\n")
    assert "Table with name nowhere does not exist" in message
    assert message.endswith("(line 5, column 6)\nFROM nowhere;\n     ^")


async def test_a_script_reaches_nothing_of_the_machine(bench: Bench) -> None:
    ran = await bench.run("duckdb", "SELECT content FROM read_text('/etc/passwd')")
    assert "root:x:0:0:root:/root" not in json.dumps(ran.result)
    assert await rows(bench, f"SELECT * FROM glob('{bench.folder.parent}/**')") == []
    assert "Read-only file system" in await failure(bench, "COPY (SELECT 1) TO '/usr/x.csv'")


async def test_time_and_memory_are_bounded(bench: Bench) -> None:
    endless = "SELECT count(*) AS n FROM range(1000000000000) a, range(1000000000) b"
    ran = await bench.run("duckdb", endless, limits=Limits(wall_seconds=1, grace_seconds=0.2))
    assert ran.end == "timeout"
    large = "SELECT list(x) AS l FROM range(1000000000) t(x)"
    ran = await bench.run("duckdb", large, limits=Limits(wall_seconds=300, memory_bytes=300 * 1024**2))
    assert ran.end in ("error", "memory")
    ran = await bench.run("duckdb", "SELECT x, repeat('y', 1000) AS y FROM range(10000) t(x)", limits=LIMITS)
    assert ran.end == "result_too_large"


@pytest.fixture(scope="module")
async def server(bench: Bench, postgres: Any) -> AsyncIterator[dict[str, Any]]:
    """The value of a connection to PostgreSQL."""
    async with tcp_door(await postgres.make_database("template1")) as (_, database):
        yield database


async def test_attached_postgresql_is_joined_with_files(bench: Bench, server: dict[str, Any]) -> None:
    async def resources(path: str) -> Any:
        assert path == "u/me/pg"
        return server

    attach = "ATTACH '$res:u/me/pg' AS pg (TYPE postgres);\n"
    files = Files({"x.csv": b"id,name\n1,Ann\n"})
    code = f"""{attach}CREATE TABLE pg.public.facts AS SELECT 1 AS id, 1.50::DECIMAL(5,2) AS pay;
    SELECT name, pay FROM pg.public.facts JOIN 's3:///x.csv' USING (id)"""
    assert await rows(bench, code, files=files, resources=resources) == [{"name": "Ann", "pay": 1.5}]
    wrong = {**server, "password": "hush-hush"}

    async def wrong_resources(path: str) -> Any:
        return wrong

    message = await failure(bench, f"{attach}SELECT 1", resources=wrong_resources)
    assert "password authentication failed" in message and "hush-hush" not in message
    gone = {**server, "port": 1}

    async def no_server(path: str) -> Any:
        return gone

    message = await failure(bench, f"{attach}SELECT 1", resources=no_server)
    assert str(server["password"]) not in message


async def test_attached_mariadb_is_read_and_written(bench: Bench) -> None:
    async with mariadb_server() as database:

        async def resources(path: str) -> Any:
            return database if path == "u/me/my" else {**database, "password": "hush-hush"}

        code = """ATTACH '$res:u/me/my' AS my (TYPE mysql);
        CREATE TABLE my.facts (id INTEGER, note VARCHAR);
        INSERT INTO my.facts VALUES (1, 'ü "q"'), (2, NULL);
        SELECT id, note FROM my.facts ORDER BY id"""
        assert await rows(bench, code, resources=resources) == [
            {"id": 1, "note": 'ü "q"'},
            {"id": 2, "note": None},
        ]
        message = await failure(
            bench, "ATTACH '$res:u/me/wrong' AS my (TYPE mysql); SELECT 1", resources=resources
        )
        assert "hush-hush" not in message and str(database["password"]) not in message
