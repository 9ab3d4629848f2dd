"""Signs of life: a process under `up` gives them from its event loop, and `up` ends one whose loop stands still.

A process that hangs neither ends nor answers: the kernel sees nothing wrong with it. Time counts only while `up` itself
looks, so that a machine that sleeps, or all processes stopped together, are no reason to end anything.
"""

import asyncio
import faulthandler
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

LOOKS = 12
"""So many in a row that find no sign make a process one that hangs."""


@asynccontextmanager
async def signs_of_life(descriptor: int | None, hang_seconds: float) -> AsyncIterator[None]:
    """Gives `up` a sign again and again meanwhile; nothing to do where nobody looks.

    From here on SIGABRT, with which `up` ends a process that hangs, shows on standard error what its threads do.
    """
    if descriptor is None or not hang_seconds:
        yield
        return
    faulthandler.enable()
    giving = asyncio.create_task(_give(descriptor, hang_seconds / LOOKS))
    try:
        yield
    finally:
        giving.cancel()


async def _give(descriptor: int, every_seconds: float) -> None:
    os.set_blocking(descriptor, False)
    while True:
        try:
            os.write(descriptor, b".")
        except BlockingIOError:
            pass  # `up` has not looked for long: there are signs enough
        except BrokenPipeError:
            return  # `up` has asked this process to end, and waits for that alone
        await asyncio.sleep(every_seconds)


class Signs:
    """What comes of a process, read in even intervals by `up`. Counts from the first sign on."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._missed: int | None = None

    def are_missing(self) -> bool:
        """One look: whether too many in a row have found none."""
        if self._come():
            self._missed = 0
        elif self._missed is not None:
            self._missed += 1
        return self._missed is not None and self._missed >= LOOKS

    def _come(self) -> bool:
        with suppress(BlockingIOError):
            return bool(os.read(self._descriptor, 65_536))
        return False
