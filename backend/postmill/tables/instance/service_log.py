"""The table of what servers and workers log."""

from datetime import datetime
from typing import Literal

import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)

Mode = Literal["server", "worker"]


class LogFile(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one process in one minute, without them; ``err_lines`` are warnings and errors."""

    file_path: str
    hostname: str
    mode: Mode
    worker_group: str | None
    logged_at: datetime
    ok_lines: int
    err_lines: int


async def append(connection: Connection, file: LogFile, content: str, most_characters: int) -> None:
    """Adds lines, and their numbers, to those of the file; what goes beyond ``most_characters`` is only counted."""
    await connection.execute(
        QUERIES.append, file.file_path, file.hostname, file.mode, file.worker_group, file.logged_at,
        file.ok_lines, file.err_lines, content, most_characters,
    )  # fmt: skip


async def list_files(
    connection: Connection, before: datetime | None, after: datetime | None, *, with_error: bool, limit: int
) -> list[LogFile]:
    """The newest first."""
    rows = await connection.fetch(QUERIES.list_files, before, after, with_error, limit)
    return [LogFile(**dict(row)) for row in rows]


async def content(connection: Connection, file_path: str) -> str | None:
    """The lines of a file, None where there is no such file."""
    found: str | None = await connection.fetchval(QUERIES.content, file_path)
    return found


async def forget_old(connection: Connection, days: int) -> None:
    await connection.execute(QUERIES.forget_old, days)
