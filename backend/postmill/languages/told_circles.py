"""Runs that nobody waits for in a task: what they failed of is looked for before their end is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from postmill.languages.circles import may_come_of_circle
from postmill.languages.protocol import BegunRun, OnEnd, RunOutcome, RunRequest

Begin = Callable[[RunRequest, OnEnd], BegunRun]
Name = Callable[[RunRequest, RunOutcome], Awaitable[RunOutcome]]
"""Names the scripts that import each other in the outcome of a run that failed of it."""

_log = logging.getLogger(__name__)


class NamedRun:
    """A begun run whose end names a circle of imports that it failed of; any other end is told at once."""

    __slots__ = ("_name", "_on_end", "_request", "_run", "_task")

    def __init__(self, begin: Begin, request: RunRequest, on_end: OnEnd, name: Name) -> None:
        self._request = request
        self._on_end: OnEnd | None = on_end
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._run = begin(request, self._ended)

    async def withdraw(self) -> None:
        self._on_end = None
        await self._run.withdraw()

    def _ended(self, end: RunOutcome | Exception) -> None:
        if isinstance(end, RunOutcome) and may_come_of_circle(end):
            self._task = asyncio.create_task(self._look(end))
        else:
            self._tell(end)

    async def _look(self, outcome: RunOutcome) -> None:
        try:
            outcome = await self._name(self._request, outcome)
        except Exception as error:  # the run has ended, whatever became of its imports meanwhile
            _log.info("the imports of a run that failed cannot be read: %s", error)
        self._tell(outcome)

    def _tell(self, end: RunOutcome | Exception) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(end)
