"""What jobs that are flows show besides: where their steps stand, and the flow itself."""

from typing import Any
from uuid import UUID

import msgspec

from postmill.flow_driver.status import raw_flow, read_status
from postmill.http.api.jobs.reading.wire import FLOW_KINDS
from postmill.http.call import Call
from postmill.http.flow_parts import FLOW_DOCUMENTS
from postmill.model.job import JobKind
from postmill.model.job_record import JobRecord
from postmill.queue.results import result_columns
from postmill.queue.workflows import TASK_KINDS, shown_steps
from postmill.signatures.sql_dialects import DIALECTS


async def flow_members(call: Call, job: JobRecord, *, with_code: bool = True) -> dict[str, Any]:
    """``flow_status`` and ``raw_flow`` of a flow, ``workflow_as_code_status`` of a script with tasks.

    ``result_columns`` of an SQL script whose rows do not tell the order of their columns.
    """
    if job.kind not in FLOW_KINDS:
        return {**await _tasks(call, job.id, job.kind), **await _columns(call, job)}
    pool, documents = call.context.pool, FLOW_DOCUMENTS.of(call.context)
    shown: dict[str, Any] = {}
    status = await read_status(pool, documents, job.workspace_id, job.id)
    if status is not None:
        shown["flow_status"] = status
    if with_code:
        flow = await raw_flow(pool, documents, job.workspace_id, job.id)
        if flow is not None:
            shown["raw_flow"] = msgspec.Raw(flow)
    return shown


async def flow_progress(call: Call, job_id: UUID, kind: JobKind) -> dict[str, Any]:
    """``flow_status`` of a flow, ``workflow_as_code_status`` of a script with tasks, for those who follow it."""
    if kind not in FLOW_KINDS:
        return await _tasks(call, job_id, kind)
    status = await read_status(call.context.pool, FLOW_DOCUMENTS.of(call.context), call.workspace, job_id)
    return {} if status is None else {"flow_status": status}


async def _tasks(call: Call, job_id: UUID, kind: JobKind) -> dict[str, Any]:
    if kind not in TASK_KINDS:
        return {}
    steps = await shown_steps(call.context.pool, job_id)
    return {"workflow_as_code_status": steps} if steps else {}


async def _columns(call: Call, job: JobRecord) -> dict[str, Any]:
    if job.language not in DIALECTS or job.status != "success":
        return {}
    names = await result_columns(call.context.pool, job.id)
    return {} if names is None else {"result_columns": names}
