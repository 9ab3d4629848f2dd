"""Transactions that lost against a concurrent one are run again at once; nothing of them was committed.

Unlike ``db.retry`` this does not repeat after a lost connection, where the commit may have reached the server: for
calls that must not happen twice.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

T = TypeVar("T")
TRIES = 8
LONGEST_PAUSE_SECONDS = 0.05


async def again_after_conflict(call: Callable[[], Awaitable[T]]) -> T:
    """Awaits ``call()`` until it neither deadlocks nor fails to serialise, at most eight times."""
    for _ in range(TRIES - 1):
        try:
            return await call()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - spreads load
    return await call()
