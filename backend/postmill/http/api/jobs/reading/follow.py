"""The stream of what happens to a job, as server-sent events: sent on change, closed at the end or after a minute."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec

from postmill.access.policy import as_starter_of_runs
from postmill.http.api.jobs.flows.flow_members import flow_members, flow_progress
from postmill.http.api.jobs.reading import wire
from postmill.http.call import Call
from postmill.http.context import Part
from postmill.kernel import json
from postmill.kernel.errors import NotFound, PostmillError
from postmill.queue.jobs import get_job, get_outcome
from postmill.queue.updates import Asked, JobUpdates, Update, read_update

STREAM_SECONDS = 60.0
PING_SECONDS = 5.0
# Followers are woken by notifications; they look by themselves as well, for those that are lost.
LOOK_AGAIN_SECONDS = 2.0
# A token that is revoked ends its streams as soon as it ends its requests.
CHECK_RIGHTS_SECONDS = 0.5
# The hub for wake-ups of followers.
JOB_UPDATES = Part(lambda context: JobUpdates(context.pool, context.notifications))


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower wants to hear; ``least_seconds`` between two updates keeps chatty jobs from flooding it.

    ``max_result_bytes``: a longer result is named in the last update, not sent. ``just_started``: by this very call.
    """

    asked: Asked = Asked()
    just_started: bool = False
    only_result: bool = False
    least_seconds: float = 0.0
    max_result_bytes: int | None = None


def members(update: Update, known: Asked) -> dict[str, Any]:
    """An update as the clients read it; what has no news is left out."""
    shown: dict[str, Any] = {"completed": update.status is not None}
    if update.status is None:
        shown["running"] = update.running
    if update.new_logs:
        shown["new_logs"] = update.new_logs
    if known.with_logs:
        shown["log_offset"] = update.log_offset
    if update.new_stream:
        shown["new_result_stream"] = update.new_stream
        shown["stream_offset"] = update.stream_offset
    if update.memory_peak_kb:
        shown["mem_peak"] = update.memory_peak_kb
    if update.percent is not None:
        shown["progress"] = update.percent
    return shown


async def end_members(
    call: Call, job_id: UUID, *, only_result: bool, max_result_bytes: int | None = None
) -> dict[str, Any]:
    """What the last update carries besides: the whole job, or its result alone."""
    context = call.context
    if only_result:
        outcome = await get_outcome(context.pool, call.subject, call.workspace, job_id)
        return {"only_result": msgspec.Raw((outcome.result or "null").encode())}
    job = await get_job(
        context.pool, call.subject, call.workspace, job_id, most_result_bytes=max_result_bytes
    )
    shown = wire.without_long_result(wire.job(job), max_result_bytes)
    return {"job": {**shown, **await flow_members(call, job)}}


async def follow(call: Call, job_id: UUID, following: Following) -> AsyncIterator[bytes]:
    """Events tagged ``update``, ``ping``, ``timeout``, ``notfound`` or ``error``; the last update carries the end."""
    try:
        async with JOB_UPDATES.of(call.context).follow(job_id) as changed:
            async for event in _events(call, job_id, following, changed):
                yield event
    except NotFound:
        yield _event("notfound")
    except PostmillError as error:
        yield _event("error", error=error.message)


async def _events(
    call: Call, job_id: UUID, following: Following, changed: asyncio.Event
) -> AsyncIterator[bytes]:
    asked = following.asked
    clock = asyncio.get_running_loop().time
    ends_at = clock() + STREAM_SECONDS
    spoke_at = clock()
    last: Update | None = None
    steps: dict[str, Any] = {}
    while True:
        changed.clear()
        await _identify_again(call)
        if following.just_started:
            call.subject = as_starter_of_runs(call.subject)
        update = await read_update(call.context.pool, call.subject, call.workspace, job_id, asked)
        steps, steps_before = await flow_progress(call, job_id, update.kind), steps
        if _is_news(update, last) or steps != steps_before:
            yield _event("update", **await _shown(call, job_id, following, asked, update), **steps)
            spoke_at = clock()
        if update.status is not None:
            return
        last = update
        asked = msgspec.structs.replace(
            asked, log_offset=update.log_offset, stream_offset=update.stream_offset
        )
        if following.least_seconds:
            await asyncio.sleep(min(following.least_seconds, PING_SECONDS))
        if clock() - spoke_at >= PING_SECONDS:
            yield _event("ping")
            spoke_at = clock()
            await JOB_UPDATES.of(call.context).keep_watching(job_id)
        if clock() >= ends_at or call.context.stopping:
            yield _event("timeout")
            return
        until = min(clock() + LOOK_AGAIN_SECONDS, spoke_at + PING_SECONDS, ends_at)
        await _woken(call, changed, until)


async def _shown(
    call: Call, job_id: UUID, following: Following, asked: Asked, update: Update
) -> dict[str, Any]:
    shown = members(update, asked)
    if update.status is not None:
        shown |= await end_members(
            call, job_id, only_result=following.only_result, max_result_bytes=following.max_result_bytes
        )
    return shown


def _is_news(update: Update, last: Update | None) -> bool:
    return (
        last is None
        or bool(update.new_logs or update.new_stream)
        or (update.running, update.status, update.percent) != (last.running, last.status, last.percent)
        # Memory alone is worth an event only when it moved by a tenth.
        or abs(update.memory_peak_kb - last.memory_peak_kb) * 10 > last.memory_peak_kb
    )


async def _woken(call: Call, changed: asyncio.Event, until: float) -> None:
    """Returns when the job may have changed, or at that time of the loop's clock.

    Raises what keeps the follower out, should their rights have ended while they followed.
    """
    clock = asyncio.get_running_loop().time
    while not changed.is_set() and (remaining := until - clock()) > 0:
        try:
            async with asyncio.timeout(min(remaining, CHECK_RIGHTS_SECONDS)):
                await changed.wait()
        except TimeoutError:
            await _identify_again(call)


async def _identify_again(call: Call) -> None:
    if call.token is not None:
        call.subject = await call.callers.identify(call.token, call.workspace, call.address)


def _event(kind: str, **values: Any) -> bytes:
    return b"data: " + json.encode({"type": kind, **values}) + b"\n\n"
