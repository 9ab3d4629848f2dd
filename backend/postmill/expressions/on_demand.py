"""The evaluator of expressions, started when something needs it for the first time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from postmill.expressions.evaluator import SECONDS, Evaluator, Lookups
from postmill.kernel.errors import Unavailable
from postmill.sandbox.folders import ClaimedFolder, claim_folder
from postmill.sandbox.levels import Isolation

FindIsolation = Callable[[Path], Awaitable[Isolation]]
"""Finds out how processes that are started from a folder can be isolated. Raises IsolationUnavailable."""


class Expressions:
    """Evaluates like `expressions.evaluator.Evaluator`; closed with the process that uses it."""

    def __init__(
        self, data_dir: Path, isolation: Isolation | FindIsolation, seconds: float = SECONDS
    ) -> None:
        self._place = data_dir / "run" / "expressions"
        self._isolation = isolation
        self._seconds = seconds
        self._starting = asyncio.Lock()
        self._folder: ClaimedFolder | None = None
        self._evaluator: Evaluator | None = None

    async def evaluate(self, expression: str, context: Mapping[str, str], lookups: Lookups) -> str:
        """Raises ExpressionFailed, and ZygoteFailed or IsolationUnavailable where no evaluator can be started.

        An evaluator that was killed (the system prefers it when memory runs out) is replaced, and what it had not
        answered is asked again.
        """
        evaluator = await self._living()
        try:
            return await evaluator.evaluate(expression, context, lookups)
        except Unavailable:
            if evaluator.alive:
                raise
        return await (await self._living()).evaluate(expression, context, lookups)

    async def _living(self) -> Evaluator:
        known = self._evaluator
        return known if known is not None and known.alive else await self._start()

    async def _start(self) -> Evaluator:
        async with self._starting:
            known = self._evaluator
            if known is not None and known.alive:
                return known
            if known is not None:
                self._evaluator = None
                await known.bury()
            self._folder = self._folder or claim_folder(self._place)
            folder, wanted = self._folder.path, self._isolation
            isolation = wanted if isinstance(wanted, Isolation) else await wanted(folder)
            self._evaluator = await Evaluator.start(folder, isolation, self._seconds)
            return self._evaluator

    async def close(self) -> None:
        if self._evaluator is not None:
            await self._evaluator.close()
        if self._folder is not None:
            self._folder.release()
