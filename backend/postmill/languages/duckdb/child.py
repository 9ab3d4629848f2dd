"""The inner side: DuckDB in a process that sees no file but those whose descriptors it was sent.

Runs in the sandbox, with the standard library and DuckDB only. ``mode`` of the job says what is wanted.
"""

import sys
from typing import Any

from postmill.languages.duckdb import convert, page, script
from postmill.languages.duckdb.inside import Reply


def prepare(spec: dict[str, Any]) -> None:
    """Once per zygote: loads DuckDB, which starts no thread before a connection is opened."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace", encoding="utf-8")  # type: ignore[union-attr]
    import duckdb  # noqa: F401


def rehearse() -> None:
    """Nothing that would start a thread before the fork."""


def rehearse_again() -> None:
    """Nothing: a connection is opened in a few milliseconds."""


def run(job: dict[str, Any], orders: dict[bytes, bytes], reply: Reply) -> int:
    """One job. Returns the exit code."""
    modes = {"page": page.run, "convert": convert.run, "script": script.run}
    return int(modes[job["mode"]](job, orders, reply))
