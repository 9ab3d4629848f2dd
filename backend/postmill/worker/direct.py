"""Runs without a task of their own: begun from the claim, ended by a call, nothing waited for in between.

Most runs of a backlog are of scripts whose code, rights and processes this worker has at hand. A task for each, with
what it waits for, would cost as much as all the rest that a worker does for such a run. Whatever has to be loaded,
resolved or started first takes the other way, `execute`.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from postmill.kernel.json import encode_text
from postmill.languages.ending import execution_error
from postmill.languages.protocol import BegunRun, RunOutcome, RunRequest
from postmill.languages.runtime import makes_ready
from postmill.model.flow_paths import NOWHERE, PlaceInFlow
from postmill.model.job import ClaimedJob
from postmill.queue.rows_in_values import mentions_rows
from postmill.references.resolve import mentions_references
from postmill.worker.attempt import Attempt, Finished, open_attempt
from postmill.worker.code import of_job
from postmill.worker.environment import own_variables
from postmill.worker.in_common import InCommon, RunsAlike
from postmill.worker.outcome import ended_by_run, fault_of_worker
from postmill.worker.request import mint_token, request_of
from postmill.worker.running import RunningJob
from postmill.worker.tools import Tools
from postmill.worker.usage import JobUsage

_log = logging.getLogger(__name__)

Over = Callable[["DirectRun", Finished | None], None]


class DirectRun:
    """One job between its begin and its end; ``over`` is called once, with None where the end is not this worker's."""

    __slots__ = ("_begun", "_over", "_usage", "attempt", "running")

    def __init__(self, running: RunningJob, attempt: Attempt, usage: JobUsage, over: Over) -> None:
        self.running = running
        self.attempt = attempt
        self._usage = usage
        self._over = over
        self._begun: BegunRun | None = None

    def follow(self, begun: BegunRun) -> None:
        self._begun = begun
        self.running.on_break_off = self._break_off

    def ended(self, outcome: RunOutcome | Exception) -> None:
        """What the language calls. From here on it is not broken off any more."""
        if self.running.broken_off is not None:
            return  # its withdrawal is under way
        self.running.executing = False
        outcome = _known(outcome, self.attempt, self._usage)
        if _has_more(outcome, self.attempt, self._usage):
            self._later(self._finish(outcome))
        else:
            self._over(self, _judged(outcome, self.attempt))

    async def _finish(self, outcome: RunOutcome) -> None:
        self._over(self, await _judged_at_last(outcome, self.attempt, self._usage))

    def _break_off(self) -> None:
        self._later(self._withdraw())

    async def _withdraw(self) -> None:
        assert self._begun is not None
        try:
            await self._begun.withdraw()
        finally:
            self.attempt.tools.usage.ended(self._usage)
            ended = self.running.canceled_end(self.attempt.duration_ms)
            self._over(self, None if ended is None else Finished(ended))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        self.running.task = asyncio.create_task(work)


class StepAhead:
    """A step that is being stored, and for which a process is ready that begins behind the commit."""

    __slots__ = ("_attempt", "_begun", "_finished", "_task", "_usage")

    def __init__(self, attempt: Attempt, usage: JobUsage) -> None:
        self._attempt = attempt
        self._usage = usage
        self._begun: BegunRun | None = None
        self._finished: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    def follow(self, begun: BegunRun) -> None:
        self._begun = begun

    def ended(self, outcome: RunOutcome | Exception) -> None:
        """What the language calls."""
        outcome = _known(outcome, self._attempt, self._usage)
        if _has_more(outcome, self._attempt, self._usage):
            self._task = asyncio.create_task(self._finish(outcome))
        else:
            self._tell(_judged(outcome, self._attempt))

    async def _finish(self, outcome: RunOutcome) -> None:
        self._tell(await _judged_at_last(outcome, self._attempt, self._usage))

    def _tell(self, finished: Finished) -> None:
        if not self._finished.done():
            self._finished.set_result(finished)

    async def finished(self) -> Finished:
        """How it ended. Cancelling ends its process before CancelledError comes out."""
        try:
            return await self._finished
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.ensure_future(self._withdraw()))
            raise

    def drop(self) -> None:
        """Its commit has failed: it does not begin."""
        self._finished.cancel()
        self._task = asyncio.create_task(self._withdraw())

    async def _withdraw(self) -> None:
        assert self._begun is not None
        try:
            await self._begun.withdraw()
        finally:
            self._attempt.tools.usage.ended(self._usage)


def _known(outcome: RunOutcome | Exception, attempt: Attempt, usage: JobUsage) -> RunOutcome:
    attempt.tools.usage.ended(usage)
    if not isinstance(outcome, Exception):
        return outcome
    _log.warning("job %s could not be started: %s", attempt.job.id, outcome)
    return RunOutcome("error", execution_error(f"the isolated process could not be started: {outcome}"))


def _has_more(outcome: RunOutcome, attempt: Attempt, usage: JobUsage) -> bool:
    """Whether something is stored or learned before the run has ended."""
    learns = attempt.log.can_read_secrets and outcome.end != "success"
    return learns or attempt.tools.usage.has_more(usage)


def _judged(outcome: RunOutcome, attempt: Attempt) -> Finished:
    try:
        return Finished(ended_by_run(attempt.job, outcome, attempt.duration_ms, attempt.log.masker))
    except Exception as error:
        _log.exception("the end of job %s cannot be judged", attempt.job.id)
        return attempt.failed(fault_of_worker(error))


async def _judged_at_last(outcome: RunOutcome, attempt: Attempt, usage: JobUsage) -> Finished:
    """The same where something is stored or learned before."""
    try:
        await attempt.tools.usage.finish(usage)
        if outcome.end != "success":
            await attempt.tools.logs.learn_secrets([attempt.log])
    except Exception as error:
        words = fault_of_worker(error)
        outcome = RunOutcome("error", encode_text({"message": words, "name": "ExecutionErr"}))
    return _judged(outcome, attempt)


def begin_directly(running: RunningJob, tools: Tools, alike: RunsAlike, over: Over) -> bool:
    """Begins a run where everything is at hand; False where it is not, and nothing has been done."""
    job = running.job
    if not _may_go_directly(job) or not (job.flow_step_id is None or tools.driver.runs_beside_others(job)):
        return False
    place = NOWHERE if job.flow_step_id is None else tools.driver.known_place_of(job)
    common = None if place is None else _in_common(job, tools, alike, place)
    if place is None or common is None:
        return False
    attempt = open_attempt(job, tools)
    usage = tools.usage.begin(job)
    run = DirectRun(running, attempt, usage, over)
    begun = tools.runner.begin(common.code.language, _request(attempt, common, place, usage), run.ended)
    if begun is None:
        tools.logs.forget(attempt.log)
        return False
    run.follow(begun)
    return True


def begin_ahead_directly(attempt: Attempt, alike: RunsAlike) -> StepAhead | None:
    """Makes a step ready that is being stored, where everything is at hand; None where it is not."""
    job, tools = attempt.job, attempt.tools
    place = tools.driver.place_of_plain_step(job) if _may_go_directly(job) else None
    common = None if place is None else _in_common(job, tools, alike, place)
    if place is None or common is None or not makes_ready(common.code.language):
        return None
    usage = tools.usage.begin(job)
    run = StepAhead(attempt, usage)
    begun = tools.runner.begin(common.code.language, _request(attempt, common, place, usage), run.ended)
    if begun is None:
        return None
    run.follow(begun)
    return run


def _in_common(job: ClaimedJob, tools: Tools, alike: RunsAlike, place: PlaceInFlow) -> InCommon | None:
    """None where something has to be loaded first, or no process is kept for such runs."""
    common = alike.of(job, tools, place)
    if common is None or not tools.runner.may_begin(common.code.language, common.warm_key):
        return None
    return common


def _request(attempt: Attempt, common: InCommon, place: PlaceInFlow, usage: JobUsage) -> RunRequest:
    job, tools, log = attempt.job, attempt.tools, attempt.log
    token = mint_token(tools, job, common.limits)
    log.masker.add_plain(token)
    log.can_read_secrets = common.reads_secrets
    return request_of(
        tools, job, common.code, of_job(common.rights, job), log, usage,
        env={**common.env, **own_variables(job, token, place)},
        args=job.args, lock=common.code.lock, limits=common.limits, warm_key=common.warm_key,
        stored=None if attempt.is_stored else attempt.being_stored,
    )  # fmt: skip


def _may_go_directly(job: ClaimedJob) -> bool:
    """Whether the run of a job needs nothing but its code, its arguments and a process."""
    return (
        job.kind == "script"
        and job.attempt == 1
        and job.cache_key is None
        and not mentions_references(job.args)
        and not mentions_rows(job.args)
    )
