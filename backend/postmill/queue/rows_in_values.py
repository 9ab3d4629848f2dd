"""Values that refer to stored rows: the rows themselves take the place of the reference before code reads them."""

from typing import Any
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.subject import Subject
from postmill.objects.contract import Objects
from postmill.queue.jobs import visible_ids
from postmill.queue.stored_rows import reference_in, whole_text
from postmill.tables.output import stored_rows

_MARK = '"postmill_rows"'


def mentions_rows(text: str) -> bool:
    """Whether JSON text may refer to stored rows."""
    return _MARK in text


async def with_rows(
    pool: Pool, objects: Objects, subject: Subject, workspace: str, args: str, most_bytes: int
) -> str:
    """The JSON text with the rows of jobs whose results the subject may read.

    Raises NotFound for rows that are gone or hidden, and InvalidInput for more than ``most_bytes`` together.
    """
    if _MARK not in args:
        return args
    left = most_bytes

    async def value(found: Any) -> Any:
        nonlocal left
        if isinstance(found, list):
            return [await value(item) for item in found]
        if not isinstance(found, dict):
            return found
        if "postmill_rows" not in found:
            return {name: await value(member) for name, member in found.items()}
        text = json.encode_text(found)
        reference = reference_in(text)
        if reference is None:
            return found
        job_id = await _readable_owner(pool, subject, workspace, reference.postmill_rows)
        rows = await whole_text(pool, objects, job_id, text, most_bytes)
        left -= len(rows)
        if left < 0:
            raise InvalidInput(
                f"the rows that are referred to have more than {most_bytes} bytes, the limit of a value"
            )
        return msgspec.Raw(rows.encode())

    return json.encode_text(await value(json.decode(args)))


async def _readable_owner(pool: Pool, subject: Subject, workspace: str, rows_id: UUID) -> UUID:
    job_id = await stored_rows.owner(pool, rows_id)
    if job_id is None or not await visible_ids(pool, subject, workspace, [job_id]):
        raise NotFound(f"Not found: the rows {rows_id}, which an argument refers to, are gone or hidden")
    return job_id
