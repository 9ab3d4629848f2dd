"""Runs the handlers of workspaces for the runs that have ended.

It looks at what is recorded of runs instead of being told by them, so that ending a run costs the same with and without
handlers. What it has dealt with is kept by time, a while back from now, because the record of an end may become visible
a little after the time that it carries; launching the same twice is refused by the id of the handler's run.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import Conflict, PostmillError, TooMany
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.handler_runs import TRIGGERS, arguments, is_wanted, run_id
from postmill.launch.launcher import Launcher
from postmill.model.handler import DueHandler, EndedRun, HandlerKind
from postmill.model.job import JobStatus
from postmill.model.run_options import RunOptions
from postmill.queue.results import whole_result
from postmill.tables.jobs import completed_job
from postmill.tables.people import workspace_member
from postmill.tables.workspaces import workspace_handler

AT_ONCE = 500
OFTEN_SECONDS = 1.0
SELDOM_SECONDS = 5.0
LATE_RECORDS = timedelta(seconds=30)
KEPT_EVERY = timedelta(seconds=10)
MOST_REMEMBERED = 100_000
FIRST_JOB = UUID(int=0)
STATUSES: dict[HandlerKind, tuple[JobStatus, ...]] = {
    "error": ("failure", "canceled"),
    "success": ("success",),
}

_log = logging.getLogger(__name__)


@dataclass
class HandlerRuns:
    """Launches what is due; remembers what it has dealt with, so that most of it is looked at once."""

    pool: Pool
    launcher: Launcher
    flow_launcher: FlowLauncher
    _done: OrderedDict[tuple[UUID, HandlerKind], None] = field(default_factory=OrderedDict)

    async def run_due(self) -> float:
        """One round over all workspaces with handlers; the seconds until the next."""
        due = await workspace_handler.all_due(self.pool)
        for one in due:
            await self._deal_with(one)
        return OFTEN_SECONDS if due else SELDOM_SECONDS

    async def _deal_with(self, due: DueHandler) -> None:
        until = await workspace_handler.clock(self.pool) - LATE_RECORDS
        after, after_job = due.seen_until, FIRST_JOB
        while True:
            ended = await workspace_handler.ended_after(
                self.pool, due.workspace_id, after, after_job, STATUSES[due.kind], AT_ONCE
            )
            for run in ended:
                if (run.id, due.kind) not in self._done:
                    await self._handle(due, run)
                    self._remember(run.id, due.kind)
            if len(ended) < AT_ONCE:
                break
            after, after_job = ended[-1].completed_at, ended[-1].id
        if until - due.seen_until > KEPT_EVERY:
            await workspace_handler.seen(self.pool, due.workspace_id, due.kind, until)

    async def _handle(self, due: DueHandler, run: EndedRun) -> None:
        """Launches the handler; what keeps it from being launched is said in the log of the server."""
        handler = due.handler
        if not is_wanted(handler, run):
            return
        subject = await workspace_member.load_subject(
            self.pool, due.workspace_id, handler.permissioned_as, handler.email
        )
        if subject is None:
            _log.warning("the %s handler of workspace %s cannot run: %s, who set it, is no member any more",
                         due.kind, due.workspace_id, handler.email)  # fmt: skip
            return
        args = arguments(handler, due.kind, due.workspace_id, run, await self._result_of(run.id))
        options = RunOptions(job_id=run_id(run.id, due.kind), trigger=TRIGGERS[due.kind])
        launch = self.flow_launcher.run_path if handler.is_flow else self.launcher.run_script_path
        try:
            await launch(subject, handler.path, args, options)
        except Conflict:
            return  # an earlier leader launched it
        except TooMany:
            raise  # the queue is full: the whole round comes again
        except PostmillError as error:
            _log.warning("the %s handler of workspace %s cannot run for job %s: %s",
                         due.kind, due.workspace_id, run.id, error)  # fmt: skip

    async def _result_of(self, job_id: UUID) -> str | None:
        outcome = await completed_job.outcome(self.pool, job_id)
        if outcome is None or outcome.result_blob is None:
            return None if outcome is None else outcome.result
        return await whole_result(self.pool, outcome.result_blob)

    def _remember(self, job_id: UUID, kind: HandlerKind) -> None:
        self._done[(job_id, kind)] = None
        while len(self._done) > MOST_REMEMBERED:
            self._done.popitem(last=False)
