"""Arguments that are files of the object store (``s3object``): a script gets their rows as JSON text."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from postmill.kernel import json
from postmill.languages.job_files import JobFiles
from postmill.languages.sql.failure import SqlFailed
from postmill.signatures.sql_dialects import FILE_TYPE
from postmill.signatures.sql_script import SqlArg

MOST_BYTES = 64 * 1024**2
"""The rows of a file travel in one parameter, through the memory of the worker."""


async def with_files(
    args: Sequence[SqlArg], given: Mapping[str, Any], files: JobFiles | None
) -> Mapping[str, Any]:
    """The arguments with files replaced by their rows. Raises SqlFailed, or what JobFiles raises for a key."""
    wanted = [arg.name for arg in args if arg.type_name == FILE_TYPE and given.get(arg.name) is not None]
    if not wanted:
        return given
    if files is None:
        raise SqlFailed("files as arguments need an object store, and this worker has none")
    return {**given, **{name: await _rows(name, given[name], files) for name in wanted}}


async def _rows(name: str, value: Any, files: JobFiles) -> str:
    key = value.get("s3") if isinstance(value, dict) else value
    if not isinstance(key, str) or not key:
        raise SqlFailed(f'the argument {name} must be a file: {{"s3": "path/of/the/file"}}')
    descriptor = await files.opened(key)
    try:
        content = _read(name, descriptor)
    finally:
        os.close(descriptor)
    try:
        return _as_json(key, content)
    except (ValueError, csv.Error, msgspec.DecodeError) as error:
        raise SqlFailed(f"the file {key} cannot be read as rows: {error}") from None


def _read(name: str, descriptor: int) -> bytes:
    """A local copy of the file: reading it does not wait for anybody."""
    if os.fstat(descriptor).st_size > MOST_BYTES:
        raise SqlFailed(
            f"the file of the argument {name} is larger than {MOST_BYTES} bytes: use a DuckDB script"
        )
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()


def _as_json(key: str, content: bytes) -> str:
    """CSV with a header, JSON, or JSON lines, told by the name of the file."""
    name = key.lower()
    if name.endswith(".parquet"):
        raise ValueError("Parquet is for DuckDB scripts")
    text = content.decode("utf-8-sig")
    if name.endswith((".csv", ".tsv")):
        rows = csv.DictReader(io.StringIO(text), delimiter="\t" if name.endswith(".tsv") else ",")
        return json.encode_text(list(rows))
    if name.endswith((".jsonl", ".ndjson")):
        return json.encode_text(msgspec.json.Decoder().decode_lines(text))
    msgspec.json.decode(text, type=msgspec.Raw)
    return text
