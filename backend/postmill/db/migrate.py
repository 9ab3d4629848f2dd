"""Bring a database to the schema of this release: numbered files, each applied once, one server at a time.

A migration works with the previous release running beside it. A file whose first line is ``-- outside a transaction``
holds one statement that PostgreSQL refuses inside one, for instance ``CREATE INDEX CONCURRENTLY``.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from postmill.db.pool import Session, connect_one
from postmill.kernel.errors import PostmillError

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
OLDEST_POSTGRES = 14
LOCK_KEY = 0x506F73746D696C6C  # "Postmill"; any number that nobody else uses as an advisory lock
MIGRATION_SECONDS = 3600
OUTSIDE_TRANSACTION = "-- outside a transaction"

_FILE_NAME = re.compile(r"^(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.sql$")

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_RECORD = "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)"
_READ = "SELECT version, name, checksum FROM schema_migration"


class MigrationFailed(PostmillError):
    """The database cannot be brought to the schema of this release."""


@dataclass(frozen=True)
class Migration:
    """One numbered file of ``db/migrations``."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.version:04d}_{self.name}"


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of this release in order; raises MigrationFailed for a bad or repeated number."""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.match(path.name)
        if match is None:
            raise MigrationFailed(f"{path.name} is not named like 0001_what_it_does.sql")
        migration = Migration(int(match["version"]), match["name"], path.read_text(encoding="utf-8"))
        if migration.version in found:
            raise MigrationFailed(f"two migrations have the number {migration.version:04d}")
        found[migration.version] = migration
    return list(found.values())


async def migrate(database_url: str, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and return the labels of what was applied; any number of processes may call at once.

    Migrations of a newer release are left alone, so that an older server can run beside a newer one.
    Raises MigrationFailed when PostgreSQL is too old or an applied file has changed since.
    """
    migrations = read_migrations(folder)
    connection = await connect_one(
        database_url, application_name="postmill migrate", statement_seconds=MIGRATION_SECONDS
    )
    try:
        _require_version(connection.get_server_version().major)
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        await connection.execute(_CREATE_TABLE)
        return [
            item.label for item in await _missing(connection, migrations) if await _apply(connection, item)
        ]
    finally:
        # Closing the session is what releases the lock.
        await connection.close()


def _require_version(major: int) -> None:
    if major < OLDEST_POSTGRES:
        raise MigrationFailed(f"PostgreSQL {major} is too old: {OLDEST_POSTGRES} or newer is needed")


async def _missing(connection: Session, migrations: list[Migration]) -> list[Migration]:
    applied = {row["version"]: row["checksum"] for row in await connection.fetch(_READ)}
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise MigrationFailed(
                f"the migration {migration.label} was applied to this database with another content; "
                "an applied migration is never edited, a new one is added"
            )
    return [migration for migration in migrations if migration.version not in applied]


async def _apply(connection: Session, migration: Migration) -> bool:
    record = (migration.version, migration.name, migration.checksum)
    if migration.sql.startswith(OUTSIDE_TRANSACTION):
        await connection.execute(migration.sql)
        await connection.execute(_RECORD, *record)
        return True
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(_RECORD, *record)
    return True
