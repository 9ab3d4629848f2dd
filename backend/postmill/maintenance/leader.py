"""Who does the duties: the server that holds one advisory lock, on a connection of its own.

The lock ends with the connection, so a leader that dies is replaced within a few seconds.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from postmill.db.pool import connect_one
from postmill.db.retry import DATABASE_ERRORS, reason_of
from postmill.kernel.lasting import end

LOCK_KEY = 0x6D61696E74656E  # "mainten"; any number that nobody else uses as an advisory lock
TRY_EVERY_SECONDS = 2.0
CHECK_EVERY_SECONDS = 2.0
END_SECONDS = 5.0

_log = logging.getLogger(__name__)


async def lead(database_url: str, duties: Callable[[], Awaitable[None]]) -> None:
    """Runs ``duties()`` while this process is the leader; tries to become it until cancelled."""
    while True:
        try:
            await _lead_once(database_url, duties)
        except DATABASE_ERRORS as error:
            _log.warning("maintenance pauses: %s", reason_of(error))
        except Exception:
            # Whatever it was: a server without maintenance rescues no job for as long as it lives, and nobody sees it.
            _log.exception("maintenance pauses")
        await asyncio.sleep(TRY_EVERY_SECONDS)


async def _lead_once(database_url: str, duties: Callable[[], Awaitable[None]]) -> None:
    connection = await connect_one(database_url, application_name="postmill leader")
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):  # noqa: ASYNC110
            await asyncio.sleep(TRY_EVERY_SECONDS)
        work = asyncio.ensure_future(duties())
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=CHECK_EVERY_SECONDS)
                # A leader whose connection is gone has lost the lock: it must stop before another begins.
                await connection.fetchval("SELECT 1", timeout=CHECK_EVERY_SECONDS)
            if not work.cancelled():
                work.result()  # raises what ended it
        finally:
            await end([work], END_SECONDS)
    finally:
        connection.terminate()
