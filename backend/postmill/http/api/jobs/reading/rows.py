"""Results that are tables: pages of their rows, and all of them."""

from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.call import Call
from postmill.http.opened_file import OpenedFileResponse
from postmill.http.operation import Operation
from postmill.http.page_parts import PAGES
from postmill.http.responses import as_json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.queue import jobs
from postmill.result_pages.query import Asked, Condition


class RowsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``sort``: columns with commas between; ``filters``: JSON, see docs/reference/large-results.md."""

    offset: int = 0
    limit: int = 100
    sort: str = ""
    filters: str = ""
    search: str = ""
    rows: UUID | None = None


class RowsFileQuery(msgspec.Struct, frozen=True, kw_only=True):
    rows: UUID | None = None


async def _result(call: Call, job_id: UUID) -> str:
    outcome = await jobs.get_outcome(call.context.pool, call.subject, call.workspace, job_id)
    if outcome.result is None:
        raise NotFound(f"Not found: job {job_id} has not ended")
    return outcome.result


async def result_rows(call: Call) -> Response:
    query = call.query(RowsQuery)
    job_id = job_id_of(call)
    result = await _result(call, job_id)
    asked = Asked(
        offset=query.offset,
        limit=query.limit,
        sort=tuple(name for name in query.sort.split(",") if name),
        conditions=_conditions(query.filters),
        search=query.search,
    )
    pages = PAGES.of(call.context)
    return as_json(await pages.page(call.context.pool, job_id, result, asked, query.rows))


async def rows_file(call: Call) -> Response:
    query = call.query(RowsFileQuery)
    job_id = job_id_of(call)
    result = await _result(call, job_id)
    file = await PAGES.of(call.context).typed_file(call.context.pool, job_id, result, query.rows)
    return OpenedFileResponse(file, media_type="application/vnd.apache.parquet", filename=f"{job_id}.parquet")


def _conditions(text: str) -> tuple[Condition, ...]:
    if not text:
        return ()
    try:
        return msgspec.json.decode(text, type=tuple[Condition, ...])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"Bad request: filters must be a JSON array of filters: {error}") from None


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getResultRows", "GET", "/w/{workspace}/jobs_u/result_rows/{id}", result_rows, "optional:jobs:read",
        ("postmill",), "A page of a result that is a table", query=RowsQuery, returns=dict,
    ),
    Operation(
        "getResultRowsFile", "GET", "/w/{workspace}/jobs_u/result_rows_file/{id}", rows_file,
        "optional:jobs:read", ("postmill",), "The rows of a large result as a Parquet file",
        query=RowsFileQuery, returns=bytes,
    ),
)  # fmt: skip
