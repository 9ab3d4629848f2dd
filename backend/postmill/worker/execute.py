"""The way of one attempt: from a claimed job to how it ended. Small steps on one record; the last decides the end.

Whatever goes wrong for a reason of the job's own is an end with that reason; only cancellation and faults of
this program come out as exceptions.
"""

import time

import msgspec

from postmill.completion.record import Consequence
from postmill.kernel import json
from postmill.kernel.clock import now
from postmill.kernel.errors import PostmillError
from postmill.languages.protocol import InstallFailed, LockFailed, RunOutcome
from postmill.languages.runtime import makes_ready
from postmill.model.job import ClaimedJob
from postmill.model.subject import Subject
from postmill.model.workflow_round import read_round
from postmill.queue.results import whole_result
from postmill.queue.rows_in_values import mentions_rows, with_rows
from postmill.queue.stored_rows import adopted
from postmill.references.resolve import holds_references, resolve_args
from postmill.tables.jobs import cached_result
from postmill.tables.output import job_log, job_stream, result_column
from postmill.worker.attempt import Attempt, Finished, Stored, first_line, open_attempt
from postmill.worker.code import Code
from postmill.worker.flow_locking import run_flow_lock_job
from postmill.worker.job_logs import JobLog
from postmill.worker.locking import lock_of_preview, run_lock_job, sources_of
from postmill.worker.outcome import ended_by_run, ended_with
from postmill.worker.request import environment_of, limits_of_job, mint_token, request_of, warm_key
from postmill.worker.secrets_read import can_read_secrets
from postmill.worker.stored_imports import stored_imports
from postmill.worker.tools import Tools
from postmill.worker.workflows import Position, as_result, is_task


async def begin(job: ClaimedJob, tools: Tools) -> Attempt:
    """Opens the log of the attempt behind what earlier ones printed."""
    again = job.attempt > 1
    start_at = await job_log.length(tools.pool, job.id) if again else 0
    if again:
        await job_stream.forget(tools.pool, job.id)
    return open_attempt(job, tools, start_at)


def begin_ahead(job: ClaimedJob, tools: Tools, being_stored: Stored) -> Attempt:
    """The first attempt of a job that is being stored: its log, and its time, begin when it is."""
    attempt = Attempt(
        job, tools, JobLog(job, tools.logs, tools.limits.log_bytes), time.monotonic(), being_stored
    )

    def now_stored() -> None:
        attempt.began = time.monotonic()
        attempt.log.write(first_line(job, tools))

    being_stored.then(now_stored)
    return attempt


async def execute(attempt: Attempt) -> Finished | None:
    """Runs the attempt to its end; None for a workflow as code, whose job waits in the queue for its next round."""
    if not attempt.is_stored and _sees_more(attempt.job):
        await attempt.stored()
    try:
        cached = await _cached(attempt)
        if cached is not None:
            return cached
        if attempt.job.kind == "flowdependencies":
            return await run_flow_lock_job(attempt, await attempt.tools.identities.of(attempt.job))
        if attempt.job.kind == "identity":
            return Finished(ended_with(attempt.job, _handed_on(attempt.job), attempt.duration_ms))
        code = await attempt.tools.codes.of(attempt.job)
        subject = await attempt.tools.identities.of(attempt.job)
        if attempt.job.kind == "dependencies":
            return await run_lock_job(attempt, code, subject)
        return await _run(attempt, code, subject)
    except (PostmillError, LockFailed, InstallFailed) as error:
        # What is not found continues a sentence: "execution error: not found: ..."
        return attempt.failed(str(error).replace("Not found: ", "not found: ", 1))


def _sees_more(job: ClaimedJob) -> bool:
    """Whether making the job ready reads, or leaves behind, more than what never depends on the step before it."""
    return (
        job.kind not in ("script", "preview")
        or job.cache_key is not None
        or (job.script_hash is None and job.raw_lock is None)
        or holds_references(job.args)
        or mentions_rows(job.args)
    )


def _may_be_foreseen(job: ClaimedJob, tools: Tools) -> bool:
    """Whether somebody decides what follows as soon as it is known what the job comes to."""
    return job.flow_step_id is not None and not is_task(job) and not tools.driver.runs_beside_others(job)


def _handed_on(job: ClaimedJob) -> str:
    """The result of a job that does nothing: what it was given."""
    given = json.decode_as(job.args, dict[str, msgspec.Raw])
    return bytes(given.get("previous_result", b"null")).decode()


async def _cached(attempt: Attempt) -> Finished | None:
    job = attempt.job
    if job.cache_key is None:
        return None
    found = await cached_result.find(attempt.tools.pool, job.cache_key, job.workspace_id)
    if found is None:
        return None
    result = found.result
    if found.result_blob is not None:
        result = await whole_result(attempt.tools.pool, found.result_blob)
    if result is not None:
        result = await adopted(attempt.tools.pool, job.id, result)
        if result is None:
            return None  # its rows are gone: the script runs
    attempt.log.write(f"the result of job {found.job_id} is taken from the cache\n".encode())
    ended = ended_with(job, result if result is not None else "null", attempt.duration_ms)
    # Taking a result from the cache does not make it last longer.
    return Finished(msgspec.structs.replace(ended, cache_key=None, cache_ttl_seconds=None))


async def _run(attempt: Attempt, code: Code, subject: Subject) -> Finished | None:
    job, tools, log = attempt.job, attempt.tools, attempt.log
    if code.is_workflow or code.lock is None or not makes_ready(code.language):
        await attempt.stored()
    position = await tools.workflows.position(job) if code.is_workflow and not job.entrypoint else None
    if position is not None and (position.waits or position.seconds is not None):
        await tools.workflows.pause(job, subject, position)
        return None
    limits = limits_of_job(tools.limits, job)
    token = mint_token(tools, job, limits)
    log.masker.add_plain(token)
    of_workspace = await tools.identities.variables(job.workspace_id)
    env = environment_of(tools, job, code, token, of_workspace, await tools.places.of(job))
    given, imports = await stored_imports(tools, job)
    args, secrets = await resolve_args(tools.pool, tools.keyring, subject, given, env)
    log.masker.add(secrets)
    if tools.row_places is not None:
        objects, most = tools.row_places.objects, limits.result_bytes
        args = await with_rows(tools.pool, objects, subject, job.workspace_id, args, most)
    lock = code.lock
    if lock is None:
        lock = await lock_of_preview(attempt, code, sources_of(tools, job, subject, imports), imports)
    log.can_read_secrets = can_read_secrets(code.text, lock)
    shares = await tools.driver.shared_by(job)
    keeps_process = shares is None and position is None
    usage = tools.usage.begin(job)
    try:
        request = request_of(
            tools, job, code, subject, log, usage,
            env=env, args=args, lock=lock, limits=limits, imports=imports,
            warm_key=warm_key(job, code, subject, await tools.driver.squashed_by(job)) if keeps_process else None,
            shared=None if shares is None else tools.shared.of(shares),
            checkpoint=None if position is None else position.checkpoint,
            stored=None if attempt.is_stored else attempt.being_stored,
            foreseen=attempt.foresee if position is None and _may_be_foreseen(job, tools) else None,
        )  # fmt: skip
        outcome = await tools.runner.run(code.language, request)
    finally:
        tools.usage.ended(usage)
    await tools.usage.finish(usage)
    if outcome.end != "success":
        await tools.logs.learn_secrets([log])
    if position is not None:
        return await _round_ended(attempt, subject, position, outcome)
    ended = ended_by_run(job, outcome, attempt.duration_ms, log.masker)
    return Finished(ended, _with_columns(job, outcome.columns))


def _with_columns(job: ClaimedJob, columns: tuple[str, ...]) -> Consequence | None:
    """Keeps the order of the columns beside a result that does not tell it."""
    if not columns:
        return None
    return lambda connection: result_column.put(connection, job.id, columns)


async def _round_ended(
    attempt: Attempt, subject: Subject, position: Position, outcome: RunOutcome
) -> Finished | None:
    """The end of a workflow, or None when it goes on later."""
    job, tools, log = attempt.job, attempt.tools, attempt.log
    if outcome.end == "success":
        said = read_round(outcome.result)
        result = as_result(said, position)
        if result is None:
            tail = await tools.logs.finish(log)
            await tools.workflows.pause(job, subject, said, tail=tail, new_args=outcome.new_args)
            return None
        outcome = msgspec.structs.replace(outcome, result=result)
    since = max(attempt.duration_ms, round((now() - job.started_at).total_seconds() * 1000))
    return Finished(ended_by_run(job, outcome, since, log.masker))
