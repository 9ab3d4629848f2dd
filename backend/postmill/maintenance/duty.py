"""A duty: something done again and again, that survives its own errors."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from postmill.kernel.lasting import is_cancelled

PAUSE_AFTER_ERROR_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Duty:
    """``once`` does what is due and answers in how many seconds to look again; ``wake`` cuts that wait short."""

    name: str
    once: Callable[[], Awaitable[float]]
    wake: asyncio.Event | None = None


async def keep_doing(duty: Duty, looked: asyncio.Event | None = None) -> None:
    """Does the duty until cancelled; after errors it waits longer and longer, at most half a minute.

    ``looked`` is set when it was done for the first time, whatever came of it.
    """
    failures = 0
    while True:
        try:
            seconds = await duty.once()
            failures = 0
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            _log.exception("the duty %r failed and is tried again", duty.name)
            seconds = min(LONGEST_PAUSE_SECONDS, PAUSE_AFTER_ERROR_SECONDS * 2.0 ** min(failures, 10))
            failures += 1
        if looked is not None:
            looked.set()
        await _rest(duty.wake, seconds)


async def _rest(wake: asyncio.Event | None, seconds: float) -> None:
    if wake is None:
        await asyncio.sleep(seconds)
        return
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
    wake.clear()
