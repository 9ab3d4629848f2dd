"""Jobs whose worker fell silent are run again, or end with that reason."""

import logging

from postmill.db.pool import Pool
from postmill.queue.rescue import AT_ONCE, rescue

SHARE_OF_LEASE = 6
"""Looked for so many times per lease: with the defaults a lost job waits 30 to 35 s."""

_log = logging.getLogger(__name__)


async def rescue_lost(pool: Pool, lease_seconds: float) -> float:
    rescued = await rescue(pool, lease_seconds)
    if rescued.again or rescued.ended:
        _log.warning("lost workers: %d jobs run again, %d ended", rescued.again, rescued.ended)
    many = rescued.again + rescued.ended >= AT_ONCE
    return 0.0 if many else max(0.1, lease_seconds / SHARE_OF_LEASE)
