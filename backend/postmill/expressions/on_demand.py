"""The evaluator of expressions, started when something needs it for the first time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from postmill.expressions.evaluator import Evaluator, Lookups
from postmill.sandbox.folders import ClaimedFolder, claim_folder
from postmill.sandbox.levels import Isolation

FindIsolation = Callable[[Path], Awaitable[Isolation]]
"""Finds out how processes that are started from a folder can be isolated. Raises IsolationUnavailable."""


class Expressions:
    """Evaluates like `expressions.evaluator.Evaluator`; closed with the process that uses it."""

    def __init__(self, data_dir: Path, isolation: Isolation | FindIsolation) -> None:
        self._place = data_dir / "run" / "expressions"
        self._isolation = isolation
        self._starting = asyncio.Lock()
        self._folder: ClaimedFolder | None = None
        self._evaluator: Evaluator | None = None

    async def evaluate(self, expression: str, context: Mapping[str, str], lookups: Lookups) -> str:
        """Raises ExpressionFailed, and ZygoteFailed or IsolationUnavailable where no evaluator can be started."""
        evaluator = self._evaluator or await self._start()
        return await evaluator.evaluate(expression, context, lookups)

    async def _start(self) -> Evaluator:
        async with self._starting:
            if self._evaluator is None:
                self._folder = self._folder or claim_folder(self._place)
                folder = self._folder.path
                known = self._isolation
                isolation = known if isinstance(known, Isolation) else await known(folder)
                self._evaluator = await Evaluator.start(folder, isolation)
            return self._evaluator

    async def close(self) -> None:
        if self._evaluator is not None:
            await self._evaluator.close()
        if self._folder is not None:
            self._folder.release()
