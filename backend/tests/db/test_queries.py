"""Every named query fits the migrated schema, and the loader refuses what nobody could have meant."""

import asyncpg
import pytest

from postmill.db.pool import Pool
from postmill.db.queries import all_queries, load_queries, parse_queries


async def test_every_query_can_be_prepared_against_the_migrated_schema(database: Pool) -> None:
    refused: list[str] = []
    async with database.acquire() as connection:
        for file_name, name, statement in all_queries():
            # In a transaction that is rolled back: a prepared statement keeps the session in one.
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                refused.append(f"{file_name}: {name}: {error}")
            finally:
                await transaction.rollback()
    assert refused == []


def test_a_query_is_found_by_name_without_its_purpose_and_its_semicolon() -> None:
    text = (
        "-- About this file.\n\n-- name: first\n-- Says one.\nSELECT 1;\n\n-- name: second\nSELECT 2 -- two\n"
    )
    assert parse_queries(text, "example.sql") == {"first": "SELECT 1", "second": "SELECT 2 -- two"}


def test_what_queries_share_stands_once() -> None:
    text = (
        "-- part: both\n-- Of both.\nSELECT 1\n\n-- name: first\n/* part: both */;\n-- name: second\n"
        "SELECT (/* part: both */);"
    )
    assert parse_queries(text, "example.sql") == {"first": "SELECT 1", "second": "SELECT (SELECT 1)"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "-- name: a\n/* part: b */;\n-- part: b\nSELECT 1",
            "a names the part b, which does not stand before",
        ),
        ("-- part: a\nSELECT 1\n-- name: a\nSELECT 1", "two queries are named a"),
        ("-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;", "two queries are named a"),
        ("-- name: a\n-- only words\n", "has no statement"),
        ("SELECT 1;\n-- name: a\nSELECT 2;", "before the first"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_queries(text, "example.sql")


def test_a_missing_query_is_named(tmp_path) -> None:
    (tmp_path / "thing.sql").write_text("-- name: known\nSELECT 1")
    queries = load_queries(str(tmp_path / "thing.py"))
    assert queries.known == "SELECT 1"
    with pytest.raises(AttributeError, match=r"thing\.sql holds no query named unknown"):
        _ = queries.unknown
