"""Work that lasts as long as its process: begun again whatever ends it, and ended within a bound.

A task that fails, or that is cancelled by something in it, is otherwise gone without a word.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

PAUSE_SECONDS = 1.0
CANCEL_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


async def lasting(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Does ``work()`` again and again, whatever ends it, until this task is cancelled."""
    while True:
        try:
            await work()
            _log.error("%s has ended and is begun again", name)
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            _log.error("%s was broken off from within and is begun again", name)
        except Exception:
            _log.exception("%s failed and is begun again", name)
        await asyncio.sleep(PAUSE_SECONDS)


def is_cancelled() -> bool:
    """Whether somebody cancels this task; a CancelledError may also come out of something that it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def end(tasks: Iterable[asyncio.Task[Any]], within_seconds: float) -> None:
    """Cancels tasks and waits until they have ended, at most for so long; what they raise is of no matter.

    One that swallows its cancellation meets the next one. A cancellation of the caller is passed on to them, and
    raised once they have ended.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_seconds
    pending = set(tasks)
    is_cancelled_too = False
    while pending:
        for task in pending:
            task.cancel()
        try:
            ended, pending = await asyncio.wait(
                pending, timeout=max(0.0, min(CANCEL_AGAIN_SECONDS, deadline - loop.time()))
            )
        except asyncio.CancelledError:
            is_cancelled_too = True
            continue
        for task in ended:
            if not task.cancelled():
                task.exception()  # seen: nobody is to be told of it when the task is collected
        if pending and loop.time() >= deadline:
            names = ", ".join(sorted(task.get_name() for task in pending))
            _log.error("nobody waits any longer for what does not end: %s", names)
            break
    if is_cancelled_too:
        raise asyncio.CancelledError
