"""What the servers and workers of the instance log, for superadmins."""

from datetime import datetime

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.queue import service_logs

TAGS = ("service_logs",)


class FilesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Files of the minutes from ``after`` to ``before``; ``with_error``: only those with a warning or an error."""

    before: datetime | None = None
    after: datetime | None = None
    with_error: bool = False


class ShownLogFile(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one process in one minute, each a JSON object; ``err_lines`` are warnings and errors."""

    hostname: str
    mode: str
    log_ts: datetime
    file_path: str
    ok_lines: int
    err_lines: int
    json_fmt: bool
    worker_group: str | msgspec.UnsetType = msgspec.UNSET


async def list_files(call: Call) -> Response:
    query = call.query(FilesQuery)
    found = await service_logs.list_files(
        call.context.pool, query.before, query.after, with_error=query.with_error
    )
    return as_json(
        [
            ShownLogFile(
                hostname=file.hostname,
                mode=file.mode,
                log_ts=file.logged_at,
                file_path=file.file_path,
                ok_lines=file.ok_lines,
                err_lines=file.err_lines,
                json_fmt=True,
                worker_group=msgspec.UNSET if file.worker_group is None else file.worker_group,
            )
            for file in found
        ]
    )


async def get_file(call: Call) -> Response:
    return text(await service_logs.read_file(call.context.pool, call.raw_path()))


OPERATIONS = (
    Operation(
        "listLogFiles", "GET", "/service_logs/list_files", list_files, "superadmin:workers:read", TAGS,
        "Files of what servers and workers logged, the newest first", query=FilesQuery, returns=list[ShownLogFile],
    ),
    Operation(
        "getLogFile", "GET", "/service_logs/get_log_file/{path:path}", get_file, "superadmin:workers:read", TAGS,
        "The lines of one of them", returns=str,
    ),
)  # fmt: skip
