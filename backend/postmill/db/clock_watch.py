"""Keeps this process at the time of the database, whatever the clock of its machine says."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta

from postmill.db.pool import Connection, Pool
from postmill.db.retry import reason_of
from postmill.kernel import clock

EVERY_SECONDS = 15.0
TOLERATED_SECONDS = 1.0
"""Clocks that differ by less count as equal."""
UNSURE_SECONDS = 2.0
"""What was asked for so long says too little."""

_log = logging.getLogger(__name__)


async def look(connection: Connection) -> None:
    """Compares the two clocks and corrects ours. Raises what the database raises."""
    began, here = time.monotonic(), datetime.now(UTC)
    there = await connection.fetchval("SELECT clock_timestamp()")
    took = time.monotonic() - began
    if took > UNSURE_SECONDS:
        return
    ahead = there - here - timedelta(seconds=took / 2)
    # Before anything is rounded: a difference about as large as what is tolerated must not go back and forth.
    if abs((ahead - clock.ahead()).total_seconds()) < TOLERATED_SECONDS + took:
        return
    if abs(ahead.total_seconds()) < TOLERATED_SECONDS + took:
        clock.set_ahead(timedelta())
        _log.info("the clock of this machine is that of the database again")
        return
    clock.set_ahead(ahead)
    _log.warning(
        "the clock of this machine and that of the database differ by %.0f s; the database's counts",
        abs(ahead.total_seconds()),
    )


async def watch(pool: Pool) -> None:
    """Looks again and again, until it is cancelled."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await look(pool)
        except Exception as error:
            _log.debug("the time of the database was not told: %s", reason_of(error))
