"""Mode ``script``: statements one after the other, rows in batches that the worker acknowledges."""

import base64
import contextlib
import datetime
import decimal
import json
import os
import uuid
from typing import Any

from postmill.languages.duckdb.inside import connect, received_files
from postmill.languages.duckdb.result_table import ALL_ROWS, hand_over, keep_as_table, may_be_file, write_rest

_BATCH = 2000
_INTEGERS = frozenset(
    (
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
    )
)
_KINDS = {
    "BOOLEAN": "bool", "FLOAT": "float", "DOUBLE": "float", "DATE": "date", "TIME": "time", "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "JSON": "json",
}  # fmt: skip


def run(job: dict[str, Any], _orders: dict[bytes, bytes], reply: Any) -> int:
    """Answers ``S`` columns of a result set, ``B`` rows (then waits for ``A``), ``Z`` its end; ``E`` a failure.

    An ``A`` with a content asks for the rest of the rows as a file: ``P`` asks for its descriptor, ``Q`` says that it
    is there.
    """
    place_files(job, reply)
    connection = connect(job["memory_bytes"])
    number = 0
    try:
        for path in job["extensions"]:
            connection.execute(f"LOAD '{path}'")
        for statement in job["statements"]:
            text, values = statement["text"], statement["values"] or None
            if statement["may_grow"] and keep_as_table(connection, text, values):
                connection.execute(ALL_ROWS)
                _send_rows(connection, reply, first_only=False, is_table=True)
            else:
                connection.execute(text, values)
                if statement["wanted"]:
                    _send_rows(connection, reply, first_only=job["first_only"])
            number += 1
        _hand_over(job, reply)
        return 0
    except Exception as error:
        told = {"statement": number, "message": str(error), "name": type(error).__name__}
        if number < len(job["statements"]) and (
            unfit := _unfit_argument(connection, job["statements"][number], error)
        ):
            told |= {"message": unfit, "argument": True}
        reply.send(b"E", json.dumps(told).encode("utf-8", "replace"))
        return 1


_UNFIT = frozenset(
    (
        "ConversionException",
        "InvalidInputException",
        "OutOfRangeException",
        "BinderException",
        "TypeMismatchException",
    )
)


def _unfit_argument(connection: Any, statement: dict[str, Any], error: Exception) -> str:
    """A sentence that names the value which is none of its type, never the value; empty where all fit."""
    if type(error).__name__ not in _UNFIT:
        return ""
    other = connection.cursor()  # the transaction of the statement may be lost
    for (name, type_name, query), value in zip(statement["checks"], statement["values"], strict=True):
        try:
            other.execute(query, [value]).fetchall()
        except Exception as unfit:
            if type(unfit).__name__ in _UNFIT:
                return f"the argument {name} cannot be a value of the type {type_name}"
    return ""


def place_files(job: dict[str, Any], reply: Any) -> None:
    """Links at the paths that the script names, to the descriptors that the worker sends."""
    paths = job["files"]
    for start in range(0, len(paths), 200):
        part = paths[start : start + 200]
        for path, file in zip(part, received_files(reply, len(part)), strict=True):
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            os.symlink(file, path)  # noqa: PTH211
    for path in job["written"]:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120


def _hand_over(job: dict[str, Any], reply: Any) -> None:
    """Copies what the script wrote into the descriptors that the worker sends for it; ``W`` names what there is."""
    written = [path for path in job["written"] if os.path.isfile(path)]  # noqa: PTH113
    if not written:
        return
    reply.send(b"W", json.dumps(written).encode())
    for path, target in zip(written, received_files(reply, len(written)), strict=True):
        descriptor = int(target.rpartition("/")[2])
        with open(path, "rb") as file:  # noqa: PTH123
            while os.sendfile(descriptor, file.fileno(), None, 1 << 24):
                pass


def _send_rows(connection: Any, reply: Any, *, first_only: bool, is_table: bool = False) -> None:
    description = connection.description
    if not description:
        return
    columns: list[tuple[str, str, str]] = [(name, *_kind(str(kind))) for name, kind, *_ in description]
    reply.send(b"S", json.dumps(columns).encode("utf-8", "replace"))
    kinds = [kind for _, kind, _ in columns]
    sent = 0
    while rows := connection.fetchmany(1 if first_only else _BATCH):
        values = [[_value(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in rows]
        reply.send(b"B", json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"))
        sent += len(rows)
        asks_for_file = bool(reply.receive_until(b"A")[b"A"])
        if first_only:
            break
        if asks_for_file and is_table and may_be_file(columns):
            write_rest(connection, columns, sent)
            reply.send(b"P")
            hand_over(reply.receive_descriptors()[0])
            reply.send(b"Q")
            break
    reply.send(b"Z")


def _kind(name: str) -> tuple[str, str]:
    """The kind of a column, and the type's own name."""
    if name in _INTEGERS:
        return "int", name
    if name.startswith("DECIMAL"):
        return "decimal", name
    if name.endswith("]") or name.startswith(("STRUCT", "MAP", "UNION")):
        return "json", name
    return _KINDS.get(name, "text"), name


def _value(kind: str, value: Any) -> Any:
    """A value as JSON carries it to the worker: decimals and special numbers as text."""
    if value is None or kind in ("bool", "int"):
        return value
    if kind == "float":
        return value if abs(value) < float("inf") else str(value)
    if kind == "json":
        return _nested(value) if not isinstance(value, str) else _parsed(value)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC)
        return str(value.isoformat())
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return str(value)


def _parsed(text: str) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return text


def _nested(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _nested(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_nested(item) for item in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    return _text(value)
