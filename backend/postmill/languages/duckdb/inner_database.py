"""How a child opens DuckDB."""

import os
from typing import Any


def connect(memory_bytes: int) -> Any:
    """A database in memory that fetches nothing, and spills into the child's own folder."""
    import duckdb

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
    return connection


def seal(connection: Any, paths: list[str]) -> None:
    """From now on nothing but these files can be opened, and no setting can be changed."""
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
