"""Migrations: applied once, in order, by one process at a time, never changed afterwards."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from postmill.db.migrate import MigrationFailed, migrate, read_migrations


@pytest.fixture
async def empty_database(postgres) -> AsyncIterator[str]:
    url = await postgres.make_database(template="template1")
    yield url
    await postgres.drop_database(url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id integer); INSERT INTO first VALUES (1);")
    (tmp_path / "0002_second.sql").write_text("ALTER TABLE first ADD COLUMN name text;")
    return tmp_path


async def fetch(url: str, query: str) -> list[tuple]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_migrations_are_applied_in_order_and_once(empty_database: str, folder: Path) -> None:
    assert await migrate(empty_database, folder) == ["0001_first", "0002_second"]
    assert await migrate(empty_database, folder) == []
    assert await fetch(empty_database, "SELECT id, name FROM first") == [(1, None)]


async def test_many_servers_may_migrate_at_once(empty_database: str, folder: Path) -> None:
    applied = await asyncio.gather(*(migrate(empty_database, folder) for _ in range(5)))
    assert sorted(applied, key=len) == [[], [], [], [], ["0001_first", "0002_second"]]
    assert await fetch(empty_database, "SELECT count(*) FROM first") == [(1,)]


async def test_a_broken_migration_leaves_nothing_behind(empty_database: str, folder: Path) -> None:
    (folder / "0003_broken.sql").write_text("CREATE TABLE third (id integer); SELECT no_such_function();")
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await migrate(empty_database, folder)
    assert await fetch(empty_database, "SELECT to_regclass('third')") == [(None,)]
    (folder / "0003_broken.sql").write_text("CREATE TABLE third (id integer);")
    assert await migrate(empty_database, folder) == ["0003_broken"]


async def test_an_applied_migration_that_was_edited_is_refused(empty_database: str, folder: Path) -> None:
    await migrate(empty_database, folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(MigrationFailed, match="0001_first was applied to this database with another content"):
        await migrate(empty_database, folder)


async def test_the_previous_release_starts_beside_a_newer_schema(empty_database: str, folder: Path) -> None:
    await migrate(empty_database, folder)
    (folder / "0002_second.sql").unlink()
    assert await migrate(empty_database, folder) == []


async def test_a_statement_that_needs_no_transaction_gets_none(empty_database: str, folder: Path) -> None:
    (folder / "0003_index.sql").write_text(
        "-- outside a transaction\nCREATE INDEX CONCURRENTLY first_id ON first (id);"
    )
    await migrate(empty_database, folder)
    assert await fetch(empty_database, "SELECT to_regclass('first_id') IS NOT NULL") == [(True,)]


def test_a_file_that_is_not_numbered_is_refused(folder: Path) -> None:
    (folder / "third.sql").write_text("SELECT 1")
    with pytest.raises(MigrationFailed, match=r"third\.sql is not named like"):
        read_migrations(folder)


def test_two_migrations_of_one_number_are_refused(folder: Path) -> None:
    (folder / "0002_again.sql").write_text("SELECT 1")
    with pytest.raises(MigrationFailed, match="two migrations have the number 0002"):
        read_migrations(folder)


def test_the_migrations_of_this_release_come_in_the_order_of_their_numbers() -> None:
    versions = [migration.version for migration in read_migrations()]
    assert versions[0] == 1
    assert versions == sorted(set(versions))
