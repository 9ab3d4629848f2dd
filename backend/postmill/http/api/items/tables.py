"""Tables among the files of a workspace: pages of CSV and Parquet files, their length, Parquet as CSV."""

from typing import Any, Literal

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.opened_file import OpenedFileResponse
from postmill.http.operation import Operation
from postmill.http.page_parts import PAGES
from postmill.http.responses import as_json
from postmill.items.files import Files, require_default_storage
from postmill.kernel.errors import InvalidInput
from postmill.result_pages.pages import Table
from postmill.result_pages.query import Asked, Condition

MOST_TABLE_BYTES = 2 * 1024**3
TAGS = ("helpers",)
Format = Literal["csv", "parquet"]


class TableSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in which ``search_col``, or any column where none is named, holds ``search_term`` in any case."""

    search_col: str | None = None
    search_term: str | None = None
    storage: str | None = None


class TablePageQuery(TableSearch, frozen=True, kw_only=True):
    offset: int = 0
    limit: int = 100
    sort_col: str | None = None
    sort_desc: bool = False


class CsvPageQuery(TablePageQuery, frozen=True, kw_only=True):
    """``csv_separator``: one character; without one the file itself tells."""

    csv_separator: str | None = None


class ParquetAsCsv(msgspec.Struct, frozen=True, kw_only=True):
    file_key: str
    s3_resource_path: str | None = None
    resource_type: str | None = None


class TableColumn(msgspec.Struct, frozen=True):
    """``datatype`` is the type in the file, ``kind`` how the values stand here: dates and decimals as text."""

    name: str
    datatype: str
    kind: str
    values: list[Any]


class TablePage(msgspec.Struct, frozen=True):
    """``total``: how many rows match, on all pages."""

    columns: list[TableColumn]
    total: int


class TableCount(msgspec.Struct, frozen=True):
    count: int


async def csv_page(call: Call) -> Response:
    query = call.query(CsvPageQuery)
    return await _page(call, query, "csv", query.csv_separator)


async def parquet_page(call: Call) -> Response:
    return await _page(call, call.query(TablePageQuery), "parquet", None)


async def count(call: Call) -> Response:
    query = call.query(TableSearch)
    kind: Format = "parquet" if call.path_params["path"].endswith(".parquet") else "csv"
    table = await _table(call, _key(call), query.storage, kind, None)
    _, _, total = await PAGES.of(call.context).table_page(table, _asked(query, limit=1))
    return as_json(TableCount(total))


async def parquet_as_csv(call: Call) -> Response:
    query = call.query(ParquetAsCsv)
    require_default_storage(None, query.s3_resource_path)
    table = await _table(call, query.file_key, None, "parquet", None)
    name = query.file_key.rpartition("/")[2].removesuffix(".parquet")
    file = await PAGES.of(call.context).table_as_csv(table)
    return OpenedFileResponse(file, media_type="text/csv", filename=f"{name}.csv")


async def _page(call: Call, query: TablePageQuery, kind: Format, separator: str | None) -> Response:
    if separator and (len(separator) != 1 or separator in '"\r\n'):
        raise InvalidInput(
            "Bad request: csv_separator is one character, and no quotation mark or end of a line"
        )
    table = await _table(call, _key(call), query.storage, kind, separator)
    sort = (f"{'-' if query.sort_desc else ''}{query.sort_col}",) if query.sort_col else ()
    asked = _asked(query, offset=query.offset, limit=query.limit, sort=sort)
    columns, rows, total = await PAGES.of(call.context).table_page(table, asked)
    return as_json(
        TablePage(
            [
                TableColumn(column.name, column.type, column.kind, [row[place] for row in rows])
                for place, column in enumerate(columns)
            ],
            total,
        )
    )


def _asked(query: TableSearch, *, limit: int, offset: int = 0, sort: tuple[str, ...] = ()) -> Asked:
    term = query.search_term or ""
    conditions = (Condition(query.search_col, "contains", term),) if query.search_col and term else ()
    return Asked(
        offset=offset, limit=limit, sort=sort, conditions=conditions, search="" if conditions else term
    )


def _key(call: Call) -> str:
    return call.path_params["path"].removeprefix("/")


async def _table(call: Call, key: str, storage: str | None, kind: Format, separator: str | None) -> Table:
    """The file, for a caller who may read it. Raises NotFound, and InvalidInput for one that is too large."""
    require_default_storage(storage, None)
    files = Files(call.context.objects, call.subject, call.workspace)
    facts = await files.facts(key)
    if facts.size_bytes > MOST_TABLE_BYTES:
        raise InvalidInput(
            f"Bad request: {key} has {facts.size_bytes} bytes; tables of up to {MOST_TABLE_BYTES} are shown"
        )
    mark = f"{facts.size_bytes} {facts.modified_at.isoformat()}"
    return Table(files.full_key(key), mark, kind, separator)


def _helper(name: str, path: str, handler: Any, summary: str, query: Any, returns: Any) -> Operation:
    return Operation(
        name, "GET", f"/w/{{workspace}}/job_helpers/{path}", handler, "job_helpers:read", TAGS, summary,
        query=query, returns=returns,
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    _helper("loadCsvPreview", "load_csv_preview/{path:path}", csv_page, "Rows of a CSV file", CsvPageQuery, TablePage),
    _helper("loadParquetPreview", "load_parquet_preview/{path:path}", parquet_page, "Rows of a Parquet file",
            TablePageQuery, TablePage),
    _helper("loadTableRowCount", "load_table_count/{path:path}", count, "How many rows a CSV or Parquet file has",
            TableSearch, TableCount),
    _helper("fileDownloadParquetAsCsv", "download_s3_parquet_file_as_csv", parquet_as_csv,
            "A Parquet file as CSV", ParquetAsCsv, "text/csv"),
)  # fmt: skip
