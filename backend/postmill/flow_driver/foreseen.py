"""What the end of a step will mean, decided while its processes go.

A step has ended when nothing of it is left, and only then its end is stored; but what it came to is known a moment
earlier. The decision takes about as long as the going, on another processor. It is thrown away where the end is another
one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from postmill.flow_driver.unit import Unit
from postmill.model.job import Ended

_log = logging.getLogger(__name__)


class Foreseen:
    """The decision for one step; ``decide`` makes it, None where there is nothing to decide here."""

    def __init__(self, decide: Callable[[Ended], Awaitable[Unit | None]]) -> None:
        self._decide = decide
        self._ended: Ended | None = None
        self._deciding: asyncio.Task[Unit | None] | None = None

    def begin(self, ended: Ended) -> None:
        """This is how the step seems to end."""
        if self._deciding is None:
            self._ended = ended
            self._deciding = asyncio.create_task(self._made(ended))

    async def _made(self, ended: Ended) -> Unit | None:
        try:
            return await self._decide(ended)
        except Exception as error:
            _log.warning("what follows on step %s could not be foreseen: %s", ended.id, error)
            return None  # it is decided anew, which tells whoever waits

    async def unit_for(self, ended: Ended) -> Unit | None:
        """What was decided, with this end; None where nothing was, or for another end. Answers once."""
        deciding, self._deciding = self._deciding, None
        if deciding is None or self._ended is None:
            return None
        if (ended.status, ended.result) != (self._ended.status, self._ended.result):
            deciding.cancel()
            await asyncio.gather(deciding, return_exceptions=True)
            return None
        unit = await deciding
        if unit is not None:
            unit.writes.ended[:] = [ended]
        return unit

    def drop(self) -> None:
        """Nobody asks any more."""
        if self._deciding is not None:
            self._deciding.cancel()
