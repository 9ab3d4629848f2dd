"""Try a database call again when the failure says that trying again may help."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from postmill.kernel.pauses import delay_seconds

T = TypeVar("T")

GIVE_UP_AFTER_SECONDS = 30.0

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # no kin of the others: the driver's own state, when a connection dies in a message
    OSError,
    TimeoutError,
)
"""All that a call of the database raises, be the database gone or the call a wrong one."""

_CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_LOST_CONNECTION = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
    OSError,
)


def is_lost_connection(error: BaseException) -> bool:
    """Whether the failure says that the database cannot be reached now."""
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    return isinstance(error, _LOST_CONNECTION)


def reason_of(error: BaseException) -> str:
    """A failure of the database in words for the log: its kind and its words, of which a time-out has none."""
    return f"{type(error).__name__}: {str(error) or 'the database has not answered in time'}"


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call may succeed a little later: a deadlock, a serialisation conflict, a lost connection."""
    return isinstance(error, _CONFLICTS) or is_lost_connection(error)


async def retrying(call: Callable[[], Awaitable[T]], *, give_up_after: float = GIVE_UP_AFTER_SECONDS) -> T:
    """Await ``call()`` and call it again after a passing failure, until ``give_up_after`` seconds are over.

    A connection may be lost after its commit reached the server: the call must be one that may happen twice.
    Any other failure, and the last one when time is up, is raised as it is.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + give_up_after
    attempt = 0
    while True:
        try:
            return await call()
        except Exception as error:
            pause = delay_seconds(attempt, random.random())  # noqa: S311 - spreads load, guards nothing
            if not is_worth_retrying(error) or loop.time() + pause > deadline:
                raise
        attempt += 1
        await asyncio.sleep(pause)
