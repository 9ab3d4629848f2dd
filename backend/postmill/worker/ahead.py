"""The next job of a slot is made ready while the commit that stores it is under way.

Code, identity, variables, arguments and a waiting child take about as long as the commit, and depend on nothing that it
does. What others could see of the job, and what has to see the commit, waits for it: see ``Attempt.stored``.
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple
from uuid import UUID

from postmill.model.job import ClaimedJob
from postmill.worker.attempt import Attempt, Finished, Stored
from postmill.worker.direct import StepAhead, begin_ahead_directly
from postmill.worker.execute import begin_ahead, execute
from postmill.worker.in_common import RunsAlike
from postmill.worker.tools import Tools


class MadeReady(NamedTuple):
    """An attempt whose execution waits for the commit."""

    attempt: Attempt
    execution: "StepAhead | asyncio.Task[Finished | None]"
    stored: Stored

    def finished(self) -> "Awaitable[Finished | None]":
        """Its end. Cancelling ends its processes before CancelledError comes out."""
        execution = self.execution
        return execution.finished() if isinstance(execution, StepAhead) else execution


class Ahead:
    """At most one job, for one slot."""

    def __init__(self, tools: Tools, alike: RunsAlike) -> None:
        self._tools = tools
        self._alike = alike
        self._ready: MadeReady | None = None

    def prepare(self, job: ClaimedJob) -> None:
        """Makes a job ready whose commit is sent next."""
        self.drop()
        stored = Stored()
        attempt = begin_ahead(job, self._tools, stored)
        execution = begin_ahead_directly(attempt, self._alike) or asyncio.create_task(execute(attempt))
        self._ready = MadeReady(attempt, execution, stored)

    def drop(self) -> None:
        """The commit has failed, or the slot does not go on."""
        ready, self._ready = self._ready, None
        if ready is None:
            return
        ready.stored.failed()
        if isinstance(ready.execution, StepAhead):
            ready.execution.drop()
        else:
            ready.execution.cancel()
            ready.execution.add_done_callback(_look_away)

    def stored(self, job_id: UUID) -> None:
        """Lets a job begin that is stored by now, if it was made ready; ``take`` has it still."""
        ready = self._ready
        if ready is not None and ready.attempt.job.id == job_id:
            ready.stored.succeeded()

    def take(self, job: ClaimedJob) -> MadeReady | None:
        """Lets a job begin that is stored by now; None if it was not made ready."""
        ready = self._ready
        if ready is None or ready.attempt.job.id != job.id:
            return None
        self._ready = None
        ready.stored.succeeded()
        return ready


def _look_away(execution: "asyncio.Task[Finished | None]") -> None:
    """Why a job failed that never was is of no interest."""
    if not execution.cancelled():
        execution.exception()
