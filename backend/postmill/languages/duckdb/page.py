"""Mode ``page``: some rows of a file of rows, filtered and sorted by a query that the server made."""

import json
import math
from typing import Any

from postmill.languages.duckdb.inside import connect, received_files, seal

_FETCH = 1000


def run(job: dict[str, Any], _orders: dict[bytes, bytes], reply: Any) -> int:
    """Answers ``T`` the count, ``R`` a JSON array of rows; ``E`` a sentence where DuckDB refuses."""
    (path,) = received_files(reply, 1)
    connection = connect(job["memory_bytes"])
    seal(connection, [path])
    try:
        values = job["values"]
        if job["count"] is not None:
            total = connection.execute(job["count"].replace("$FILE", path), values).fetchone()[0]
            reply.send(b"T", str(total).encode())
        found = connection.execute(job["query"].replace("$FILE", path), values)
        rows: list[Any] = []
        while batch := found.fetchmany(_FETCH):
            rows += [[_plain(value) for value in row] for row in batch]
        reply.send(b"R", json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace"))
        return 0
    except Exception as error:
        reply.send(b"E", str(error).replace(path, "rows").encode("utf-8", "replace")[:4000])
        return 1


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
