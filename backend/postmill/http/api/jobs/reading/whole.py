"""Results given whole: the rows themselves where the result refers to stored ones."""

from collections.abc import AsyncIterator
from uuid import UUID

from postmill.http.call import Call
from postmill.http.responses import Response, Stream, raw_json
from postmill.queue.results import long_result_bytes, long_result_pieces
from postmill.queue.stored_rows import reference_in, whole_rows, whole_text

JSON = "application/json"


async def streamed_rows(call: Call, job_id: UUID, result: str) -> Response | None:
    """The rows of a result that refers to stored ones, as a JSON array in pieces; None for other results.

    Raises NotFound where the rows are gone. The caller was let in before.
    """
    reference = reference_in(result)
    if reference is None:
        return None
    context = call.context
    return await Stream.begun(whole_rows(context.pool, context.objects, job_id, reference), JSON)


async def long_result(
    call: Call, blob_id: UUID, *, before: bytes = b"", after: bytes = b"", status: int = 200
) -> Response:
    """A result that is kept in chunks, from the database to the caller piece by piece; ``null`` for a removed one."""
    pool = call.context.pool
    size = await long_result_bytes(pool, blob_id)
    if not size:
        return raw_json(before + b"null" + after, status)

    async def all_of_it() -> AsyncIterator[bytes]:
        yield before
        async for piece in long_result_pieces(pool, blob_id):
            yield piece
        yield after

    # The length tells a caller that it was removed half-way.
    length = {"content-length": str(len(before) + size + len(after))}
    return Stream(all_of_it(), JSON, length, status)


async def whole_result(call: Call, job_id: UUID, result: str) -> str:
    """The result as one text. Raises TooLarge beyond the limit of results."""
    if reference_in(result) is None:
        return result
    context = call.context
    most = context.settings.job_result_bytes
    return await whole_text(context.pool, context.objects, job_id, result, most)
