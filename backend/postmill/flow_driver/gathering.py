"""Lets a flow look once for many children that end side by side."""

import asyncio

LONGEST_PAUSE_SECONDS = 0.05
PAUSE_SECONDS_PER_CHILD = 0.0002
LONGEST_SECONDS = 1.0


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
