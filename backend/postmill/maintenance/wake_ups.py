"""Scheduled jobs become ready, or wait for a permit, when their time has come."""

from postmill.db.pool import Pool
from postmill.queue.permits import promote
from postmill.tables.jobs import queue

CHANNEL = "scheduled"
AT_ONCE = 1000
LONGEST_SECONDS = 5.0
"""How late a job may be at most whose notification was lost."""


async def wake_due(pool: Pool) -> float:
    woken = await queue.wake_due(pool, AT_ONCE)
    if woken.keys:
        await promote(pool, woken.keys)
    if woken.woken == AT_ONCE:
        return 0.0
    due = await queue.seconds_to_next_due(pool)
    return LONGEST_SECONDS if due is None else min(LONGEST_SECONDS, due)
