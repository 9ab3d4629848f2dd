"""Results given whole: the rows themselves where the result refers to stored ones."""

from uuid import UUID

from postmill.http.call import Call
from postmill.http.responses import Response, Stream
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


async def whole_result(call: Call, job_id: UUID, result: str) -> str:
    """The result as one text. Raises TooLarge beyond the limit of results."""
    if reference_in(result) is None:
        return result
    context = call.context
    most = context.settings.job_result_bytes
    return await whole_text(context.pool, context.objects, job_id, result, most)
