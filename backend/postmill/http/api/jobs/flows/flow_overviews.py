"""Routes that show a flow's run at once: the logs, the results and the state of all of its steps."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.flow_driver.job_tree import JobTree, TreeEntry, read_tree
from postmill.flow_driver.status import read_status
from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.call import Call
from postmill.http.flow_parts import FLOW_DOCUMENTS
from postmill.http.operation import Operation
from postmill.http.responses import as_json, text
from postmill.kernel.errors import InvalidInput
from postmill.queue import jobs

RESULT_CHARACTERS = 1_000
MOST_RESULT_CHARACTERS = 1_000_000
MOST_LOG_CHARACTERS = 20_000_000

Status = Literal["success", "failure", "canceled", "skipped", "suspended", "running", "queued"]


class StepLogs(msgspec.Struct, frozen=True, kw_only=True):
    """The log of one job of a flow; ``step_path`` such as ``l[2]/b``."""

    job_id: UUID
    label: str
    kind: str
    flow_step_id: str | None
    step_path: str | None
    depth: int
    parent_module_type: str | None
    sibling_index: int
    sibling_count: int
    logs: str


class StepResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one job of a flow; ``result_prefix`` is the beginning of its JSON text."""

    job_id: UUID
    label: str
    kind: str
    depth: int
    sibling_index: int
    sibling_count: int
    status: Status
    flow_step_id: str | None = None
    step_path: str | None = None
    parent_module_type: str | None = None
    success: bool | None = None
    duration_ms: int | None = None
    started_at: datetime | None = None
    result_prefix: str | None = None
    result_length: int | None = None


class FlowResults(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``enclosing_job``: the outermost flow, for a part of one. ``step_error``: why ``step`` names nothing."""

    entries: list[StepResult]
    enclosing_job: UUID | None = None
    truncated: bool | None = None
    scope_filtered: bool | None = None
    step_error: str | None = None


class ResultsQuery(msgspec.Struct, frozen=True):
    """``step``: the id or the path of a step whose jobs alone are wanted."""

    max_result_len: int = RESULT_CHARACTERS
    step: str | None = None


async def _tree(call: Call, result_length: int = 0) -> JobTree:
    context = call.context
    return await read_tree(
        context.pool, FLOW_DOCUMENTS.of(context), call.subject, call.workspace, job_id_of(call), result_length
    )


async def _logs(call: Call, tree: JobTree) -> list[StepLogs]:
    left = MOST_LOG_CHARACTERS
    found = []
    for entry in tree.entries:
        log = await jobs.get_logs(call.context.pool, call.subject, call.workspace, entry.job_id)
        logs = (
            log.text
            if len(log.text) <= left
            else f"[left out: {len(log.text)} characters, see the job's own log]\n"
        )
        left -= min(left, len(logs))
        members = {name: getattr(entry, name) for name in StepLogs.__struct_fields__ if name != "logs"}
        found.append(StepLogs(**members, logs=logs))
    return found


async def all_logs_structured(call: Call) -> Response:
    return as_json(await _logs(call, await _tree(call)))


async def all_logs(call: Call) -> Response:
    tree = await _tree(call)
    parts = [
        f"--- {one.step_path or 'flow'}: {one.label} (job {one.job_id}) ---\n{_ended(one.logs)}"
        for one in await _logs(call, tree)
    ]
    if tree.truncated:
        parts.append(f"--- only the first {len(tree.entries)} jobs are shown ---\n")
    return text("".join(parts))


def _ended(logs: str) -> str:
    return logs if not logs or logs.endswith("\n") else f"{logs}\n"


async def all_results(call: Call) -> Response:
    query = call.query(ResultsQuery)
    if not 0 <= query.max_result_len <= MOST_RESULT_CHARACTERS:
        raise InvalidInput(f"Bad request: max_result_len lies between 0 and {MOST_RESULT_CHARACTERS}")
    tree = await _tree(call, query.max_result_len)
    wanted = [e for e in tree.entries if query.step is None or query.step in (e.flow_step_id, e.step_path)]
    root = await jobs.root_job_id(call.context.pool, call.subject, call.workspace, job_id_of(call))
    missing = query.step is not None and not wanted
    return as_json(
        FlowResults(
            entries=[_shown(entry) for entry in wanted],
            enclosing_job=root if root != job_id_of(call) else None,
            truncated=tree.truncated,
            scope_filtered=tree.scope_filtered,
            step_error=f"no step {query.step!r} has run in this flow" if missing else None,
        )
    )


def _shown(entry: TreeEntry) -> StepResult:
    members = {name: getattr(entry, name) for name in TreeEntry.__struct_fields__}
    ended = entry.status in ("success", "skipped", "failure", "canceled")
    return StepResult(**members, success=entry.status in ("success", "skipped") if ended else None)


async def debug_info(call: Call) -> Response:
    tree = await _tree(call, RESULT_CHARACTERS)
    context = call.context
    status = await read_status(context.pool, FLOW_DOCUMENTS.of(context), call.workspace, job_id_of(call))
    return as_json(
        {"id": job_id_of(call), "flow_status": status, "jobs": [_shown(entry) for entry in tree.entries]}
    )


_PATH = "/w/{workspace}/jobs_u"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getFlowAllLogs", "GET", f"{_PATH}/get_flow_all_logs/{{id}}", all_logs, "optional:jobs:read", ("job",),
        "The logs of a flow and of all jobs in it, one behind the other", returns=str,
    ),
    Operation(
        "getFlowAllLogsStructured", "GET", f"{_PATH}/get_flow_all_logs_structured/{{id}}", all_logs_structured,
        "optional:jobs:read", ("job",), "The same by job", returns=list[StepLogs],
    ),
    Operation(
        "getFlowAllResults", "GET", f"{_PATH}/get_flow_all_results/{{id}}", all_results, "optional:jobs:read", ("job",),
        "What became of a flow and of all jobs in it, with the beginning of each result", query=ResultsQuery,
        returns=FlowResults,
    ),
    Operation(
        "getFlowDebugInfo", "GET", f"{_PATH}/get_flow_debug_info/{{id}}", debug_info, "optional:jobs:read", ("job",),
        "Where a flow and all jobs in it stand", returns=Any,
    ),
)  # fmt: skip
