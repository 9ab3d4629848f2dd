"""The next job of a slot is made ready while the commit that stores it is under way.

Code, identity, variables, arguments and a waiting child take about as long as the commit, and depend on nothing that it
does. What others could see of the job, and what has to see the commit, waits for it: see ``Attempt.stored``.
"""

import asyncio
from typing import NamedTuple

from postmill.model.job import ClaimedJob
from postmill.worker.attempt import Attempt, Finished
from postmill.worker.execute import begin_ahead, execute
from postmill.worker.tools import Tools


class MadeReady(NamedTuple):
    """An attempt whose execution waits for the commit."""

    attempt: Attempt
    execution: "asyncio.Task[Finished | None]"
    stored: "asyncio.Future[None]"


class Ahead:
    """At most one job, for one slot."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._ready: MadeReady | None = None

    def prepare(self, job: ClaimedJob) -> None:
        """Makes a job ready whose commit is sent next."""
        self.drop()
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        attempt = begin_ahead(job, self._tools, stored)
        self._ready = MadeReady(attempt, asyncio.create_task(execute(attempt)), stored)

    def drop(self) -> None:
        """The commit has failed, or the slot does not go on."""
        ready, self._ready = self._ready, None
        if ready is not None:
            ready.execution.cancel()
            ready.stored.cancel()
            ready.execution.add_done_callback(_look_away)

    def take(self, job: ClaimedJob) -> MadeReady | None:
        """Lets a job begin that is stored by now; None if it was not made ready."""
        ready = self._ready
        if ready is None or ready.attempt.job.id != job.id:
            return None
        self._ready = None
        if not ready.stored.done():
            ready.stored.set_result(None)
        return ready


def _look_away(execution: "asyncio.Task[Finished | None]") -> None:
    """Why a job failed that never was is of no interest."""
    if not execution.cancelled():
        execution.exception()
