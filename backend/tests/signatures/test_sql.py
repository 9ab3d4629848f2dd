"""What SQL scripts say about their arguments, connection and results."""

from typing import Any

import pytest

from postmill.signatures.infer import infer
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.sql_dialects import POSTGRESQL
from postmill.signatures.sql_script import (
    Collection,
    ExportWish,
    arguments,
    directives,
    interpolated,
)


def _args(language: str, code: str) -> dict[str, Any]:
    """Type (or format) and default of the arguments; ``!`` marks required ones."""
    found = infer(language, code)
    assert found.schema is not None, found.error
    required = found.schema["required"]
    return {
        name + ("!" if name in required else ""): (
            property.get("format") or property["type"],
            property.get("default"),
        )
        for name, property in found.schema["properties"].items()
    }


@pytest.mark.parametrize(
    ("language", "resource"),
    [
        ("postgresql", "postgresql"),
        ("mysql", "mysql"),
        ("mssql", "ms_sql_server"),
        ("bigquery", "bigquery"),
        ("snowflake", "snowflake"),
        ("oracledb", "oracledb"),
    ],
)
def test_a_script_asks_for_its_database_unless_it_names_one(language: str, resource: str) -> None:
    assert _args(language, "select 1") == {"database!": (f"resource-{resource}", None)}
    assert _args(language, "-- database f/shared/db\nselect 1") == {}
    assert "default" not in (infer(language, "select 1").schema or {})["properties"]["database"]


def test_duckdb_asks_for_none() -> None:
    assert _args("duckdb", "-- $n (int) = 3\nselect $n") == {"n": ("integer", 3)}


def test_placeholders_of_postgresql_count_without_a_declaration() -> None:
    code = "select $2::bigint, $1, $3 :: int, $4::double precision, $5::timestamp with time zone, $6::text[]"
    assert _args("postgresql", f"-- database f/a/b\n{code}") == {
        "$1!": ("string", None),
        "$2!": ("integer", None),
        "$3!": ("string", None),
        "$4!": ("number", None),
        "$5!": ("date-time", None),
        "$6!": ("array", None),
    }


def test_declared_arguments_take_the_type_of_their_cast() -> None:
    code = "-- database f/a/b\n-- $2 n = 36\n-- $1 who = 'ada'\n-- $3 unused\n-- $4 kept (int)\nselect $1, $2::int"
    assert _args("postgresql", code) == {
        "who": ("string", "ada"),
        "n": ("integer", 36),
        "kept!": ("integer", None),
    }


@pytest.mark.parametrize(
    ("text", "default"),
    [("5", 5), ("-5", -5), ("5.5", None), ("x", None), ("null", None), ("9" * 30, None), ("1_0", None)],
)
def test_a_default_that_is_no_number_counts_as_null(text: str, default: int | None) -> None:
    assert _args("mysql", f"-- database f/a/b\n-- :n (int) = {text}\nselect :n") == {
        "n": ("integer", default)
    }


def test_line_ends_do_not_matter() -> None:
    assert _args("snowflake", "-- database f/a/b\r\n-- ? n (int)\r\nselect ?\r\n") == {
        "n!": ("integer", None)
    }


def test_code_that_does_not_end_is_refused_with_its_place() -> None:
    found = infer("postgresql", "select 1;\nselect 'x")
    assert found.schema is None
    assert found.error is not None
    assert (found.error.line, found.error.column) == (2, 8)
    assert "never closed" in found.error.message


def test_marks_tell_what_stands_for_an_argument() -> None:
    assert [arg.mark for arg in arguments("-- $50 b (int)\n-- $5 a (int)\nselect 1", POSTGRESQL)] == [
        "$5",
        "$50",
    ]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", Collection("last_statement", "all_rows")),
        ("-- result_collection=legacy", Collection("legacy", "all_rows")),
        ("-- result_collection=last_statement_first_row", Collection("last_statement", "first_row")),
        ("-- result_collection=all_statements_all_rows", Collection("all_statements", "all_rows")),
        (
            "-- result_collection=all_statements_first_row_scalar",
            Collection("all_statements", "first_row_scalar"),
        ),
        ("-- result_collection=nonsense", Collection()),
        ("-- return_last_result", Collection()),
    ],
)
def test_the_collection_of_results(comment: str, expected: Collection) -> None:
    assert directives(f"{comment}\nselect 1").collection == expected


def test_further_directives() -> None:
    found = directives(
        "-- database $res:f/a/b\n-- prepare\n-- raw_output\n-- s3 prefix=out/x storage=second format=csv\n"
    )
    assert (found.database, found.prepare, found.raw_output) == ("$res:f/a/b", True, True)
    assert found.export == ExportWish("out/x", "second", "csv")
    assert directives("-- prepare the ground\n-- s3object\nselect 1").prepare is False


CODE = "-- %%tbl%% a/b = b\n-- %%col%%\nselect %%col%% from %%tbl%% -- %%other%%"


def test_pieces_of_code_are_filled_in() -> None:
    assert interpolated(CODE, {"tbl": "a", "col": "x_1"}).splitlines()[-1] == "select x_1 from a -- %%other%%"
    assert interpolated(CODE, {"col": "X"}).splitlines()[-1] == "select X from b -- %%other%%"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tbl": "c", "col": "x"}, "the argument tbl may only be one of: a, b"),
        ({"tbl": "a"}, "the argument col is missing"),
        ({"tbl": "a", "col": "x; drop table y"}, "the argument col becomes a part of the code"),
        ({"tbl": "a", "col": "1x"}, "must begin with a letter"),
        ({"tbl": "a", "col": 5}, "must begin with a letter"),
        ({"tbl": "a", "col": "x\n"}, "must begin with a letter"),
    ],
)
def test_only_plain_names_become_code(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSignature) as error:
        interpolated(CODE, given)
    assert message in error.value.message
