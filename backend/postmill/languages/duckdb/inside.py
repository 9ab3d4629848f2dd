"""What all modes of the child share: how it hears of files, how it opens DuckDB."""

import datetime
import os
import sys
from typing import Any, Protocol


class Reply(Protocol):
    """The worker's side: ``F`` asks for descriptors."""

    def send(self, kind: bytes, content: bytes = b"") -> None: ...

    def receive_descriptors(self, most: int = 1) -> list[int]: ...


def received_files(reply: Reply, count: int) -> list[str]:
    """Paths under which DuckDB opens the files that the worker sends."""
    if count == 0:
        return []
    reply.send(b"F")
    return [f"/proc/self/fd/{descriptor}" for descriptor in reply.receive_descriptors(count)]


class _Utc(datetime.tzinfo):
    """UTC as the package pytz has it."""

    def localize(self, moment: datetime.datetime) -> datetime.datetime:
        return moment.replace(tzinfo=datetime.UTC)

    def utcoffset(self, _moment: datetime.datetime | None) -> datetime.timedelta:
        return datetime.timedelta(0)

    def dst(self, _moment: datetime.datetime | None) -> datetime.timedelta:
        return datetime.timedelta(0)

    def tzname(self, _moment: datetime.datetime | None) -> str:
        return "UTC"


class _TimeZones:
    """What DuckDB asks of the package pytz, which is not here: it needs nothing but UTC."""

    utc = _Utc()

    @staticmethod
    def timezone(_name: str) -> _Utc:
        return _TimeZones.utc


def connect(memory_bytes: int) -> Any:
    """A database in memory that fetches nothing, and spills into the child's own folder."""
    import duckdb

    sys.modules.setdefault("pytz", _TimeZones)  # type: ignore[arg-type]
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": f"{max(64, memory_bytes * 6 // 10 // 1024**2)}MiB",
        "temp_directory": os.path.join(os.getcwd(), "spill"),  # noqa: PTH118, PTH109
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it would go into the log, step by step
    return connection


def seal(connection: Any, paths: list[str]) -> None:
    """From now on nothing but these files can be opened, and no setting can be changed."""
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
