"""Runs that are shown to people without an account: the links, and what they open."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.access.shared_runs import public_flow, public_run, public_status
from postmill.http.api.jobs.flows.flow_members import flow_members
from postmill.http.api.jobs.reading import wire
from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.api.jobs.reading.whole import streamed_rows
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, empty, raw_json, text
from postmill.items import shared_runs
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.run_share import RunShare
from postmill.model.subject import Subject

TAGS = ("job", "postmill")


class ShareBody(msgspec.Struct, frozen=True, kw_only=True):
    """``expires_in_days`` left out or null: until it is revoked."""

    show_args: bool = True
    show_logs: bool = True
    expires_in_days: int | None = None


class ShareLink(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    url: str
    show_args: bool
    show_logs: bool
    created_by: str
    created_at: datetime
    expires_at: datetime | None


class SharedRun(msgspec.Struct, frozen=True, kw_only=True):
    """``run`` is the public part of a job; ``flow`` and ``flow_status`` are null for scripts, ``args`` where hidden."""

    run: dict[str, Any]
    args: msgspec.Raw | None
    flow: dict[str, Any] | None
    flow_status: dict[str, Any] | None
    shows_logs: bool
    shared_by: str
    expires_at: datetime | None


class SharedLogQuery(msgspec.Struct, frozen=True):
    """``job``: a step of the run; left out, the run itself."""

    job: UUID | None = None


def _link(call: Call, share: RunShare) -> ShareLink:
    context = call.context
    signature = shared_runs.sign(context.keyring, share)
    return ShareLink(
        id=share.id,
        url=shared_runs.url_of(context.settings.public_url, share, signature),
        show_args=share.shows_args,
        show_logs=share.shows_logs,
        created_by=_name(share),
        created_at=share.created_at,
        expires_at=share.expires_at,
    )


def _name(share: RunShare) -> str:
    return share.created_by.removeprefix("u/")


async def make_link(call: Call) -> Response:
    body = await call.json(ShareBody)
    share = await shared_runs.make(
        call.context.pool, call.subject, call.workspace, job_id_of(call), shows_args=body.show_args,
        shows_logs=body.show_logs, days=body.expires_in_days,
    )  # fmt: skip
    return as_json(_link(call, share), 201)


async def list_links(call: Call) -> Response:
    shares = await shared_runs.links(call.context.pool, call.subject, call.workspace, job_id_of(call))
    return as_json([_link(call, share) for share in shares])


async def revoke_link(call: Call) -> Response:
    await shared_runs.revoke(call.context.pool, call.subject, call.workspace, _share_id(call))
    return empty()


def _share_id(call: Call) -> UUID:
    try:
        return UUID(call.path_params["share"])
    except ValueError:
        raise InvalidInput(
            f"Bad request: {call.path_params['share'][:60]!r} is not the id of a link"
        ) from None


async def _opened(call: Call) -> tuple[RunShare, Subject]:
    context = call.context
    return await shared_runs.opened(
        context.pool,
        context.keyring,
        call.path_params["workspace"],
        _share_id(call),
        call.raw_path("signature"),
    )


async def shared_run(call: Call) -> Response:
    share, lender = await _opened(call)
    context = call.context
    record = await shared_runs.shown_run(context.pool, share, lender)
    known = await flow_members(call, record)
    flow = public_flow(json.decode(bytes(known["raw_flow"]))) if "raw_flow" in known else None
    status = public_status(known["flow_status"]) if "flow_status" in known else None
    run = public_run(wire.job(record))
    if flow is not None and record.status is None:
        run["suspend"] = await shared_runs.awaited_below(context.pool, share)
    return as_json(
        SharedRun(
            run=run,
            args=msgspec.Raw(record.args.encode()) if share.shows_args and record.args else None,
            flow=flow,
            flow_status=status,
            shows_logs=share.shows_logs,
            shared_by=_name(share),
            expires_at=share.expires_at,
        )
    )


async def shared_result(call: Call) -> Response:
    share, lender = await _opened(call)
    record = await shared_runs.shown_run(call.context.pool, share, lender)
    if record.status is None:
        raise NotFound("Not found: the run has not ended")
    result = record.result or "null"
    return await streamed_rows(call, record.id, result) or raw_json(result)


async def shared_log(call: Call) -> Response:
    share, lender = await _opened(call)
    job_id = call.query(SharedLogQuery).job or share.job_id
    return text(await shared_runs.shown_log(call.context.pool, share, lender, job_id))


_OPENED = "/w/{workspace}/jobs_u/shared/{share}/{signature}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "shareRun", "POST", "/w/{workspace}/jobs/share/{id}", make_link, "jobs:write", TAGS,
        "Make a link under which anybody may look at the run", body=ShareBody, returns=ShareLink, status=201,
    ),
    Operation(
        "listRunShares", "GET", "/w/{workspace}/jobs/shares/{id}", list_links, "jobs:read", TAGS,
        "The links under which anybody may look at the run", returns=list[ShareLink],
    ),
    Operation(
        "revokeRunShare", "DELETE", "/w/{workspace}/jobs/share/{share}", revoke_link, "jobs:write", TAGS,
        "End such a link", status=204,
    ),
    Operation(
        "getSharedRun", "GET", _OPENED, shared_run, "public", TAGS, "A run that is shown to anybody with its link",
        returns=SharedRun,
    ),
    Operation(
        "getSharedRunResult", "GET", f"{_OPENED}/result", shared_result, "public", TAGS,
        "The result of a run that is shown to anybody with its link", returns=Any,
    ),
    Operation(
        "getSharedRunLogs", "GET", f"{_OPENED}/logs", shared_log, "public", TAGS,
        "What a run printed that is shown to anybody with its link", query=SharedLogQuery, returns=str,
    ),
)  # fmt: skip
