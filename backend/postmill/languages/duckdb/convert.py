# ruff: noqa: S608
# Names are quoted here, and the path is that of a descriptor.
"""Mode ``convert``: a JSON array of objects, or a file with a table, becomes a file of rows; or a table becomes CSV."""

import json
import os
from typing import Any

from postmill.languages.duckdb.inside import connect, received_files

_KINDS = {"BOOLEAN": "bool", "BIGINT": "int", "UBIGINT": "int", "DOUBLE": "float", "VARCHAR": "text"}
_WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
_KINDS_OF_TABLES = {
    **dict.fromkeys(_WHOLE_NUMBERS, "int"),
    "HUGEINT": "int",
    "FLOAT": "float",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
_OUTPUT = "rows.parquet"
_LARGEST_OBJECT = 64 * 1024**2


def run(job: dict[str, Any], _orders: dict[bytes, bytes], reply: Any) -> int:
    """Writes into the second descriptor; answers ``C`` the columns as JSON ``[name, kind, type]``, or ``E``.

    ``format`` of the job: ``json`` (the default), ``csv`` with its ``separator``, ``parquet``; ``to`` is ``csv`` where
    a CSV file with a line of names is wanted of a Parquet file.
    """
    source, target = received_files(reply, 2)
    connection = connect(job["memory_bytes"])
    written = int(target.rpartition("/")[2])
    try:
        if job.get("format", "json") != "json":
            described = _convert_table(connection, source, job)
            _copy(_OUTPUT, written)
            reply.send(b"C", json.dumps(described).encode())
            return 0
        columns = _columns(connection, source)
        try:
            _write(connection, source, columns)
        except Exception:
            # The first objects did not tell what the later ones are: their values stay JSON.
            columns = [(name, "JSON") for name, _ in columns]
            _write(connection, source, columns)
        _copy(_OUTPUT, written)
        described = [[name, _KINDS.get(kind, "json"), kind] for name, kind in columns]
        reply.send(b"C", json.dumps(described).encode())
        return 0
    except Exception as error:
        reply.send(
            b"E",
            str(error)
            .replace(source, "the file" if "format" in job else "the result")
            .encode("utf-8", "replace")[:4000],
        )
        return 1


def _convert_table(connection: Any, source: str, job: dict[str, Any]) -> list[list[str]]:
    if job.get("to") == "csv":
        connection.execute(
            f"COPY (SELECT * FROM read_parquet('{source}')) TO '{_OUTPUT}' (FORMAT csv, HEADER)"
        )
        return []
    reader = f"read_parquet('{source}')"
    if job["format"] == "csv":
        given = job.get("separator")
        options = f", delim = {_quoted(given)}" if given else ""
        reader = f"read_csv('{source}', header = true{options})"
        try:
            return _write_table(connection, reader)
        except Exception:
            # The first lines did not tell what the later ones hold: everything is text.
            options += ", all_varchar = true, null_padding = true, strict_mode = false"
            reader = f"read_csv('{source}', header = true{options})"
    return _write_table(connection, reader)


def _write_table(connection: Any, reader: str) -> list[list[str]]:
    """Names, kinds and types of the columns; what JSON has no form for becomes text, as in results."""
    columns = [(row[0], row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]
    chosen = ", ".join(
        f"{_in_rows(_identifier(name), kind)} AS c{place}" for place, (name, kind) in enumerate(columns)
    )
    connection.execute(
        f"COPY (SELECT {chosen} FROM {reader}) TO '{_OUTPUT}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return [
        [name, _KINDS_OF_TABLES.get(kind) or _KINDS.get(_kept(kind), "json"), kind] for name, kind in columns
    ]


def _in_rows(name: str, kind: str) -> str:
    if kind in _KINDS:
        return name
    if kind in _WHOLE_NUMBERS:
        return f"{name}::BIGINT"
    if kind == "FLOAT":
        return f"{name}::DOUBLE"
    return f"to_json({name})::VARCHAR" if _kept(kind) == "JSON" else f"{name}::VARCHAR"


def _columns(connection: Any, source: str) -> list[tuple[str, str]]:
    """Names and types. Dates stay the texts that they are in JSON, nested values stay JSON."""
    described = connection.execute(
        f"DESCRIBE SELECT * FROM read_json('{source}', format = 'array', records = true, sample_size = 100000, "
        f"maximum_object_size = {_object_bytes(source)})"
    ).fetchall()
    return [(row[0], _kept(row[1])) for row in described]


def _object_bytes(source: str) -> int:
    """How large one object may be; DuckDB holds some times as much in memory."""
    return min(max(os.stat(source).st_size, 1024**2), _LARGEST_OBJECT)  # noqa: PTH116


def _kept(kind: str) -> str:
    if kind in _KINDS:
        return kind
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "JSON", "UNION"))
    return "JSON" if nested else "VARCHAR"


def _write(connection: Any, source: str, columns: list[tuple[str, str]]) -> None:
    types = ", ".join(f"{_quoted(name)}: '{kind}'" for name, kind in columns)
    chosen = ", ".join(
        f"{_identifier(name)}{'::VARCHAR' if kind == 'JSON' else ''} AS c{place}"
        for place, (name, kind) in enumerate(columns)
    )
    connection.execute(
        f"COPY (SELECT {chosen} FROM read_json('{source}', format = 'array', records = true, columns = {{{types}}}, "
        f"maximum_object_size = {_object_bytes(source)})) TO 'rows.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )


def _copy(source: str, target: int) -> None:
    """Into the descriptor that came from outside: a file there can be written, but not opened for it."""
    with open(source, "rb") as file:  # noqa: PTH123
        while os.sendfile(target, file.fileno(), None, 1 << 24):
            pass


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
