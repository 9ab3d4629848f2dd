"""Jobs that wait for a permit go on when the window of an ended run has passed; also the net below lost promotions."""

from postmill.db.pool import Pool
from postmill.queue.permits import promote_all

LONGEST_SECONDS = 5.0
SHORTEST_SECONDS = 0.02


async def pass_windows(pool: Pool) -> float:
    seconds = await promote_all(pool)
    return LONGEST_SECONDS if seconds is None else min(LONGEST_SECONDS, max(SHORTEST_SECONDS, seconds))
