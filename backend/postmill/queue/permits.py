"""Concurrency keys: who may run now, given what runs and what ran within the window.

Jobs with a key wait as parked; a permit is taken when one becomes ready and released when its run ends. Whoever
changes permits locks the key first, so that the limit holds whatever happens at once.
"""

from collections.abc import Sequence

from postmill.db.pool import Pool, Session
from postmill.db.retry import retrying
from postmill.kernel.crash_points import crash_point
from postmill.tables.jobs import concurrency


async def promote_in(connection: Session, keys: Sequence[str]) -> int:
    """Makes parked jobs ready as far as permits of these keys are free, inside the caller's transaction."""
    if not keys:
        return 0
    await concurrency.lock_keys(connection, keys)
    return await concurrency.promote(connection, keys)


async def promote(pool: Pool, keys: Sequence[str]) -> int:
    """The same in a transaction of its own."""

    async def attempt() -> int:
        async with pool.acquire() as connection, connection.transaction():
            promoted = await promote_in(connection, keys)
            crash_point("queue.promote.before_commit")
            return promoted

    return await retrying(attempt) if keys else 0


async def promote_all(pool: Pool) -> float | None:
    """Promotes under every key that jobs wait for; answers the seconds until the next window passes, if any."""
    keys = await concurrency.parked_keys(pool)
    for key in keys:
        await promote(pool, [key])
    await concurrency.forget_old(pool)
    return await concurrency.seconds_to_next_window(pool, keys)
