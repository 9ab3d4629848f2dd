"""Results that are a reference to stored rows: read whole, or given to another job."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec

from postmill.db.pool import Connection
from postmill.kernel.errors import NotFound, TooLarge
from postmill.kernel.ids import new_id
from postmill.objects.contract import Objects
from postmill.objects.row_files import json_pieces
from postmill.objects.store import copy_to_file
from postmill.tables.output import stored_rows

_MARK = re.compile(r'\s*\{\s*"postmill_rows"\s*:')


class Reference(msgspec.Struct, frozen=True):
    """What stands in a result for rows that are stored; ``columns`` have name, kind and type."""

    postmill_rows: UUID
    rows: int
    bytes: int
    columns: list[dict[str, str]]


def reference_in(result: str) -> Reference | None:
    """The reference that a result is; None for any other result."""
    if _MARK.match(result) is None:
        return None
    try:
        return msgspec.json.decode(result, type=Reference)
    except msgspec.MsgspecError:
        return None


async def rows_of(connection: Connection, job_id: UUID, reference: Reference) -> stored_rows.StoredRows:
    """Raises NotFound where they are gone, or belong to another job."""
    found = await stored_rows.find(connection, reference.postmill_rows, job_id)
    if found is None:
        raise NotFound(f"Not found: job {job_id} has no stored rows {reference.postmill_rows}")
    return found


async def whole_rows(
    connection: Connection, objects: Objects, job_id: UUID, reference: Reference
) -> AsyncIterator[bytes]:
    """The rows as the JSON text of an array of objects, in pieces. Raises NotFound before the first."""
    stored = await rows_of(connection, job_id, reference)
    with tempfile.TemporaryDirectory(prefix="postmill-rows-") as folder:
        path = Path(folder) / "rows.parquet"
        try:
            await copy_to_file(objects, stored.object_key, path)
        except FileNotFoundError:
            raise NotFound(
                f"Not found: the stored rows of job {job_id} are gone from the object store"
            ) from None
        pieces = json_pieces(path)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


async def whole_text(
    connection: Connection, objects: Objects, job_id: UUID, result: str, most_bytes: int
) -> str:
    """The result with its rows in place of the reference. Raises TooLarge for more than ``most_bytes``."""
    reference = reference_in(result)
    if reference is None:
        return result
    data = bytearray()
    async for piece in whole_rows(connection, objects, job_id, reference):
        data += piece
        if len(data) > most_bytes:
            raise TooLarge(
                f"The result of job {job_id} has more than {most_bytes} bytes, the limit of a value"
            )
    return data.decode()


async def adopted(connection: Connection, job_id: UUID, result: str) -> str | None:
    """The result of another job for this one; None where its rows are gone."""
    reference = reference_in(result)
    if reference is None:
        return result
    own = new_id()
    if not await stored_rows.adopt(connection, own, job_id, reference.postmill_rows):
        return None
    return msgspec.json.encode(msgspec.structs.replace(reference, postmill_rows=own)).decode()
