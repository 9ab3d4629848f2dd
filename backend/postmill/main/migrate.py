"""`postmill migrate`: the schema of this release, for the database of the settings or the one of a data directory."""

import sys

from postmill.db.embedded import EmbeddedPostgres
from postmill.db.migrate import migrate
from postmill.kernel.settings import Settings
from postmill.main.data_lock import data_directory


async def migrate_and_say(settings: Settings) -> None:
    """Migrate and print what was applied; the embedded PostgreSQL runs for as long as that takes."""
    if settings.database_url is not None:
        _say(await migrate(settings.database_url))
        return
    with data_directory(settings.data_dir):
        postgres = EmbeddedPostgres(settings.data_dir.resolve(), binaries=settings.postgres_bin)
        try:
            _say(await migrate(await postgres.start()))
        finally:
            await postgres.stop()


def _say(applied: list[str]) -> None:
    for label in applied:
        print(label)
    print(f"{len(applied)} migrations applied" if applied else "nothing to do", file=sys.stderr)
