"""How a request to start a job is read: its arguments and the options of its run."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from postmill.http.api.jobs.request import request_args
from postmill.http.api.jobs.request.form_files import with_stored_files
from postmill.http.api.jobs.request.multipart import parse_multipart
from postmill.http.api.jobs.request.request_args import Asked, Received
from postmill.http.api.jobs.request.sealed_inputs import with_sealed_inputs
from postmill.http.call import Call
from postmill.http.json_depth import require_shallow
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import parse_hash
from postmill.kernel.json import decode
from postmill.model.run_options import RunOptions

Event = Callable[[], dict[str, Any]]


class StartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of every route that starts a job; times in seconds."""

    scheduled_for: datetime | None = None
    scheduled_in_secs: int | None = None
    parent_job: UUID | None = None
    root_job: UUID | None = None
    job_id: UUID | None = None
    tag: str | None = None
    timeout: int | None = None
    cache_ttl: int | None = None
    priority: int | None = None
    invisible_to_owner: bool = False
    queue_limit: int | None = None
    skip_preprocessor: bool = False
    retry: str | None = None
    poll_delay_ms: int = 0
    memory_id: UUID | None = None

    payload: str | None = None
    raw: bool = False
    wrap_body: bool = False
    include_header: str | None = None
    include_query: str | None = None


class RunQuery(StartQuery, frozen=True, kw_only=True):
    """The query of routes that are given arguments: those that are sealed may come from the run that is named."""

    sealed_inputs_of: UUID | None = None


class RunRequest(msgspec.Struct, frozen=True):
    """What to run with: ``event`` makes the argument of a preprocessor, for runnables that have one."""

    args: dict[str, Any]
    event: Event
    options: RunOptions
    poll_delay_ms: int = 0


async def read_run_request(call: Call) -> RunRequest:
    """Arguments and options of a request; raises InvalidInput that says what cannot be understood."""
    body = await call.raw_body() if call.method != "GET" else b""
    is_json = call.header(b"content-type") == b"application/json"
    if body and (is_json or call.content_type != request_args.MULTIPART_TYPE):  # files may hold anything
        require_shallow(body)
    query = call.query(RunQuery) if call.scope["query_string"] else _NO_QUERY
    asked = _asked(query)
    if is_json and asked is request_args.PLAIN and query.sealed_inputs_of is None:
        # What nearly all callers send; nothing else about the request matters to such a run.
        args = request_args.as_arguments(decode(body)) if body else {}
        return RunRequest(args, lambda: _event(call, body), run_options(call, query), query.poll_delay_ms)
    received = await _received(call, body)
    args, options = await with_sealed_inputs(
        call, request_args.arguments(received, asked), run_options(call, query), query.sealed_inputs_of
    )
    return RunRequest(args, lambda: request_args.event(received, asked), options, query.poll_delay_ms)


def _event(call: Call, body: bytes) -> dict[str, Any]:
    plain = Received(call.method, request_args.JSON_TYPE, body, call.headers, call.raw_query)
    return request_args.event(plain, request_args.PLAIN)


async def _received(call: Call, body: bytes) -> Received:
    content_type = call.headers.get("content-type", "")
    fields = None
    if body and request_args.media_type(content_type) == request_args.MULTIPART_TYPE:
        parsed = parse_multipart(content_type, body, max_fields=request_args.MAX_FIELDS)
        fields = await with_stored_files(call, parsed)
    return Received(call.method, content_type, body, call.headers, call.raw_query, fields)


def run_options(call: Call, query: StartQuery) -> RunOptions:
    """The options of a run. A job started from inside a job is linked to it only where the caller says so."""
    by_browser = call.token_source == "cookie"  # noqa: S105 - where the token came from, not a token
    return _options(query, "ui" if by_browser else "webhook")


@lru_cache(maxsize=1024)
def _options(query: StartQuery, trigger_kind: str) -> RunOptions:
    """The same ones for the same query: launch knows them again."""
    if query.scheduled_for is not None and query.scheduled_for.tzinfo is None:
        raise InvalidInput("Bad request: scheduled_for needs an offset, for instance 2026-01-31T09:00:00Z")
    if query.retry is not None:
        require_shallow(query.retry.encode())
    return RunOptions(
        scheduled_for=query.scheduled_for,
        scheduled_in_secs=query.scheduled_in_secs,
        parent_job=query.parent_job,
        root_job=query.root_job,
        job_id=query.job_id,
        tag=query.tag,
        timeout=query.timeout,
        cache_ttl=query.cache_ttl,
        priority=query.priority,
        invisible_to_owner=query.invisible_to_owner,
        queue_limit=query.queue_limit,
        skip_preprocessor=query.skip_preprocessor,
        memory_id=query.memory_id,
        retry=None if query.retry is None else decode(query.retry),
        trigger_kind=trigger_kind,
    )


def script_hash(call: Call) -> int:
    """The hash in the path; raises InvalidInput when it is none."""
    try:
        return parse_hash(call.path_params["hash"])
    except ValueError as error:
        raise InvalidInput(f"Bad request: {error}") from None


_NO_QUERY = RunQuery()


@lru_cache(maxsize=1024)
def _asked(query: RunQuery) -> Asked:
    asked = Asked(query.raw, query.wrap_body, query.include_header, query.include_query, query.payload)
    return request_args.PLAIN if asked == request_args.PLAIN else asked
