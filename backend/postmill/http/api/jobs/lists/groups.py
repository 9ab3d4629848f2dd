"""The route that groups chosen jobs by what they ran, for running them again together."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.deploy import reading
from postmill.deploy.deployed import SCRIPTS
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import format_hash
from postmill.queue import jobs

MAX_IDS = 1000


async def list_groups(call: Call) -> Response:
    """The visible runs of deployed scripts among the jobs, by path and version, with the schemas of both."""
    ids = await call.json(list[UUID])
    if len(ids) > MAX_IDS:
        raise InvalidInput(f"Bad request: at most {MAX_IDS} jobs can be grouped at once")
    pool, subject, workspace = call.context.pool, call.subject, call.workspace
    by_path: dict[str, dict[int, list[str]]] = {}
    for job_id in await jobs.visible_ids(pool, subject, workspace, ids):
        job = await jobs.get_job(pool, subject, workspace, job_id, with_code=False)
        if job.kind == "script" and job.path is not None and job.script_hash is not None:
            by_path.setdefault(job.path, {}).setdefault(job.script_hash, []).append(str(job_id))
    return as_json([await _group(call, path, versions) for path, versions in by_path.items()])


async def _group(call: Call, path: str, versions: dict[int, list[str]]) -> dict[str, Any]:
    return {
        "kind": "script",
        "script_path": path,
        "latest_schema": await _latest_schema(call, path),
        "schemas": [
            {
                "script_hash": format_hash(version),
                "schema": await _schema_of(call, version),
                "job_ids": job_ids,
            }
            for version, job_ids in versions.items()
        ],
    }


async def _latest_schema(call: Call, path: str) -> msgspec.Raw:
    """``{}`` for a script that was archived, or that the reader may no longer see."""
    try:
        script = await SCRIPTS.by_path(call.context.pool, call.subject, call.workspace, path)
    except NotFound:
        return _json(None)
    return _json(script.schema)


async def _schema_of(call: Call, version: int) -> msgspec.Raw:
    try:
        script = await reading.by_hash(call.context.pool, call.subject, call.workspace, version)
    except NotFound:
        return _json(None)
    return _json(script.schema)


def _json(schema: str | None) -> msgspec.Raw:
    return msgspec.Raw((schema or "{}").encode())


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listSelectedJobGroups", "POST", "/w/{workspace}/jobs/list_selected_job_groups", list_groups, "jobs:read",
        ("job",), "Group jobs by what they ran", body=list[UUID], returns=list,
    ),
)  # fmt: skip
