"""What the database behind a resource holds, for completion in the editor.

An ordinary run of a script that asks the database, with the caller's rights: it shows among the runs, and reads
what the resource's own credentials may read.
"""

import msgspec
from starlette.responses import Response

from postmill.access.paths import ItemPath
from postmill.http.api.jobs.request.run_request import StartQuery, run_options
from postmill.http.api.jobs.starting.wait import awaited, result_of
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.languages.sql.schema_queries import schema_script
from postmill.model.run_options import Preview


class DatabaseSchemaBody(msgspec.Struct, frozen=True, kw_only=True):
    """``resource`` is the path of a resource of the language's database."""

    language: str
    resource: str


class DatabaseColumn(msgspec.Struct, frozen=True):
    """One column of the database, as it names it; of BigQuery, one dataset."""

    table_schema: str
    table_name: str | None
    column_name: str | None
    data_type: str | None
    is_nullable: str | None


async def database_schema(call: Call) -> Response:
    body = await call.json(DatabaseSchemaBody)
    script = schema_script(body.language, str(ItemPath.parse(body.resource)))
    options = awaited(call, run_options(call, call.query(StartQuery)))
    preview = Preview(content=script, language=body.language)
    return await result_of(call, options, call.context.launcher.run_preview(call.subject, preview, options))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "runDatabaseSchema", "POST", "/w/{workspace}/jobs/run_wait_result/database_schema", database_schema,
        "developer:jobs:run", ("postmill",), "List the tables and columns of the database of a resource",
        body=DatabaseSchemaBody, query=StartQuery, returns=list[DatabaseColumn],
    ),
)  # fmt: skip
