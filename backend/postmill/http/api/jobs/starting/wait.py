"""Synchronous runs: the request waits for the end of the run and answers with its result."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.access.policy import as_starter_of_runs
from postmill.http.api.jobs.reading import composite
from postmill.http.api.jobs.reading.whole import long_result, streamed_rows
from postmill.http.api.jobs.request.run_request import RunQuery, read_run_request, run_options, script_hash
from postmill.http.api.jobs.request.sealed_inputs import with_sealed_inputs
from postmill.http.api.jobs.starting.run import (
    DependenciesBody,
    PreviewBody,
    preview_of,
    raw_script_of,
    would_run,
)
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.request_in_hand import RequestInHand, in_hand
from postmill.http.responses import custom, raw_json, text
from postmill.kernel.ids import new_job_id
from postmill.launch.waiters import Waiting
from postmill.model.job import Completed
from postmill.model.run_options import Preview, RunOptions
from postmill.queue.cancel import cancel
from postmill.queue.jobs import get_outcome
from postmill.queue.results import EarlyStep, long_result_pieces, whole_result

GONE = "the caller went away"


class InlinePreviewBody(msgspec.Struct, frozen=True, kw_only=True):
    content: str
    language: str
    args: dict[str, Any] = {}


class FoundLock(msgspec.Struct, frozen=True):
    lock: str


class InlineArgsBody(msgspec.Struct, frozen=True, kw_only=True):
    args: dict[str, Any] | None = None


async def wait_by_path(call: Call) -> Response:
    path = call.path()
    request = await read_run_request(call)
    options = awaited(call, request.options)
    run = call.context.launcher.run_script_path(
        call.subject, path, request.args, options, event=request.event
    )
    return await result_of(call, options, run)


async def wait_by_hash(call: Call) -> Response:
    version = script_hash(call)
    request = await read_run_request(call)
    options = awaited(call, request.options)
    run = call.context.launcher.run_script_hash(
        call.subject, version, request.args, options, event=request.event
    )
    return await result_of(call, options, run)


async def wait_for_preview(call: Call) -> Response:
    return await _preview(call, preview_of(await call.json(PreviewBody)))


async def run_preview_inline(call: Call) -> Response:
    body = await call.json(InlinePreviewBody)
    return await _preview(call, Preview(content=body.content, language=body.language, args=body.args))


async def run_path_inline(call: Call) -> Response:
    path = call.path()
    body = await _inline_args(call)
    options = awaited(call, run_options(call, RunQuery()))
    run = call.context.launcher.run_script_path(call.subject, path, body.args or {}, options)
    return await result_of(call, options, run)


async def run_hash_inline(call: Call) -> Response:
    version = script_hash(call)
    body = await _inline_args(call)
    options = awaited(call, run_options(call, RunQuery()))
    run = call.context.launcher.run_script_hash(call.subject, version, body.args or {}, options)
    return await result_of(call, options, run)


async def wait_for_dependencies(call: Call) -> Response:
    raw = await raw_script_of(call)
    options = awaited(call, run_options(call, RunQuery()))
    run = call.context.launcher.run_dependencies(call.subject, raw, options)
    response = await result_of(call, options, run)
    if response.status_code == 200:
        response.status_code = 201
    return response


async def _inline_args(call: Call) -> InlineArgsBody:
    body: InlineArgsBody = await call.json(InlineArgsBody) if await call.raw_body() else InlineArgsBody()
    return body


async def _preview(call: Call, preview: Preview) -> Response:
    query = call.query(RunQuery)
    options = awaited(call, run_options(call, query))
    args, options = await with_sealed_inputs(call, preview.args, options, query.sealed_inputs_of)
    preview = msgspec.structs.replace(preview, args=args)
    return await result_of(call, options, call.context.launcher.run_preview(call.subject, preview, options))


def awaited(call: Call, options: RunOptions) -> RunOptions:
    """The options of a run that this server waits for: it knows the id before the job exists, to miss nothing."""
    return msgspec.structs.replace(
        options, job_id=options.job_id or new_job_id(), reply_channel=call.context.waiters.channel
    )


async def result_of(
    call: Call, options: RunOptions, run: Awaitable[UUID], *, early_step: EarlyStep | None = None
) -> Response:
    """Start the run and wait for its end; a caller who goes away cancels it.

    ``early_step``: the result of that step of a flow is the answer, and the flow goes on.
    """
    assert options.job_id is not None
    seconds = call.context.settings.wait_result_seconds
    with call.context.waiters.expecting(options.job_id) as waiting:
        waiting.early_step, waiting.with_long = early_step, False
        job_id = await run
        try:
            completed = await _end_unless_gone(call, waiting, seconds)
        except _CallerGone:
            await cancel(call.context.pool, call.workspace, job_id, call.subject.username, GONE)
            return text("the caller went away", 499)
    if completed is None:
        return text(f"timeout after {seconds}s", 500)
    if call.token is not None:
        # What was revoked while the run took its time gets nothing of it.
        await call.callers.identify(call.token, call.workspace, call.address)
    result, success = completed.result, completed.status in ("success", "skipped")
    if result is None:
        subject = as_starter_of_runs(call.subject)
        outcome = await get_outcome(call.context.pool, subject, call.workspace, job_id, with_long=False)
        if outcome.long_result is not None:
            return await _long_answer(call, outcome.long_result, success=success)
        result = outcome.result or "null"
    rows = await streamed_rows(call, job_id, result)
    if rows is not None:
        return rows
    return _answer(result.encode(), success=success)


class _CallerGone(Exception):
    """The connection was closed from the other side."""


async def _end_unless_gone(call: Call, waiting: Waiting, seconds: float) -> Completed | None:
    """The end of the run, or None when it takes longer; raises _CallerGone."""
    request = in_hand(call.scope)
    if request is not None:
        return await _end_unless_left(request, waiting, seconds)
    ended = asyncio.ensure_future(waiting.wait(seconds))
    gone = asyncio.ensure_future(call.disconnected())
    try:
        await asyncio.wait((ended, gone), return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            raise _CallerGone
        return ended.result()
    finally:
        ended.cancel()
        gone.cancel()


async def _end_unless_left(request: RequestInHand, waiting: Waiting, seconds: float) -> Completed | None:
    """The same where the connection tells by itself that it was closed: without two tasks for every run."""
    request.on_gone = waiting.leave
    if request.disconnected:
        waiting.leave()
    try:
        completed = await waiting.wait(seconds)
    finally:
        request.on_gone = None
    if completed is None and waiting.left:
        raise _CallerGone
    return completed


async def _long_answer(call: Call, blob_id: UUID, *, success: bool) -> Response:
    """A result that was too long to be announced. One that says how it wants to be answered has to be read whole."""
    pool = call.context.pool
    if await composite.has_wishes(long_result_pieces(pool, blob_id)):
        return _answer((await whole_result(pool, blob_id)).encode(), success=success)
    return await long_result(call, blob_id, status=200 if success else 422)


def _answer(result: bytes, *, success: bool) -> Response:
    answer = composite.answer(result, success=success)
    if answer.content_type == composite.JSON and not answer.headers:
        return raw_json(answer.body, answer.status)
    return custom(answer.body, answer.status, answer.content_type, answer.headers)


def _waiting(name: str, method: str, path: str, handler: Any, summary: str, body: Any = None) -> Operation:
    return Operation(
        name, method, f"/w/{{workspace}}/jobs/{path}", handler,
        "developer:jobs:run" if "preview" in path else "jobs:run", ("job",), summary,
        body=body, query=RunQuery, returns=Any,
    )  # fmt: skip


_BY_PATH, _BY_HASH = "run_wait_result/p/{path:path}", "run_wait_result/h/{hash}"

OPERATIONS: tuple[Operation, ...] = (
    _waiting("runWaitResultScriptByPath", "POST", _BY_PATH, wait_by_path, "Run a script and wait for its result", Any),
    _waiting("runWaitResultScriptByPathGet", "GET", _BY_PATH, wait_by_path, "The same, arguments in the query"),
    _waiting("runWaitResultScriptByPathHead", "HEAD", _BY_PATH, would_run, "Ask whether the address is there"),
    _waiting("runWaitResultScriptByHash", "POST", _BY_HASH, wait_by_hash, "Run a version and wait for its result", Any),
    _waiting("runWaitResultScriptByHashGet", "GET", _BY_HASH, wait_by_hash, "The same, arguments in the query"),
    _waiting(
        "runScriptPreviewAndWaitResult", "POST", "run_wait_result/preview", wait_for_preview,
        "Run code that is not deployed and wait for its result", PreviewBody,
    ),
    _waiting(
        "runScriptPreviewInline", "POST", "run_inline/preview", run_preview_inline,
        "Run code on behalf of a running script", InlinePreviewBody,
    ),
    _waiting(
        "runScriptByPathInline", "POST", "run_inline/p/{path:path}", run_path_inline, "Run a script", InlineArgsBody
    ),
    Operation(
        "runRawScriptDependencies", "POST", "/w/{workspace}/jobs/run/dependencies", wait_for_dependencies,
        "developer:jobs:run", ("job",), "Resolve the dependencies of code and wait for the lock",
        body=DependenciesBody, returns=FoundLock, status=201,
    ),
    _waiting("runScriptByHashInline", "POST", "run_inline/h/{hash}", run_hash_inline, "Run a version", InlineArgsBody),
)  # fmt: skip
