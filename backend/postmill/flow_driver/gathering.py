"""Lets a flow look once for many children that end side by side."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

LONGEST_PAUSE_SECONDS = 0.05
PAUSE_SECONDS_PER_CHILD = 0.0002
LONGEST_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Gathering:
    """Counts children of one flow that ended in this worker since the last look into the flow's inbox."""

    def __init__(self) -> None:
        self.ended = 1
        self._enough = 0
        self._waiting: asyncio.Future[None] | None = None

    def note(self) -> None:
        """One more has ended."""
        self.ended += 1
        if self.ended >= self._enough:
            self._stop_waiting()

    async def enough(self, wanted: int) -> None:
        """Returns when so many have ended, when no more come, or after a second, whichever is first.

        Others may run the rest of the children, so that nobody knows how many will end here.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LONGEST_SECONDS
        pause = min(LONGEST_PAUSE_SECONDS, wanted * PAUSE_SECONDS_PER_CHILD)
        self._enough = wanted
        while self.ended < wanted and loop.time() < deadline:
            before = self.ended
            self._waiting = loop.create_future()
            timer = loop.call_later(pause, self._stop_waiting)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
            if self.ended == before:
                return

    def looks(self) -> None:
        """What has ended by now is about to be read."""
        self.ended = 0

    def _stop_waiting(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Looks:
    """Has flows look into their inboxes, each in one task however often it is asked to.

    ``look`` tells whether there may be more to see, ``worth`` how many ends one look had better take.
    """

    def __init__(self, look: Callable[[UUID], Awaitable[bool]], worth: Callable[[UUID], int]) -> None:
        self._look = look
        self._worth = worth
        self._gathering: dict[UUID, Gathering] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def soon(self, flow_id: UUID) -> None:
        """A child of the flow has ended; calls that come meanwhile share the next look."""
        known = self._gathering.get(flow_id)
        if known is not None:
            known.note()
            return
        gathering = self._gathering[flow_id] = Gathering()
        task = asyncio.create_task(self._advance(flow_id, gathering))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Waits for what is under way."""
        while self._tasks:
            await asyncio.gather(*list(self._tasks), return_exceptions=True)

    async def _advance(self, flow_id: UUID, gathering: Gathering) -> None:
        try:
            while gathering.ended:
                await asyncio.sleep(0)
                await gathering.enough(self._worth(flow_id))
                gathering.looks()
                while await self._look(flow_id):
                    pass
        except Exception:
            # The messages stay where they are: a duty of the server has the flow claimed if nobody else looks.
            _log.exception("flow %s could not be driven", flow_id)
        finally:
            self._gathering.pop(flow_id, None)
