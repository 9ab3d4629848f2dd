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
from postmill.languages.protocol import BegunRun, RunOutcome
from postmill.model.flow_paths import NOWHERE
from postmill.model.job import ClaimedJob
from postmill.queue.rows_in_values import mentions_rows
from postmill.references.resolve import mentions_references
from postmill.worker.attempt import Attempt, Finished, open_attempt
from postmill.worker.code import of_job
from postmill.worker.environment import own_variables
from postmill.worker.in_common import RunsAlike
from postmill.worker.outcome import ended_by_run
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
        tools = self.attempt.tools
        tools.usage.ended(self._usage)
        if isinstance(outcome, Exception):
            _log.warning("job %s could not be started: %s", self.running.job.id, outcome)
            words = f"the isolated process could not be started: {outcome}"
            outcome = RunOutcome("error", execution_error(words))
        learns = self.attempt.log.can_read_secrets and outcome.end != "success"
        if learns or tools.usage.has_more(self._usage):
            self._later(self._finish(outcome))
        else:
            self._judge(outcome)

    def _judge(self, outcome: RunOutcome) -> None:
        attempt = self.attempt
        try:
            finished = Finished(ended_by_run(attempt.job, outcome, attempt.duration_ms, attempt.log.masker))
        except Exception as error:
            _log.exception("the end of job %s cannot be judged", attempt.job.id)
            finished = attempt.failed(f"the worker could not run this job: {type(error).__name__}: {error}")
        self._over(self, finished)

    async def _finish(self, outcome: RunOutcome) -> None:
        """The same where something is stored or learned before."""
        try:
            await self.attempt.tools.usage.finish(self._usage)
            if outcome.end != "success":
                await self.attempt.tools.logs.learn_secrets([self.attempt.log])
        except Exception as error:
            words = f"the worker could not run this job: {type(error).__name__}: {error}"
            outcome = RunOutcome("error", encode_text({"message": words, "name": "ExecutionErr"}))
        self._judge(outcome)

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


def begin_directly(running: RunningJob, tools: Tools, alike: RunsAlike, over: Over) -> bool:
    """Begins a run where everything is at hand; False where it is not, and nothing has been done."""
    job = running.job
    if not _may_go_directly(job) or not (job.flow_step_id is None or tools.driver.runs_beside_others(job)):
        return False
    place = NOWHERE if job.flow_step_id is None else tools.driver.known_place_of(job)
    if place is None:
        return False
    common = alike.of(job, tools, place)
    if common is None or not tools.runner.may_begin(common.code.language, common.warm_key):
        return False
    code = common.code
    attempt = open_attempt(job, tools)
    token = mint_token(tools, job, common.limits)
    log = attempt.log
    log.masker.add_plain(token)
    log.can_read_secrets = common.reads_secrets
    usage = tools.usage.begin(job)
    request = request_of(
        tools, job, code, of_job(common.rights, job), log, usage,
        env={**common.env, **own_variables(job, token, place)},
        args=job.args, lock=code.lock, limits=common.limits, warm_key=common.warm_key,
    )  # fmt: skip
    run = DirectRun(running, attempt, usage, over)
    begun = tools.runner.begin(code.language, request, run.ended)
    if begun is None:
        tools.logs.forget(log)
        return False
    run.follow(begun)
    return True


def _may_go_directly(job: ClaimedJob) -> bool:
    """Whether the run of a job needs nothing but its code, its arguments and a process."""
    return (
        job.kind == "script"
        and job.attempt == 1
        and job.cache_key is None
        and not mentions_references(job.args)
        and not mentions_rows(job.args)
    )
